package gemini

import (
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/internal/toolnames"
)

// longestName bounds a function's name. The API has taken 128 for a while; relays and older models stay at 64.
const longestName = 64

// names are the tools' names of a request.
func names(r *conv.Request) *toolnames.Names {
	return toolnames.Of(r, toolnames.Form{Longest: longestName,
		Fits:  func(r rune) bool { return toolnames.Word(r) || r == '.' },
		First: func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' || r == '_' }})
}

// Restorer implements [conv.Codec]. Numbers that a lowered schema has as texts are numbers again.
func (Codec) Restorer(r *conv.Request, _ conv.Target) conv.Restorer {
	return names(r).Restore(func(t *conv.Tool, arguments string) string { return schema.Restore(t.Schema, arguments) })
}
