package imitation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stored is a response that an account can retrieve, continue and cancel.
type stored struct {
	response   obj
	final      obj // what a background response becomes
	events     *stream
	input      []any
	calls      []string // call ids that its output left open
	items      []string // ids of its output items
	background bool
	polls      int
}

func storeKey(account, id string) string { return account + "\x00" + id }

func (v *Vendor) lookUp(account, id string) *stored {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stored[storeKey(account, id)]
}

// inputTokens answers POST /v1/responses/input_tokens.
func (v *Vendor) inputTokens(c *call) {
	body, ok := v.openAIBody(c, "count")
	if !ok {
		return
	}
	n := 0
	if id := str(body, "previous_response_id"); id != "" {
		before := v.lookUp(c.key, id)
		if before == nil {
			v.fail(c, badRequest("previous_response_id", "previous_response_not_found", "Previous response with id '%s' not found.", id))
			return
		}
		n = tokens(encode(before.final["output"]))
	}
	for _, part := range []string{"instructions", "tools", "input"} {
		if has(body, part) {
			n += tokens(encode(body[part]))
		}
	}
	c.json(200, obj{"object": "response.input_tokens", "input_tokens": n})
}

// responses answers POST /v1/responses.
func (v *Vendor) responses(c *call) {
	body, ok := v.openAIBody(c, "responses")
	if !ok {
		return
	}
	var before *stored
	if id := str(body, "previous_response_id"); id != "" {
		if before = v.lookUp(c.key, id); before == nil {
			v.fail(c, badRequest("previous_response_id", "previous_response_not_found",
				"Previous response with id '%s' not found.", id))
			return
		}
	}
	if !v.cfg.unchecked {
		if e, refused := v.judgeResponses(c, body, before); refused {
			v.fail(c, e)
			return
		}
	}
	question := str(body, "input")
	for _, item := range list(body, "input") {
		if str(item, "role") == "user" {
			question = texts(at(item, []string{"content"}))
		} else if strings.HasSuffix(str(item, "type"), "_call_output") {
			question = texts(at(item, []string{"output"}))
		}
	}
	model := str(body, "model")
	r := c.answer(question, reasons(model))
	b := newResponse(c, body, r)
	background := truth(body, "background")
	st := &stored{input: list(body, "input"), final: b.final, events: b.stream, background: background, items: b.items}
	for _, k := range r.Calls {
		st.calls = append(st.calls, k.ID)
	}
	st.response = b.final
	if background {
		st.response = b.shell("queued")
	}
	if at(body, []string{"store"}) != false && !v.cfg.storeless {
		v.mu.Lock()
		v.stored[storeKey(c.key, b.id)] = st
		v.mu.Unlock()
	}
	switch {
	case truth(body, "stream"):
		c.stream(b.stream)
	default:
		c.json(200, st.response)
	}
}

func (v *Vendor) retrieve(c *call) {
	id := c.r.PathValue("id")
	v.mu.Lock()
	st := v.stored[storeKey(c.key, id)]
	var answer obj
	if st != nil {
		if st.background && st.response["status"] != "cancelled" {
			// The first look finds it running, the second finds it done.
			if st.polls++; st.polls == 1 {
				st.response = withStatus(st.response, "in_progress")
			} else {
				st.response = st.final
			}
		}
		answer = st.response
	}
	v.mu.Unlock()
	if st == nil {
		v.fail(c, noResponse(id))
		return
	}
	if c.seen.Query.Get("stream") == "true" {
		after, err := strconv.Atoi(c.seen.Query.Get("starting_after"))
		if err != nil {
			after = -1
		}
		c.stream(&stream{events: st.events.events[min(max(after+1, 0), len(st.events.events)):]})
		return
	}
	c.json(200, answer)
}

