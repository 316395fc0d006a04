// Package codecs lists the codecs of all protocols that lane B translates between. PARAMETERS.md, which its tests write and compare, says
// what becomes of each thing that a client may ask.
package codecs

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/anthropic"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/gemini"
	"metapi/backend/protocol/openaichat"
	"metapi/backend/protocol/openairesponses"
)

var all = map[protocol.Protocol]conversation.Codec{
	protocol.OpenAIChat:      openaichat.Codec{},
	protocol.OpenAIResponses: openairesponses.Codec{},
	protocol.Anthropic:       anthropic.Codec{},
	protocol.Gemini:          gemini.Codec{},
}

// Of returns the codec of a protocol; nil where it has none.
func Of(p protocol.Protocol) conversation.Codec { return all[p] }

var knows = map[protocol.Protocol]func(quirk string) bool{
	protocol.OpenAIChat:      openaichat.KnowsQuirk,
	protocol.OpenAIResponses: openairesponses.KnowsQuirk,
	protocol.Anthropic:       anthropic.KnowsQuirk,
	protocol.Gemini:          gemini.KnowsQuirk,
}

// KnowsQuirk reports whether a protocol's codec heeds a quirk: see [conversation.Target].
func KnowsQuirk(p protocol.Protocol, quirk string) bool { return knows[p] != nil && knows[p](quirk) }

// Spoken is the set of protocols that have a codec.
var Spoken = func() (s protocol.Set) {
	for p := range all {
		s |= protocol.SetOf(p)
	}
	return s
}()
