package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"metapi/backend/protocol"
)

// Clients that write as their vendors' documentation tells, and read by it: nothing here is of our codecs.

type object = map[string]any

// picture is a PNG of one pixel.
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// ask is a question in no client's form.
type ask struct {
	model       string
	stream      bool
	system      string
	question    string
	after       []exchange // what was said before the end
	tools       bool
	think       bool
	schema      bool
	image       bool
	temperature float64
	limit       int
	more        object // laid over the body
}

// exchange is an answer with calls, and their results.
type exchange struct {
	said    heard
	results []string
}

// heard is what a client makes out of an answer.
type heard struct {
	status   int
	header   http.Header
	body     string
	text     string
	thinking string
	calls    []call
	finish   string
	whole    bool // by the protocol's own sign
	errs     []string
	history  []any // what this client sends back of it
}

type call struct{ id, name, args string }

// client is one protocol's.
type client struct {
	name  string
	proto protocol.Protocol
	path  func(a ask) string
	key   func(h http.Header, key string)
	body  func(a ask) object
	read  func(h *heard, event string, e object)
}

var clients = []client{chatClient, messagesClient, responsesClient, generateClient}

func bearer(h http.Header, key string) { h.Set("Authorization", "Bearer "+key) }

var parameters = object{"type": "object", "properties": object{"city": object{"type": "string"}}, "required": []any{"city"}, "additionalProperties": false}

var toolNames = []string{"get_weather", "get_time"}

var answerSchema = object{"type": "object", "properties": object{"answer": object{"type": "string"}}, "required": []any{"answer"}, "additionalProperties": false}

// send asks by way of a client and hears the answer out.
func (c client) send(url, key string, a ask) heard {
	body := c.body(a)
	for name, value := range a.more {
		body[name] = value
	}
	raw, _ := json.Marshal(body)
	r, err := http.NewRequest("POST", url+c.path(a), bytes.NewReader(raw))
	if err != nil {
		return heard{errs: []string{err.Error()}}
	}
	r.Header.Set("Content-Type", "application/json")
	c.key(r.Header, key)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return heard{errs: []string{err.Error()}}
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	h := heard{status: res.StatusCode, header: res.Header, body: string(got)}
	if err != nil {
		h.errs = append(h.errs, err.Error())
	}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		var e object
		if json.Unmarshal(got, &e) != nil {
			h.errs = append(h.errs, "not JSON: "+h.body)
			return h
		}
		h.trouble(e)
		c.read(&h, "", e)
		return h
	}
	for block := range strings.SplitSeq(strings.ReplaceAll(h.body, "\r\n", "\n"), "\n\n") {
		name, data := "", ""
		for line := range strings.SplitSeq(block, "\n") {
			if v, is := strings.CutPrefix(line, "event:"); is {
				name = strings.TrimSpace(v)
			}
			if v, is := strings.CutPrefix(line, "data:"); is {
				data += strings.TrimSpace(v)
			}
		}
		switch {
		case data == "[DONE]":
			h.whole = true
		case data != "":
			var e object
			if json.Unmarshal([]byte(data), &e) != nil {
				h.errs = append(h.errs, "not JSON: "+data)
				continue
			}
			h.trouble(e)
			c.read(&h, name, e)
		}
	}
	return h
}

func (h *heard) trouble(e object) {
	if x := e["error"]; x != nil {
		m, _ := at(x, "message").(string)
		h.errs = append(h.errs, m)
	}
}

func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(object)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func list(v any, path ...any) []any { l, _ := at(v, path...).([]any); return l }

func text(v any, path ...any) string { s, _ := at(v, path...).(string); return s }

func parsed(args string) object {
	var o object
	_ = json.Unmarshal([]byte(args), &o)
	return o
}

