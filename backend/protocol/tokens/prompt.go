package tokens

import (
	"bytes"
	"math"

	"metapi/backend/protocol/scan"
)

// Prompt is what of a request body costs tokens. It depends on no model, so that it can be priced for several.
type Prompt struct {
	text     Counts
	messages int
	tools    bool
	media    []medium
}

// place says how a member of a body is read.
type place uint8

const (
	passed   place = iota // of no cost
	turns                 // messages: an array of them, or text
	envelope              // the vendor's own object around text: its names are of no cost
	data                  // free JSON, which the model reads as such: names cost, too
	tools                 // likewise, and says that there are tools
	media                 // bytes, or where they are
	source                // an object with such
)

// members of a request, in all four protocols.
var requestMembers = map[string]place{
	"messages": turns, "input": turns, "contents": turns, "system": envelope, "instructions": envelope, "systemInstruction": envelope, "system_instruction": envelope,
	"tools": tools, "functions": tools, "response_format": envelope, "text": envelope, "output_config": envelope, "output_format": envelope,
	"generationConfig": envelope, "generation_config": envelope,
}

// members of what is within; those that are not here are read like an envelope.
var envelopeMembers = map[string]place{
	"role": passed, "type": passed, "id": passed, "call_id": passed, "tool_use_id": passed, "tool_call_id": passed, "status": passed,
	"cache_control": passed, "signature": passed, "thoughtSignature": passed, "thought_signature": passed, "encrypted_content": passed,
	"media_type": passed, "mimeType": passed, "mime_type": passed, "phase": passed, "verbosity": passed, "effort": passed,
	"annotations": passed, "logprobs": passed, "citations": passed, "strict": passed, "responseMimeType": passed, "response_mime_type": passed,
	"speechConfig": passed, "thinkingConfig": passed, "stopSequences": passed, "filename": passed, "summary": passed,

	"args": data, "response": data, "parameters": data, "input_schema": data, "schema": data, "input": data, "responseSchema": data,
	"response_schema": data, "responseJsonSchema": data, "response_json_schema": data,

	"source": source, "data": media, "image_url": media, "file_url": media, "file_data": media, "fileUri": media, "file_uri": media, "file_id": media,
}

// Read takes in a request body of any of the protocols. What is no JSON is counted as far as it goes.
func Read(body []byte) (p Prompt) {
	c := scan.At(body)
	c.Object(func(key []byte, _ bool) {
		if string(key) == "generateContentRequest" || string(key) == "generate_content_request" { // a whole request within :countTokens
			c.Object(func(key []byte, _ bool) { p.member(&c, key) })
			return
		}
		p.member(&c, key)
	})
	return p
}

// member reads a member of a request.
func (p *Prompt) member(c *scan.Cursor, key []byte) {
	to := requestMembers[string(key)]
	if to == tools {
		p.tools = p.tools || c.Kind() == '['
		to = data
	}
	p.value(c, to)
}

// value reads the value before c.
func (p *Prompt) value(c *scan.Cursor, in place) {
	switch kind := c.Kind(); {
	case in == passed:
		c.Value()
	case kind == '"' && in == media:
		raw, escaped, _ := c.String()
		p.medium(raw, escaped)
	case kind == '"':
		if in == turns {
			p.messages++
		}
		raw, escaped, _ := c.String()
		p.string(raw, escaped)
	case kind == '[':
		c.Array(func() {
			if in == turns {
				p.messages++
				p.value(c, envelope)
				return
			}
			p.value(c, in)
		})
	case kind == '{' && in == data:
		c.Object(func(key []byte, escaped bool) {
			p.string(key, escaped)
			p.value(c, data)
		})
	case kind == '{':
		before := len(p.media)
		low := false
		c.Object(func(key []byte, _ bool) {
			if string(key) == "detail" {
				raw, _, _ := c.String()
				low = string(raw) == "low"
				return
			}
			to, known := envelopeMembers[string(key)]
			if !known {
				to = envelope
			}
			switch {
			case to == data && c.Kind() == '"': // text, and the input of a custom tool
				to = envelope
			case string(key) == "url" && (in == media || in == source): // else where a page was found
				to = media
			}
			p.value(c, to)
		})
		for i := before; low && i < len(p.media); i++ {
			p.media[i].low = true
		}
	case in == data:
		p.text.Add(c.Raw()) // a number, a truth
	default:
		c.Value()
	}
}

// string counts what a JSON string says, as a text of its own: what stands in two strings is never one word.
func (p *Prompt) string(raw []byte, escaped bool) {
	p.text.state = inBlank
	if escaped {
		p.text.addEscaped(raw)
	} else {
		p.text.Add(raw)
	}
}

// medium takes in what an image, sound or document is given by.
func (p *Prompt) medium(raw []byte, escaped bool) {
	m := medium{kind: picture}
	switch base64 := bytes.Index(raw[:min(len(raw), 256)], []byte(";base64,")); {
	case bytes.HasPrefix(raw, []byte("data:")) && base64 >= 0:
		m, _ = mediumOf(raw[base64+len(";base64,"):])
	case bytes.HasPrefix(raw, []byte("http")), bytes.HasPrefix(raw, []byte("file")), bytes.HasPrefix(raw, []byte("gs:")): // somewhere else
	default:
		var ok bool
		if m, ok = mediumOf(raw); !ok {
			p.string(raw, escaped)
			return
		}
	}
	p.media = append(p.media, m)
}

// Text is how many bytes of text there are.
func (p *Prompt) Text() int64 {
	var n int64
	for _, c := range p.text.in {
		n += int64(c)
	}
	return n
}

// TextTokens estimates what the text alone takes.
func (p *Prompt) TextTokens(to Model) int64 {
	return int64(math.Round(rules[to.Family].weights.of(&p.text)))
}

// Tokens estimates what the prompt costs a model; at least one. [Corrections] know better once they have been taught.
func (p *Prompt) Tokens(to Model) int64 {
	parts, media := p.parts(to)
	return max(int64(math.Round(parts.sum()+media)), 1)
}

// parts is what the prompt takes, by group, and what its media take.
func (p *Prompt) parts(to Model) (of parts, media float64) {
	r := &rules[to.Family]
	of[around] = r.base + r.message*float64(p.messages)
	if p.tools {
		of[around] += r.tools
	}
	for s, times := range p.text.in {
		of[groupOf[s]] += r.weights[s] * float64(times)
	}
	for _, m := range p.media {
		media += m.tokens(to)
	}
	return of, media
}

// Plain reports whether there is nothing but text, which is what can be estimated well.
func (p *Prompt) Plain() bool { return len(p.media) == 0 }
