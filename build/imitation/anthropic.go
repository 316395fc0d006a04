package imitation

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// anthropic is the paths of api.anthropic.com.
func (v *Vendor) anthropic() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(*call)) {
		mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			c := callOf(r)
			if e, refused := v.anthropicKey(c); refused {
				v.fail(c, e)
				return
			}
			h := c.w.Header()
			h.Set("Request-Id", newID("req_"))
			h.Set("Anthropic-Organization-Id", accountMark(c.key))
			h.Set("Set-Cookie", "_cfuvid="+newID("")+"; HttpOnly; Secure; Path=/")
			f(c)
		})
	}
	handle("POST /v1/messages", v.messages)
	handle("POST /v1/messages/count_tokens", v.countTokens)
	handle("GET /v1/models", v.anthropicModels)
	handle("GET /v1/models/{model}", func(c *call) {
		m := c.r.PathValue("model")
		if !slices.Contains(v.cfg.models, m) {
			v.fail(c, anthropicNoModel(m))
			return
		}
		c.json(200, anthropicModel(m))
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		v.fail(callOf(r), vendorError{status: 404, typ: "not_found_error", message: "Not Found"})
	})
	return mux
}

func invalid(format string, args ...any) vendorError {
	return vendorError{status: 400, typ: "invalid_request_error", message: fmt.Sprintf(format, args...)}
}

func anthropicNoModel(m string) vendorError {
	return vendorError{status: 404, typ: "not_found_error", message: "model: " + m}
}

func anthropicModel(name string) obj {
	return obj{"type": "model", "id": name, "display_name": "Imitation of " + name, "created_at": "2025-09-29T00:00:00Z",
		"max_input_tokens": 200000, "max_tokens": 64000,
		"lifecycle": "active", "deprecated_at": nil, "retires_at": nil, "line": nil, "capabilities": nil}
}

func (v *Vendor) anthropicKey(c *call) (vendorError, bool) {
	cred := v.credential(c.r)
	switch {
	case cred.shown == "":
		return vendorError{status: 401, typ: "authentication_error", message: "x-api-key header is required"}, true
	case cred.own == "" && cred.form == "bearer":
		return vendorError{status: 401, typ: "authentication_error", message: "Invalid bearer token"}, true
	case cred.own == "":
		return v.usual(401), true
	}
	switch version := c.r.Header.Get("Anthropic-Version"); version {
	case "2023-06-01", "2023-01-01", "2026-10-21": // the last is what @anthropic-ai/sdk 1.x sends
	case "":
		return invalid("anthropic-version: header is required"), true
	default:
		return invalid("anthropic-version: %q is not a valid version", version), true
	}
	return vendorError{}, false
}

// anthropicModels pages by after_id, before_id and limit.
func (v *Vendor) anthropicModels(c *call) {
	limit := 20
	if v.cfg.pageSize > 0 {
		limit = v.cfg.pageSize
	}
	q := c.r.URL.Query()
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 1000 {
			v.fail(c, invalid("limit: Input should be between 1 and 1000"))
			return
		}
		if v.cfg.pageSize == 0 || n < limit {
			limit = n
		}
	}
	names := v.cfg.models
	if after := q.Get("after_id"); after != "" {
		i := slices.Index(names, after)
		if i < 0 {
			v.fail(c, invalid("after_id: %q is not a model", after))
			return
		}
		names = names[i+1:]
	}
	if before := q.Get("before_id"); before != "" {
		if i := slices.Index(names, before); i >= 0 {
			names = names[:i]
		}
	}
	more := len(names) > limit
	names = names[:min(limit, len(names))]
	data := []any{}
	for _, m := range names {
		data = append(data, anthropicModel(m))
	}
	o := obj{"data": data, "has_more": more, "first_id": nil, "last_id": nil}
	if len(names) > 0 {
		o["first_id"], o["last_id"] = names[0], names[len(names)-1]
	}
	c.json(200, o)
}