func (v *Vendor) deleteResponse(c *call) {
	id := c.r.PathValue("id")
	v.mu.Lock()
	_, found := v.stored[storeKey(c.key, id)]
	delete(v.stored, storeKey(c.key, id))
	v.mu.Unlock()
	if !found {
		v.fail(c, noResponse(id))
		return
	}
	c.json(200, obj{"id": id, "object": "response", "deleted": true})
}

// inputItems lists what a response was asked, newest first, on one page; a bare string is not listed.
func (v *Vendor) inputItems(c *call) {
	st := v.lookUp(c.key, c.r.PathValue("id"))
	if st == nil {
		v.fail(c, noResponse(c.r.PathValue("id")))
		return
	}
	data := slices.Clone(st.input)
	slices.Reverse(data)
	c.json(200, obj{"object": "list", "data": data, "has_more": false, "first_id": "", "last_id": ""})
}

// compact answers POST /v1/responses/compact: the user's messages, and a compaction that only this account can read.
func (v *Vendor) compact(c *call) {
	body, ok := v.openAIBody(c, "responses")
	if !ok {
		return
	}
	if e, refused := v.judgeItems(c, list(body, "input"), nil); refused {
		v.fail(c, e)
		return
	}
	output := []any{}
	for _, item := range list(body, "input") {
		if str(item, "role") == "user" {
			output = append(output, obj{"type": "message", "id": newID("msg_"), "status": "completed", "role": "user",
				"content": []any{obj{"type": "input_text", "text": texts(at(item, []string{"content"}))}}})
		}
	}
	id := newID("cmp_")
	output = append(output, obj{"type": "compaction", "id": id, "encrypted_content": v.sealReasoning(c.key, id)})
	c.json(200, obj{"id": newID("resp_"), "object": "response.compaction", "created_at": time.Now().Unix(), "output": output,
		"usage": obj{"input_tokens": 90, "output_tokens": 30, "total_tokens": 120, "input_tokens_details": obj{"cached_tokens": 0, "cache_write_tokens": 0},
			"output_tokens_details": obj{"reasoning_tokens": 0}}})
}

func (v *Vendor) cancel(c *call) {
	id := c.r.PathValue("id")
	v.mu.Lock()
	st := v.stored[storeKey(c.key, id)]
	var answer obj
	if st != nil && st.background {
		if status := st.response["status"]; status == "queued" || status == "in_progress" {
			st.response = withStatus(st.response, "cancelled")
		}
		answer = st.response
	}
	v.mu.Unlock()
	switch {
	case st == nil:
		v.fail(c, noResponse(id))
	case answer == nil:
		v.fail(c, badRequest("", "", "Cannot cancel a synchronous response."))
	default:
		c.json(200, answer)
	}
}

func noResponse(id string) vendorError {
	return vendorError{status: 404, typ: "invalid_request_error", message: fmt.Sprintf("Response with id '%s' not found.", id)}
}

func withStatus(o obj, status string) obj {
	out := obj{}
	for k, x := range o {
		out[k] = x
	}
	out["status"] = status
	return out
}

// judgeResponses refuses what the schema cannot see.
func (v *Vendor) judgeResponses(c *call, body map[string]any, before *stored) (vendorError, bool) {
	if e, refused := sampling(body); refused {
		return e, true
	}
	model := str(body, "model")
	if (strings.HasPrefix(model, "gpt-4") || strings.HasPrefix(model, "gpt-3")) && str(body, "reasoning", "effort") != "" {
		return badRequest("reasoning.effort", "unsupported_parameter", "Unsupported parameter: 'reasoning.effort' is not "+
			"supported with this model."), true
	}
	if n, given := number(body, "max_output_tokens"); given && n < 16 {
		return badRequest("max_output_tokens", "integer_below_min_value", "Invalid 'max_output_tokens': integer below minimum "+
			"value. Expected a value >= 16, but got %v instead.", n), true
	}
	if truth(body, "background") && at(body, []string{"store"}) == false {
		return badRequest("background", "", "Background mode requires store=true."), true
	}
	if has(body, "conversation") {
		if has(body, "previous_response_id") {
			return badRequest("previous_response_id", "mutually_exclusive_parameters", "Mutually exclusive parameters: "+
				"'previous_response_id', 'conversation'. Ensure you are only providing one."), true
		}
		id := str(body, "conversation") + str(body, "conversation", "id")
		return vendorError{status: 404, typ: "invalid_request_error", param: "conversation",
			message: fmt.Sprintf("Conversation with id '%s' not found.", id)}, true
	}
	if !has(body, "input") && !has(body, "prompt") && before == nil {
		return badRequest("input", "missing_required_parameter", "Missing required parameter: 'input'."), true
	}
	if e, refused := judgeNames(list(body, "tools")); refused {
		return e, true
	}
	return v.judgeItems(c, list(body, "input"), before)
}

