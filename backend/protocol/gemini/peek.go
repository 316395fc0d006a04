package gemini

import (
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/scan"
)

// Dialect is the Generative Language API.
type Dialect struct{}

// Protocol is [protocol.Gemini].
func (Dialect) Protocol() protocol.Protocol { return protocol.Gemini }

// Peek reads a request. Model and Stream stay empty: the path has them.
func (Dialect) Peek(body []byte) (protocol.Peek, error) {
	var p peek.Request
	var h peek.Hash
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, _ bool) {
		request(key, &c, body, &p, &h)
	}); err != nil {
		return protocol.Peek{}, err
	}
	p.Session = peek.Session("", "", &h)
	return p.Done()
}

// request reads one member of a GenerateContentRequest, which countTokens may wrap in another object.
func request(key []byte, c *scan.Cursor, body []byte, p *peek.Request, h *peek.Hash) {
	switch string(key) {
	case "generateContentRequest", "generate_content_request":
		c.Object(func(key []byte, _ bool) {
			if k := string(key); k != "generateContentRequest" && k != "generate_content_request" {
				request(key, c, body, p, h)
			}
		})
	case "generationConfig", "generation_config":
		c.Object(func(key []byte, _ bool) { config(key, c, p) })
	case "tools":
		p.Tools = peek.Filled(c)
	case "serviceTier", "service_tier":
		p.Service = peek.Service(c)
	case "cachedContent", "cached_content":
		p.AddRef(protocol.CacheRef, peek.Text(c))
	case "systemInstruction", "system_instruction":
		content(c, body, p, h, true)
	case "contents":
		if !c.Array(func() { content(c, body, p, h, false) }) {
			content(c, body, p, h, false) // one content instead of a list
		}
	}
}

func config(key []byte, c *scan.Cursor, p *peek.Request) {
	switch string(key) {
	case "maxOutputTokens", "max_output_tokens":
		p.MaxOutput = peek.Limit(c)
	case "responseSchema", "response_schema", "responseJsonSchema", "response_json_schema", "_responseJsonSchema":
		p.Schema = !c.Null() || p.Schema
	case "thinkingConfig", "thinking_config":
		c.Object(func(key []byte, _ bool) {
			switch string(key) {
			case "includeThoughts", "include_thoughts":
				p.Think = c.True() || p.Think
			case "thinkingBudget", "thinking_budget":
				n, ok := c.Int()
				p.Think = ok && n != 0 || p.Think
			case "thinkingLevel", "thinking_level":
				p.Think = peek.Text(c) != "" || p.Think
			}
		})
	}
}

// content reads the parts of one content.
func content(c *scan.Cursor, body []byte, p *peek.Request, h *peek.Hash, system bool) {
	var parts protocol.Span
	user := true // the default role
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "role":
			role := peek.Text(c)
			user = role == "user" || role == ""
		case "parts":
			from := c.Offset()
			if !c.Array(func() { c.Object(func(key []byte, _ bool) { part(key, c, p) }) }) {
				c.Object(func(key []byte, _ bool) { part(key, c, p) })
			}
			parts = protocol.Span{From: from, To: c.Offset()}
		}
	})
	if c.Err() != nil || parts.Empty() {
		return
	}
	switch {
	case system:
		h.Content(body[parts.From:parts.To])
	case user && !h.Done():
		h.Content(body[parts.From:parts.To])
		h.User()
	}
}

func part(key []byte, c *scan.Cursor, p *peek.Request) {
	switch string(key) {
	case "inlineData", "inline_data":
		c.Object(func(key []byte, _ bool) {
			if string(key) == "data" {
				p.Base64(c)
				return
			}
			mediaBytes(key, c, p)
		})
	case "fileData", "file_data":
		c.Object(func(key []byte, _ bool) {
			if k := string(key); k == "fileUri" || k == "file_uri" {
				p.AddRef(protocol.FileRef, file(peek.Text(c)))
				return
			}
			mediaBytes(key, c, p)
		})
	}
}

func mediaBytes(key []byte, c *scan.Cursor, p *peek.Request) {
	if k := string(key); k == "mimeType" || k == "mime_type" {
		p.Images = strings.HasPrefix(peek.Text(c), "image/") || p.Images
	}
}

// file is the name of an uploaded file in a URI: "https://…/v1beta/files/abc" and "files/abc" are the same file; "" for
// what is no upload, such as a video's address.
func file(uri string) string {
	if strings.HasPrefix(uri, "files/") {
		return uri
	}
	if i := strings.LastIndex(uri, "/files/"); i >= 0 && strings.Contains(uri, "generativelanguage") {
		return uri[i+1:]
	}
	return ""
}
