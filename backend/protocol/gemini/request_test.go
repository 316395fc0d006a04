package gemini

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

func ptr[T any](v T) *T { return &v }

func decodeRequest(t *testing.T, body string) *conv.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest([]byte(body), conv.Asked{Model: "gemini-2.5-pro"})
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return r
}

func show(v any) string {
	b, _ := json.MarshalIndent(v, "", " ")
	return string(b)
}

// encoded writes a request for a model and reads the JSON back.
func encoded(t *testing.T, r *conv.Request, to conv.Target) (map[string]any, []conv.Lost) {
	t.Helper()
	body, lost, err := Codec{}.EncodeRequest(r, to)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	return m, lost
}

func wantJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	b, _ := json.Marshal(got)
	var g any
	_ = json.Unmarshal(b, &g)
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s:\ngot  %s\nwant %s", what, b, want)
	}
}

func refused(t *testing.T, err error, param string) {
	t.Helper()
	var e *protocol.Error
	if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Param != param {
		t.Errorf("got %v, param %q; want a bad request for %q", err, param, param)
	}
}

func user(s string) conv.Message {
	return conv.Message{Role: conv.User, Parts: []conv.Part{&conv.Text{Text: s}}}
}

func model(parts ...conv.Part) conv.Message { return conv.Message{Role: conv.Assistant, Parts: parts} }

func answers(parts ...conv.Part) conv.Message { return conv.Message{Role: conv.ToolRole, Parts: parts} }

func toolCall(id, name, args string) *conv.ToolCall {
	return &conv.ToolCall{ID: id, Name: name, Kind: conv.Function, Arguments: args}
}

func toolResult(id, name, text string) *conv.ToolResult {
	return &conv.ToolResult{ID: id, Name: name, Kind: conv.Function, Parts: []conv.Part{&conv.Text{Text: text}}}
}

func TestDecodeRequestBothSpellings(t *testing.T) {
	camelCase := `{"systemInstruction":{"role":"user","parts":[{"text":"be brief"}]},
	"contents":[{"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"aGk_"}},{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]},
	{"role":"model","parts":[{"text":"hm","thought":true},{"functionCall":{"name":"f","args":{"a_b":1}},"thoughtSignature":"c2ln"}]},
	{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"out"}}}]}],
	"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object","properties":{"a_b":{"type":"integer"}}}}]},{"googleSearch":{}}],
	"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},
	"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],
	"generationConfig":{"candidateCount":2,"stopSequences":["END"],"maxOutputTokens":"100","temperature":1,"topP":0.95,"topK":64,"seed":7,"presencePenalty":0.5,"frequencyPenalty":-0.5,
	"responseLogprobs":true,"logprobs":3,"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},"thinkingConfig":{"includeThoughts":true,"thinkingBudget":8192}}}`
	want := &conv.Request{Model: "gemini-2.5-pro",
		Messages: []conv.Message{
			{Role: conv.System, Parts: []conv.Part{&conv.Text{Text: "be brief"}}},
			{Role: conv.User, Parts: []conv.Part{&conv.Text{Text: "look"}, &conv.Media{Kind: conv.Image, Type: "image/png", Data: "aGk/"},
				&conv.Media{Kind: conv.File, Type: "application/pdf", FileID: "files/abc"}}},
			model(&conv.Thinking{Text: "hm", Summary: true}, &conv.ToolCall{ID: "call_1_0", Name: "f", Kind: conv.Function, Arguments: `{"a_b":1}`, Signature: "c2ln", Origin: protocol.Gemini}),
			answers(toolResult("call_1_0", "f", "out")),
		},
		Tools: []conv.Tool{{Kind: conv.Function, Name: "f", Description: "d", Schema: json.RawMessage(`{"type":"object","properties":{"a_b":{"type":"integer"}}}`)},
			{Kind: conv.WebSearch, Name: "googleSearch", Raw: json.RawMessage(`{"googleSearch":{}}`), Origin: protocol.Gemini}},
		Choice:    conv.ToolChoice{Mode: conv.ChoiceTool, Names: []string{"f"}},
		MaxOutput: ptr(int64(100)), Temperature: ptr(1.0), TopP: ptr(0.95), TopK: ptr(int64(64)), FrequencyPenalty: ptr(-0.5), PresencePenalty: ptr(0.5),
		Stop: []string{"END"}, Seed: ptr(int64(7)), N: 2, LogProbs: true, TopLogProbs: ptr(int64(3)),
		Reasoning: conv.Reasoning{Budget: ptr(int64(8192)), Show: ptr(true)},
		Format:    conv.Format{Kind: conv.FormatSchema, Schema: json.RawMessage(`{"type":"object"}`)},
		Lost:      []conv.Lost{{Param: "safetySettings", Why: "no other protocol is known to have it"}},
	}
	if got := decodeRequest(t, camelCase); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", show(got), show(want))
	}
	snakeCase := strings.NewReplacer("systemInstruction", "system_instruction", "inlineData", "inline_data", "mimeType", "mime_type", "fileData", "file_data", "fileUri", "file_uri",
		"functionCall\"", "function_call\"", "functionResponse", "function_response", "thoughtSignature", "thought_signature", "functionDeclarations", "function_declarations",
		"parametersJsonSchema", "parameters_json_schema", "toolConfig", "tool_config", "functionCallingConfig", "function_calling_config", "allowedFunctionNames", "allowed_function_names",
		"generationConfig", "generation_config", "candidateCount", "candidate_count", "stopSequences", "stop_sequences", "maxOutputTokens", "max_output_tokens", "topP", "top_p", "topK", "top_k",
		"presencePenalty", "presence_penalty", "frequencyPenalty", "frequency_penalty", "responseLogprobs", "response_logprobs", "responseMimeType", "response_mime_type",
		"responseJsonSchema", "response_json_schema", "thinkingConfig", "thinking_config", "includeThoughts", "include_thoughts", "thinkingBudget", "thinking_budget", "googleSearch", "google_search").Replace(camelCase)
	if got := decodeRequest(t, snakeCase); !reflect.DeepEqual(got, want) {
		t.Errorf("snake_case: got %s\nwant %s", show(got), show(want))
	}
}