// Chat Completions.
var chatClient = client{
	name: "openai-chat", proto: protocol.OpenAIChat, key: bearer,
	path: func(ask) string { return "/v1/chat/completions" },
	body: func(a ask) object {
		messages := []any{}
		if a.system != "" {
			messages = append(messages, object{"role": "system", "content": a.system})
		}
		if a.image {
			messages = append(messages, object{"role": "user", "content": []any{object{"type": "text", "text": a.question},
				object{"type": "image_url", "image_url": object{"url": "data:image/png;base64," + picture}}}})
		} else {
			messages = append(messages, object{"role": "user", "content": a.question})
		}
		for _, x := range a.after {
			calls := []any{}
			for _, k := range x.said.calls {
				calls = append(calls, object{"id": k.id, "type": "function", "function": object{"name": k.name, "arguments": k.args}})
			}
			messages = append(messages, object{"role": "assistant", "content": nil, "tool_calls": calls})
			for i, k := range x.said.calls {
				messages = append(messages, object{"role": "tool", "tool_call_id": k.id, "content": x.results[i]})
			}
		}
		body := object{"model": a.model, "messages": messages}
		if a.stream {
			body["stream"] = true
		}
		if a.tools {
			tools := []any{}
			for _, n := range toolNames {
				tools = append(tools, object{"type": "function", "function": object{"name": n, "description": "d", "parameters": parameters}})
			}
			body["tools"] = tools
		}
		if a.think {
			body["reasoning_effort"] = "medium"
		}
		if a.schema {
			body["response_format"] = object{"type": "json_schema", "json_schema": object{"name": "answer", "strict": true, "schema": answerSchema}}
		}
		if a.temperature != 0 {
			body["temperature"] = a.temperature
		}
		if a.limit != 0 {
			body["max_tokens"] = a.limit
		}
		return body
	},
	read: func(h *heard, _ string, e object) {
		choice := at(e, "choices", 0)
		said := at(choice, "delta")
		if said == nil {
			said = at(choice, "message")
			h.whole = choice != nil
		}
		switch content := at(said, "content").(type) {
		case string:
			h.text += content
		case []any: // Mistral's, as it passes to a client of the same protocol
			for _, part := range content {
				h.text += text(part, "text")
				for _, t := range list(part, "thinking") {
					h.thinking += text(t, "text")
				}
			}
		}
		if t := text(said, "reasoning_content"); t != "" {
			h.thinking += t
		} else {
			h.thinking += text(said, "reasoning")
		}
		for place, k := range list(said, "tool_calls") {
			i := place
			if f, given := at(k, "index").(float64); given {
				i = int(f)
			} else if at(choice, "delta") != nil {
				i = len(h.calls)
			}
			for len(h.calls) <= i {
				h.calls = append(h.calls, call{})
			}
			h.calls[i].id += text(k, "id")
			h.calls[i].name += text(k, "function", "name")
			h.calls[i].args += text(k, "function", "arguments")
		}
		if f := text(choice, "finish_reason"); f != "" {
			h.finish = f
		}
	},
}

