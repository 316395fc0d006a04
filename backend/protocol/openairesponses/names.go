package openairesponses

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"metapi/backend/protocol/conversation"
)

// legalName makes of a tool's name one that the service takes ([a-zA-Z0-9_-], at most 64): itself where it is one, else
// what is left of it with a digest of the whole, so that two names never become one.
func legalName(name string) string { return legal(name, longestName) }

// legalID makes of a call's id one that the service takes.
func legalID(id string) string {
	if len(id) <= longestID {
		return id
	}
	return legal(id, longestID)
}

func legal(s string, longest int) string {
	fit := len(s) <= longest && s != ""
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '_', c == '-':
			b.WriteByte(c)
		default:
			fit = false
			b.WriteByte('_')
		}
	}
	if fit {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	mark := "_" + hex.EncodeToString(sum[:8])
	head := b.String()
	return head[:min(len(head), longest-len(mark))] + mark
}

// ToolNames tells, of the tools whose name is another in a request that [Codec.EncodeRequest] made of r, what their names
// in r are: name sent -> name in r. It is nil where all names were sent as they are. Calls in an upstream's reply have the
// names that were sent.
func ToolNames(r *conversation.Request) map[string]string {
	var names map[string]string
	for i := range r.Tools {
		t := &r.Tools[i]
		if t.Kind != conversation.Function && t.Kind != conversation.Custom {
			continue
		}
		if sent := legalName(t.Name); sent != t.Name {
			if names == nil {
				names = map[string]string{}
			}
			names[sent] = t.Name
		}
	}
	return names
}
