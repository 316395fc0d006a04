package openaichat

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

func ptr[T any](v T) *T { return &v }

// word are the characters that a name may have.
const word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

func decode(t tb, body string) *conversation.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

// encode encodes, checks against the definition where no quirk leads outside of it, and returns the body also as a tree.
func encode(t tb, r *conversation.Request, to conversation.Target) (string, map[string]any, []conversation.Lost) {
	t.Helper()
	body, lost, err := Codec{}.EncodeRequest(r, to)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	if len(to.Quirks) == 0 {
		valid(t, "CreateChatCompletionRequest", body)
	}
	var tree map[string]any
	if err := json.Unmarshal(body, &tree); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return string(body), tree, lost
}

func isLost(lost []conversation.Lost, param string) bool {
	for _, l := range lost {
		if l.Param == param {
			return true
		}
	}
	return false
}

func refusal(t tb, err error) *protocol.Error {
	t.Helper()
	var e *protocol.Error
	if !errors.As(err, &e) || e.Kind != protocol.BadRequest {
		t.Fatalf("not a bad request: %v", err)
	}
	return e
}

func quirks(names ...string) conversation.Target {
	to := conversation.Target{Model: "other-model", Quirks: map[string]bool{}}
	for _, n := range names {
		to.Quirks[n] = true
	}
	return to
}

func text(s string) conversation.Part { return &conversation.Text{Text: s} }

func says(role conversation.Role, parts ...conversation.Part) conversation.Message {
	return conversation.Message{Role: role, Parts: parts}
}

func calls(id, name, arguments string) conversation.Part {
	return &conversation.ToolCall{ID: id, Name: name, Kind: conversation.Function, Arguments: arguments}
}

func answers(id string, parts ...conversation.Part) conversation.Part {
	return &conversation.ToolResult{ID: id, Kind: conversation.Function, Parts: parts}
}

var png = &conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgo="}

// roles of the messages of an encoded request, in order.
func rolesOf(tree map[string]any) (roles []string) {
	for _, m := range tree["messages"].([]any) {
		roles = append(roles, m.(map[string]any)["role"].(string))
	}
	return roles
}

func messageOf(tree map[string]any, i int) map[string]any {
	return tree["messages"].([]any)[i].(map[string]any)
}

// OpenCode marks whole messages and calls, where others mark parts. Unmarked, Claude's every turn would cost the whole conversation anew.
func TestMarksOfMessages(t *testing.T) {
	const mark = `"cache_control":{"type":"ephemeral","ttl":"1h"}`
	r := decode(t, `{"model":"m","messages":[{"role":"system","content":"s",`+mark+`},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],`+mark+`},
		{"role":"assistant","content":"","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"},`+mark+`}]},
		{"role":"tool","tool_call_id":"1","content":"c",`+mark+`},{"role":"assistant","content":"d",`+mark+`},{"role":"user","content":"e","cache_control":null}]}`)
	cache := &conversation.Cache{TTL: "1h"}
	call, result := calls("1", "f", "{}"), answers("1", text("c"))
	*conversation.CacheOf(call), *conversation.CacheOf(result) = cache, cache
	want := []conversation.Message{says(conversation.System, &conversation.Text{Text: "s", Cache: cache}), says(conversation.User, text("a"), &conversation.Text{Text: "b", Cache: cache}),
		says(conversation.Assistant, call), says(conversation.ToolRole, result), says(conversation.Assistant, &conversation.Text{Text: "d", Cache: cache}), says(conversation.User, text("e"))}
	if !reflect.DeepEqual(r.Messages, want) {
		t.Errorf("got  %s\nwant %s", asJSON(r.Messages), asJSON(want))
	}
}