// anthropicBody reads and judges a body; the fields of a beta are known only where an anthropic-beta header is.
func (v *Vendor) anthropicBody(c *call, op string) (map[string]any, bool) {
	refuse := func(e vendorError) (map[string]any, bool) {
		v.fail(c, e)
		return nil, false
	}
	if !isJSON(c.r.Header) {
		return refuse(invalid("Invalid content type: expected application/json"))
	}
	body, err := parse(c.body)
	if err != nil {
		return refuse(invalid("The request body is not valid JSON: %v", err))
	}
	betas := strings.Join(c.r.Header.Values("Anthropic-Beta"), ",")
	root := op
	if betas != "" {
		root = "beta_" + op
	}
	if p := v.check(root, body); p != nil {
		return refuse(anthropicProblem(body, p))
	}
	for field, beta := range betaFields {
		if has(body, field) && !strings.Contains(betas, beta) && !v.cfg.unchecked {
			return refuse(invalid("%s: Extra inputs are not permitted", field))
		}
	}
	if m := str(body, "model"); !slices.Contains(v.cfg.models, m) {
		return refuse(anthropicNoModel(m))
	}
	return body, true
}

// betaFields are known only with their own beta named in the header (the names are in AnthropicBeta of the SDK).
var betaFields = map[string]string{
	"context_management": "context-management-",
	"mcp_servers":        "mcp-client-",
}

// anthropicProblem words a problem as the service does: a dotted path with the tag of each union in it.
func anthropicProblem(body map[string]any, p *problem) vendorError {
	path := anthropicPath(body, p.path)
	full := path
	if p.name != "" {
		full = strings.TrimPrefix(path+"."+p.name, ".")
	}
	switch p.sort {
	case unknownField:
		return invalid("%s: Extra inputs are not permitted", full)
	case missingField:
		return invalid("%s: Field required", full)
	case wrongType:
		words := map[string]string{"string": "a valid string", "array": "a valid list", "object": "a valid dictionary",
			"integer": "a valid integer", "number": "a valid number", "boolean": "a valid boolean"}[p.want]
		return invalid("%s: Input should be %s", path, words)
	}
	if p.sort == outOfRange {
		words := strings.NewReplacer(">= ", "greater than or equal to ", "<= ", "less than or equal to ").Replace(p.want)
		return invalid("%s: Input should be %s", path, words)
	}
	if p.got == nil {
		return invalid("%s: Field required", path)
	}
	return invalid("%s: Input should be %s", path, p.want)
}

func anthropicPath(body map[string]any, path []string) string {
	var out []string
	var v any = body
	for i, p := range path {
		out = append(out, p)
		v = at(v, []string{p})
		m, isObject := v.(map[string]any)
		if !isObject {
			continue
		}
		tag := str(m, "type")
		switch {
		case i > 0 && path[i-1] == "tools" && tag == "":
			out = append(out, "custom")
		case tag == "":
		case p == "thinking", p == "tool_choice", i > 0 && (path[i-1] == "content" || path[i-1] == "tools"):
			out = append(out, tag)
		}
	}
	return strings.Join(out, ".")
}

func (v *Vendor) countTokens(c *call) {
	body, ok := v.anthropicBody(c, "count_tokens")
	if !ok {
		return
	}
	n := 0
	for _, part := range []string{"system", "tools", "messages"} {
		n += tokens(encode(body[part]))
	}
	c.json(200, obj{"input_tokens": n})
}

// messages answers POST /v1/messages.
func (v *Vendor) messages(c *call) {
	body, ok := v.anthropicBody(c, "messages")
	if !ok {
		return
	}
	if !v.cfg.unchecked {
		if e, refused := v.judgeMessages(body); refused {
			v.fail(c, e)
			return
		}
	}
	question := ""
	for _, m := range list(body, "messages") {
		if str(m, "role") == "user" {
			question = lastText(at(m, []string{"content"}))
		}
	}
	mode := str(body, "thinking", "type")
	r := c.answer(question, mode == "enabled" || mode == "adaptive")
	if mode == "" || mode == "disabled" {
		r.Thinking = ""
	}
	blocks := v.blocks(r, str(body, "thinking", "display") == "omitted")
	reason := r.Finish
	if reason == "" {
		reason = "end_turn"
		if r.Refusal != "" {
			reason = "refusal"
		} else if len(r.Calls) > 0 {
			reason = "tool_use"
		}
	}
	message := obj{"id": newID("msg_"), "type": "message", "role": "assistant", "model": body["model"], "content": blocks,
		"stop_reason": reason, "stop_sequence": nil, "stop_details": nil, "container": nil, "diagnostics": nil,
		"usage": messageUsage(*r.Usage)}
	if reason == "stop_sequence" {
		if l := list(body, "stop_sequences"); len(l) > 0 {
			message["stop_sequence"] = l[0]
		}
	}
	if !truth(body, "stream") {
		c.json(200, message)
		return
	}
	c.stream(messageStream(message, r))
}

