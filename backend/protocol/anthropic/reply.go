package anthropic

import (
	"bytes"

	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// seen is what an event or a whole message holds beside what goes into the reply.
type seen struct {
	content  bool // text, thinking, a named tool call, a piece of one
	finished bool // a stop reason
	blocks   bool // the member content is there
	counted  bool // input_tokens at the top: the answer to count_tokens
	env      reply.Envelope
}

// Event reads an event.
func (Dialect) Event(name, data []byte, r *protocol.Reply) protocol.Class {
	if len(data) == 0 {
		return protocol.Quiet
	}
	var kind []byte
	var s seen
	c := scan.At(data)
	object := c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			kind, _, _ = c.String()
		case "delta":
			c.Object(func(key []byte, _ bool) { delta(key, &c, r, &s) })
		case "content_block":
			block(&c, r, &s)
		case "message":
			if c.Kind() == '{' {
				message(&c, r, &s)
				return
			}
			s.env.Member(key, &c)
		case "usage":
			usage(&c, r)
		default:
			s.env.Member(key, &c)
		}
	})
	if !object {
		if string(data) == "[DONE]" { // some relays add it; it ends nothing here
			return protocol.Quiet
		}
		c.Value()
	}
	if err := c.End(); err != nil {
		return reply.Unreadable(data, err, r)
	}
	if kind == nil {
		kind = name
	}
	switch string(kind) {
	case "error":
		return reply.Fail(data, r)
	case "message_stop":
		r.Done = true
		return protocol.Final
	}
	switch {
	case s.env.Bad(len(kind) > 0):
		return reply.Fail(data, r)
	case s.content && (string(kind) == "content_block_delta" || string(kind) == "content_block_start"):
		return protocol.Meaningful
	case s.finished && string(kind) == "message_delta":
		return protocol.Final
	}
	return protocol.Quiet
}

// Body reads a whole message, or the answer to a count of tokens.
func (Dialect) Body(body []byte, r *protocol.Reply) {
	var s seen
	c := scan.At(body)
	if !message(&c, r, &s) || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	switch {
	case s.env.Bad(s.blocks || s.counted):
		reply.Fail(body, r)
	case s.counted:
		r.Done = true
	case !s.blocks:
		reply.Bad(r, "the provider's answer holds no content")
	case !s.content && !s.finished:
		reply.Bad(r, "the provider's answer is empty")
	default:
		r.Done = true
	}
}

// message reads a message object: within message_start, or a whole reply.
func message(c *scan.Cursor, r *protocol.Reply, s *seen) bool {
	return c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "id":
			reply.Take(c, &r.ID)
		case "model":
			reply.Take(c, &r.Model)
		case "type":
			if raw, _, _ := c.String(); string(raw) == "error" {
				s.env.Certain()
			}
		case "content":
			s.blocks = c.Array(func() { block(c, r, s) })
		case "stop_reason":
			finish(c, r, s)
		case "usage":
			usage(c, r)
		case "input_tokens":
			s.counted = true
		case "container": // code execution: later requests may name it
			c.Object(func(key []byte, _ bool) {
				if string(key) == "id" {
					if raw, _, ok := c.String(); ok {
						reply.Issue(r, protocol.ConvRef, string(raw))
					}
				}
			})
		default:
			s.env.Member(key, c)
		}
	})
}

func finish(c *scan.Cursor, r *protocol.Reply, s *seen) {
	if raw, _, ok := c.String(); ok && len(raw) > 0 {
		s.finished = true
		if r.Finish != string(raw) {
			r.Finish = string(raw)
		}
	}
}

// delta reads one member of a content_block_delta's or message_delta's delta. A signature alone says nothing to a
// person, and comes when thinking ends: it is no reason to commit.
func delta(key []byte, c *scan.Cursor, r *protocol.Reply, s *seen) {
	switch string(key) {
	case "text", "thinking", "partial_json":
		s.content = reply.Count(c, r) || s.content
	case "citation", "content":
		s.content = !c.Null() || s.content
	case "stop_reason":
		finish(c, r, s)
	case "container":
		c.Object(func(key []byte, _ bool) {
			if string(key) == "id" {
				if raw, _, ok := c.String(); ok {
					reply.Issue(r, protocol.ConvRef, string(raw))
				}
			}
		})
	}
}

// block reads a content block, or the start of one.
func block(c *scan.Cursor, r *protocol.Reply, s *seen) {
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "text", "thinking":
			s.content = reply.Count(c, r) || s.content
		case "name":
			raw, _, ok := c.String()
			s.content = ok && len(bytes.TrimSpace(raw)) > 0 || s.content
		case "data", "tool_use_id": // redacted thinking, the result of a server's tool
			raw, _, ok := c.String()
			s.content = ok && len(raw) > 0 || s.content
		case "input":
			if raw := c.Raw(); len(raw) > len("{}") {
				r.Text += int64(len(raw))
			}
		}
	})
}

// usage merges figures into r. Of two tellings of one figure the larger counts.
func usage(c *scan.Cursor, r *protocol.Reply) {
	var input, read, written, short, long, output, thinking, searches int64
	told := false
	number := func(into *int64) {
		if n, ok := c.Int(); ok {
			*into, told = max(n, 0), true
		}
	}
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "input_tokens":
			number(&input)
		case "cache_read_input_tokens":
			number(&read)
		case "cache_creation_input_tokens":
			number(&written)
		case "output_tokens":
			number(&output)
		case "cache_creation":
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "ephemeral_5m_input_tokens":
					number(&short)
				case "ephemeral_1h_input_tokens":
					number(&long)
				}
			})
		case "output_tokens_details":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "thinking_tokens" {
					number(&thinking)
				}
			})
		case "server_tool_use":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "web_search_requests" {
					number(&searches)
				}
			})
		case "speed":
			if raw, _, _ := c.String(); string(raw) == "fast" {
				r.Service = protocol.Fast
			}
		case "service_tier":
			reply.TakeService(c, r)
			if r.Service == protocol.Priority { // it is for who has bought capacity beforehand, by Anthropic
				r.Service = protocol.Reserved
			}
		}
	})
	if !told {
		return
	}
	u := &r.Usage
	u.Input = max(u.Input, input)
	u.CacheRead = max(u.CacheRead, read)
	u.CacheWrite = max(u.CacheWrite, short)
	u.CacheWrite1h = max(u.CacheWrite1h, long)
	if split := u.CacheWrite + u.CacheWrite1h; written > split {
		u.CacheWrite += written - split // the total came without its parts: five minutes is the default
	}
	u.Output = max(u.Output, output)
	u.Reasoning = min(max(u.Reasoning, thinking), u.Output)
	u.Searches = max(u.Searches, searches)
	r.HasUsage = true
}