func TestDecodeRequest(t *testing.T) {
	t.Run("calls and results by order and name", func(t *testing.T) {
		r := decodeRequest(t, `{"contents":[{"parts":[{"text":"go"}]},{"role":"model","parts":[{"functionCall":{"name":"a"}},{"functionCall":{"name":"b","args":null}},{"functionCall":{"name":"a","args":{}}},{"functionCall":{"id":"own","name":"c","args":{}}}]},
			{"role":"function","parts":[{"functionResponse":{"name":"b","response":{"result":1}}},{"functionResponse":{"name":"a","response":{"x":1,"y":[2]}}},{"functionResponse":{"id":"own","response":{"error":"bad"}}},{"functionResponse":{"name":"a"}}]}]}`)
		var calls, results []string
		for _, p := range r.Messages[1].Parts {
			calls = append(calls, p.(*conv.ToolCall).ID+p.(*conv.ToolCall).Arguments)
		}
		for _, p := range r.Messages[2].Parts {
			results = append(results, p.(*conv.ToolResult).ID)
		}
		if !reflect.DeepEqual(calls, []string{"call_1_0{}", "call_1_1{}", "call_1_2{}", "own{}"}) || !reflect.DeepEqual(results, []string{"call_1_1", "call_1_0", "own", "call_1_2"}) {
			t.Error(calls, results)
		}
		if c := r.Messages[2].Parts[2].(*conv.ToolResult); !c.Error || c.Name != "c" || c.Parts[0].(*conv.Text).Text != "bad" {
			t.Errorf("%+v", c)
		}
		if c := r.Messages[2].Parts[1].(*conv.ToolResult); c.Parts[0].(*conv.Text).Text != `{"x":1,"y":[2]}` {
			t.Errorf("%+v", c)
		}
	})
	t.Run("parameters as a Schema become JSON Schema", func(t *testing.T) {
		r := decodeRequest(t, `{"contents":{"parts":{"text":"go"}},"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}}]},{"codeExecution":{}},{"urlContext":{}}],
			"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"ARRAY","items":{"type":"INTEGER"}}}}`)
		wantJSON(t, "tool", r.Tools[0].Schema, `{"type":"object","properties":{"a":{"type":["string","null"]}}}`)
		wantJSON(t, "format", r.Format.Schema, `{"type":"array","items":{"type":"integer"}}`)
		if r.Tools[1].Kind != conv.Hosted || r.Tools[1].Name != "codeExecution" || r.Tools[2].Name != "urlContext" {
			t.Errorf("%+v", r.Tools)
		}
	})
	t.Run("signatures on texts, and the value that skips them", func(t *testing.T) {
		r := decodeRequest(t, `{"contents":[{"role":"model","parts":[{"text":"a","thoughtSignature":"YQ=="},{"text":"","thoughtSignature":"Yg=="},{"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"}]}]}`)
		want := []conv.Part{&conv.Thinking{Signature: "YQ==", Origin: protocol.Gemini}, &conv.Text{Text: "a"}, &conv.Thinking{Signature: "Yg==", Origin: protocol.Gemini}, toolCall("call_0_0", "f", "{}")}
		if !reflect.DeepEqual(r.Messages[0].Parts, want) {
			t.Error(show(r.Messages))
		}
	})
	t.Run("code that was run becomes text", func(t *testing.T) {
		r := decodeRequest(t, `{"contents":[{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"print(1)"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}}]}]}`)
		if len(r.Messages[0].Parts) != 2 || r.Messages[0].Parts[0].(*conv.Text).Text != "\n```python\nprint(1)\n```\n" {
			t.Error(show(r.Messages))
		}
	})
	t.Run("what the JSON form of protocol buffers allows, and a count's wrapping", func(t *testing.T) {
		r := decodeRequest(t, `{"generateContentRequest":{"generateContentRequest":{},"systemInstruction":"s","contents":[{"parts":[null,{"text":null},{"text":"x","thought":null}],"role":null}],"tools":null,
			"generationConfig":{"candidateCount":"2","temperature":"0.5","topK":40.0,"seed":null,"responseLogprobs":null,"responseSchema":null,"stopSequences":null}}}`)
		want := &conv.Request{Model: "gemini-2.5-pro", N: 2, Temperature: ptr(0.5), TopK: ptr(int64(40)), Messages: []conv.Message{{Role: conv.System, Parts: []conv.Part{&conv.Text{Text: "s"}}}, user("x")}}
		if !reflect.DeepEqual(r, want) {
			t.Error(show(r))
		}
	})
	t.Run("case 25: media of a result", func(t *testing.T) {
		r := decodeRequest(t, `{"contents":[{"role":"user","parts":[{"functionResponse":{"name":"f","response":{},"willContinue":false,"parts":[{"inlineData":{"mimeType":"video/mp4","data":"aGk","displayName":"n"}}]}},{"text":"and"}]}]}`)
		want := []conv.Message{answers(&conv.ToolResult{Name: "f", Kind: conv.Function, Parts: []conv.Part{&conv.Media{Kind: conv.Video, Type: "video/mp4", Data: "aGk=", Name: "n"}}}), user("and")}
		if !reflect.DeepEqual(r.Messages, want) {
			t.Error(show(r.Messages))
		}
	})
	t.Run("case 41: levels and budgets", func(t *testing.T) {
		for body, want := range map[string]conv.Reasoning{
			`{"thinkingLevel":"HIGH"}`: {Effort: "high", Show: ptr(false)}, `{"thinkingBudget":0}`: {Budget: ptr(int64(0)), Off: true, Show: ptr(false)},
			`{"thinkingBudget":-1,"includeThoughts":true}`: {Budget: ptr(int64(-1)), Show: ptr(true)}, `{}`: {Show: ptr(false)}, `null`: {},
		} {
			r := decodeRequest(t, `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"thinkingConfig":`+body+`}}`)
			if !reflect.DeepEqual(r.Reasoning, want) {
				t.Errorf("%s: %s", body, show(r.Reasoning))
			}
		}
	})
	t.Run("case 50: the model, in the path and in the body", func(t *testing.T) {
		for path, want := range map[string]string{"": "x", "models/y": "y", "z": "z"} {
			r, err := Codec{}.DecodeRequest([]byte(`{"model":"models/x","contents":[{"parts":[{"text":"x"}]}]}`), conv.Asked{Model: path, Stream: true})
			if err != nil || r.Model != want || !r.Stream {
				t.Errorf("%q: %+v %v", path, r, err)
			}
		}
	})
	for body, param := range map[string]string{
		``: "", `[]`: "", `{"contents":[]}`: "contents", `{}`: "contents", `{"contents":[{"parts":[{"text":""}]}]}`: "contents", `{"contents":[`: "",
		`{"contents":[{"role":"assistant","parts":[{"text":"x"}]}]}`:                       "contents[0].role",
		`{"contents":[{"parts":[{"text":"x"},{"text":3}]}]}`:                               "contents[0].parts[1].text",
		`{"contents":[{"parts":[{"inline_data":{"mimeType":"image/png","data":"a b"}}]}]}`: "contents[0].parts[0].inlineData.data",
		`{"contents":[{"parts":[{"functionCall":{"name":" "}}]}]}`:                         "contents[0].parts[0].functionCall",
		`{"contents":[{"parts":[{"functionCall":{"name":"a","args":"{}"}}]}]}`:             "contents[0].parts[0].functionCall.args",
		`{"contents":[],"cachedContent":"cachedContents/abc"}`:                             "cachedContent",
		`{"contents":[],"generationConfig":{"temperature":"warm"}}`:                        "generationConfig.temperature",
		`{"contents":[],"generationConfig":{"responseModalities":["TEXT","IMAGE"]}}`:       "generationConfig.responseModalities",
		`{"contents":[],"generationConfig":{"responseSchema":[]}}`:                         "generationConfig.responseSchema",
		`{"contents":[],"tools":[{"functionDeclarations":[{"description":"nameless"}]}]}`:  "tools[0].functionDeclarations[0]",
		`{"contents":[],"toolConfig":{"functionCallingConfig":{"mode":"SOMETIMES"}}}`:      "toolConfig.functionCallingConfig.mode",
		`{"contents":[],"generationConfig":{"maxOutputTokens":1.5}}`:                       "generationConfig.maxOutputTokens",
	} {
		_, err := Codec{}.DecodeRequest([]byte(body), conv.Asked{})
		refused(t, err, param)
	}
	_, err := Codec{}.DecodeRequest([]byte(`{"cachedContent":"cachedContents/abc"}`), conv.Asked{})
	if err == nil || !strings.Contains(err.Error(), "cachedContents/abc") {
		t.Errorf("cached content is refused by its name: %v", err)
	}
}

