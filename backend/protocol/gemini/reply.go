package gemini

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// seen is what a response holds beside what goes into the reply.
type seen struct {
	candidates bool
	content    bool
	finished   bool
	usage      bool
	counted    bool // totalTokens: the answer to countTokens
	env        reply.Envelope
}

// Event reads one response of a stream.
func (Dialect) Event(name, data []byte, r *protocol.Reply) protocol.Class {
	if len(data) == 0 || string(data) == "[DONE]" {
		return protocol.Quiet
	}
	var s seen
	c := scan.At(data)
	object := read(&c, r, &s)
	if !object && !c.Array(func() { read(&c, r, &s) }) { // an error may come as an array of one
		c.Value()
	}
	if err := c.End(); err != nil {
		return reply.Unreadable(data, err, r)
	}
	switch {
	case string(name) == "error" || s.env.Bad(s.candidates || s.finished || s.usage):
		return reply.Fail(data, r)
	case s.finished && !s.content:
		r.Done = true
		return protocol.Final
	case s.content:
		r.Done = r.Done || s.finished
		return protocol.Meaningful
	}
	return protocol.Quiet
}

// Body reads a whole response, the answer to a count, or the array that a stream without alt=sse is.
func (Dialect) Body(body []byte, r *protocol.Reply) {
	var s seen
	c := scan.At(body)
	ok := read(&c, r, &s)
	if !ok {
		ok = c.Array(func() { read(&c, r, &s) })
	}
	if !ok || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	switch {
	case s.env.Bad(s.candidates || s.finished || s.counted):
		reply.Fail(body, r)
	case s.counted && !s.candidates:
		r.Done = true
	case !s.content && !s.finished:
		reply.Bad(r, "the provider's answer holds no candidates")
	default:
		r.Done = true
	}
}

func read(c *scan.Cursor, r *protocol.Reply, s *seen) bool {
	return c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "responseId":
			reply.Take(c, &r.ID)
		case "modelVersion":
			reply.Take(c, &r.Model)
		case "candidates":
			c.Array(func() {
				s.candidates = true
				c.Object(func(key []byte, _ bool) {
					switch string(key) {
					case "content":
						c.Object(func(key []byte, _ bool) {
							if string(key) == "parts" {
								c.Array(func() { c.Object(func(key []byte, _ bool) { replyPart(key, c, r, s) }) })
							}
						})
					case "finishReason":
						finish(c, r, s)
					}
				})
			})
		case "promptFeedback":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "blockReason" {
					finish(c, r, s)
				}
			})
		case "usageMetadata":
			s.usage = usage(c, r) || s.usage
		case "totalTokens":
			s.counted = true
		default:
			s.env.Member(key, c)
		}
	})
}

func finish(c *scan.Cursor, r *protocol.Reply, s *seen) {
	if raw, _, ok := c.String(); ok && len(raw) > 0 && string(raw) != "FINISH_REASON_UNSPECIFIED" {
		s.finished = true
		if r.Finish != string(raw) {
			r.Finish = string(raw)
		}
	}
}

func replyPart(key []byte, c *scan.Cursor, r *protocol.Reply, s *seen) {
	switch string(key) {
	case "text":
		s.content = reply.Count(c, r) || s.content
	case "functionCall":
		c.Object(func(key []byte, _ bool) {
			switch string(key) {
			case "name":
				s.content = reply.Count(c, r) || s.content
			case "args":
				r.Text += int64(len(c.Raw()))
			}
		})
	case "executableCode", "codeExecutionResult":
		r.Text += int64(len(c.Raw()))
		s.content = true
	case "inlineData", "fileData":
		s.content = true
	}
}

// usage reads usageMetadata. Figures are cumulative: a later telling replaces an earlier one, but for the classes that it
// leaves out (the first chunks of a stream have no candidates yet).
func usage(c *scan.Cursor, r *protocol.Reply) bool {
	var prompt, cached, candidates, thoughts, tools, total int64
	var sound, pictures protocol.Part
	split := false
	told := false
	number := func(into *int64) {
		if n, ok := c.Int(); ok {
			*into, told = max(n, 0), true
		}
	}
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "promptTokenCount":
			number(&prompt)
		case "cachedContentTokenCount":
			number(&cached)
		case "candidatesTokenCount":
			number(&candidates)
		case "thoughtsTokenCount":
			number(&thoughts)
		case "toolUsePromptTokenCount": // what the vendor's own tools added to the prompt
			number(&tools)
		case "totalTokenCount":
			number(&total)
		case "promptTokensDetails":
			modalities(c, &sound.Input, &pictures.Input)
		case "cacheTokensDetails":
			modalities(c, &sound.Cached, &pictures.Cached)
		case "candidatesTokensDetails":
			modalities(c, &sound.Output, &pictures.Output)
			split = true
		case "serviceTier", "trafficType":
			reply.TakeService(c, r)
		}
	})
	if !told {
		return false
	}
	output := candidates + thoughts
	if thoughts <= candidates && total == prompt+tools+candidates {
		output = candidates // a relay that counts thoughts among the candidates
	}
	u := protocol.Usage{CacheRead: min(cached, prompt), Output: output, Reasoning: min(thoughts, output)}
	u.Input = prompt - u.CacheRead + tools
	u.Split = split
	u.Audio = partOf(sound, u, protocol.Part{})
	u.Image = partOf(pictures, u, u.Audio)
	if prompt == 0 && r.HasUsage {
		was := &r.Usage
		u.Input, u.CacheRead = was.Input, was.CacheRead
		u.Audio.Input, u.Audio.Cached, u.Image.Input, u.Image.Cached = was.Audio.Input, was.Audio.Cached, was.Image.Input, was.Image.Cached
	}
	if output == 0 && r.HasUsage {
		was := &r.Usage
		u.Output, u.Reasoning, u.Split, u.Audio.Output, u.Image.Output = was.Output, was.Reasoning, was.Split, was.Audio.Output, was.Image.Output
	}
	r.Usage, r.HasUsage = u, true
	return true
}

// modalities reads what a figure is made of: a list of objects with modality and tokenCount.
func modalities(c *scan.Cursor, sound, pictures *int64) {
	c.Array(func() {
		var kind []byte
		var n int64
		c.Object(func(key []byte, _ bool) {
			switch string(key) {
			case "modality":
				kind, _, _ = c.String()
			case "tokenCount":
				n, _ = c.Int()
			}
		})
		switch string(kind) {
		case "AUDIO":
			*sound += max(n, 0)
		case "IMAGE", "VIDEO": // Google has one price for both, but for embeddings
			*pictures += max(n, 0)
		}
	})
}

// partOf is p in our classes, of which it can be no more than the other kind leaves. The figure of the prompt's parts holds the cached ones.
func partOf(p protocol.Part, u protocol.Usage, other protocol.Part) protocol.Part {
	if p == (protocol.Part{}) {
		return p
	}
	p.Cached = min(p.Cached, p.Input, u.CacheRead-other.Cached)
	p.Input = min(p.Input-p.Cached, u.Input-other.Input)
	p.Output = min(p.Output, u.Output-u.Reasoning-other.Output)
	return p
}
