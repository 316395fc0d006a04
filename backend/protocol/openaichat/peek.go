package openaichat

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/scan"
)

// Dialect is Chat Completions.
type Dialect struct{}

// Protocol is [protocol.OpenAIChat].
func (Dialect) Protocol() protocol.Protocol { return protocol.OpenAIChat }

// Peek reads a request.
func (Dialect) Peek(body []byte) (protocol.Peek, error) {
	var (
		p                peek.Request
		h                peek.Hash
		limit, legacy    int64
		messages, input  bool
		cacheKey, userID string
	)
	g := peek.NewGuard(body)
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, escaped bool) {
		if g.Member(key, escaped, &c) {
			return
		}
		switch string(key) {
		case "stream_options":
			p.StreamOptions, p.IncludeUsage = streamOptions(body, &c)
		case "max_completion_tokens":
			limit = peek.Limit(&c)
		case "max_tokens":
			legacy = peek.Limit(&c)
		case "functions":
			p.Tools = peek.Filled(&c) || p.Tools
		case "tools":
			first := true
			c.Array(func() {
				p.Tools = true
				if first {
					c.Object(func(key []byte, _ bool) {
						if string(key) == "input_schema" {
							p.Shape = protocol.Anthropic
						}
					})
				}
				first = false
			})
		case "system", "stop_sequences":
			p.Shape = protocol.Anthropic
		case "response_format":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "type" {
					p.Schema = peek.Is(&c, "json_schema")
				}
			})
		case "reasoning_effort":
			effort := peek.Text(&c)
			p.Think = p.Think || effort != "" && effort != "none"
		case "reasoning": // OpenRouter
			p.Think = peek.Filled(&c) || p.Think
		case "enable_thinking": // Qwen
			p.Think = c.True() || p.Think
		case "thinking": // DeepSeek, GLM, Kimi
			c.Object(func(key []byte, _ bool) {
				if string(key) == "type" {
					p.Think = peek.Is(&c, "enabled") || p.Think
				}
			})
		case "service_tier":
			p.Service = peek.Service(&c)
		case "prompt_cache_key":
			cacheKey = peek.Text(&c)
		case "metadata":
			userID = peek.Metadata(&c)
		case "input":
			input = true
		case "messages":
			messages = true
			c.Array(func() { message(&c, body, &p, &h) })
		}
	}); err != nil {
		return protocol.Peek{}, err
	}
	if err := g.Finish(&p.Peek, true); err != nil {
		return protocol.Peek{}, err
	}
	if input && !messages {
		p.Shape = protocol.OpenAIResponses
	}
	p.MaxOutput = limit
	if limit == 0 {
		p.MaxOutput = legacy
	}
	p.Session = peek.Session(cacheKey, userID, &h)
	return p.Done()
}

func streamOptions(body []byte, c *scan.Cursor) (at protocol.Span, include bool) {
	at = c.Value()
	o := scan.At(body[at.From:at.To])
	o.Object(func(key []byte, _ bool) {
		if string(key) == "include_usage" {
			include = o.True()
		}
	})
	return at, include
}

// message reads one message: its parts for images and files, and, until the first user turn, its text.
func message(c *scan.Cursor, body []byte, p *peek.Request, h *peek.Hash) {
	var role []byte
	var content protocol.Span
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "role":
			role, _, _ = c.String()
		case "content":
			if c.Kind() != '[' {
				content = c.Value()
				return
			}
			from := c.Offset()
			c.Array(func() { part(c, p) })
			content = protocol.Span{From: from, To: c.Offset()}
		}
	})
	if !h.Done() && c.Err() == nil {
		h.Turn(role, body[content.From:content.To])
	}
}

func part(c *scan.Cursor, p *peek.Request) {
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "tool_use_id":
			p.Shape = protocol.Anthropic
		case "image_url":
			p.Images = true
			address(c, p)
		case "video_url": // Qwen
			address(c, p)
		case "file":
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "file_id":
					p.AddRef(protocol.FileRef, peek.Text(c))
				case "file_data":
					p.Base64(c)
				}
			})
		case "input_audio":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "data" {
					p.Base64(c)
				}
			})
		}
	})
}

// address reads an image_url: an object with its url, or, as some clients have it, the url itself.
func address(c *scan.Cursor, p *peek.Request) {
	if !c.Object(func(key []byte, _ bool) {
		if string(key) == "url" {
			p.DataURL(c)
		}
	}) {
		p.DataURL(c)
	}
}