// judgeItems wants each call's output with its call, and state only of this account.
func (v *Vendor) judgeItems(c *call, items []any, before *stored) (vendorError, bool) {
	var calls, answered []string
	if before != nil {
		calls = slices.Clone(before.calls)
	}
	for i, item := range items {
		at := "input[" + strconv.Itoa(i) + "]"
		id, callID := str(item, "id"), str(item, "call_id")
		switch typ := str(item, "type"); typ {
		case "function_call", "custom_tool_call":
			calls = append(calls, callID)
		case "function_call_output", "custom_tool_call_output":
			if !slices.Contains(calls, callID) {
				return badRequest("input", "", "No tool call found for function call output with call_id %s.", callID), true
			}
			answered = append(answered, callID)
		case "compaction":
			if e, refused := v.judgeSeal(c, str(item, "encrypted_content"), at); refused {
				return e, true
			}
		case "item_reference":
			if !v.knowsItem(c.key, id) {
				return vendorError{status: 404, typ: "invalid_request_error", param: "input",
					message: fmt.Sprintf("Item with id '%s' not found.", id)}, true
			}
		case "reasoning":
			if e, refused := v.judgeReasoning(c, item, at); refused {
				return e, true
			}
			if i == len(items)-1 {
				return badRequest("input", "", "Item '%s' of type 'reasoning' was provided without its required following item.",
					id), true
			}
		}
	}
	for _, k := range calls {
		if !slices.Contains(answered, k) {
			return badRequest("input", "", "No tool output found for function call %s.", k), true
		}
	}
	return vendorError{}, false
}

func (v *Vendor) judgeReasoning(c *call, item any, at string) (vendorError, bool) {
	sealed, id := str(item, "encrypted_content"), str(item, "id")
	if sealed == "" {
		if id != "" && !v.knowsItem(c.key, id) {
			return vendorError{status: 404, typ: "invalid_request_error", param: "input", message: fmt.Sprintf("Item with id "+
				"'%s' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or "+
				"remove this item from your input.", id)}, true
		}
		return vendorError{}, false
	}
	return v.judgeSeal(c, sealed, at)
}

// judgeSeal wants encrypted content that this account has sealed.
func (v *Vendor) judgeSeal(c *call, sealed, at string) (vendorError, bool) {
	why := ""
	switch v.openReasoning(c.key, sealed) {
	case sealForeign:
		why = "Encrypted content organization_id did not match the target organization."
	case sealBroken:
		why = "Encrypted content could not be decrypted or parsed."
	default:
		return vendorError{}, false
	}
	shown := sealed
	if len(shown) > 12 {
		shown = shown[:4] + "..." + shown[len(shown)-4:]
	}
	return badRequest(at+".encrypted_content", "invalid_encrypted_content", "The encrypted content %s could not be verified. "+
		"Reason: %s", shown, why), true
}

func (v *Vendor) knowsItem(account, id string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for k, st := range v.stored {
		if strings.HasPrefix(k, account+"\x00") && slices.Contains(st.items, id) {
			return true
		}
	}
	return false
}

