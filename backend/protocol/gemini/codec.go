package gemini

import (
	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

// Codec is the Generative Language API to and from the canonical form.
type Codec struct{}

var _ conv.Codec = Codec{}

// Protocol is [protocol.Gemini].
func (Codec) Protocol() protocol.Protocol { return protocol.Gemini }

// bad is a request that cannot be said in this protocol, for what stands at param.
func bad(param, message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: param, Message: message}
}

// broken is an answer that cannot be read.
func broken(message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadReply, Status: 200, Message: message}
}

// signer is whose signature a part has: ours, where it has one.
func signer(sig string) protocol.Protocol {
	if sig == "" {
		return protocol.None
	}
	return protocol.Gemini
}
