package imitation_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"metapi/build/imitation"
)

// A reply with everything in it.
func full() imitation.Reply {
	return imitation.Reply{
		Thinking: "First 想一想 🤔 then act.",
		Text:     "Looking at it — 你好 👩🏽‍💻 now.",
		Calls: []imitation.Call{
			{Name: "weather", Arguments: `{"city":"北京","unit":"C"}`},
			{Name: "clock", Arguments: `{"zone":"Asia/Shanghai \"east\""}`},
		},
		Usage: &imitation.Usage{Input: 1000, Cached: 600, Written: 100, Written1h: 40, Output: 90, Reasoning: 30},
	}
}

func events(t *testing.T, body string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, e := range sse(t, body) {
		if e[1] == "[DONE]" {
			out = append(out, map[string]any{"type": "[DONE]"})
			continue
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(e[1]), &m); err != nil {
			t.Fatalf("%v: %s", err, e[1])
		}
		if e[0] != "" && m["type"] != e[0] {
			t.Fatalf("event %q carries type %v", e[0], m["type"])
		}
		out = append(out, m)
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func TestChatStreamGrammar(t *testing.T) {
	const tools = `"tools":[{"type":"function","function":{"name":"weather"}},{"type":"function","function":{"name":"clock"}}]`
	for _, usage := range []bool{false, true} {
		t.Run(fmt.Sprint("include_usage ", usage), func(t *testing.T) {
			v := imitation.New(t, imitation.OpenAI)
			r := full()
			r.Weave = usage // the order of fragments may not matter
			v.Script(r)
			a := post(t, v, chatPath, fmt.Sprintf(`{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":%v},
				"messages":[{"role":"user","content":"x"}],%s}`, usage, tools))
			es := events(t, a.body)
			n := len(es)
			same(t, "last", es[n-1]["type"], "[DONE]")
			same(t, "role", dig(t, es[0], "choices", 0, "delta", "role"), "assistant")
			var args [2]string
			text, finishes, usages := "", 0, 0
			for _, e := range es[:n-1] {
				if e["usage"] != nil {
					usages++
					same(t, "usage chunk has no choices", e["choices"], []any{})
					same(t, "prompt", dig(t, e, "usage", "prompt_tokens"), 1000)
					same(t, "cached", dig(t, e, "usage", "prompt_tokens_details", "cached_tokens"), 600)
					same(t, "reasoning", dig(t, e, "usage", "completion_tokens_details", "reasoning_tokens"), 30)
					continue
				}
				if _, given := e["usage"]; given != usage {
					t.Errorf("usage member present: %v", given)
				}
				d, _ := dig(t, e, "choices", 0, "delta").(map[string]any)
				s, _ := d["content"].(string)
				text += s
				if calls, _ := d["tool_calls"].([]any); len(calls) > 0 {
					i := int(dig(t, calls[0], "index").(float64))
					args[i] += dig(t, calls[0], "function", "arguments").(string)
				}
				if dig(t, e, "choices", 0, "finish_reason") != nil {
					finishes++
					same(t, "finish", dig(t, e, "choices", 0, "finish_reason"), "tool_calls")
				}
			}
			same(t, "text", text, full().Text)
			same(t, "arguments", args, [2]string{full().Calls[0].Arguments, full().Calls[1].Arguments})
			same(t, "finishes", finishes, 1)
			want := 0
			if usage {
				want = 1
			}
			same(t, "usage chunks", usages, want)
		})
	}
}

func TestResponsesStreamGrammar(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI)
	v.Script(full())
	a := post(t, v, respPath, `{"model":"gpt-5","stream":true,"input":"x","reasoning":{"summary":"auto"},
		"tools":[{"type":"function","name":"weather"},{"type":"function","name":"clock"}]}`)
	es := events(t, a.body)
	var types []string
	args := map[string]string{}
	open := map[string]bool{}
	for i, e := range es {
		same(t, "sequence_number", e["sequence_number"], i)
		typ := e["type"].(string)
		if len(types) == 0 || types[len(types)-1] != typ {
			types = append(types, typ)
		}
		switch typ {
		case "response.output_item.added":
			open[dig(t, e, "item", "id").(string)] = true
		case "response.output_item.done":
			delete(open, dig(t, e, "item", "id").(string))
		case "response.function_call_arguments.delta":
			if !open[e["item_id"].(string)] {
				t.Error("a delta of an item that is not open")
			}
			args[e["item_id"].(string)] += e["delta"].(string)
		case "response.function_call_arguments.done":
			same(t, "arguments", e["arguments"], args[e["item_id"].(string)])
		}
	}
	same(t, "types", types, []string{
		"response.created", "response.in_progress",
		"response.output_item.added", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
		"response.reasoning_summary_text.done", "response.reasoning_summary_part.done", "response.output_item.done",
		"response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done",
		"response.content_part.done", "response.output_item.done",
		"response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done",
		"response.output_item.done",
		"response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done",
		"response.output_item.done",
		"response.completed",
	})
	if len(open) > 0 {
		t.Errorf("items left open: %v", open)
	}
	final := es[len(es)-1]["response"]
	same(t, "cached", dig(t, final, "usage", "input_tokens_details", "cached_tokens"), 600)
	same(t, "items", len(dig(t, final, "output").([]any)), 4)
}

func TestMessagesStreamGrammar(t *testing.T) {
	v := imitation.New(t, imitation.Anthropic)
	v.Script(full())
	a := post(t, v, msgPath, `{"model":"claude-sonnet-4-5","max_tokens":5000,"stream":true,"thinking":{"type":"enabled","budget_tokens":1024},
		"messages":[{"role":"user","content":"x"}],"tools":[{"name":"weather","input_schema":{"type":"object"}},{"name":"clock","input_schema":{"type":"object"}}]}`)
	es := events(t, a.body)
	var types []string
	input := map[float64]string{}
	openBlock := -1.0
	for _, e := range es {
		typ := e["type"].(string)
		if d, ok := e["delta"].(map[string]any); ok && d["type"] != nil {
			typ = d["type"].(string)
			if e["index"].(float64) != openBlock {
				t.Errorf("a delta of block %v while %v is open", e["index"], openBlock)
			}
			if s, ok := d["partial_json"].(string); ok {
				input[openBlock] += s
			}
		}
		switch e["type"] {
		case "content_block_start":
			openBlock = e["index"].(float64)
		case "content_block_stop":
			openBlock = -1
		}
		if len(types) == 0 || types[len(types)-1] != typ {
			types = append(types, typ)
		}
	}
	same(t, "types", types, []string{"message_start",
		"content_block_start", "ping", "thinking_delta", "signature_delta", "content_block_stop",
		"content_block_start", "text_delta", "content_block_stop",
		"content_block_start", "input_json_delta", "content_block_stop",
		"content_block_start", "input_json_delta", "content_block_stop",
		"message_delta", "message_stop"})
	for i, k := range full().Calls {
		var got, want any
		_ = json.Unmarshal([]byte(input[float64(i+2)]), &got)
		_ = json.Unmarshal([]byte(k.Arguments), &want)
		same(t, "input", got, want)
	}
	same(t, "fresh input leaves the cache out", dig(t, es[0], "message", "usage", "input_tokens"), 300)
	same(t, "cache read", dig(t, es[0], "message", "usage", "cache_read_input_tokens"), 600)
	same(t, "1h written", dig(t, es[0], "message", "usage", "cache_creation", "ephemeral_1h_input_tokens"), 40)
	same(t, "stop reason", dig(t, es[len(es)-2], "delta", "stop_reason"), "tool_use")
	same(t, "output", dig(t, es[len(es)-2], "usage", "output_tokens"), 90)

	// What it gave out, it takes back; with one letter changed, it does not.
	v.Script(full())
	one := post(t, v, msgPath, `{"model":"claude-sonnet-4-5","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":1024},
		"messages":[{"role":"user","content":"x"}],"tools":[{"name":"weather","input_schema":{"type":"object"}},{"name":"clock","input_schema":{"type":"object"}}]}`).json(t)
	content, _ := json.Marshal(one["content"])
	results := ""
	for _, b := range one["content"].([]any) {
		if id, _ := dig(t, b, "id").(string); id != "" {
			results += `{"type":"tool_result","tool_use_id":"` + id + `","content":"ok"},`
		}
	}
	next := `{"model":"claude-sonnet-4-5","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"x"},
		{"role":"assistant","content":` + string(content) + `},{"role":"user","content":[` + strings.TrimSuffix(results, ",") + `]}]}`
	if a := post(t, v, msgPath, next); a.status != 200 {
		t.Errorf("its own thinking is refused: %s", a.body)
	}
	if a := post(t, v, msgPath, strings.Replace(next, "First", "Worst", 1)); a.status != 400 {
		t.Errorf("changed thinking is taken: %s", a.body)
	}
}

func TestGeminiStreamGrammar(t *testing.T) {
	const body = `{"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}`
	v := imitation.New(t, imitation.Gemini)
	v.Script(full(), full())
	a := post(t, v, "/v1beta/models/gemini-3.1-pro-preview:streamGenerateContent?alt=sse", body)
	if !strings.Contains(a.body, "\r\n\r\n") || strings.Contains(strings.ReplaceAll(a.body, "\r\n", ""), "\n") {
		t.Error("events of Gemini end in CR LF")
	}
	es := events(t, a.body)
	text, thought, finishes, signatures := "", "", 0, 0
	var names []any
	for _, e := range es {
		p, _ := dig(t, e, "candidates", 0, "content", "parts", 0).(map[string]any)
		s, _ := p["text"].(string)
		if p["thought"] == true {
			thought += s
		} else {
			text += s
		}
		if p["functionCall"] != nil {
			names = append(names, dig(t, p, "functionCall", "name"))
		}
		if p["thoughtSignature"] != nil {
			signatures++
		}
		if dig(t, e, "candidates", 0, "finishReason") != nil {
			finishes++
		}
	}
	same(t, "text", text, full().Text)
	same(t, "thought", thought, full().Thinking)
	same(t, "calls", names, []string{"weather", "clock"})
	same(t, "finishes, signatures", []int{finishes, signatures}, []int{1, 1})
	end := es[len(es)-1]
	same(t, "candidates leave the thoughts out", dig(t, end, "usageMetadata", "candidatesTokenCount"), 60)
	same(t, "thoughts", dig(t, end, "usageMetadata", "thoughtsTokenCount"), 30)
	same(t, "cached", dig(t, end, "usageMetadata", "cachedContentTokenCount"), 600)

	// Without alt=sse the same is one JSON array.
	a = post(t, v, "/v1beta/models/gemini-3.1-pro-preview:streamGenerateContent", body)
	var array []any
	if err := json.Unmarshal([]byte(a.body), &array); err != nil || len(array) != len(es) {
		t.Errorf("%v: %d elements, want %d", err, len(array), len(es))
	}
	// A blocked prompt has no candidates.
	v.Script(imitation.Reply{Refusal: "no"})
	blocked := post(t, v, genPath, body).json(t)
	if blocked["candidates"] != nil || dig(t, blocked, "promptFeedback", "blockReason") == nil {
		t.Errorf("blocked: %v", blocked)
	}
}

func TestResponsesBelongToTheirAccount(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-account-A-000", "sk-account-B-000"))
	a, b := auth(v, "sk-account-A-000"), auth(v, "sk-account-B-000")
	made := send(t, v, "POST", respPath, `{"model":"gpt-5","input":"x"}`, a).json(t)
	id := made["id"].(string)
	for _, c := range []struct {
		name, method, path, body string
	}{
		{"retrieve", "GET", respPath + "/" + id, ""},
		{"continue", "POST", respPath, `{"model":"gpt-5","input":"y","previous_response_id":"` + id + `"}`},
		{"replay", "POST", respPath, `{"model":"gpt-5","input":[` + encodeItem(t, made, 0) + `,{"role":"user","content":"y"}]}`},
		{"refer", "POST", respPath, `{"model":"gpt-5","input":[{"type":"item_reference","id":"` +
			dig(t, made, "output", 0, "id").(string) + `"},{"role":"user","content":"y"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := send(t, v, c.method, c.path, c.body, a); got.status != 200 {
				t.Errorf("its own account: %d %s", got.status, got.body)
			}
			if got := send(t, v, c.method, c.path, c.body, b); got.status != 400 && got.status != 404 {
				t.Errorf("another account: %d %s", got.status, got.body)
			}
		})
	}
	if got := send(t, v, "POST", respPath+"/"+id+"/cancel", "", a); got.status != 400 || !strings.Contains(got.body, "synchronous") {
		t.Errorf("cancel of a synchronous response: %d %s", got.status, got.body)
	}
	// store:false leaves nothing behind.
	gone := send(t, v, "POST", respPath, `{"model":"gpt-5","input":"x","store":false}`, a).json(t)
	if got := send(t, v, "GET", respPath+"/"+gone["id"].(string), "", a); got.status != 404 {
		t.Errorf("not stored, yet there: %s", got.body)
	}
	// Deleted is gone.
	send(t, v, "DELETE", respPath+"/"+id, "", a)
	if got := send(t, v, "GET", respPath+"/"+id, "", a); got.status != 404 {
		t.Errorf("deleted, yet there: %s", got.body)
	}
}

func encodeItem(t *testing.T, response map[string]any, i int) string {
	b, err := json.Marshal(dig(t, response, "output", i))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBackgroundResponses(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI)
	start := func() string {
		m := post(t, v, respPath, `{"model":"gpt-4o","input":"x","background":true}`).json(t)
		same(t, "at first", m["status"], "queued")
		return respPath + "/" + m["id"].(string)
	}
	path := start()
	for _, want := range []string{"in_progress", "completed", "completed"} {
		same(t, "then", send(t, v, "GET", path, "", nil).json(t)["status"], want)
	}
	path = start()
	for _, c := range [][2]string{{"POST", path + "/cancel"}, {"GET", path}, {"POST", path + "/cancel"}} {
		same(t, "cancelled", send(t, v, c[0], c[1], "", nil).json(t)["status"], "cancelled")
	}
	// A stream can be taken up again after any event.
	all := events(t, post(t, v, respPath, `{"model":"gpt-4o","input":"x","background":true,"stream":true}`).body)
	same(t, "first", all[0]["type"], "response.queued")
	id := dig(t, all[0], "response", "id").(string)
	rest := events(t, send(t, v, "GET", respPath+"/"+id+"?stream=true&starting_after=3", "", nil).body)
	same(t, "the rest", rest, all[4:])
}

func TestEmbeddingsAreTheSameInBothEncodings(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI)
	plainForm := post(t, v, "/v1/embeddings", `{"model":"text-embedding-3-small","input":["a","b"]}`).json(t)
	packed := post(t, v, "/v1/embeddings", `{"model":"text-embedding-3-small","input":["a","b"],"encoding_format":"base64"}`).json(t)
	for i := range 2 {
		floats := dig(t, plainForm, "data", i, "embedding").([]any)
		raw, err := base64.StdEncoding.DecodeString(dig(t, packed, "data", i, "embedding").(string))
		if err != nil || len(raw) != 4*len(floats) {
			t.Fatalf("%v: %d bytes for %d floats", err, len(raw), len(floats))
		}
	}
	if fmt.Sprint(dig(t, plainForm, "data", 0)) == fmt.Sprint(dig(t, plainForm, "data", 1)) {
		t.Error("different texts have the same vector")
	}
	short := post(t, v, "/v1/embeddings", `{"model":"text-embedding-3-small","input":"a","dimensions":3}`).json(t)
	same(t, "dimensions", len(dig(t, short, "data", 0, "embedding").([]any)), 3)
}

func TestModelListsArePagedInEachVendorsWay(t *testing.T) {
	names := []string{"m1", "m2", "m3", "m4", "m5"}
	t.Run("openai", func(t *testing.T) {
		v := imitation.New(t, imitation.OpenAI, imitation.WithModels(names...))
		same(t, "all at once", len(send(t, v, "GET", "/v1/models", "", nil).json(t)["data"].([]any)), 5)
		same(t, "one", send(t, v, "GET", "/v1/models/m2", "", nil).json(t)["id"], "m2")
	})
	t.Run("anthropic", func(t *testing.T) {
		v := imitation.New(t, imitation.Anthropic, imitation.WithModels(names...), imitation.WithPageSize(2))
		var got []string
		for path := "/v1/models?limit=1000"; path != ""; {
			m := send(t, v, "GET", path, "", nil).json(t)
			for _, d := range m["data"].([]any) {
				got = append(got, dig(t, d, "id").(string))
			}
			path = ""
			if m["has_more"] == true {
				path = "/v1/models?after_id=" + m["last_id"].(string)
			}
		}
		same(t, "names", got, names)
		same(t, "requests", len(v.Requests()), 3)
	})
	t.Run("gemini", func(t *testing.T) {
		v := imitation.New(t, imitation.Gemini, imitation.WithModels(names...), imitation.WithPageSize(2))
		var got []string
		for path := "/v1beta/models?pageSize=1000"; path != ""; {
			m := send(t, v, "GET", path, "", nil).json(t)
			for _, d := range m["models"].([]any) {
				got = append(got, strings.TrimPrefix(dig(t, d, "name").(string), "models/"))
			}
			path = ""
			if token, more := m["nextPageToken"].(string); more {
				path = "/v1beta/models?pageToken=" + token
			}
		}
		same(t, "names", got, names)
		same(t, "requests", len(v.Requests()), 3)
	})
}

// specPath is the OpenAPI document, which does not stand in the tree.
const specPath = "../../../shared/specs/openai-openapi.json"

// TestOpenAIRepliesAreOfThePublishedSchemas judges what the imitation says by the document that its refusals come from.
func TestOpenAIRepliesAreOfThePublishedSchemas(t *testing.T) {
	raw, err := os.ReadFile(specPath)
	if err != nil {
		t.Skipf("openai-openapi.json is not beside this tree: %v", err)
	}
	schemas := responseSchemas(t, raw)
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o", "gpt-5", "text-embedding-3-small"))
	judge := func(name string, body any) {
		t.Helper()
		if err := schemas(name).Validate(body); err != nil {
			t.Errorf("%s: %v\n%v", name, err, body)
		}
	}
	const tools = `,"tools":[{"type":"function","name":"weather"},{"type":"function","name":"clock"}]}`
	const chatTools = `,"tools":[{"type":"function","function":{"name":"weather"}},{"type":"function","function":{"name":"clock"}}]}`
	for _, reply := range []imitation.Reply{imitation.Text("Hi 你好"), full(), {Refusal: "I will not."}, {Text: "cut", Finish: "max_output_tokens"}} {
		chatReply := reply
		if reply.Finish != "" {
			chatReply.Finish = "length"
		}
		v.Script(chatReply, chatReply, reply, reply)
		judge("CreateChatCompletionResponse", post(t, v, chatPath, `{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]`+chatTools).json(t))
		for _, e := range events(t, post(t, v, chatPath, `{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},`+
			`"messages":[{"role":"user","content":"x"}]`+chatTools).body) {
			if e["type"] != "[DONE]" {
				judge("CreateChatCompletionStreamResponse", e)
			}
		}
		judge("Response", post(t, v, respPath, `{"model":"gpt-5","input":"x","reasoning":{"summary":"auto"}`+tools).json(t))
		for _, e := range events(t, post(t, v, respPath, `{"model":"gpt-5","stream":true,"input":"x","reasoning":{"summary":"auto"}`+tools).body) {
			judge("ResponseStreamEvent", e)
		}
	}
	judge("CreateEmbeddingResponse", post(t, v, "/v1/embeddings", `{"model":"text-embedding-3-small","input":"a"}`).json(t))
	judge("ListModelsResponse", send(t, v, "GET", "/v1/models", "", nil).json(t))
}

// responseSchemas makes the document's components usable as JSON Schema: nullable, and oneOf as anyOf, since a tag decides.
func responseSchemas(t *testing.T, raw []byte) func(string) *jsonschema.Schema {
	t.Helper()
	text := strings.NewReplacer(`"#/components/schemas/`, `"#/$defs/`, `"oneOf"`, `"anyOf"`).Replace(string(raw))
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defs := doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	var fix func(any) any
	fix = func(x any) any {
		switch x := x.(type) {
		case []any:
			for i := range x {
				x[i] = fix(x[i])
			}
		case map[string]any:
			for k, y := range x {
				x[k] = fix(y)
			}
			for _, k := range []string{"discriminator", "example", "examples", "default", "format", "$recursiveRef", "$recursiveAnchor"} {
				if _, isSchema := x[k].(map[string]any); !isSchema || k == "discriminator" {
					delete(x, k)
				}
			}
			if x["nullable"] == true {
				delete(x, "nullable")
				return map[string]any{"anyOf": []any{x, map[string]any{"type": "null"}}}
			}
		}
		return x
	}
	// The document's own examples of response.created have "usage": null, which its schema forgets.
	defs["ResponseUsage"] = map[string]any{"anyOf": []any{defs["ResponseUsage"], map[string]any{"type": "null"}}}
	// Only what the replies reach: elsewhere the document has words of older drafts.
	reached := map[string]any{}
	var reach func(any)
	reach = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, y := range x {
				reach(y)
			}
		case map[string]any:
			for _, y := range x {
				reach(y)
			}
			if name, ok := strings.CutPrefix(fmt.Sprint(x["$ref"]), "#/$defs/"); ok && reached[name] == nil {
				reached[name] = fix(defs[name])
				reach(reached[name])
			}
		}
	}
	for _, root := range []string{"CreateChatCompletionResponse", "CreateChatCompletionStreamResponse", "Response",
		"ResponseStreamEvent", "CreateEmbeddingResponse", "ListModelsResponse"} {
		reach(map[string]any{"$ref": "#/$defs/" + root})
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openai:", map[string]any{"$defs": reached}); err != nil {
		t.Fatal(err)
	}
	known := map[string]*jsonschema.Schema{}
	return func(name string) *jsonschema.Schema {
		if known[name] == nil {
			known[name] = c.MustCompile("openai:#/$defs/" + name)
		}
		return known[name]
	}
}

func TestEchoIsTheSameForTheSameQuestion(t *testing.T) {
	if imitation.Echo("a  b\n") != imitation.Echo("a b") || imitation.Echo("a") == imitation.Echo("b") {
		t.Error(imitation.Echo("a"))
	}
	if !slices.Contains(imitation.FaultKinds(), imitation.Gzip) {
		t.Error("FaultKinds")
	}
}