// Messages.
var messagesClient = client{
	name: "anthropic", proto: protocol.Anthropic,
	path: func(ask) string { return "/v1/messages" },
	key: func(h http.Header, key string) {
		h.Set("X-Api-Key", key)
		h.Set("Anthropic-Version", "2023-06-01")
	},
	body: func(a ask) object {
		content := []any{object{"type": "text", "text": a.question}}
		if a.image {
			content = append(content, object{"type": "image", "source": object{"type": "base64", "media_type": "image/png", "data": picture}})
		}
		messages := []any{object{"role": "user", "content": content}}
		for _, x := range a.after {
			blocks := slices.Clone(x.said.history)
			results := []any{}
			for i, k := range x.said.calls {
				blocks = append(blocks, object{"type": "tool_use", "id": k.id, "name": k.name, "input": parsed(k.args)})
				results = append(results, object{"type": "tool_result", "tool_use_id": k.id, "content": x.results[i]})
			}
			messages = append(messages, object{"role": "assistant", "content": blocks}, object{"role": "user", "content": results})
		}
		body := object{"model": a.model, "max_tokens": max(a.limit, 4000), "messages": messages}
		if a.limit != 0 {
			body["max_tokens"] = a.limit
		}
		if a.system != "" {
			body["system"] = a.system
		}
		if a.stream {
			body["stream"] = true
		}
		if a.tools {
			tools := []any{}
			for _, n := range toolNames {
				tools = append(tools, object{"name": n, "description": "d", "input_schema": parameters})
			}
			body["tools"] = tools
		}
		if a.think {
			body["thinking"] = object{"type": "enabled", "budget_tokens": 2000}
		}
		if a.schema {
			body["output_config"] = object{"format": object{"type": "json_schema", "schema": answerSchema}}
		}
		if a.temperature != 0 {
			body["temperature"] = a.temperature
		}
		return body
	},
	read: func(h *heard, _ string, e object) {
		if e["type"] == "message" {
			h.whole, h.finish = true, text(e, "stop_reason")
			for _, b := range list(e, "content") {
				h.block(b.(object))
			}
			return
		}
		switch e["type"] {
		case "content_block_start":
			h.block(at(e, "content_block").(object))
		case "content_block_delta":
			d := at(e, "delta")
			h.text += text(d, "text")
			if n := len(h.history); n > 0 && at(h.history[n-1], "type") == "thinking" {
				b := h.history[n-1].(object)
				b["thinking"] = text(b, "thinking") + text(d, "thinking")
				b["signature"] = text(b, "signature") + text(d, "signature")
			}
			h.thinking += text(d, "thinking")
			if n := len(h.calls); n > 0 {
				h.calls[n-1].args += text(d, "partial_json")
			}
		case "message_delta":
			h.finish = text(e, "delta", "stop_reason")
		case "message_stop":
			h.whole = true
		}
	},
}

// block takes in a block of an Anthropic message.
func (h *heard) block(b object) {
	switch b["type"] {
	case "text":
		h.text += text(b, "text")
	case "thinking":
		h.thinking += text(b, "thinking")
		h.history = append(h.history, b)
	case "tool_use":
		k := call{id: text(b, "id"), name: text(b, "name")}
		if input, _ := b["input"].(object); len(input) > 0 {
			raw, _ := json.Marshal(input)
			k.args = string(raw)
		}
		h.calls = append(h.calls, k)
	}
}

// Responses.
var responsesClient = client{
	name: "openai-responses", proto: protocol.OpenAIResponses, key: bearer,
	path: func(ask) string { return "/v1/responses" },
	body: func(a ask) object {
		content := []any{object{"type": "input_text", "text": a.question}}
		if a.image {
			content = append(content, object{"type": "input_image", "image_url": "data:image/png;base64," + picture, "detail": "auto"})
		}
		input := []any{object{"type": "message", "role": "user", "content": content}}
		for _, x := range a.after {
			input = append(input, x.said.history...)
			for i, k := range x.said.calls {
				input = append(input, object{"type": "function_call_output", "call_id": k.id, "output": x.results[i]})
			}
		}
		body := object{"model": a.model, "input": input, "store": false}
		if a.system != "" {
			body["instructions"] = a.system
		}
		if a.stream {
			body["stream"] = true
		}
		if a.tools {
			tools := []any{}
			for _, n := range toolNames {
				tools = append(tools, object{"type": "function", "name": n, "description": "d", "parameters": parameters, "strict": true})
			}
			body["tools"] = tools
		}
		if a.think {
			body["reasoning"] = object{"effort": "medium", "summary": "auto"}
			body["include"] = []any{"reasoning.encrypted_content"}
		}
		if a.schema {
			body["text"] = object{"format": object{"type": "json_schema", "name": "answer", "strict": true, "schema": answerSchema}}
		}
		if a.temperature != 0 {
			body["temperature"] = a.temperature
		}
		if a.limit != 0 {
			body["max_output_tokens"] = a.limit
		}
		return body
	},
	read: func(h *heard, _ string, e object) {
		item := func(v any) {
			o, _ := v.(object)
			h.history = append(h.history, o)
			switch o["type"] {
			case "message":
				for _, c := range list(o, "content") {
					h.text += text(c, "text")
				}
			case "reasoning":
				for _, c := range append(list(o, "summary"), list(o, "content")...) {
					h.thinking += text(c, "text")
				}
			case "function_call":
				h.calls = append(h.calls, call{text(o, "call_id"), text(o, "name"), text(o, "arguments")})
			}
		}
		switch e["type"] {
		case "response.output_item.done":
			item(e["item"])
		case "response.completed":
			h.whole, h.finish = true, "completed"
		case "response.incomplete":
			h.finish = "incomplete"
		case "response.failed":
			h.errs = append(h.errs, text(e, "response", "error", "message"))
		case "error":
			h.errs = append(h.errs, text(e, "message"))
		case nil:
			h.whole, h.finish = e["status"] == "completed", text(e, "status")
			for _, o := range list(e, "output") {
				item(o)
			}
		}
	},
}