func TestDecodeRequest(t *testing.T) {
	r := decode(t, `{"model":"gpt-5","stream":true,"stream_options":{"include_usage":true},"max_tokens":1,"max_completion_tokens":2,"temperature":0.5,
		"top_p":0.9,"top_k":40,"frequency_penalty":1,"presence_penalty":-1,"stop":["a","b"],"seed":-7,"n":2,"logprobs":true,"top_logprobs":3,
		"logit_bias":{"50256":-100},"reasoning_effort":"low","verbosity":"low","user":"u","metadata":{"k":"v"},"service_tier":"flex",
		"prompt_cache_key":"k","store":false,"parallel_tool_calls":false,"unknown":[1],
		"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object"},"strict":true}},
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"title":{}}},"strict":false}},
		 {"type":"custom","custom":{"name":"patch","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}}}],
		"tool_choice":{"type":"function","function":{"name":"f"}},
		"messages":[{"role":"developer","content":"dev","name":"boss"},{"role":"system","content":[{"type":"text","text":"sys","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
		 {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},
		  {"type":"image_url","image_url":"https://x/y.png"},{"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},
		  {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,CCCC"}},{"type":"file","file":{"file_id":"file-1"}}]},
		 {"role":"assistant","content":"ok","reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},
		  {"id":"c2","type":"custom","custom":{"name":"patch","input":"raw"}}]},
		 {"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"}]},
		 {"role":"assistant","content":null,"refusal":"no"}]}`)
	yes, no := true, false
	want := &conversation.Request{Model: "gpt-5", Stream: true, IncludeUsage: true, MaxOutput: ptr[int64](2), Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr[int64](40),
		FrequencyPenalty: ptr(1.0), PresencePenalty: ptr(-1.0), Stop: []string{"a", "b"}, Seed: ptr[int64](-7), N: 2, LogProbs: true, TopLogProbs: ptr[int64](3),
		LogitBias: json.RawMessage(`{"50256":-100}`), Reasoning: conversation.Reasoning{Effort: "low"}, Verbosity: "low", User: "u",
		Metadata: map[string]string{"k": "v"}, ServiceTier: "flex", CacheKey: "k", Store: &no,
		Format: conversation.Format{Kind: conversation.FormatSchema, Name: "n", Description: "d", Schema: json.RawMessage(`{"type":"object"}`), Strict: &yes},
		Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f", Description: "d", Schema: json.RawMessage(`{"type":"object","properties":{"title":{}}}`), Strict: &no},
			{Kind: conversation.Custom, Name: "patch", Grammar: json.RawMessage(`{"definition":"x","syntax":"lark","type":"grammar"}`)}},
		Choice: conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{"f"}, Parallel: &no},
		Messages: []conversation.Message{{Role: conversation.Developer, Name: "boss", Parts: []conversation.Part{text("dev")}},
			says(conversation.System, &conversation.Text{Text: "sys", Cache: &conversation.Cache{TTL: "1h"}}),
			says(conversation.User, text("look"), &conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "AAAA", Detail: "low"},
				&conversation.Media{Kind: conversation.Image, URL: "https://x/y.png"}, &conversation.Media{Kind: conversation.Audio, Type: "audio/mpeg", Data: "BBBB"},
				&conversation.Media{Kind: conversation.File, Type: "application/pdf", Data: "CCCC", Name: "a.pdf"}, &conversation.Media{Kind: conversation.File, FileID: "file-1"}),
			says(conversation.Assistant, &conversation.Thinking{Text: "hm"}, text("ok"), calls("c1", "f", "{}"),
				&conversation.ToolCall{ID: "c2", Name: "patch", Kind: conversation.Custom, Arguments: "raw"}),
			says(conversation.ToolRole, answers("c1", text("one")), answers("c2", text("two"))),
			says(conversation.Assistant, &conversation.Refusal{Text: "no"})},
		Lost: []conversation.Lost{{Param: "unknown", Why: unknown}},
	}
	if !reflect.DeepEqual(r, want) {
		a, _ := json.MarshalIndent(r, "", " ")
		b, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("got %s\nwant %s", a, b)
	}
}

// What is wrong is named by its place.
func TestDecodeRequestRefuses(t *testing.T) {
	const hi = `"messages":[{"role":"user","content":"hi"}]`
	for body, param := range map[string]string{
		`{"model":1,` + hi + `}`: "model", `{"messages":[]}`: "messages", `{}`: "messages", `[]`: "", `{`: "", `null`: "",
		`{"messages":"hi"}`: "messages", `{"temperature":"hot",` + hi + `}`: "temperature", `{"logit_bias":"x",` + hi + `}`: "logit_bias", `{"n":0,` + hi + `}`: "n", `{"n":1000000,` + hi + `}`: "n",
		`{"messages":[{"role":"model"}]}`: "messages[0].role", `{"messages":[7]}`: "messages[0]", `{"stop":{},` + hi + `}`: "stop",
		`{"messages":[{"role":"user","content":[{"type":"tool_result"}]}]}`:                               "messages[0].content[0].type",
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}]}`:   "messages[0].content[0].image_url.url",
		`{"messages":[{"role":"user","content":[{"type":"file","file":{}}]}]}`:                            "messages[0].content[0].file",
		`{"messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":" "}}]}]}`:           "messages[0].tool_calls[0].function.name",
		`{"tools":[{"type":"function","function":{"description":"x"}}],` + hi + `}`:                       "tools[0].function.name",
		`{"tools":[{"type":"function"}],` + hi + `}`:                                                      "tools[0].function",
		`{"tool_choice":"sometimes",` + hi + `}`:                                                          "tool_choice",
		`{"tool_choice":{"type":"function"},` + hi + `}`:                                                  "tool_choice",
		`{"response_format":{"type":"xml"},` + hi + `}`:                                                   "response_format.type",
		`{"response_format":{"type":"json_schema"},` + hi + `}`:                                           "response_format.json_schema",
		`{"modalities":["text","audio"],` + hi + `}`:                                                      "modalities",
		`{"audio":{"voice":"alloy","format":"wav"},` + hi + `}`:                                           "audio",
		`{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":1}}]}]}`:      "messages[0].content[0].input_audio.data",
		`{"messages":[{"role":"assistant","tool_calls":[{"id":{},"function":{"name":"f"}}]}]}`:            "messages[0].tool_calls[0].id",
		`{"messages":[{"role":"user","content":"a"},{"role":"assistant","function_call":{"name":null}}]}`: "messages[1].function_call.name",
	} {
		_, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
		if e := refusal(t, err); e.Param != param {
			t.Errorf("%s: param %q (%s), want %q", body, e.Param, e.Message, param)
		}
	}
}