func TestEncodeRequest(t *testing.T) {
	flash2, flash25, pro25, pro3, pro31, flash3 := conv.Target{Model: "gemini-2.0-flash"}, conv.Target{Model: "gemini-2.5-flash"}, conv.Target{Model: "models/gemini-2.5-pro"},
		conv.Target{Model: "gemini-3-pro-preview"}, conv.Target{Model: "gemini-3.1-pro-preview"}, conv.Target{Model: "gemini-3-flash-preview"}
	contents := func(t *testing.T, messages []conv.Message, to conv.Target, want string) {
		t.Helper()
		m, _ := encoded(t, &conv.Request{Messages: messages}, to)
		wantJSON(t, "contents", m["contents"], want)
	}
	t.Run("case 18: arguments", func(t *testing.T) {
		for in, want := range map[string]string{"": `{}`, "null": `{}`, `{"a":1}`: `{"a":1}`, `{"a":`: `{"arguments":"{\"a\":"}`, `[1]`: `{"arguments":"[1]"}`,
			`{"a":"[[[[{{"}`: `{"a":"[[[[{{"}`, `{"deep":` + strings.Repeat("[", 80) + strings.Repeat("]", 80) + `}`: string(wrapped("arguments", `{"deep":`+strings.Repeat("[", 80)+strings.Repeat("]", 80)+`}`))} {
			if got := arguments(toolCall("", "f", in)); string(got) != want {
				t.Errorf("%s: %s, want %s", in, got, want)
			}
		}
	})
	t.Run("case 19 and 21: results directly after their calls, in order, and repaired", func(t *testing.T) {
		contents(t, []conv.Message{user("go"), model(&conv.Text{Text: "ok"}, toolCall("1", "a", "{}")), model(toolCall("2", "b", "{}"), toolCall("3", "c", "{}")), user("and by the way"),
			answers(toolResult("2", "", "second")), answers(toolResult("1", "", "first"), toolResult("1", "", "again"), toolResult("9", "", "orphan")), model(&conv.Text{Text: ""}), model(&conv.Text{Text: "done"})}, flash25,
			`[{"role":"user","parts":[{"text":"go"}]},
			{"role":"model","parts":[{"text":"ok"},{"functionCall":{"id":"1","name":"a","args":{}}},{"functionCall":{"id":"2","name":"b","args":{}}},{"functionCall":{"id":"3","name":"c","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"id":"1","name":"a","response":{"output":"first"}}},{"functionResponse":{"id":"2","name":"b","response":{"output":"second"}}},
			{"functionResponse":{"id":"3","name":"c","response":{"error":"This call was not answered."}}},{"text":"and by the way"}]},{"role":"model","parts":[{"text":"done"}]}]`)
		contents(t, []conv.Message{user("go"), model(toolCall("1", "a", "{}"), toolCall("2", "a", "{}")), answers(toolResult("2", "", "two")), model(&conv.Text{Text: "hm"}), answers(toolResult("1", "", "late"))}, flash25,
			`[{"role":"user","parts":[{"text":"go"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"a","args":{}}},{"functionCall":{"id":"2","name":"a","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"id":"1","name":"a","response":{"output":"late"}}},{"functionResponse":{"id":"2","name":"a","response":{"output":"two"}}}]},{"role":"model","parts":[{"text":"hm"}]}]`)
	})
	t.Run("case 19: without ids, by order and name", func(t *testing.T) {
		m, _ := encoded(t, &conv.Request{Messages: []conv.Message{user("go"), model(toolCall("", "a", "{}"), toolCall("", "b", "{}")), answers(toolResult("", "b", "B"), toolResult("", "a", "A"))}}, conv.Target{Model: "gemini-2.5-pro", Quirks: map[string]bool{QuirkNoCallIDs: true}})
		wantJSON(t, "contents", m["contents"], `[{"role":"user","parts":[{"text":"go"}]},{"role":"model","parts":[{"functionCall":{"name":"a","args":{}}},{"functionCall":{"name":"b","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"name":"a","response":{"output":"A"}}},{"functionResponse":{"name":"b","response":{"output":"B"}}}]}]`)
	})
	t.Run("case 20: names", func(t *testing.T) {
		long := strings.Repeat("x", 70)
		r := &conv.Request{Messages: []conv.Message{user("go"), model(toolCall("1", long+"a", "{}")), answers(toolResult("1", "", "x"))},
			Tools: []conv.Tool{{Kind: conv.Function, Name: long + "a"}, {Kind: conv.Function, Name: long + "b"}, {Kind: conv.Function, Name: "mcp/读"}, {Kind: conv.Function, Name: "mcp/写"},
				{Kind: conv.Function, Name: "read", Namespace: "fs"}, {Kind: conv.Function, Name: "read"}, {Kind: conv.Function, Name: "fs__read"}, {Kind: conv.Function, Name: "9"}, {Kind: conv.Custom, Name: "apply_patch"}},
			Choice: conv.ToolChoice{Mode: conv.ChoiceTool, Names: []string{long + "a"}}}
		m, _ := encoded(t, r, pro25)
		back := Codec{}.Restorer(r, pro25)
		seen := map[string]bool{}
		for i, d := range m["tools"].([]any)[0].(map[string]any)["functionDeclarations"].([]any) {
			wire := d.(map[string]any)["name"].(string)
			if len(wire) > longestName || seen[wire] || strings.ContainsAny(wire, "/ 读写") || wire[0] == '9' {
				t.Errorf("%q", wire)
			}
			seen[wire] = true
			c := toolCall("", wire, `{"input":"text"}`)
			if back.Reply(&conv.Reply{Choices: []conv.Choice{{Parts: []conv.Part{c}}}}); c.Name != r.Tools[i].Name || c.Namespace != r.Tools[i].Namespace || c.Kind != r.Tools[i].Kind {
				t.Errorf("%s came back as %+v", wire, c)
			}
			if c.Kind == conv.Custom && c.Arguments != "text" {
				t.Errorf("custom input: %s", c.Arguments)
			}
		}
		wire := names(r).Name("", long+"a")
		wantJSON(t, "tool choice", m["toolConfig"], `{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["`+wire+`"]}}`)
		if s := show(m["contents"]); !strings.Contains(s, wire) || strings.Contains(s, long+"a") {
			t.Errorf("history: %s", s)
		}
		es := back.Events([]conv.Event{&conv.PartStart{Part: toolCall("i", "apply_patch", "")}, &conv.Delta{Text: `{"input":"*** Begin"}`}, &conv.PartEnd{}})
		if len(es) != 3 || es[1].(*conv.Delta).Text != "*** Begin" {
			t.Error(show(es))
		}
	})
	t.Run("case 31: numbers of an enum come back as numbers", func(t *testing.T) {
		r := &conv.Request{Messages: []conv.Message{user("x")}, Tools: []conv.Tool{{Kind: conv.Function, Name: "f", Schema: json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer","enum":[1,2]}}}`)}}}
		m, _ := encoded(t, r, flash2)
		wantJSON(t, "tool", m["tools"], `[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"n":{"type":"STRING","enum":["1","2"]}}}}]}]`)
		reply := decodeReply(t, `{"candidates":[{"content":{"parts":[{"functionCall":{"id":"1","name":"f","args":{"n":"2"}}}]},"finishReason":"STOP"}]}`)
		if (Codec{}).Restorer(r, flash2).Reply(reply); reply.Choices[0].Parts[0].(*conv.ToolCall).Arguments != `{"n":2}` {
			t.Error(show(reply))
		}
	})
	t.Run("case 22: tool choice", func(t *testing.T) {
		tools := []conv.Tool{{Kind: conv.Function, Name: "f"}}
		for mode, want := range map[conv.ChoiceMode]string{conv.ChoiceUnset: `null`, conv.ChoiceAuto: `{"functionCallingConfig":{"mode":"AUTO"}}`, conv.ChoiceNone: `{"functionCallingConfig":{"mode":"NONE"}}`, conv.ChoiceAny: `{"functionCallingConfig":{"mode":"ANY"}}`} {
			m, _ := encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Tools: tools, Choice: conv.ToolChoice{Mode: mode}}, pro25)
			wantJSON(t, string(mode), m["toolConfig"], want)
		}
		m, lost := encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Choice: conv.ToolChoice{Mode: conv.ChoiceAny, Parallel: ptr(false)}}, pro25)
		if m["toolConfig"] != nil || len(lost) != 2 || lost[0].Param != "parallel_tool_calls" || lost[1].Param != "tool_choice" {
			t.Error(m, lost)
		}
		_, _, err := Codec{}.EncodeRequest(&conv.Request{Messages: []conv.Message{user("x")}, Tools: tools, Choice: conv.ToolChoice{Mode: conv.ChoiceTool, Names: []string{"g"}}}, pro25)
		refused(t, err, "tool_choice")
	})
	t.Run("case 23 and 24: vendors' tools", func(t *testing.T) {
		for in, want := range map[string]string{`{"type":"web_search_20250305"}`: `[{"googleSearch":{}}]`, `{"type":"code_interpreter"}`: `[{"codeExecution":{}}]`, `{"type":"web_fetch_20250910"}`: `[{"urlContext":{}}]`, `{"type":"computer_use"}`: ``} {
			kind := conv.Hosted
			if strings.Contains(in, "search") {
				kind = conv.WebSearch
			}
			body, _, err := Codec{}.EncodeRequest(&conv.Request{Messages: []conv.Message{user("x")}, Tools: []conv.Tool{{Kind: kind, Raw: json.RawMessage(in), Origin: protocol.Anthropic}}}, pro25)
			if want == "" {
				refused(t, err, "tools")
				continue
			}
			var m map[string]any
			_ = json.Unmarshal(body, &m)
			wantJSON(t, in, m["tools"], want)
		}
		m, lost := encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Tools: []conv.Tool{{Kind: conv.Function, Name: "f"}, {Kind: conv.WebSearch, Name: "web_search"}}}, pro25)
		if len(m["tools"].([]any)) != 1 || len(lost) != 1 {
			t.Error(m, lost)
		}
		m, _ = encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Tools: []conv.Tool{{Kind: conv.Custom, Name: "apply_patch", Grammar: json.RawMessage(`{"type":"grammar"}`)}}}, flash2)
		wantJSON(t, "custom", m["tools"].([]any)[0].(map[string]any)["functionDeclarations"].([]any)[0].(map[string]any)["parameters"], `{"type":"OBJECT","properties":{"input":{"type":"STRING","description":"The whole text for the tool, as it is, with nothing around it."}},"required":["input"]}`)
	})
	t.Run("case 25: media of results come after all results", func(t *testing.T) {
		pic := &conv.Media{Kind: conv.Image, Type: "image/png", Data: "aGk="}
		with := toolResult("1", "", "see")
		with.Parts = append(with.Parts, pic)
		messages := []conv.Message{user("go"), model(toolCall("1", "a", "{}"), toolCall("2", "b", "{}")), answers(with, toolResult("2", "", `{"n":1}`))}
		m, _ := encoded(t, &conv.Request{Messages: messages}, pro25)
		wantJSON(t, "2.5", m["contents"].([]any)[2], `{"role":"user","parts":[{"functionResponse":{"id":"1","name":"a","response":{"output":"see"}}},{"functionResponse":{"id":"2","name":"b","response":{"n":1}}},{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}`)
		m, _ = encoded(t, &conv.Request{Messages: messages}, pro3)
		wantJSON(t, "3", m["contents"].([]any)[2], `{"role":"user","parts":[{"functionResponse":{"id":"1","name":"a","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}},{"functionResponse":{"id":"2","name":"b","response":{"n":1}}}]}`)
	})
	t.Run("case 32: parametersJsonSchema where the model reads it", func(t *testing.T) {
		schema := json.RawMessage(`{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}`)
		r := &conv.Request{Messages: []conv.Message{user("x")}, Tools: []conv.Tool{{Kind: conv.Function, Name: "f", Schema: schema}}}
		for _, to := range []conv.Target{pro25, pro3, {Model: "google/gemini-flash-latest"}} {
			m, _ := encoded(t, r, to)
			wantJSON(t, to.Model, m["tools"], `[{"functionDeclarations":[{"name":"f","parametersJsonSchema":`+string(schema)+`}]}]`)
		}
		for _, to := range []conv.Target{flash2, {Model: "some-alias"}, {Model: "gemini-2.5-pro", Quirks: map[string]bool{QuirkOnlyParameters: true}}} {
			m, _ := encoded(t, r, to)
			wantJSON(t, to.Model, m["tools"], `[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}}]}]`)
		}
	})
	t.Run("case 35 and 36: other vendors' thinking stays away, the call stays", func(t *testing.T) {
		r := &conv.Request{Messages: []conv.Message{user("go"), model(&conv.Thinking{Text: "t", Signature: "c2ln", Origin: protocol.Anthropic}, &conv.Thinking{Sealed: "x", Origin: protocol.Anthropic}, &conv.Thinking{Text: "unsigned"}, toolCall("1", "a", "{}")), answers(toolResult("1", "", "x"))}}
		m, lost := encoded(t, r, pro25)
		wantJSON(t, "turn", m["contents"].([]any)[1], `{"role":"model","parts":[{"functionCall":{"id":"1","name":"a","args":{}}}]}`)
		if len(lost) != 1 || lost[0].Param != "thinking" {
			t.Error(lost)
		}
	})
	t.Run("case 39: signatures", func(t *testing.T) {
		signed := toolCall("1", "a", "{}")
		signed.Signature, signed.Origin = "c2ln", protocol.Gemini
		messages := []conv.Message{user("go"), model(signed, toolCall("2", "b", "{}")), answers(toolResult("1", "", "x"), toolResult("2", "", "y")), model(toolCall("3", "a", "{}"), toolCall("4", "a", "{}")), answers(toolResult("3", "", "x"), toolResult("4", "", "x"))}
		for _, c := range []struct {
			to   conv.Target
			want string
		}{{pro3, skipSignature}, {pro31, skipSignature}, {pro25, ""}, {conv.Target{Model: "claude-sonnet-4-5"}, ""}} {
			m, _ := encoded(t, &conv.Request{Messages: messages}, c.to)
			var got []any
			for _, i := range []int{1, 3} {
				for _, p := range m["contents"].([]any)[i].(map[string]any)["parts"].([]any) {
					s, _ := p.(map[string]any)["thoughtSignature"].(string)
					got = append(got, s)
				}
			}
			if !reflect.DeepEqual(got, []any{"c2ln", "", c.want, ""}) {
				t.Errorf("%s: %v", c.to.Model, got)
			}
		}
		own := func(text, sig string) *conv.Thinking {
			return &conv.Thinking{Text: text, Signature: sig, Origin: protocol.Gemini}
		}
		contents(t, []conv.Message{user("go"), model(own("", "YQ=="), &conv.Text{Text: "a"}, own("shown", "Yg=="), &conv.Text{Text: "b"}, own("", "Yw=="), own("", "no base64!")), user("on"), model(own("why", "ZA=="), toolCall("1", "f", "{}")), answers(toolResult("1", "", "x"))}, pro3,
			`[{"role":"user","parts":[{"text":"go"}]},{"role":"model","parts":[{"text":"a","thoughtSignature":"YQ=="},{"text":"shown","thought":true,"thoughtSignature":"Yg=="},{"text":"b"},{"text":"","thoughtSignature":"Yw=="}]},
			{"role":"user","parts":[{"text":"on"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"ZA=="}]},{"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{"output":"x"}}}]}]`)
	})
	t.Run("case 41: reasoning by generation", func(t *testing.T) {
		budget := func(n int64) conv.Reasoning { return conv.Reasoning{Budget: &n} }
		effort := func(s string) conv.Reasoning { return conv.Reasoning{Effort: s} }
		for _, c := range []struct {
			to   conv.Target
			r    conv.Reasoning
			want string
			lost bool
		}{
			{flash25, conv.Reasoning{}, `null`, false}, {flash25, effort("none"), `{"thinkingBudget":0}`, false}, {flash25, effort("minimal"), `{"includeThoughts":true,"thinkingBudget":512}`, false},
			{flash25, effort("low"), `{"includeThoughts":true,"thinkingBudget":1024}`, false}, {flash25, effort("medium"), `{"includeThoughts":true,"thinkingBudget":8192}`, false},
			{flash25, effort("max"), `{"includeThoughts":true,"thinkingBudget":24576}`, false}, {pro25, effort("xhigh"), `{"includeThoughts":true,"thinkingBudget":32768}`, false},
			{pro25, effort("none"), `{"thinkingBudget":128}`, true}, {pro25, conv.Reasoning{Off: true}, `{"thinkingBudget":128}`, true}, {flash25, budget(0), `{"thinkingBudget":0}`, false},
			{pro25, budget(-1), `{"includeThoughts":true,"thinkingBudget":-1}`, false}, {pro25, budget(100000), `{"includeThoughts":true,"thinkingBudget":32768}`, false},
			{conv.Target{Model: "gemini-2.5-flash-lite"}, budget(64), `{"includeThoughts":true,"thinkingBudget":512}`, false},
			{flash25, conv.Reasoning{Adaptive: true}, `{"includeThoughts":true,"thinkingBudget":-1}`, false}, {flash25, conv.Reasoning{Effort: "low", Show: ptr(false)}, `{"thinkingBudget":1024}`, false},
			{pro3, effort("low"), `{"includeThoughts":true,"thinkingLevel":"LOW"}`, false}, {pro3, effort("medium"), `{"includeThoughts":true,"thinkingLevel":"HIGH"}`, false},
			{pro31, effort("medium"), `{"includeThoughts":true,"thinkingLevel":"MEDIUM"}`, false}, {pro31, effort("none"), `{"thinkingLevel":"LOW"}`, true}, {flash3, effort("none"), `{"thinkingLevel":"MINIMAL"}`, false},
			{flash3, budget(500), `{"includeThoughts":true,"thinkingLevel":"MINIMAL"}`, false}, {flash3, budget(10000), `{"includeThoughts":true,"thinkingLevel":"MEDIUM"}`, false}, {flash3, budget(30000), `{"includeThoughts":true,"thinkingLevel":"HIGH"}`, false},
			{flash3, conv.Reasoning{Adaptive: true}, `{"includeThoughts":true}`, false}, {flash2, effort("high"), `null`, true}, {flash2, effort("none"), `null`, false},
			{conv.Target{Model: "alias", Described: true, Reasons: true}, effort("high"), `{"includeThoughts":true,"thinkingBudget":24576}`, false},
			{conv.Target{Model: "gemini-2.5-flash", Described: true}, effort("high"), `null`, true}, {flash25, effort("odd"), `null`, true},
		} {
			m, lost := encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Reasoning: c.r}, c.to)
			config, _ := m["generationConfig"].(map[string]any)
			wantJSON(t, c.to.Model+show(c.r), config["thinkingConfig"], c.want)
			if (len(lost) > 0) != c.lost {
				t.Errorf("%s %s: lost %v", c.to.Model, show(c.r), lost)
			}
		}
	})
	t.Run("case 43 and 44: instructions, and the billing line", func(t *testing.T) {
		m, _ := encoded(t, &conv.Request{Messages: []conv.Message{
			{Role: conv.System, Parts: []conv.Part{&conv.Text{Text: "x-anthropic-billing-header: cc=1;\n"}, &conv.Text{Text: "one", Cache: &conv.Cache{}}, &conv.Text{Text: "two"}}},
			{Role: conv.Developer, Parts: []conv.Part{&conv.Text{Text: "three"}}}, user("go"), {Role: conv.System, Parts: []conv.Part{&conv.Text{Text: "later"}}}, model(&conv.Text{Text: "ok"})}}, pro25)
		wantJSON(t, "system", m["systemInstruction"], `{"parts":[{"text":"one"},{"text":"two"},{"text":"three"}]}`)
		wantJSON(t, "contents", m["contents"], `[{"role":"user","parts":[{"text":"go"},{"text":"later"}]},{"role":"model","parts":[{"text":"ok"}]}]`)
		contents(t, []conv.Message{{Role: conv.System, Parts: []conv.Part{&conv.Text{Text: "alone"}}}}, pro25, `[{"role":"user","parts":[{"text":"alone"}]}]`)
	})
	t.Run("case 45 and 49: what is left out is told", func(t *testing.T) {
		m, lost := encoded(t, &conv.Request{Messages: []conv.Message{{Role: conv.User, Name: "bob", Parts: []conv.Part{&conv.Text{Text: "x", Cache: &conv.Cache{TTL: "1h"}}}}}, LogProbs: true, TopLogProbs: ptr(int64(3)), User: "u",
			Metadata: map[string]string{"a": "b"}, ServiceTier: "flex", CacheKey: "k", Store: ptr(true), Include: []string{"x"}, Verbosity: "low", Stop: []string{"a", "", "b"}, N: 3, Seed: ptr(int64(1) << 40), MaxOutput: ptr(int64(5))}, pro25)
		var names []string
		for _, l := range lost {
			names = append(names, l.Param)
		}
		if !reflect.DeepEqual(names, []string{"verbosity", "user", "metadata", "service_tier", "prompt_cache_key", "store", "include", "messages.name", "cache_control"}) {
			t.Error(names)
		}
		wantJSON(t, "config", m["generationConfig"], `{"candidateCount":3,"stopSequences":["a","b"],"maxOutputTokens":5,"seed":256,"responseLogprobs":true,"logprobs":3}`)
		for param, r := range map[string]*conv.Request{"stop": {Stop: strings.Split("abcdef", "")}, "n": {N: 9}, "logit_bias": {LogitBias: json.RawMessage(`{"1":2}`)}, "messages": {Messages: []conv.Message{{Role: conv.User, Parts: []conv.Part{&conv.Media{FileID: "file-123"}}}}}} {
			r.Messages = append(r.Messages, user("x"))
			_, _, err := Codec{}.EncodeRequest(r, pro25)
			refused(t, err, param)
		}
	})
	t.Run("case 46: turns are merged, the first is the user's, empty texts go", func(t *testing.T) {
		contents(t, []conv.Message{model(&conv.Text{Text: "hello"}), user(""), user("a"), user("b"), model(&conv.Text{Text: "c"}), model(&conv.Refusal{Text: "d"})}, pro25,
			`[{"role":"user","parts":[{"text":"…"}]},{"role":"model","parts":[{"text":"hello"}]},{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]}]`)
		_, _, err := Codec{}.EncodeRequest(&conv.Request{Messages: []conv.Message{user("")}}, pro25)
		refused(t, err, "messages")
	})
	t.Run("case 47: media", func(t *testing.T) {
		contents(t, []conv.Message{{Role: conv.User, Parts: []conv.Part{&conv.Media{Kind: conv.Image, Data: "iVBORw0KGgo="}, &conv.Media{Kind: conv.Image, URL: "https://x.test/a.JPG?x=1"}, &conv.Media{Kind: conv.File, Data: "JVBERi0xLjc=", Name: "a.bin"},
			&conv.Media{Kind: conv.Audio, Type: "audio/mp3", Data: "aGk="}, &conv.Media{Kind: conv.Image, Type: "image/jpg", Data: "aGk="}, &conv.Media{Kind: conv.File, FileID: "files/abc", Type: "application/pdf"}, &conv.Media{Kind: conv.File, FileID: "gs://b/o"}}}}, pro25,
			`[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"fileData":{"mimeType":"image/jpeg","fileUri":"https://x.test/a.JPG?x=1"}},{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0xLjc="}},
			{"inlineData":{"mimeType":"audio/mp3","data":"aGk="}},{"inlineData":{"mimeType":"image/jpeg","data":"aGk="}},{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}},{"fileData":{"fileUri":"gs://b/o"}}]}]`)
	})
	t.Run("case 48: the form of the answer", func(t *testing.T) {
		format := conv.Format{Kind: conv.FormatSchema, Name: "n", Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`), Strict: ptr(true)}
		m, _ := encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Format: format}, pro25)
		wantJSON(t, "2.5", m["generationConfig"], `{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}}}`)
		m, _ = encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Format: format}, flash2)
		wantJSON(t, "2.0", m["generationConfig"], `{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}`)
		m, _ = encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Format: conv.Format{Kind: conv.FormatJSON}}, pro25)
		wantJSON(t, "JSON", m["generationConfig"], `{"responseMimeType":"application/json"}`)
		m, _ = encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Format: format, Tools: []conv.Tool{{Kind: conv.Function, Name: "f"}}}, pro25)
		if m["generationConfig"] != nil || !strings.Contains(show(m["systemInstruction"]), "JSON Schema") {
			t.Error(show(m))
		}
		m, _ = encoded(t, &conv.Request{Messages: []conv.Message{user("x")}, Format: format, Tools: []conv.Tool{{Kind: conv.WebSearch}}}, pro25)
		if m["generationConfig"] != nil || m["systemInstruction"] == nil {
			t.Error("JSON beside a search:", show(m))
		}
		_, _, err := Codec{}.EncodeRequest(&conv.Request{Messages: []conv.Message{user("x")}, Format: conv.Format{Kind: conv.FormatSchema}}, pro25)
		refused(t, err, "response_format")
	})
}
