package gemini

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// Embeddings is the dialect of embedContent and batchEmbedContents: one request, one reply.
type Embeddings struct{ Dialect }

// Protocol is [protocol.GeminiEmbeddings].
func (Embeddings) Protocol() protocol.Protocol { return protocol.GeminiEmbeddings }

// Peek reads a request. The path has the model, but the service wants each request of a batch to name it, too, and refuses another one there.
func (Embeddings) Peek(body []byte) (protocol.Peek, error) {
	var p protocol.Peek
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, _ bool) {
		switch string(key) {
		case "model":
			p.Named = append(p.Named, c.Value())
		case "requests":
			c.Array(func() {
				c.Object(func(key []byte, _ bool) {
					if string(key) == "model" {
						p.Named = append(p.Named, c.Value())
					}
				})
			})
		}
	}); err != nil {
		return protocol.Peek{}, err
	}
	return p, nil
}

// Event: there are no streams, so an event is an error or nothing.
func (Embeddings) Event(_, data []byte, r *protocol.Reply) protocol.Class {
	var env reply.Envelope
	c := scan.At(data)
	if c.Object(func(key []byte, _ bool) { env.Member(key, &c) }); c.End() == nil && env.Bad(false) {
		return reply.Fail(data, r)
	}
	return protocol.Quiet
}

// Body reads a whole reply.
func (Embeddings) Body(body []byte, r *protocol.Reply) {
	var env reply.Envelope
	holds := false
	c := scan.At(body)
	object := c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "embedding", "embeddings":
			holds = peek.Filled(&c) || holds
		case "usageMetadata":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "promptTokenCount" {
					if n, ok := c.Int(); ok && n >= 0 {
						r.Usage, r.HasUsage = protocol.Usage{Input: n}, true
					}
				}
			})
		default:
			env.Member(key, &c)
		}
	})
	if !object || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	switch {
	case env.Bad(holds):
		reply.Fail(body, r)
	case !holds:
		reply.Bad(r, "the provider's answer holds no embeddings")
	default:
		r.Done = true
	}
}

// KeepAlive is nil: nothing can be sent before a whole reply.
func (Embeddings) KeepAlive() []byte { return nil }
