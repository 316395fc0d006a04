package anthropic

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// Codec is Messages to and from the canonical conversation.
type Codec struct{}

var _ conversation.Codec = Codec{}

// Protocol is [protocol.Anthropic].
func (Codec) Protocol() protocol.Protocol { return protocol.Anthropic }

// NewReader reads an upstream's stream.
func (Codec) NewReader() conversation.Reader { return &reader{} }

// NewWriter writes a stream for the client that asked by r.
func (Codec) NewWriter(r *conversation.Request) conversation.Writer { return newWriter(r) }

// maxHeld bounds what a reader or writer holds back, in bytes.
const maxHeld = 16 << 20

// badRequest is an error about the request's field param.
func badRequest(param, message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: param, Message: message}
}

// badReply is an error about an upstream's reply.
func badReply(message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadReply, Status: 200, Message: message}
}
