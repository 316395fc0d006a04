package openaichat

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/stops"
)

// Codec is Chat Completions to and from the canonical form.
type Codec struct{}

var _ conversation.Codec = Codec{}

// Protocol is [protocol.OpenAIChat].
func (Codec) Protocol() protocol.Protocol { return protocol.OpenAIChat }

// bad is a refusal of a request that names the field at fault.
func bad(param, message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: param, Message: message}
}

// unreadable is a reply that could not be understood.
func unreadable(message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadReply, Status: 200, Message: message}
}

// Restorer implements [conversation.Codec].
func (Codec) Restorer(r *conversation.Request, to conversation.Target) conversation.Restorer {
	restored := names(r).Restore(nil)
	if f, _ := familyOf(first(to.Model, r.Model)); len(stopsTold(r, f)) < len(r.Stop) {
		return stops.Cut(r.Stop, restored)
	}
	return restored
}
