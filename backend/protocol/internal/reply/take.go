package reply

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

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

// Issue adds a ref to r, once.
func Issue(r *protocol.Reply, kind protocol.RefKind, id string) {
	if id == "" {
		return
	}
	for _, ref := range r.Issued {
		if ref.Kind == kind && ref.ID == id {
			return
		}
	}
	r.Issued = append(r.Issued, protocol.Ref{Kind: kind, ID: id})
}
