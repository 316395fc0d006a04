package openairesponses

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// Codec is Responses to and from the canonical form.
type Codec struct{}

var _ conversation.Codec = Codec{}

// Protocol is [protocol.OpenAIResponses].
func (Codec) Protocol() protocol.Protocol { return protocol.OpenAIResponses }

// mostHeld bounds, in bytes, what a [conversation.Reader] or [conversation.Writer] keeps of one reply.
const mostHeld = 16 << 20

func bad(param, message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: param, Message: message}
}