func TestRequestCases(t *testing.T) {
	plain := conversation.Target{Model: "gpt-4o"}
	user := says(conversation.User, text("hi"))
	t.Run("case 19: ids are made where there are none, and short", func(t *testing.T) {
		long := strings.Repeat("x", 80)
		_, tree, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user,
			says(conversation.Assistant, calls("", "f", "{}"), calls("", "f", "{}"), calls(long, "g", "{}"), calls("same", "g", "{}"), calls("same", "g", "{}")),
			says(conversation.ToolRole, &conversation.ToolResult{Name: "f", Parts: []conversation.Part{text("1")}}, &conversation.ToolResult{Name: "f", Parts: []conversation.Part{text("2")}},
				answers(long, text("3")), answers("same", text("4")), answers("same", text("5")))}}, plain)
		seen := map[string]bool{}
		for i, c := range messageOf(tree, 1)["tool_calls"].([]any) {
			id := c.(map[string]any)["id"].(string)
			answer := messageOf(tree, 2+i)
			if id == "" || len(id) > 40 || seen[id] || answer["tool_call_id"] != id || answer["content"] != string(rune('1'+i)) {
				t.Errorf("call %d is %q, its answer %v", i, id, answer)
			}
			seen[id] = true
		}
	})
	t.Run("case 20: names are made legal without collision and restored", func(t *testing.T) {
		long := strings.Repeat("n", 70)
		r := &conversation.Request{Messages: []conversation.Message{user, says(conversation.Assistant, calls("c", "mcp.tool", "{}")), says(conversation.ToolRole, answers("c"))},
			Tools: []conversation.Tool{{Kind: conversation.Function, Name: "mcp.tool"}, {Kind: conversation.Function, Name: "mcp_tool"}, {Kind: conversation.Function, Name: "mcp tool"},
				{Kind: conversation.Function, Name: long}, {Kind: conversation.Function, Name: long + "2"}, {Kind: conversation.Function, Namespace: "ns", Name: "mcp_tool"}},
			Choice: conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{"mcp.tool"}}}
		_, tree, _ := encode(t, r, plain)
		back := Codec{}.Restorer(r, plain)
		seen := map[string]bool{}
		for i, w := range tree["tools"].([]any) {
			name := w.(map[string]any)["function"].(map[string]any)["name"].(string)
			reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{calls("c", name, "{}")}}}}
			back.Reply(reply)
			c := reply.Choices[0].Parts[0].(*conversation.ToolCall)
			if strings.Trim(name, word) != "" || len(name) > longest || seen[name] || c.Name != r.Tools[i].Name || c.Namespace != r.Tools[i].Namespace {
				t.Errorf("%q is %q on the wire, and back %q %q", r.Tools[i].Name, name, c.Namespace, c.Name)
			}
			seen[name] = true
			events := back.Events([]conversation.Event{&conversation.PartStart{Part: calls("c", name, "")}})
			if c := events[0].(*conversation.PartStart).Part.(*conversation.ToolCall); c.Name != r.Tools[i].Name {
				t.Errorf("in a stream %q comes back as %q", name, c.Name)
			}
		}
		wire := names(r).Name("", "mcp.tool")
		used := messageOf(tree, 1)["tool_calls"].([]any)[0].(map[string]any)["function"].(map[string]any)["name"]
		chosen := tree["tool_choice"].(map[string]any)["function"].(map[string]any)["name"]
		if used != wire || chosen != wire {
			t.Errorf("history has %v, tool_choice %v, tools %s", used, chosen, wire)
		}
	})
	t.Run("case 21: results follow their calls, each once", func(t *testing.T) {
		body, tree, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user,
			says(conversation.Assistant, text("a"), calls("1", "f", "{}")), says(conversation.Assistant, calls("2", "g", "{}"), calls("3", "h", "{}")),
			says(conversation.User, text("between")),
			says(conversation.ToolRole, answers("2", text("two")), answers("nobody", text("orphan")), answers("1", text("one")), answers("1", text("again"))),
			user}}, plain)
		if got := strings.Join(rolesOf(tree), " "); got != "user assistant tool tool tool user user user" {
			t.Errorf("%s\n%s", got, body)
		}
		if messageOf(tree, 2)["content"] != "one" || messageOf(tree, 3)["content"] != "two" || messageOf(tree, 4)["content"] != noResult || strings.Contains(body, "again") || !strings.Contains(body, "orphan") {
			t.Error(body)
		}
	})
	t.Run("case 22: tool_choice", func(t *testing.T) {
		tools := []conversation.Tool{{Kind: conversation.Function, Name: "f"}, {Kind: conversation.Function, Name: "g"}}
		for mode, want := range map[conversation.ChoiceMode]any{conversation.ChoiceUnset: nil, conversation.ChoiceAuto: "auto", conversation.ChoiceNone: "none", conversation.ChoiceAny: "required"} {
			_, tree, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user}, Tools: tools, Choice: conversation.ToolChoice{Mode: mode, Parallel: ptr(false)}}, plain)
			if tree["tool_choice"] != want || tree["parallel_tool_calls"] != false {
				t.Errorf("%s: %v", mode, tree)
			}
		}
		_, tree, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user}, Choice: conversation.ToolChoice{Mode: conversation.ChoiceAuto, Parallel: ptr(true)}}, plain)
		if tree["tool_choice"] != nil || tree["parallel_tool_calls"] != nil {
			t.Errorf("without tools: %v", tree)
		}
		two := &conversation.Request{Messages: []conversation.Message{user}, Tools: append(tools, conversation.Tool{Kind: conversation.Function, Name: "h"}), Choice: conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{"f", "h"}}}
		if _, tree, _ = encode(t, two, plain); tree["tool_choice"].(map[string]any)["type"] != "allowed_tools" {
			t.Errorf("%v", tree["tool_choice"])
		}
		if _, tree, _ = encode(t, two, quirks()); tree["tool_choice"] != "required" || len(tree["tools"].([]any)) != 2 {
			t.Errorf("%v", tree)
		}
	})
	t.Run("case 23: custom tools become functions and back; hosted ones are refused by name", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user, says(conversation.Assistant, &conversation.ToolCall{ID: "c", Kind: conversation.Custom, Name: "apply_patch", Arguments: "*** Begin"}), says(conversation.ToolRole, answers("c", text("ok")))},
			Tools: []conversation.Tool{{Kind: conversation.Custom, Name: "apply_patch", Grammar: json.RawMessage(`{"type":"grammar","syntax":"lark","definition":"start: x"}`)}}}
		body, _, _ := encode(t, r, quirks())
		if !strings.Contains(body, `"arguments":"{\"input\":\"*** Begin\"}"`) || !strings.Contains(body, "start: x") {
			t.Error(body)
		}
		back := Codec{}.Restorer(r, quirks())
		var got []conversation.Event
		for _, e := range []conversation.Event{&conversation.PartStart{Part: calls("c", "apply_patch", "")}, &conversation.Delta{Text: `{"inp`}, &conversation.Delta{Text: `ut":"a\nb"}`}, &conversation.PartEnd{}} {
			got = append(got, back.Events([]conversation.Event{e})...)
		}
		if len(got) != 3 || got[0].(*conversation.PartStart).Part.(*conversation.ToolCall).Kind != conversation.Custom || got[1].(*conversation.Delta).Text != "a\nb" {
			t.Errorf("%v", got)
		}
		if body, _, _ = encode(t, r, conversation.Target{Model: "gpt-5.5"}); !strings.Contains(body, `"type":"custom"`) || !strings.Contains(body, `"grammar":{"definition":"start: x","syntax":"lark"}`) {
			t.Error(body)
		}
		_, _, err := Codec{}.EncodeRequest(&conversation.Request{Messages: []conversation.Message{user}, Tools: []conversation.Tool{{Kind: conversation.Hosted, Raw: json.RawMessage(`{"type":"file_search"}`)}}}, plain)
		if e := refusal(t, err); e.Param != "tools" || !strings.Contains(e.Message, "file_search") {
			t.Error(e)
		}
	})
	t.Run("case 24: a hosted web search is left out", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user}, Tools: []conversation.Tool{{Kind: conversation.WebSearch, Name: "web_search", Raw: json.RawMessage(`{"type":"web_search_20250305"}`), Origin: protocol.Anthropic}}}
		body, _, lost := encode(t, r, plain)
		if strings.Contains(body, "tools") || !isLost(lost, "tools.web_search_20250305") {
			t.Error(body, lost)
		}
		if body, _, _ = encode(t, r, quirks("web_search_options")); !strings.Contains(body, `"web_search_options":{}`) {
			t.Error(body)
		}
	})
	t.Run("case 25: media of results move behind all results of the batch", func(t *testing.T) {
		body, tree, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user, says(conversation.Assistant, calls("1", "shot", "{}"), calls("2", "ls", "{}")),
			says(conversation.ToolRole, answers("1", text("see"), png), answers("2", png)), user}}, plain)
		if got := strings.Join(rolesOf(tree), " "); got != "user assistant tool tool user user" {
			t.Errorf("%s: %s", got, body)
		}
		if messageOf(tree, 2)["content"] != "see" || messageOf(tree, 3)["content"] != seeBelow || len(messageOf(tree, 4)["content"].([]any)) != 4 {
			t.Error(body)
		}
	})
	t.Run("case 27: functions and function_call", func(t *testing.T) {
		r := decode(t, `{"model":"m","functions":[{"name":"f","parameters":{"type":"object","properties":{}}}],"function_call":{"name":"f"},
			"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"done"}]}`)
		_, tree, _ := encode(t, r, plain)
		if !r.Functions || tree["tool_choice"].(map[string]any)["type"] != "function" || messageOf(tree, 2)["tool_call_id"] != messageOf(tree, 1)["tool_calls"].([]any)[0].(map[string]any)["id"] {
			t.Errorf("%v", tree)
		}
	})
	t.Run("case 18, 28: arguments of any kind", func(t *testing.T) {
		for in, want := range map[string]string{``: `{}`, `null`: `{}`, `"{\"pages\":\"\"}"`: `{"pages":""}`, `{"a":1}`: `{"a":1}`, `"not json"`: `not json`} {
			member := ""
			if in != "" {
				member = `,"arguments":` + in
			}
			r := decode(t, `{"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f"`+member+`}}]}]}`)
			_, tree, _ := encode(t, r, plain)
			if got := messageOf(tree, 1)["tool_calls"].([]any)[0].(map[string]any)["function"].(map[string]any)["arguments"]; got != want {
				t.Errorf("%s: %v", in, got)
			}
		}
	})
	t.Run("case 33: strict where it is legal", func(t *testing.T) {
		for schema, strict := range map[string]bool{`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`: true,
			`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`: false, `{"type":"object","properties":{}}`: false} {
			_, tree, lost := encode(t, &conversation.Request{Messages: []conversation.Message{user}, Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f", Schema: json.RawMessage(schema), Strict: ptr(true)}}}, plain)
			got := tree["tools"].([]any)[0].(map[string]any)["function"].(map[string]any)["strict"]
			if (got == true) != strict || isLost(lost, "strict") == strict {
				t.Errorf("%s: %v %v", schema, got, lost)
			}
		}
	})
	t.Run("case 35, 36, 38: foreign thinking is never sent, its calls are", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user, says(conversation.Assistant, &conversation.Thinking{Text: "secret", Signature: "sig", Origin: protocol.Anthropic},
			&conversation.Thinking{Sealed: "sealed", Origin: protocol.OpenAIResponses}, calls("c", "f", "{}")), says(conversation.ToolRole, answers("c", text("x")))}}
		body, _, _ := encode(t, r, plain)
		if strings.Contains(body, "sig") || strings.Contains(body, "sealed") || strings.Contains(body, "secret") || !strings.Contains(body, "tool_calls") {
			t.Error(body)
		}
		if body, _, _ = encode(t, r, quirks("reasoning_details")); strings.Contains(body, "sig\"") || strings.Contains(body, "sealed") || !strings.Contains(body, `"text":"secret"`) {
			t.Error(body)
		}
	})
	t.Run("case 40: reasoning goes back by quirk only", func(t *testing.T) {
		r := decode(t, `{"messages":[{"role":"user","content":"x"},{"role":"assistant","reasoning_content":"hm","tool_calls":[{"id":"1","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"1","content":"y"},
			{"role":"assistant","tool_calls":[{"id":"2","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"2","content":"y"}]}`)
		if body, _, _ := encode(t, r, plain); strings.Contains(body, "reasoning") {
			t.Error(body)
		}
		_, tree, _ := encode(t, r, quirks("reasoning_content"))
		if messageOf(tree, 1)["reasoning_content"] != "hm" || messageOf(tree, 3)["reasoning_content"] != nil {
			t.Error(tree)
		}
		_, tree, _ = encode(t, r, quirks("reasoning_content_required"))
		if messageOf(tree, 1)["reasoning_content"] != "hm" || messageOf(tree, 3)["reasoning_content"] != noThoughts {
			t.Error(tree)
		}
		details := `[{"type":"reasoning.text","text":"hm","signature":"s","id":"i","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"d","format":"openai-responses-v1","index":1}]`
		r = decode(t, `{"messages":[{"role":"user","content":"x"},{"role":"assistant","reasoning":"hm","content":"a","reasoning_details":`+details+`},{"role":"user","content":"y"}]}`)
		_, tree, _ = encode(t, r, quirks("reasoning_details"))
		got, _ := json.Marshal(messageOf(tree, 1)["reasoning_details"])
		var a, b any
		_, _ = json.Unmarshal(got, &a), json.Unmarshal([]byte(details), &b)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s", got)
		}
	})
	t.Run("case 41: effort, budget, and the vendors' switches", func(t *testing.T) {
		for _, c := range []struct {
			why  conversation.Reasoning
			to   conversation.Target
			want string
		}{
			{conversation.Reasoning{Effort: "high"}, conversation.Target{Model: "gpt-5"}, `"reasoning_effort":"high"`},
			{conversation.Reasoning{Effort: "max"}, conversation.Target{Model: "openai/gpt-5-mini"}, `"reasoning_effort":"high"`},
			{conversation.Reasoning{Effort: "xhigh"}, conversation.Target{Model: "gpt-5.2"}, `"reasoning_effort":"xhigh"`},
			{conversation.Reasoning{Off: true}, conversation.Target{Model: "gpt-5.1"}, `"reasoning_effort":"none"`},
			{conversation.Reasoning{Effort: "low"}, conversation.Target{Model: "gpt-5-pro"}, `"reasoning_effort":"high"`},
			{conversation.Reasoning{Off: true}, conversation.Target{Model: "gpt-5.4-pro"}, `"reasoning_effort":"medium"`},
			{conversation.Reasoning{Off: true}, conversation.Target{Model: "o3"}, `"reasoning_effort":"low"`},
			{conversation.Reasoning{Budget: ptr[int64](31999)}, conversation.Target{Model: "o4-mini"}, `"reasoning_effort":"high"`},
			{conversation.Reasoning{Budget: ptr[int64](2000)}, conversation.Target{Model: "qwen", Described: true, Reasons: true}, `"reasoning_effort":"low"`},
			{conversation.Reasoning{Budget: ptr[int64](2000)}, quirks("reasoning"), `"reasoning":{"max_tokens":2000}`},
			{conversation.Reasoning{Effort: "low"}, quirks("reasoning"), `"reasoning":{"effort":"low"}`},
			{conversation.Reasoning{Off: true}, quirks("thinking"), `"thinking":{"type":"disabled"}`},
			{conversation.Reasoning{Adaptive: true}, quirks("thinking"), `"thinking":{"type":"enabled"}`},
			{conversation.Reasoning{Effort: "medium"}, quirks("enable_thinking"), `"enable_thinking":true,"thinking_budget":16384`},
			{conversation.Reasoning{Off: true}, quirks("enable_thinking"), `"enable_thinking":false`},
			{conversation.Reasoning{Effort: "medium"}, quirks("enable_thinking", "thinks_streaming"), `"enable_thinking":false`},
			{conversation.Reasoning{}, quirks("enable_thinking", "thinks_streaming"), `"enable_thinking":false`},
		} {
			body, _, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user}, Reasoning: c.why}, c.to)
			if !strings.Contains(body, c.want) {
				t.Errorf("%+v: %s lacks %s", c.why, body, c.want)
			}
		}
		body, _, lost := encode(t, &conversation.Request{Messages: []conversation.Message{user}, Reasoning: conversation.Reasoning{Effort: "high"}}, plain)
		if strings.Contains(body, "effort") || !isLost(lost, "reasoning_effort") {
			t.Error(body, lost)
		}
	})
	t.Run("case 41: what clients say in vendors' own words", func(t *testing.T) {
		yes, no := true, false
		for in, want := range map[string]conversation.Reasoning{
			`"reasoning_effort":"none"`:                           {Effort: "none", Off: true},
			`"reasoning":{"effort":"high","exclude":true}`:        {Effort: "high", Show: &no},
			`"reasoning":{"max_tokens":9,"exclude":false}`:        {Budget: ptr[int64](9), Show: &yes},
			`"reasoning":{"enabled":false}`:                       {Off: true},
			`"thinking":{"type":"enabled","budget_tokens":5}`:     {Budget: ptr[int64](5)},
			`"thinking":{"type":"disabled"}`:                      {Off: true},
			`"enable_thinking":true,"thinking_budget":7`:          {Budget: ptr[int64](7)},
			`"enable_thinking":true`:                              {Adaptive: true},
			`"enable_thinking":"x","thinking":1,"reasoning":"no"`: {},
		} {
			if r := decode(t, `{"messages":[{"role":"user","content":"x"}],`+in+`}`); !reflect.DeepEqual(r.Reasoning, want) {
				t.Errorf("%s: %+v", in, r.Reasoning)
			}
		}
	})
	t.Run("case 42: what models that reason do not take", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user}, MaxOutput: ptr[int64](7), Temperature: ptr(0.0), TopP: ptr(0.5)}
		body, _, lost := encode(t, r, conversation.Target{Model: "gpt-5"})
		if !strings.Contains(body, `"max_completion_tokens":7`) || strings.Contains(body, `"max_tokens"`) || strings.Contains(body, "temperature") || !isLost(lost, "temperature") || !isLost(lost, "top_p") {
			t.Error(body, lost)
		}
		if body, _, _ = encode(t, r, plain); !strings.Contains(body, `"max_tokens":7`) || !strings.Contains(body, `"temperature":0,`) {
			t.Error(body)
		}
		if body, _, _ = encode(t, r, quirks("max_completion_tokens")); !strings.Contains(body, `"max_completion_tokens":7`) {
			t.Error(body)
		}
	})
	t.Run("case 43: instructions keep their place and their parts", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{says(conversation.System, text("a"), text("b")), user, says(conversation.Developer, text("late")), user}}
		_, tree, _ := encode(t, r, plain)
		if got := strings.Join(rolesOf(tree), " "); got != "system user system user" || len(messageOf(tree, 0)["content"].([]any)) != 2 {
			t.Error(got, tree)
		}
		if _, tree, _ = encode(t, r, conversation.Target{Model: "o3"}); strings.Join(rolesOf(tree), " ") != "developer user developer user" {
			t.Error(tree)
		}
		if _, tree, _ = encode(t, r, quirks("system_first", "merge_turns", "string_content")); strings.Join(rolesOf(tree), " ") != "system user" || messageOf(tree, 0)["content"] != "a\n\nb" || messageOf(tree, 1)["content"] != "hi\n\nlate\n\nhi" {
			t.Error(tree)
		}
	})
	t.Run("case 44: the billing line is left out when it leads", func(t *testing.T) {
		const line = "x-anthropic-billing-header: cc_version=2"
		body, tree, _ := encode(t, &conversation.Request{Messages: []conversation.Message{says(conversation.System, text(line), text("You are "+line)), user}}, plain)
		if strings.Count(body, "billing") != 1 || messageOf(tree, 0)["content"] != "You are "+line {
			t.Error(body)
		}
	})
	t.Run("case 45: cache marks and keys", func(t *testing.T) {
		r := &conversation.Request{CacheKey: "k", Messages: []conversation.Message{says(conversation.User, &conversation.Text{Text: "x", Cache: &conversation.Cache{TTL: "1h"}})}}
		body, _, lost := encode(t, r, plain)
		if strings.Contains(body, "cache_control") || !strings.Contains(body, `"prompt_cache_key":"k"`) || !isLost(lost, "cache_control") {
			t.Error(body, lost)
		}
		if body, _, lost = encode(t, r, quirks("cache_control")); !strings.Contains(body, `"cache_control":{"type":"ephemeral","ttl":"1h"}`) || strings.Contains(body, "prompt_cache_key") || !isLost(lost, "prompt_cache_key") {
			t.Error(body, lost)
		}
	})
	t.Run("case 46: empty texts go, a prefill is continued", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{says(conversation.User, text(""), text("x")), says(conversation.User, text("")), says(conversation.Assistant, text("{"))}}
		_, tree, _ := encode(t, r, plain)
		if strings.Join(rolesOf(tree), " ") != "user assistant user" || messageOf(tree, 2)["content"] != goOn {
			t.Error(tree)
		}
		if _, tree, _ = encode(t, r, quirks("prefix")); strings.Join(rolesOf(tree), " ") != "user assistant" || messageOf(tree, 1)["prefix"] != true {
			t.Error(tree)
		}
		_, _, err := Codec{}.EncodeRequest(&conversation.Request{Messages: []conversation.Message{says(conversation.User, text(""))}}, plain)
		refusal(t, err)
	})
	t.Run("case 47: media", func(t *testing.T) {
		for _, c := range []struct {
			m    conversation.Media
			want string
		}{
			{*png, `"url":"data:image/png;base64,iVBORw0KGgo="`},
			{conversation.Media{Kind: conversation.Image, URL: "https://x/y", Detail: "high"}, `{"url":"https://x/y","detail":"high"}`},
			{conversation.Media{Kind: conversation.Audio, Type: "audio/wav", Data: "AA=="}, `"input_audio":{"data":"AA==","format":"wav"}`},
			{conversation.Media{Kind: conversation.File, Type: "application/pdf", Data: "AA=="}, `"file":{"file_data":"data:application/pdf;base64,AA==","filename":"document.pdf"}`},
			{conversation.Media{Kind: conversation.Image, Data: "/9j/4AAQSkZJRgABAQAAAQABAAD/"}, `data:image/jpeg;base64,`},
			{conversation.Media{Kind: conversation.File, FileID: "file-1"}, `"file":{"file_id":"file-1"}`},
			{conversation.Media{Kind: conversation.File, Type: "text/plain", Name: "a.txt", Data: "aGk="}, `a.txt:\nhi`},
			{conversation.Media{Kind: conversation.Audio, Type: "audio/ogg", Data: "AA=="}, ``},
			{conversation.Media{Kind: conversation.Image, FileID: "file-1"}, ``},
			{conversation.Media{Kind: conversation.File, URL: "https://x/y.pdf"}, ``},
			{conversation.Media{Kind: conversation.Video, Type: "video/mp4", Data: "AA=="}, ``},
		} {
			r := &conversation.Request{Messages: []conversation.Message{says(conversation.User, text("x"), &c.m)}}
			if c.want == "" {
				_, _, err := Codec{}.EncodeRequest(r, plain)
				if e := refusal(t, err); e.Param != "messages[0].content[1]" {
					t.Errorf("%+v: %v", c.m, e)
				}
			} else if body, _, _ := encode(t, r, plain); !strings.Contains(body, c.want) {
				t.Errorf("%+v: %s", c.m, body)
			}
		}
	})
	t.Run("case 48: response_format", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user}, Format: conversation.Format{Kind: conversation.FormatJSON}}
		if body, _, _ := encode(t, r, plain); !strings.Contains(body, `"response_format":{"type":"json_object"}`) || !strings.Contains(body, askForJSON) {
			t.Error(body)
		}
		r.Format = conversation.Format{Kind: conversation.FormatSchema, Name: "an answer", Schema: json.RawMessage(`{"type":"object"}`)}
		if body, _, _ := encode(t, r, plain); !strings.Contains(body, `"json_schema":{"name":"an_answer","schema":{"type":"object"}}`) {
			t.Error(body)
		}
		if body, _, _ := encode(t, r, quirks("json_object_only")); !strings.Contains(body, `{"type":"json_object"}`) || !strings.Contains(body, `{\"type\":\"object\"}`) {
			t.Error(body)
		}
	})
	t.Run("case 49: parameters by the table", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{{Role: conversation.User, Name: "Ann B", Parts: []conversation.Part{text("x")}}}, Stop: []string{"a"}, Seed: ptr[int64](1), N: 2, LogProbs: true, TopLogProbs: ptr[int64](50),
			LogitBias: json.RawMessage(`{"1":2}`), User: strings.Repeat("u", 100), ServiceTier: "standard_only", Metadata: map[string]string{"a": "b"}, Store: ptr(true), TopK: ptr[int64](3),
			Verbosity: "low", Include: []string{"x"}, Temperature: ptr(3.0), Stream: true}
		body, tree, lost := encode(t, r, plain)
		for _, want := range []string{`"stop":["a"]`, `"seed":1`, `"n":2`, `"top_logprobs":20`, `"logit_bias":{"1":2}`, `"service_tier":"default"`, `"metadata":{"a":"b"}`, `"temperature":2`, `"name":"Ann_B"`, `"stream_options":{"include_usage":true}`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", body, want)
			}
		}
		if len(tree["user"].(string)) != 64 || !isLost(lost, "top_k") || !isLost(lost, "verbosity") || !isLost(lost, "include") {
			t.Error(body, lost)
		}
		body, _, lost = encode(t, r, quirks("no:seed", "no:stream_options", "no:name", "no:user"))
		if strings.Contains(body, "seed") || strings.Contains(body, "stream_options") || strings.Contains(body, "Ann") || !isLost(lost, "seed") || isLost(lost, "stream_options") {
			t.Error(body, lost)
		}
		var err error
		for _, param := range []string{"n", "logprobs", "logit_bias", "stop"} { // they decide on what the client gets back
			_, _, err = Codec{}.EncodeRequest(r, quirks("no:"+param))
			if e := refusal(t, err); e.Param != param {
				t.Error(e)
			}
		}
		// The answer is ended here where the vendor takes fewer stop sequences, or none.
		r.Stop = []string{"1", "2", "3", "4", "5"}
		for model, told := range map[string]string{"gpt-4o": `"stop":["1","2","3","4"]`, "gpt-5": ""} {
			of := conversation.Target{Model: model}
			r := &conversation.Request{Messages: r.Messages, Stop: r.Stop}
			body, _, _ := encode(t, r, of)
			reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.Text{Text: "a5b"}}}}}
			Codec{}.Restorer(r, of).Reply(reply)
			if c := reply.Choices[0]; strings.Contains(body, "stop") != (told != "") || !strings.Contains(body, told) ||
				c.Parts[0].(*conversation.Text).Text != "a" || c.Finish.Word != "5" {
				t.Errorf("%s: %s, %+v", model, body, c)
			}
		}
	})
	t.Run("case 59: usage is always asked for in a stream", func(t *testing.T) {
		if body, _, _ := encode(t, &conversation.Request{Messages: []conversation.Message{user}, Stream: true}, plain); !strings.Contains(body, `"include_usage":true`) {
			t.Error(body)
		}
	})
}

