package dialects

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/anthropic"
	"metapi/backend/protocol/gemini"
	"metapi/backend/protocol/openaichat"
	"metapi/backend/protocol/openaiembeddings"
	"metapi/backend/protocol/openairesponses"
)

var all = map[protocol.Protocol]protocol.Dialect{
	protocol.OpenAIChat:       openaichat.Dialect{},
	protocol.OpenAIResponses:  openairesponses.Dialect{},
	protocol.OpenAIEmbeddings: openaiembeddings.Dialect{},
	protocol.Anthropic:        anthropic.Dialect{},
	protocol.Gemini:           gemini.Dialect{},
}

// Of returns the dialect of a protocol; nil for [protocol.None].
func Of(p protocol.Protocol) protocol.Dialect { return all[p] }
