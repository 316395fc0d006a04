package openaiembeddings

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// Dialect is embeddings.
type Dialect struct{}

// Protocol is [protocol.OpenAIEmbeddings].
func (Dialect) Protocol() protocol.Protocol { return protocol.OpenAIEmbeddings }

// Peek reads a request: its model. Embeddings have no session, and lean on no state.
func (Dialect) Peek(body []byte) (protocol.Peek, error) {
	var p protocol.Peek
	g := peek.NewGuard(body)
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, escaped bool) { g.Member(key, escaped, &c) }); err != nil {
		return protocol.Peek{}, err
	}
	if err := g.Finish(&p, true); err != nil {
		return protocol.Peek{}, err
	}
	return p, nil
}

// Event: there are no streams, so an event is an error or nothing.
func (Dialect) Event(_, data []byte, r *protocol.Reply) protocol.Class {
	var env reply.Envelope
	c := scan.At(data)
	if c.Object(func(key []byte, _ bool) { env.Member(key, &c) }); c.End() == nil && env.Bad(false) {
		return reply.Fail(data, r)
	}
	return protocol.Quiet
}

// Body reads a whole reply.
func (Dialect) Body(body []byte, r *protocol.Reply) {
	var env reply.Envelope
	count := 0
	c := scan.At(body)
	object := c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "model":
			reply.Take(&c, &r.Model)
		case "data", "embeddings":
			c.Array(func() { count++ })
		case "usage":
			openai.TakeUsage(&c, r)
		default:
			env.Member(key, &c)
		}
	})
	if !object || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	switch {
	case env.Bad(count > 0):
		reply.Fail(body, r)
	case count == 0:
		reply.Bad(r, "the provider's answer holds no embeddings")
	default:
		r.Done = true
	}
}

// Error writes e as OpenAI would.
func (Dialect) Error(e *protocol.Error) (int, []byte) { return openai.Error(e) }

// StreamError writes e as an event, for completeness.
func (Dialect) StreamError(e *protocol.Error) []byte { return openai.StreamError(e) }

// KeepAlive is nil: nothing can be sent before a whole reply.
func (Dialect) KeepAlive() []byte { return nil }
