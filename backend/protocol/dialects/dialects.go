package dialects

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/anthropic"
	"metapi/backend/protocol/gemini"
	"metapi/backend/protocol/openaichat"
	"metapi/backend/protocol/openaiplain"
	"metapi/backend/protocol/openairesponses"
)

var all = map[protocol.Protocol]protocol.Dialect{
	protocol.OpenAIChat:        openaichat.Dialect{},
	protocol.OpenAIResponses:   openairesponses.Dialect{},
	protocol.OpenAICompletions: openaichat.Completions{},
	protocol.OpenAIEmbeddings:  openaiplain.Embeddings,
	protocol.OpenAIImages:      openaiplain.Images,
	protocol.OpenAIAudio:       openaiplain.Audio,
	protocol.OpenAIModerations: openaiplain.Moderations,
	protocol.Rerank:            openaiplain.Rerank,
	protocol.OpenAIFiles:       openaiplain.Files,
	protocol.OpenAIBatches:     openaiplain.Batches,
	protocol.Anthropic:         anthropic.Dialect{},
	protocol.Gemini:            gemini.Dialect{},
	protocol.GeminiEmbeddings:  gemini.Embeddings{},
}

// Of returns the dialect of a protocol; nil for [protocol.None].
func Of(p protocol.Protocol) protocol.Dialect { return all[p] }