// generateContent.
var generateClient = client{
	name: "gemini", proto: protocol.Gemini,
	key: func(h http.Header, key string) { h.Set("X-Goog-Api-Key", key) },
	path: func(a ask) string {
		if a.stream {
			return "/v1beta/models/" + a.model + ":streamGenerateContent?alt=sse"
		}
		return "/v1beta/models/" + a.model + ":generateContent"
	},
	body: func(a ask) object {
		parts := []any{object{"text": a.question}}
		if a.image {
			parts = append(parts, object{"inlineData": object{"mimeType": "image/png", "data": picture}})
		}
		contents := []any{object{"role": "user", "parts": parts}}
		for _, x := range a.after {
			results := []any{}
			for i, k := range x.said.calls {
				results = append(results, object{"functionResponse": object{"id": k.id, "name": k.name, "response": object{"output": x.results[i]}}})
			}
			contents = append(contents, object{"role": "model", "parts": x.said.history}, object{"role": "user", "parts": results})
		}
		config := object{}
		body := object{"contents": contents, "generationConfig": config}
		if a.system != "" {
			body["systemInstruction"] = object{"parts": []any{object{"text": a.system}}}
		}
		if a.tools {
			declarations := []any{}
			for _, n := range toolNames {
				declarations = append(declarations, object{"name": n, "description": "d", "parametersJsonSchema": parameters})
			}
			body["tools"] = []any{object{"functionDeclarations": declarations}}
		}
		if a.think {
			config["thinkingConfig"] = object{"includeThoughts": true, "thinkingBudget": 2000}
		}
		if a.schema {
			config["responseMimeType"], config["responseJsonSchema"] = "application/json", answerSchema
		}
		if a.temperature != 0 {
			config["temperature"] = a.temperature
		}
		if a.limit != 0 {
			config["maxOutputTokens"] = a.limit
		}
		return body
	},
	read: func(h *heard, _ string, e object) {
		for _, p := range list(e, "candidates", 0, "content", "parts") {
			if f := at(p, "functionCall"); f != nil {
				raw, _ := json.Marshal(at(f, "args"))
				h.calls = append(h.calls, call{text(f, "id"), text(f, "name"), string(raw)})
				h.history = append(h.history, p)
			} else if at(p, "thought") == true {
				h.thinking += text(p, "text")
			} else {
				h.text += text(p, "text")
			}
		}
		if f := text(e, "candidates", 0, "finishReason"); f != "" {
			h.whole, h.finish = true, f
		}
	},
}

func (h heard) String() string {
	return fmt.Sprintf("status %d, whole %v, errors %q, said %q, thought %q, calls %+v, finish %q\n%s", h.status, h.whole, h.errs, h.text, h.thinking, h.calls, h.finish, h.body)
}