// builder makes a response and the events that build it up, both in one pass.
type builder struct {
	c      *call
	body   map[string]any
	id     string
	at     int64
	output []any
	items  []string
	stream *stream
	seq    int
	final  obj
}

func newResponse(c *call, body map[string]any, r Reply) *builder {
	b := &builder{c: c, body: body, id: newID("resp_"), at: time.Now().Unix(), output: []any{}, stream: &stream{}}
	if truth(body, "background") {
		b.add(quiet, "response.queued", obj{"response": b.shell("queued")})
	} else {
		b.add(quiet, "response.created", obj{"response": b.shell("in_progress")})
	}
	b.add(quiet, "response.in_progress", obj{"response": b.shell("in_progress")})
	if r.Thinking != "" {
		b.reasoning(r)
	}
	if r.Text != "" || r.Refusal != "" {
		b.message(r)
	}
	for _, k := range r.Calls {
		b.call(k, r.Piece)
	}
	status := "completed"
	if r.Finish != "" && r.Finish != "completed" {
		status = "incomplete" // Finish is the reason, as in incomplete_details
	}
	b.final = b.shell(status)
	b.final["output"] = b.output
	u := r.Usage
	b.final["usage"] = obj{"input_tokens": u.Input, "output_tokens": u.Output, "total_tokens": u.Input + u.Output,
		"input_tokens_details":  obj{"cached_tokens": u.Cached, "cache_write_tokens": u.Written},
		"output_tokens_details": obj{"reasoning_tokens": u.Reasoning}}
	if status == "incomplete" {
		b.final["incomplete_details"] = obj{"reason": r.Finish}
	} else {
		b.final["completed_at"] = b.at
	}
	b.add(closing, "response."+status, obj{"response": b.final})
	return b
}

func (b *builder) add(w weight, name string, o obj) {
	o["type"] = name
	o["sequence_number"] = b.seq
	b.seq++
	b.stream.add(w, name, o)
}

// shell is the response object without its output and usage.
func (b *builder) shell(status string) obj {
	o := obj{"id": b.id, "object": "response", "created_at": b.at, "status": status, "background": truth(b.body, "background"),
		"error": nil, "incomplete_details": nil, "output": []any{}, "usage": nil, "model": b.body["model"]}
	defaults := obj{"instructions": nil, "max_output_tokens": nil, "max_tool_calls": nil, "metadata": obj{},
		"parallel_tool_calls": true, "previous_response_id": nil, "reasoning": obj{"effort": nil, "summary": nil},
		"service_tier": "default", "temperature": 1.0, "text": obj{"format": obj{"type": "text"}, "verbosity": "medium"},
		"tool_choice": "auto", "tools": []any{}, "top_p": 1.0, "top_logprobs": 0, "truncation": "disabled"}
	for k, d := range defaults {
		o[k] = d
		x, given := b.body[k]
		if !given || x == nil {
			continue
		}
		o[k] = x
		if partial, isObject := x.(map[string]any); isObject {
			if whole, has := d.(obj); has {
				o[k] = filled(whole, partial)
			}
		}
	}
	tools := []any{}
	for _, t := range list(b.body, "tools") {
		if m, isObject := t.(map[string]any); isObject && m["type"] == "function" {
			t = filled(obj{"description": nil, "strict": true, "parameters": obj{"type": "object", "properties": obj{}}}, m)
		}
		tools = append(tools, t)
	}
	o["tools"] = tools
	if o["service_tier"] == "auto" {
		o["service_tier"] = "default"
	}
	return o
}

// filled gives what was left open its default, as the service echoes a request.
func filled(defaults, given map[string]any) obj {
	out := obj{}
	for _, m := range []map[string]any{defaults, given} {
		for k, x := range m {
			out[k] = x
		}
	}
	return out
}

