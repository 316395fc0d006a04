package reply

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// TakeService keeps the service that a reply says it was served by: the first that it names, since each chunk of a stream repeats it.
func TakeService(c *scan.Cursor, r *protocol.Reply) {
	if r.Service == "" {
		raw, _, _ := c.String()
		r.Service = protocol.ServiceOf(raw)
	}
}

// Take passes over a string and keeps what it says, allocating only where that is new.
func Take(c *scan.Cursor, into *string) {
	if raw, escaped, ok := c.String(); ok && len(raw) > 0 && *into != string(raw) {
		*into = scan.Unquote(raw, escaped)
	}
}

// Count passes over a string, adds its length to r.Text, and reports whether it says anything.
func Count(c *scan.Cursor, r *protocol.Reply) bool {
	raw, escaped, ok := c.String()
	if !ok || len(raw) == 0 {
		return false
	}
	r.Text += int64(scan.Len(raw, escaped))
	return true
}

// MostIssued bounds the refs that one reply leaves behind, each of which is kept for weeks.
const MostIssued = 256

// Issue adds a ref to r, once. Of more than [MostIssued] the newest stay, since what a client comes back with is what
// came last: the last sealed reasoning, the last items. The response's own id stands first and always stays: it
// stands for all the others.
func Issue(r *protocol.Reply, kind protocol.RefKind, id string) {
	if id == "" {
		return
	}
	ref := protocol.Ref{Kind: kind, ID: id}
	for _, issued := range r.Issued { // at most MostIssued: the work stays linear
		if issued == ref {
			return
		}
	}
	own := protocol.Ref{Kind: protocol.ResponseRef, ID: r.ID}
	if len(r.Issued) == MostIssued {
		oldest := 0
		if r.Issued[0] == own {
			oldest = 1
		}
		r.Issued = append(r.Issued[:oldest], r.Issued[oldest+1:]...)
	}
	r.Issued = append(r.Issued, ref)
	if ref == own {
		copy(r.Issued[1:], r.Issued)
		r.Issued[0] = ref
	}
}
