package imitation

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// chat answers POST /v1/chat/completions.
func (v *Vendor) chat(c *call) {
	body, ok := v.openAIBody(c, "chat")
	if !ok {
		return
	}
	if !v.cfg.unchecked {
		if e, refused := judgeChat(body); refused {
			v.fail(c, e)
			return
		}
	}
	question := ""
	for _, m := range list(body, "messages") {
		if role := str(m, "role"); role == "user" || role == "tool" {
			question = texts(at(m, []string{"content"}))
		}
	}
	r := c.answer(question, false)
	if v.cfg.only != OpChat {
		r.Thinking = ""
	}
	n := 1
	if f, given := number(body, "n"); given {
		n = int(f)
	}
	if truth(body, "stream") {
		c.stream(chatStream(body, r, n))
		return
	}
	choices := []any{}
	for i := range n {
		message := obj{"role": "assistant", "content": nilIfEmpty(r.Text), "refusal": nilIfEmpty(r.Refusal), "annotations": []any{}}
		if r.Thinking != "" {
			message["reasoning_content"] = r.Thinking
		}
		if len(r.Calls) > 0 {
			calls := []any{}
			for _, k := range r.Calls {
				calls = append(calls, obj{"id": k.ID, "type": "function", "function": obj{"name": k.Name, "arguments": k.Arguments}})
			}
			message["tool_calls"] = calls
		}
		choices = append(choices, obj{"index": i, "message": message, "logprobs": nil, "finish_reason": chatFinish(r)})
	}
	c.json(200, obj{"id": newID("chatcmpl-"), "object": "chat.completion", "created": time.Now().Unix(), "model": body["model"],
		"choices": choices, "usage": chatUsage(*r.Usage), "service_tier": "default", "system_fingerprint": "fp_imitation"})
}

// judgeChat refuses what the schema cannot see.
func judgeChat(body map[string]any) (vendorError, bool) {
	if reasons(str(body, "model")) && has(body, "max_tokens") {
		return badRequest("max_tokens", "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this "+
			"model. Use 'max_completion_tokens' instead."), true
	}
	if e, refused := sampling(body); refused {
		return e, true
	}
	if has(body, "stream_options") && !truth(body, "stream") {
		return badRequest("stream_options", "", "The 'stream_options' parameter is only allowed when 'stream' is enabled."), true
	}
	for _, p := range []string{"tool_choice", "parallel_tool_calls"} {
		if has(body, p) && len(list(body, "tools")) == 0 {
			return badRequest(p, "", "'%s' is only allowed when 'tools' are specified.", p), true
		}
	}
	if tools, given := body["tools"].([]any); given && len(tools) == 0 {
		return badRequest("tools", "empty_array", "Invalid 'tools': empty array. Expected an array with minimum length 1, but "+
			"got an empty array instead."), true
	}
	if e, refused := judgeNames(list(body, "tools"), "function"); refused {
		return e, true
	}
	return judgeToolTurns(list(body, "messages"))
}

// judgeNames wants each function's name to be of [a-zA-Z0-9_-] and 64 characters at most.
func judgeNames(tools []any, under ...string) (vendorError, bool) {
	for i, t := range tools {
		if str(t, "type") != "function" {
			continue
		}
		path := openAIPath(append(append([]string{"tools", strconv.Itoa(i)}, under...), "name"))
		name := str(t, append(under, "name")...)
		if len(name) > 64 {
			return badRequest(path, "string_above_max_length", "Invalid '%s': string too long. Expected a string with maximum "+
				"length 64, but got a string with length %d instead.", path, len(name)), true
		}
		if name == "" || strings.Trim(name, nameRunes) != "" {
			return badRequest(path, "invalid_value", "Invalid '%s': string does not match pattern. Expected a string that "+
				"matches the pattern '^[a-zA-Z0-9_-]+$'.", path), true
		}
	}
	return vendorError{}, false
}

const nameRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// judgeToolTurns wants the results of an assistant's calls right after them: all of them, and no other.
func judgeToolTurns(messages []any) (vendorError, bool) {
	var open []string
	unanswered := func(i int) (vendorError, bool) {
		return badRequest(openAIPath([]string{"messages", strconv.Itoa(i), "role"}), "", "An assistant message with 'tool_calls' "+
			"must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have "+
			"response messages: %s", strings.Join(open, ", ")), true
	}
	after := false // the message before is an assistant's with calls, or a tool's
	for i, m := range messages {
		if str(m, "role") == "tool" {
			id := str(m, "tool_call_id")
			k := slices.Index(open, id)
			if !after || k < 0 {
				return badRequest(openAIPath([]string{"messages", strconv.Itoa(i), "role"}), "", "Invalid parameter: messages with "+
					"role 'tool' must be a response to a preceeding message with 'tool_calls'."), true
			}
			open = slices.Delete(open, k, k+1)
			continue
		}
		if len(open) > 0 {
			return unanswered(i)
		}
		after = false
		for _, k := range list(m, "tool_calls") {
			open = append(open, str(k, "id"))
			after = true
		}
	}
	if len(open) > 0 {
		return unanswered(len(messages))
	}
	return vendorError{}, false
}

func chatFinish(r Reply) string {
	switch {
	case r.Finish != "":
		return r.Finish
	case len(r.Calls) > 0:
		return "tool_calls"
	}
	return "stop"
}

func chatUsage(u Usage) obj {
	return obj{"prompt_tokens": u.Input, "completion_tokens": u.Output, "total_tokens": u.Input + u.Output,
		"prompt_tokens_details": obj{"cached_tokens": u.Cached, "audio_tokens": 0},
		"completion_tokens_details": obj{"reasoning_tokens": u.Reasoning, "audio_tokens": 0,
			"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}
}

// chatStream is the grammar of a streamed chat completion: the role, deltas, the finish reason, the usage only if
// stream_options.include_usage asks for it (and "usage": null in every chunk before), [DONE].
func chatStream(body map[string]any, r Reply, n int) *stream {
	s := &stream{}
	id, created := newID("chatcmpl-"), time.Now().Unix()
	wantsUsage := truth(body, "stream_options", "include_usage")
	chunk := func(choices []any) obj {
		o := obj{"id": id, "object": "chat.completion.chunk", "created": created, "model": body["model"],
			"service_tier": "default", "system_fingerprint": "fp_imitation", "choices": choices}
		if at(body, []string{"stream_options", "include_obfuscation"}) != false && len(choices) > 0 {
			o["obfuscation"] = "x7Kq"
		}
		if wantsUsage {
			o["usage"] = nil
		}
		return o
	}
	delta := func(w weight, i int, d obj, finish any) {
		s.add(w, "", chunk([]any{obj{"index": i, "delta": d, "logprobs": nil, "finish_reason": finish}}))
	}
	for i := range n {
		role := obj{"role": "assistant", "content": "", "refusal": nil}
		if len(r.Calls) > 0 && r.Text == "" {
			role["content"] = nil
		}
		delta(quiet, i, role, nil)
		for _, p := range pieces(r.Thinking, r.Piece) {
			delta(meaningful, i, obj{"reasoning_content": p}, nil)
		}
		for _, p := range pieces(r.Text, r.Piece) {
			delta(meaningful, i, obj{"content": p}, nil)
		}
		for _, p := range pieces(r.Refusal, r.Piece) {
			delta(meaningful, i, obj{"refusal": p}, nil)
		}
		var turns [][]obj // by call: its deltas
		for k, call := range r.Calls {
			turn := []obj{{"index": k, "id": call.ID, "type": "function", "function": obj{"name": call.Name, "arguments": ""}}}
			for _, p := range fragments(call.Arguments, r.Piece) {
				turn = append(turn, obj{"index": k, "function": obj{"arguments": p}})
			}
			turns = append(turns, turn)
		}
		for _, d := range order(turns, r.Weave) {
			delta(meaningful, i, obj{"tool_calls": []any{d}}, nil)
		}
	}
	for i := range n {
		delta(closing, i, obj{}, chatFinish(r))
	}
	if wantsUsage {
		o := chunk([]any{})
		o["usage"] = chatUsage(*r.Usage)
		s.add(closing, "", o)
	}
	s.events = append(s.events, event{data: "[DONE]", weight: last})
	return s
}

// order puts the deltas of parallel calls one call after the other, or woven: one of each in turn.
func order(turns [][]obj, weave bool) []obj {
	var out []obj
	if !weave {
		return slices.Concat(turns...)
	}
	for row := 0; ; row++ {
		before := len(out)
		for _, turn := range turns {
			if row < len(turn) {
				out = append(out, turn[row])
			}
		}
		if len(out) == before {
			return out
		}
	}
}