func lastText(content any) string {
	parts, ok := content.([]any)
	if !ok {
		return texts(content)
	}
	for _, p := range slices.Backward(parts) {
		switch str(p, "type") {
		case "text":
			return str(p, "text")
		case "tool_result":
			return texts(at(p, []string{"content"}))
		}
	}
	return ""
}

func (v *Vendor) blocks(r Reply, omitted bool) []any {
	out := []any{}
	if r.Thinking != "" {
		text := r.Thinking
		if omitted {
			text = ""
		}
		out = append(out, obj{"type": "thinking", "thinking": text, "signature": v.signThinking(text)})
	}
	if r.Text != "" || r.Refusal != "" {
		out = append(out, obj{"type": "text", "text": r.Text + r.Refusal})
	}
	for _, k := range r.Calls {
		out = append(out, obj{"type": "tool_use", "id": k.ID, "name": k.Name, "input": k.arguments()})
	}
	return out
}

// messageUsage leaves the cached tokens out of input_tokens, as the vendor does.
func messageUsage(u Usage) obj {
	return obj{"input_tokens": u.Input - u.Cached - u.Written, "output_tokens": u.Output,
		"cache_read_input_tokens": u.Cached, "cache_creation_input_tokens": u.Written,
		"cache_creation":        obj{"ephemeral_5m_input_tokens": u.Written - u.Written1h, "ephemeral_1h_input_tokens": u.Written1h},
		"output_tokens_details": obj{"thinking_tokens": u.Reasoning}, "service_tier": "standard", "server_tool_use": nil,
		"inference_geo": nil, "speed": "standard"}
}

// messageStream is the grammar of a streamed message: message_start, a ping, each block's start, deltas and stop,
// message_delta with the cumulative usage, message_stop. A thinking block ends with its signature_delta.
func messageStream(message obj, r Reply) *stream {
	s := &stream{}
	start := obj{}
	for k, x := range message {
		start[k] = x
	}
	first := obj{}
	for k, x := range message["usage"].(obj) {
		first[k] = x
	}
	first["output_tokens"] = 1
	start["content"], start["stop_reason"], start["stop_sequence"], start["usage"] = []any{}, nil, nil, first
	s.add(quiet, "message_start", obj{"type": "message_start", "message": start})
	for i, b := range message["content"].([]any) {
		block := b.(obj)
		delta := func(w weight, d obj) {
			s.add(w, "content_block_delta", obj{"type": "content_block_delta", "index": i, "delta": d})
		}
		open := obj{}
		for k, x := range block {
			open[k] = x
		}
		switch block["type"] {
		case "thinking":
			open["thinking"], open["signature"] = "", ""
		case "text":
			open["text"] = ""
		case "tool_use":
			open["input"] = obj{}
		}
		s.add(quiet, "content_block_start", obj{"type": "content_block_start", "index": i, "content_block": open})
		if i == 0 {
			s.add(quiet, "ping", obj{"type": "ping"})
		}
		switch block["type"] {
		case "thinking":
			for _, p := range pieces(block["thinking"].(string), r.Piece) {
				delta(meaningful, obj{"type": "thinking_delta", "thinking": p})
			}
			delta(quiet, obj{"type": "signature_delta", "signature": block["signature"]})
		case "text":
			for _, p := range pieces(block["text"].(string), r.Piece) {
				delta(meaningful, obj{"type": "text_delta", "text": p})
			}
		case "tool_use":
			delta(quiet, obj{"type": "input_json_delta", "partial_json": ""})
			if arguments := encode(block["input"]); arguments != "{}" {
				for _, p := range fragments(arguments, r.Piece) {
					delta(meaningful, obj{"type": "input_json_delta", "partial_json": p})
				}
			}
		}
		s.add(quiet, "content_block_stop", obj{"type": "content_block_stop", "index": i})
	}
	u := message["usage"].(obj)
	s.add(closing, "message_delta", obj{"type": "message_delta",
		"delta": obj{"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]},
		"usage": obj{"input_tokens": u["input_tokens"], "output_tokens": u["output_tokens"],
			"cache_read_input_tokens": u["cache_read_input_tokens"], "cache_creation_input_tokens": u["cache_creation_input_tokens"],
			"output_tokens_details": u["output_tokens_details"], "server_tool_use": nil}})
	s.add(last, "message_stop", obj{"type": "message_stop"})
	return s
}
