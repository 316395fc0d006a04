package openaichat

import (
	"bytes"

	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// seen is what a chunk or a whole completion holds.
type seen struct {
	choices bool   // the member is there
	count   int    // how many choices
	content bool   // one of them says something
	finish  []byte // the last finish reason that one of them has
	usage   bool
	env     reply.Envelope

	indices, finished uint64 // of the choices, and of those with a finish reason
}

// Event reads a chunk.
func (Dialect) Event(name, data []byte, r *protocol.Reply) protocol.Class {
	if string(data) == "[DONE]" || bytes.HasPrefix(data, []byte("[DONE]")) { // the SDKs test the beginning
		r.Done = true
		return protocol.Final
	}
	if len(data) == 0 {
		return protocol.Quiet
	}
	var s seen
	c := scan.At(data)
	object := read(&c, r, &s)
	if !object {
		c.Value()
	}
	if err := c.End(); err != nil {
		return reply.Unreadable(data, err, r)
	}
	switch {
	case !object:
		return protocol.Quiet
	case string(name) == "error" || s.env.Bad(s.choices || s.usage):
		return reply.Fail(data, r)
	}
	pending := s.end(r)
	if _, broken := failures[string(s.finish)]; broken {
		r.Err = brokenOff(string(s.finish))
		return protocol.Failed
	}
	switch {
	case s.content:
		return protocol.Meaningful
	case s.finish != nil && pending:
		return protocol.Quiet
	case s.finish != nil:
		return protocol.Final
	case s.usage && s.choices && s.count == 0:
		return protocol.UsageOnly
	}
	return protocol.Quiet
}

// end notes which choices have been seen and finished, and reports whether one that was seen has no finish reason yet: a
// stream that ends here is cut.
func (s *seen) end(r *protocol.Reply) (pending bool) {
	r.Choices |= s.indices
	r.Finished |= s.finished
	if r.Choices&^r.Finished != 0 {
		r.Finish = ""
		return true
	}
	s.tell(r)
	return false
}

// tell sets the finish reason, if there is one.
func (s *seen) tell(r *protocol.Reply) {
	if s.finish != nil && r.Finish != string(s.finish) {
		r.Finish = string(s.finish)
	}
}

// Body reads a whole completion.
func (Dialect) Body(body []byte, r *protocol.Reply) {
	var s seen
	c := scan.At(body)
	object := read(&c, r, &s)
	if !object || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	s.tell(r)
	broken := brokenOff(string(s.finish))
	switch {
	case s.env.Bad(s.count > 0):
		reply.Fail(body, r)
	case broken != nil:
		r.Err = broken
	case s.count == 0:
		reply.Bad(r, "the provider's answer holds no choices")
	case !s.content && s.finish == nil:
		reply.Bad(r, "the provider's answer is empty")
	default:
		r.Done = true
	}
}

func read(c *scan.Cursor, r *protocol.Reply, s *seen) bool {
	return c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "id":
			reply.Take(c, &r.ID)
		case "model":
			reply.Take(c, &r.Model)
		case "choices":
			s.choices = c.Kind() == '['
			c.Array(func() {
				s.count++
				choice(c, r, s)
			})
		case "usage":
			if openai.TakeUsage(c, r) {
				s.usage = true
			}
		case "service_tier":
			reply.TakeService(c, r)
		default:
			s.env.Member(key, c)
		}
	})
}

func choice(c *scan.Cursor, r *protocol.Reply, s *seen) {
	index, finished := int64(0), false // relays that make one choice only may leave its index out
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "index":
			if n, ok := c.Int(); ok {
				index = n
			}
		case "delta", "message":
			c.Object(func(key []byte, _ bool) { delta(key, c, r, s) })
		case "text": // of the old completions
			s.content = reply.Count(c, r) || s.content
		case "finish_reason":
			if raw, _, ok := c.String(); ok && len(raw) > 0 {
				s.finish, finished = raw, true
			}
		case "usage": // Kimi has it here
			if openai.TakeUsage(c, r) {
				s.usage = true
			}
		}
	})
	if index < 0 || index > 63 {
		return
	}
	s.indices |= 1 << index
	if finished {
		s.finished |= 1 << index
	}
}

// delta reads one member of a delta or message.
func delta(key []byte, c *scan.Cursor, r *protocol.Reply, s *seen) {
	switch string(key) {
	case "content":
		if c.Kind() == '[' { // Mistral: blocks
			c.Array(func() {
				c.Object(func(key []byte, _ bool) {
					switch string(key) {
					case "text":
						s.content = reply.Count(c, r) || s.content
					case "thinking":
						raw := c.Raw()
						r.Text += int64(len(raw))
						s.content = true
					}
				})
			})
			return
		}
		s.content = reply.Count(c, r) || s.content
	case "refusal", "reasoning_content", "reasoning":
		s.content = reply.Count(c, r) || s.content
	case "reasoning_details": // OpenRouter: the same text again, or encrypted
		c.Array(func() { s.content = true })
	case "tool_calls":
		c.Array(func() {
			c.Object(func(key []byte, _ bool) {
				if k := string(key); k == "function" || k == "custom" {
					call(c, r, s)
				}
			})
		})
	case "function_call": // before tools
		call(c, r, s)
	case "audio":
		c.Object(func(key []byte, _ bool) {
			if k := string(key); k == "data" || k == "transcript" {
				raw, _, ok := c.String()
				s.content = ok && len(raw) > 0 || s.content
			}
		})
	}
}

// call reads a function call, or the start or a piece of one.
func call(c *scan.Cursor, r *protocol.Reply, s *seen) {
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "name", "arguments", "input":
			if c.Kind() == '{' { // some relays send arguments as an object
				r.Text += int64(len(c.Raw()))
				s.content = true
				return
			}
			s.content = reply.Count(c, r) || s.content
		}
	})
}

// Error writes e as OpenAI would.
func (Dialect) Error(e *protocol.Error) (int, []byte) { return openai.Error(e) }

// StreamError writes e as the last event, without [DONE].
func (Dialect) StreamError(e *protocol.Error) []byte { return openai.StreamError(e) }

// KeepAlive is a comment.
func (Dialect) KeepAlive() []byte { return openai.KeepAlive() }