func (b *builder) item(id string, start, done obj, within func(index int)) {
	i := len(b.output)
	b.items = append(b.items, id)
	b.add(quiet, "response.output_item.added", obj{"output_index": i, "item": start})
	within(i)
	b.add(quiet, "response.output_item.done", obj{"output_index": i, "item": done})
	b.output = append(b.output, done)
}

func (b *builder) reasoning(r Reply) {
	id := newID("rs_")
	sealed := b.c.v.sealReasoning(b.c.key, id)
	start := obj{"id": id, "type": "reasoning", "summary": []any{}, "encrypted_content": sealed}
	done := obj{"id": id, "type": "reasoning", "summary": []any{}, "encrypted_content": sealed}
	shown := str(b.body, "reasoning", "summary") != ""
	part := obj{"type": "summary_text", "text": r.Thinking}
	if shown {
		done["summary"] = []any{part}
	}
	b.item(id, start, done, func(i int) {
		if !shown {
			return
		}
		place := func(o obj) obj {
			o["item_id"], o["output_index"], o["summary_index"] = id, i, 0
			return o
		}
		b.add(quiet, "response.reasoning_summary_part.added", place(obj{"part": obj{"type": "summary_text", "text": ""}}))
		for _, p := range pieces(r.Thinking, r.Piece) {
			b.add(meaningful, "response.reasoning_summary_text.delta", place(obj{"delta": p, "obfuscation": "a1B"}))
		}
		b.add(quiet, "response.reasoning_summary_text.done", place(obj{"text": r.Thinking}))
		b.add(quiet, "response.reasoning_summary_part.done", place(obj{"part": part}))
	})
}

func (b *builder) message(r Reply) {
	id := newID("msg_")
	kind, field, text := "output_text", "text", r.Text
	if r.Refusal != "" {
		kind, field, text = "refusal", "refusal", r.Refusal
	}
	part := func(s string) obj {
		p := obj{"type": kind, field: s}
		if kind == "output_text" {
			p["annotations"], p["logprobs"] = []any{}, []any{}
		}
		return p
	}
	start := obj{"id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": []any{}}
	done := obj{"id": id, "type": "message", "role": "assistant", "status": "completed", "content": []any{part(text)}}
	b.item(id, start, done, func(i int) {
		place := func(o obj) obj {
			o["item_id"], o["output_index"], o["content_index"] = id, i, 0
			if kind == "output_text" && o["part"] == nil {
				o["logprobs"] = []any{}
			}
			return o
		}
		b.add(quiet, "response.content_part.added", place(obj{"part": part("")}))
		for _, p := range pieces(text, r.Piece) {
			b.add(meaningful, "response."+kind+".delta", place(obj{"delta": p, "obfuscation": "a1B"}))
		}
		b.add(quiet, "response."+kind+".done", place(obj{field: text}))
		b.add(quiet, "response.content_part.done", place(obj{"part": part(text)}))
	})
}

func (b *builder) call(k Call, piece int) {
	id := newID("fc_")
	typ, field, event := "function_call", "arguments", "response.function_call_arguments"
	for _, t := range list(b.body, "tools") {
		if str(t, "type") == "custom" && str(t, "name") == k.Name {
			id, typ, field, event = newID("ctc_"), "custom_tool_call", "input", "response.custom_tool_call_input"
		}
	}
	start := obj{"id": id, "type": typ, "status": "in_progress", "call_id": k.ID, "name": k.Name, field: ""}
	done := obj{"id": id, "type": typ, "status": "completed", "call_id": k.ID, "name": k.Name, field: k.Arguments}
	b.item(id, start, done, func(i int) {
		for _, p := range fragments(k.Arguments, piece) {
			b.add(meaningful, event+".delta", obj{"item_id": id, "output_index": i, "delta": p, "obfuscation": "a1B"})
		}
		end := obj{"item_id": id, "output_index": i, field: k.Arguments}
		if typ == "function_call" {
			end["name"] = k.Name
		}
		b.add(quiet, event+".done", end)
	})
}
