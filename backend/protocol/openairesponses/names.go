package openairesponses

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/stops"
	"metapi/backend/protocol/internal/toolnames"
)

// names are the tools' names of a request.
func names(r *conversation.Request) *toolnames.Names {
	return toolnames.Of(r, toolnames.Form{Longest: longestName, Fits: toolnames.Word, Spaces: true})
}

// Restorer implements [conversation.Codec]: names that the service does not take were sent as others, and stop sequences not at all.
func (Codec) Restorer(r *conversation.Request, _ conversation.Target) conversation.Restorer {
	return stops.Cut(r.Stop, names(r).Restore(nil))
}

// legalID makes of a call's id one that the service takes.
func legalID(id string) string {
	if len(id) <= longestID {
		return id
	}
	return legal(id, longestID)
}

// legal makes of a text one of letters, digits, underscores and hyphens: itself where it is one, else what is left of it with a digest of
// the whole, so that two never become one.
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
