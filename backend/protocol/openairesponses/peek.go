package openairesponses

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/scan"
)

// Dialect is Responses.
type Dialect struct{}

// Protocol is [protocol.OpenAIResponses].
func (Dialect) Protocol() protocol.Protocol { return protocol.OpenAIResponses }

// ReasoningID is the id of the [protocol.ReasoningRef] for an encrypted_content, given what stands between its
// quotes in JSON. Requests and replies use the same.
func ReasoningID(raw []byte, escaped bool) string { return peek.ReasoningID(raw, escaped) }

// Peek reads a request.
func (Dialect) Peek(body []byte) (protocol.Peek, error) {
	var (
		p                peek.Request
		h                peek.Hash
		last             token
		cacheKey, userID string
		instructions     []byte
		messages, input  bool
	)
	g := peek.NewGuard(body)
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, escaped bool) {
		if g.Member(key, escaped, &c) {
			return
		}
		switch string(key) {
		case "max_output_tokens":
			p.MaxOutput = peek.Limit(&c)
		case "tools":
			c.Array(func() {
				p.Tools = true
				tool(&c, &p)
			})
		case "text":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "format" {
					c.Object(func(key []byte, _ bool) {
						if string(key) == "type" {
							p.Schema = peek.Is(&c, "json_schema")
						}
					})
				}
			})
		case "reasoning":
			c.Object(func(key []byte, _ bool) {
				if raw, _, ok := c.String(); ok && len(raw) > 0 && (string(key) != "effort" || string(raw) != "none") {
					p.Think = true
				}
			})
		case "service_tier":
			p.Service = peek.Service(&c)
		case "prompt_cache_key":
			cacheKey = peek.Text(&c)
		case "metadata":
			userID = peek.Metadata(&c)
		case "previous_response_id":
			p.AddRef(protocol.ResponseRef, peek.Text(&c))
		case "conversation":
			if !c.Object(func(key []byte, _ bool) {
				if string(key) == "id" {
					p.AddRef(protocol.ConvRef, peek.Text(&c))
				}
			}) {
				p.AddRef(protocol.ConvRef, peek.Text(&c))
			}
		case "instructions":
			instructions = c.Raw()
		case "messages":
			messages = true
		case "input":
			input = true
			if c.Kind() == '"' {
				h.Turn([]byte("user"), c.Raw())
				return
			}
			c.Array(func() { item(&c, body, &p, &h, &last) })
		}
	}); err != nil {
		return protocol.Peek{}, err
	}
	if err := g.Finish(&p.Peek, true); err != nil {
		return protocol.Peek{}, err
	}
	if messages && !input {
		p.Shape = protocol.OpenAIChat
	}
	h.Content(instructions)
	if last.raw != nil {
		p.AddRef(protocol.ReasoningRef, ReasoningID(last.raw, last.escaped))
	}
	p.Session = peek.Session(cacheKey, userID, &h)
	return p.Done()
}

// token is what stands between the quotes of a string that was seen.
type token struct {
	raw     []byte
	escaped bool
}

// item reads one input item.
func item(c *scan.Cursor, body []byte, p *peek.Request, h *peek.Hash, last *token) {
	var role, kind []byte
	var content protocol.Span
	var id, secret token
	made := 0 // bytes of an image that the model made
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			kind, _, _ = c.String()
		case "role":
			role, _, _ = c.String()
		case "id":
			id.raw, id.escaped, _ = c.String()
		case "encrypted_content":
			if raw, escaped, ok := c.String(); ok && len(raw) > 0 {
				secret = token{raw, escaped}
			}
		case "content", "output":
			from := c.Offset()
			if !c.Array(func() { part(c, p) }) && c.Kind() == '{' { // a screenshot
				part(c, p)
			} else if c.Offset() == from {
				c.Value()
			}
			content = protocol.Span{From: from, To: c.Offset()}
		case "result":
			raw, _, _ := c.String()
			made = len(raw)
		}
	})
	if c.Err() != nil {
		return
	}
	switch {
	case string(kind) == "reasoning" && foreign(id.raw, secret.raw):
	case secret.raw != nil && string(kind) == "reasoning":
		*last = secret
	case secret.raw != nil && ours(secret): // a summary of Metapi's: anybody may read it
	case secret.raw != nil: // a compaction: the conversation so far, which cannot be left out
		p.AddRef(protocol.ConvRef, ReasoningID(secret.raw, secret.escaped))
	// Reasoning without its content, and a bare id, stand for what one account has stored. Any other item is there in
	// full, and its id only a name.
	case string(kind) == "item_reference", string(kind) == "reasoning", kind == nil && role == nil && content.Empty():
		p.AddRef(protocol.ResponseRef, scan.Unquote(id.raw, id.escaped))
	case string(kind) == "image_generation_call":
		p.Media += int64(made)
	}
	if !h.Done() {
		h.Turn(role, body[content.From:content.To])
	}
}

