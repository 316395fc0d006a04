package anthropic

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/scan"
)

// Dialect is Messages.
type Dialect struct{}

// Protocol is [protocol.Anthropic].
func (Dialect) Protocol() protocol.Protocol { return protocol.Anthropic }

// Peek reads a request.
func (Dialect) Peek(body []byte) (protocol.Peek, error) {
	var (
		p                peek.Request
		h                peek.Hash
		cacheKey, userID string
		system           []byte
	)
	g := peek.NewGuard(body)
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, escaped bool) {
		if g.Member(key, escaped, &c) {
			return
		}
		switch string(key) {
		case "max_tokens":
			p.MaxOutput = peek.Limit(&c)
		case "tools":
			p.Tools = peek.Filled(&c)
		case "thinking":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "type" {
					kind := peek.Text(&c)
					p.Think = kind == "enabled" || kind == "adaptive"
				}
			})
		case "output_format":
			format(&c, &p)
		case "output_config":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "format" {
					format(&c, &p)
				}
			})
		case "metadata":
			userID = peek.Metadata(&c)
		case "prompt_cache_key": // not Anthropic's, but some clients send it everywhere
			cacheKey = peek.Text(&c)
		case "container": // of code execution: its files live at one account
			if c.Kind() == '"' {
				p.AddRef(protocol.ConvRef, peek.Text(&c))
				return
			}
			c.Object(func(key []byte, _ bool) {
				if string(key) == "id" {
					p.AddRef(protocol.ConvRef, peek.Text(&c))
				}
			})
		case "system":
			system = c.Raw()
		case "messages":
			c.Array(func() { turn(&c, body, &p, &h) })
		}
	}); err != nil {
		return protocol.Peek{}, err
	}
	if err := g.Finish(&p.Peek, true); err != nil {
		return protocol.Peek{}, err
	}
	h.Content(system)
	p.Session = peek.Session(cacheKey, userID, &h)
	return p.Done()
}

func format(c *scan.Cursor, p *peek.Request) {
	c.Object(func(key []byte, _ bool) {
		if string(key) == "type" {
			p.Schema = peek.Is(c, "json_schema") || p.Schema
		}
	})
}

// turn reads one message: its blocks for images and files, and, until the first user turn, its text.
func turn(c *scan.Cursor, body []byte, p *peek.Request, h *peek.Hash) {
	var role []byte
	var content protocol.Span
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "role":
			role, _, _ = c.String()
		case "content":
			from := c.Offset()
			if !blocks(c, p) {
				c.Value()
			}
			content = protocol.Span{From: from, To: c.Offset()}
		}
	})
	if !h.Done() && c.Err() == nil {
		h.Turn(role, body[content.From:content.To])
	}
}

// blocks reads content blocks, and those within tool results.
func blocks(c *scan.Cursor, p *peek.Request) bool {
	return c.Array(func() {
		c.Object(func(key []byte, _ bool) {
			switch string(key) {
			case "type":
				p.Images = peek.Is(c, "image") || p.Images
			case "source":
				source(c, p)
			case "content":
				blocks(c, p)
			case "file_id": // container_upload; as an argument of a tool it stands deeper
				p.AddRef(protocol.FileRef, peek.Text(c))
			}
		})
	})
}

// source reads where an image or document comes from.
func source(c *scan.Cursor, p *peek.Request) {
	inline, size := false, 0
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			inline = peek.Is(c, "base64") // a document of type text has text there
		case "data":
			raw, _, _ := c.String()
			size = len(raw)
		case "file_id":
			p.AddRef(protocol.FileRef, peek.Text(c))
		}
	})
	if inline {
		p.Media += int64(size)
	}
}