// Bodies in the form that agents were seen to send are read, and written as OpenAI takes them.
func TestWhatAgentsSend(t *testing.T) {
	for _, c := range []struct{ name, body, model, want string }{
		{"Qwen Code: a list in a tool's message, a function without parameters", `{"model":"M","max_tokens":32000,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"You are Qwen."},
			{"role":"user","content":[{"type":"text","text":"list"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"ls","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"call_1","content":[{"type":"text","text":"a"}]}],"tools":[{"type":"function","function":{"name":"get_goal","description":"d"}}]}`, "gpt-4o",
			`"tools":[{"type":"function","function":{"name":"get_goal","description":"d","parameters":{"type":"object","properties":{}}}}]`},
		{"Copilot: sampling and a refusal that is null, at gpt-5", `{"model":"M","temperature":0,"top_p":0.95,"frequency_penalty":0,"presence_penalty":0,"max_tokens":100,"messages":[{"role":"user","content":"x"},
			{"role":"assistant","content":"a","refusal":null},{"role":"user","content":"y"}]}`, "gpt-5", `"max_completion_tokens":100`},
		{"Kimi Code: a cache key, thinking off", `{"model":"M","max_tokens":100000,"prompt_cache_key":"k","thinking":{"type":"disabled"},"messages":[{"role":"user","content":"x"}]}`, "gpt-4o", `"prompt_cache_key":"k"`},
		{"pi: developer, store, effort", `{"model":"M","store":false,"reasoning_effort":"high","messages":[{"role":"developer","content":"d"},{"role":"user","content":"x"}]}`, "gpt-5.2", `{"role":"developer","content":"d"}`},
		{"Crush: two user messages", `{"model":"M","max_tokens":40,"messages":[{"role":"user","content":"x"},{"role":"user","content":"y"}]}`, "gpt-4o", `"content":"x"},{"role":"user","content":"y"}`},
		{"LangChain: a name on a tool's message", `{"model":"M","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
			{"role":"tool","name":"f","tool_call_id":"c","content":""}]}`, "gpt-4o", `{"role":"tool","content":"","tool_call_id":"c"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, _, _ := encode(t, decode(t, c.body), conversation.Target{Model: c.model})
			if !strings.Contains(body, c.want) || strings.Contains(body, `"temperature":0`) {
				t.Errorf("%s lacks %s", body, c.want)
			}
		})
	}
}