// part reads one content part.
func part(c *scan.Cursor, p *peek.Request) {
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			p.Images = peek.Is(c, "input_image") || p.Images
		case "file_id":
			p.AddRef(protocol.FileRef, peek.Text(c))
		case "image_url":
			p.DataURL(c)
		case "file_data":
			p.Base64(c)
		case "input_audio":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "data" {
					p.Base64(c)
				}
			})
		}
	})
}

// tool reads one tool for the files that it leans on.
func tool(c *scan.Cursor, p *peek.Request) {
	files := func() {
		c.Array(func() { p.AddRef(protocol.FileRef, peek.Text(c)) })
	}
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "vector_store_ids":
			files()
		case "container": // code_interpreter
			if c.Kind() == '"' {
				p.AddRef(protocol.FileRef, peek.Text(c))
				return
			}
			c.Object(func(key []byte, _ bool) {
				if string(key) == "file_ids" {
					files()
				}
			})
		}
	})
}

// StripReasoning returns body without the reasoning items of its input that an account of OpenAI's has encrypted, and whether
// there were any. All else is byte-identical, in its order. A body that cannot be read is returned as it is.
func StripReasoning(body []byte) ([]byte, bool) {
	return stripReasoning(body, func(id, sealed []byte) bool { return len(sealed) > 0 && !foreign(id, sealed) })
}

// stripReasoning takes out of a body's input the reasoning items for which drop, given their id and encrypted content as they
// stand in the body, is true.
func stripReasoning(body []byte, drop func(id, sealed []byte) bool) ([]byte, bool) {
	type element struct {
		at   protocol.Span
		drop bool
	}
	var elements []element
	found := false
	c := scan.At(body)
	c.Object(func(key []byte, _ bool) {
		if string(key) != "input" {
			return
		}
		elements, found = nil, false // of two members of one name, the last is what parsers take
		c.Array(func() {
			from := c.Offset()
			reasoning := false
			var id, sealed []byte
			if !c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "type":
					reasoning = peek.Is(&c, "reasoning")
				case "id":
					id, _, _ = c.String()
				case "encrypted_content":
					sealed, _, _ = c.String()
				}
			}) {
				c.Value()
			}
			gone := reasoning && drop(id, sealed)
			elements = append(elements, element{protocol.Span{From: from, To: c.Offset()}, gone})
			found = found || gone
		})
	})
	if c.End() != nil || !found {
		return body, false
	}
	// Each dropped element goes with the comma behind it, and where it is the last, with the one before it.
	out := make([]byte, 0, len(body))
	at, kept := 0, false
	for i, el := range elements {
		if !el.drop {
			kept = true
			continue
		}
		out = append(out, body[at:el.at.From]...)
		switch {
		case i+1 < len(elements):
			at = elements[i+1].at.From
		default:
			at = el.at.To
			if kept {
				out = trimComma(out)
			}
		}
	}
	return append(out, body[at:]...), true
}

// trimComma takes off the comma at the end of b, and the white space behind it.
func trimComma(b []byte) []byte {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case ' ', '\n', '\t', '\r':
		case ',':
			return b[:i]
		default:
			return b
		}
	}
	return b
}
