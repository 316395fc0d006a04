package peek

import (
	"bytes"
	"fmt"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// MostRefs bounds the distinct pieces of stored state that one request may lean on. A long conversation replayed by
// reference holds a few hundred items; each ref is looked up before the request is routed.
const MostRefs = 4096

// Request is a [protocol.Peek] in the making.
type Request struct {
	protocol.Peek
	seen map[protocol.Ref]struct{} // the refs, once there are more than fewRefs
	many bool                      // there are more than MostRefs
}

// fewRefs are compared one by one, which is quicker than a map and allocates nothing. Most requests have none.
const fewRefs = 16

// AddRef adds a ref, once.
func (p *Request) AddRef(kind protocol.RefKind, id string) {
	if id == "" || p.many {
		return
	}
	ref := protocol.Ref{Kind: kind, ID: id}
	if p.has(ref) {
		return
	}
	if len(p.Refs) == MostRefs {
		p.many = true
		return
	}
	if p.Refs = append(p.Refs, ref); p.seen != nil {
		p.seen[ref] = struct{}{}
	}
}

func (p *Request) has(ref protocol.Ref) bool {
	if len(p.Refs) <= fewRefs {
		for _, r := range p.Refs {
			if r == ref {
				return true
			}
		}
		return false
	}
	if p.seen == nil {
		p.seen = make(map[protocol.Ref]struct{}, 4*fewRefs)
		for _, r := range p.Refs {
			p.seen[r] = struct{}{}
		}
	}
	_, ok := p.seen[ref]
	return ok
}

// Done returns what was read, or that it leans on too much. Its error is a *[protocol.Error].
func (p *Request) Done() (protocol.Peek, error) {
	if p.many {
		return protocol.Peek{}, &protocol.Error{Kind: protocol.BadRequest, Status: 400, Message: fmt.Sprintf(
			"too many references to stored files, items and responses; a request may have %d different ones", MostRefs)}
	}
	return p.Peek, nil
}

// Base64 passes over a string of base64, or a data URL, and counts it as media.
func (p *Request) Base64(c *scan.Cursor) {
	raw, _, _ := c.String()
	p.Media += int64(len(raw))
}

// DataURL passes over a string, and counts it as media if it is a data URL.
func (p *Request) DataURL(c *scan.Cursor) {
	const scheme = "data:"
	if raw, _, _ := c.String(); len(raw) >= len(scheme) && bytes.EqualFold(raw[:len(scheme)], []byte(scheme)) {
		p.Media += int64(len(raw))
	}
}
