package openairesponses

import (
	"encoding/json"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

const codex = `{"model":"gpt-5.5","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"medium","summary":"auto"},
 "parallel_tool_calls":true,"tool_choice":"auto","prompt_cache_key":"0199","text":{"verbosity":"low"},"client_metadata":{"x-codex-installation-id":"i"},
 "tools":[{"type":"function","name":"exec_command","description":"d","strict":false,"parameters":{"type":"object","properties":{"cmd":{"type":"string"}}}},
  {"type":"namespace","name":"multi_agent","description":"d","tools":[{"type":"function","name":"spawn","description":"d","strict":false,"parameters":{"type":"object","properties":{}}}]},
  {"type":"custom","name":"apply_patch","description":"d","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}},
  {"type":"tool_search","execution":"client","description":"d","parameters":{"type":"object","properties":{}}},{"type":"local_shell"},{"type":"web_search"}],
 "input":[{"type":"message","id":"msg_a","role":"developer","content":[{"type":"input_text","text":"<permissions>"}]},
  {"type":"message","id":"msg_b","role":"developer","content":[{"type":"input_text","text":"more"}]},
  {"type":"message","id":"msg_c","role":"user","content":[{"type":"input_text","text":"list files"}]},
  {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"content":null,"encrypted_content":"sealed"},
  {"type":"function_call","id":"fc_1","call_id":"call_1","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","status":"completed"},
  {"type":"custom_tool_call","id":"ctc_1","call_id":"call_2","name":"apply_patch","input":"*** Begin"},
  {"type":"function_call_output","id":"fco_1","call_id":"call_1","output":"a b"},
  {"type":"custom_tool_call_output","call_id":"call_2","output":[{"type":"input_text","text":"done"}]},
  {"type":"message","id":"msg_d","role":"assistant","status":"completed","content":[{"type":"output_text","text":"ok","annotations":[]}],"phase":"final_answer"},
  {"role":"user","content":"and?"}]}`

func TestDecodeRequest(t *testing.T) {
	t.Run("case 23: custom tools, namespaces, tool_search, local_shell, web_search, of Codex", func(t *testing.T) {
		r := decode(t, codex)
		if r.Model != "gpt-5.5" || !r.Stream || *r.Store || r.CacheKey != "0199" || r.Verbosity != "low" || r.Reasoning.Effort != "medium" ||
			r.Reasoning.Summary != "auto" || !*r.Choice.Parallel || r.Choice.Mode != conversation.ChoiceAuto || len(r.Include) != 1 {
			t.Errorf("%+v", r)
		}
		var kinds []string
		for _, tool := range r.Tools {
			kinds = append(kinds, string(tool.Kind)+" "+tool.Namespace+" "+tool.Name)
		}
		same(t, kinds, `["function  exec_command","function multi_agent spawn","custom  apply_patch","function  tool_search","function  local_shell","web_search  web_search"]`)
		same(t, r.Tools[2].Grammar, `{"type":"grammar","syntax":"lark","definition":"start: \"x\""}`)
		if r.Tools[3].Origin != protocol.OpenAIResponses || r.Tools[5].Raw == nil {
			t.Errorf("%+v", r.Tools)
		}
		same(t, r.Messages, `[{"Role":"developer","Name":"","Parts":[{"Text":"<permissions>","Cache":null,"LogProbs":null,"Citations":null}]},
			{"Role":"developer","Name":"","Parts":[{"Text":"more","Cache":null,"LogProbs":null,"Citations":null}]},
			{"Role":"user","Name":"","Parts":[{"Text":"list files","Cache":null,"LogProbs":null,"Citations":null}]},
			{"Role":"assistant","Name":"","Parts":[
				{"Text":"a\n\nb","ID":"rs_1","Summary":true,"Signature":"","Sealed":"sealed","Origin":"openai-responses"},
				{"ID":"call_1","Name":"exec_command","Namespace":"","Kind":"function","Arguments":"{\"cmd\":\"ls\"}","Signature":"","Origin":"none","Cache":null},
				{"ID":"call_2","Name":"apply_patch","Namespace":"","Kind":"custom","Arguments":"*** Begin","Signature":"","Origin":"none","Cache":null}]},
			{"Role":"tool","Name":"","Parts":[
				{"ID":"call_1","Name":"","Kind":"function","Parts":[{"Text":"a b","Cache":null,"LogProbs":null,"Citations":null}],"Error":false,"Cache":null},
				{"ID":"call_2","Name":"","Kind":"custom","Parts":[{"Text":"done","Cache":null,"LogProbs":null,"Citations":null}],"Error":false,"Cache":null}]},
			{"Role":"assistant","Name":"","Parts":[{"Text":"ok","Cache":null,"LogProbs":null,"Citations":null}]},
			{"Role":"user","Name":"","Parts":[{"Text":"and?","Cache":null,"LogProbs":null,"Citations":null}]}]`)
	})
	t.Run("case 73: string input and instructions; what one account keeps is refused by name", func(t *testing.T) {
		r := decode(t, `{"model":"m","instructions":"be brief","input":"hi","previous_response_id":null,"background":false,"conversation":null,"truncation":"auto","user":"u","safety_identifier":"s"}`)
		same(t, r.Messages, `[{"Role":"system","Name":"","Parts":[{"Text":"be brief","Cache":null,"LogProbs":null,"Citations":null}]},
			{"Role":"user","Name":"","Parts":[{"Text":"hi","Cache":null,"LogProbs":null,"Citations":null}]}]`)
		if r.User != "s" {
			t.Errorf("user %q", r.User)
		}
		for field, param := range map[string]string{
			`"previous_response_id":"resp_1"`: "previous_response_id", `"conversation":{"id":"c"}`: "conversation", `"background":true`: "background", `"prompt":{"id":"p"}`: "prompt",
			`"input":[{"role":"user","content":"x"},{"type":"item_reference","id":"rs_1"}]`: "input[1].type",
			`"input":[{"type":"compaction","encrypted_content":"x"}]`:                       "input[0].type",
			`"input":[{"id":"msg_1"}]`: "input[0]",
		} {
			body := `{"model":"m",` + field + `}`
			if !strings.Contains(field, "input") {
				body = `{"model":"m","input":"x",` + field + `}`
			}
			_, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
			refused(t, err, param)
		}
	})
	t.Run("case 47: images, files and audio", func(t *testing.T) {
		r := decode(t, `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"low"},
			{"type":"input_image","image_url":"https://x.test/a.png"},{"type":"input_image","file_id":"file-1"},
			{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="},{"type":"input_file","file_url":"https://x.test/a.pdf"},
			{"type":"input_audio","input_audio":{"data":"QUJD","format":"mp3"}}]}]}`)
		var got []string
		for _, p := range r.Messages[0].Parts {
			m := p.(*conversation.Media)
			got = append(got, strings.Join([]string{string(m.Kind), m.Type, m.Data, m.URL, m.FileID, m.Name, m.Detail}, "|"))
		}
		same(t, got, `["image|image/png|AAAA||||low","image|||https://x.test/a.png|||","image||||file-1||","file|application/pdf|JVBERi0=|||a.pdf|","file|||https://x.test/a.pdf|||","audio|audio/mpeg|QUJD||||"]`)
	})
	t.Run("case 48: response formats", func(t *testing.T) {
		r := decode(t, `{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"n","description":"d","strict":true,"schema":{"type":"object"}}}}`)
		if r.Format.Kind != conversation.FormatSchema || r.Format.Name != "n" || !*r.Format.Strict || string(r.Format.Schema) != `{"type":"object"}` {
			t.Errorf("%+v", r.Format)
		}
		if r := decode(t, `{"model":"m","input":"x","text":{"format":{"type":"json_object"}}}`); r.Format.Kind != conversation.FormatJSON {
			t.Errorf("%+v", r.Format)
		}
	})
	t.Run("case 22: tool choice", func(t *testing.T) {
		for choice, want := range map[string]string{
			`"auto"`: `{"Mode":"auto","Names":null,"Parallel":null}`, `"required"`: `{"Mode":"any","Names":null,"Parallel":null}`, `"none"`: `{"Mode":"none","Names":null,"Parallel":null}`,
			`{"type":"function","name":"f"}`: `{"Mode":"tool","Names":["f"],"Parallel":null}`, `{"type":"custom","name":"f"}`: `{"Mode":"tool","Names":["f"],"Parallel":null}`, `null`: `{"Mode":"","Names":null,"Parallel":null}`,
			`{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"image_generation"}]}`: `{"Mode":"tool","Names":["f","image_generation"],"Parallel":null}`,
			`{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}`:                                 `{"Mode":"auto","Names":["f"],"Parallel":null}`,
		} {
			same(t, decode(t, `{"model":"m","input":"x","tool_choice":`+choice+`}`).Choice, want)
		}
	})
	t.Run("case 18: arguments empty, null, an object, no JSON", func(t *testing.T) {
		for arguments, want := range map[string]string{`""`: `{}`, `null`: `{}`, `{"a":1}`: `{"a":1}`, `"{oh"`: `{oh`} {
			r := decode(t, `{"model":"m","input":[{"type":"function_call","call_id":"c","name":"f","arguments":`+arguments+`}]}`)
			if got := r.Messages[0].Parts[0].(*conversation.ToolCall).Arguments; got != want {
				t.Errorf("%s: %q, want %q", arguments, got, want)
			}
		}
	})
	t.Run("case 38: reasoning without its content is passed over, a call of the vendor's own tool kept", func(t *testing.T) {
		r := decode(t, `{"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[]},{"type":"web_search_call","id":"ws_1","status":"completed"},
			{"type":"local_shell_call","id":"l","call_id":"c","status":"completed","action":{"type":"exec","command":["ls"]}},{"type":"local_shell_call_output","id":"c","output":"a"},
			{"type":"some_new_call","id":"x"},{"role":"user","content":"x"}]}`)
		c := r.Messages[0].Parts[0].(*conversation.ToolCall)
		if len(r.Messages) != 3 || c.Kind != conversation.Function || c.Name != "local_shell" || c.Arguments != `{"type":"exec","command":["ls"]}` || r.Messages[1].Parts[0].(*conversation.ToolResult).ID != "c" {
			t.Errorf("%s", text(t, r.Messages))
		}
	})
	t.Run("case 23: tools that a search has found are declared", func(t *testing.T) {
		r := decode(t, `{"model":"m","input":[{"type":"tool_search_call","id":"t","call_id":"c","execution":"client","arguments":{"query":"x"}},
			{"type":"tool_search_output","call_id":"c","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]},{"type":"function","name":"known"}]},{"role":"user","content":"x"}],
			"tools":[{"type":"function","name":"known"}]}`)
		if len(r.Tools) != 2 || r.Tools[1].Namespace != "n" || r.Tools[1].Name != "f" || len(r.Messages) != 3 || r.Messages[0].Parts[0].(*conversation.ToolCall).Arguments != `{"query":"x"}` {
			t.Errorf("%s", text(t, r))
		}
	})
	t.Run("bad input names its field", func(t *testing.T) {
		for body, param := range map[string]string{
			``: "", `[]`: "", `{"model":"m"`: "", `{"model":"m"}`: "input", `{"input":"x"}`: "model", `{"model":7,"input":"x"}`: "model", `{"model":"m","input":7}`: "input", `{"model":"m","input":"x"}x`: "",
			`{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":1}]}]}`:                                      "input[0].content[0].text",
			`{"model":"m","input":[{"role":"robot","content":"x"}]}`:                                                                  "input[0].role",
			`{"model":"m","input":[{"role":"user"}]}`:                                                                                 "input[0].content",
			`{"model":"m","input":[{"role":"user","content":[{"type":"hologram"}]}]}`:                                                 "input[0].content[0].type",
			`{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"file:///etc/passwd"}]}]}`:             "input[0].content[0].image_url",
			`{"model":"m","input":[{"type":"function_call","name":"f","arguments":""}]}`:                                              "input[0].call_id",
			`{"model":"m","input":[{"type":"function_call","call_id":"c","name":" ","arguments":""}]}`:                                "input[0].name",
			`{"model":"m","input":[{"type":"function_call_output","output":"x"}]}`:                                                    "input[0].call_id",
			`{"model":"m","input":"x","tools":[{"name":"f"}]}`:                                                                        "tools[0].type",
			`{"model":"m","input":"x","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"},{"name":1}]}]}`: "tools[0].tools[1].name",
			`{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":[]}]}`:                                      "tools[0].parameters",
			`{"model":"m","input":"x","temperature":"hot"}`:                                                                           "temperature",
			`{"model":"m","input":"x","max_output_tokens":1.5}`:                                                                       "max_output_tokens",
			`{"model":"m","input":"x","metadata":{"a":1}}`:                                                                            "metadata.a",
			`{"model":"m","input":"x","tool_choice":"perhaps"}`:                                                                       "tool_choice",
			`{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"n"}}}`:                                           "text.format.schema",
		} {
			_, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
			refused(t, err, param)
		}
	})
}

func TestEncodeRequest(t *testing.T) {
	call := func(id, name string) *conversation.ToolCall {
		return &conversation.ToolCall{ID: id, Name: name, Kind: conversation.Function, Arguments: `{"a":1}`}
	}
	result := func(id string, parts ...conversation.Part) *conversation.ToolResult {
		return &conversation.ToolResult{ID: id, Kind: conversation.Function, Parts: parts}
	}
	said := func(s string) conversation.Part { return &conversation.Text{Text: s} }

	t.Run("case 19: long call ids are shortened, missing ones made, pairs kept", func(t *testing.T) {
		long := strings.Repeat("x", 80)
		m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u"), says(conversation.Assistant, call(long, "f"), call("", "g"), call("", "h")),
			says(conversation.ToolRole, result(long, said("1")), &conversation.ToolResult{Name: "h", Parts: []conversation.Part{said("3")}}, &conversation.ToolResult{Name: "g", Parts: []conversation.Part{said("2")}})}})
		id := legalID(long)
		same(t, m["input"].([]any)[1:], `[{"type":"function_call","call_id":"`+id+`","name":"f","arguments":"{\"a\":1}"},{"type":"function_call","call_id":"call_1","name":"g","arguments":"{\"a\":1}"},
			{"type":"function_call","call_id":"call_2","name":"h","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"`+id+`","output":"1"},
			{"type":"function_call_output","call_id":"call_1","output":"2"},{"type":"function_call_output","call_id":"call_2","output":"3"}]`)
	})
	t.Run("case 20: names are made legal without collision, and told back", func(t *testing.T) {
		a, b := strings.Repeat("n", 70)+"a", strings.Repeat("n", 70)+"b"
		r := &conversation.Request{Messages: []conversation.Message{user("u"), says(conversation.Assistant, call("c", "a.b"))},
			Tools:  []conversation.Tool{{Kind: conversation.Function, Name: a}, {Kind: conversation.Function, Name: b}, {Kind: conversation.Function, Name: "a.b"}, {Kind: conversation.Function, Name: "ok"}},
			Choice: conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{"a.b"}}}
		m := encode(t, r)
		restored := func(sent string) string {
			c := call("c", sent)
			Codec{}.Restorer(r, conversation.Target{}).Reply(&conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{c}}}})
			return c.Name
		}
		back := map[string]bool{}
		for _, tool := range m["tools"].([]any) {
			back[restored(tool.(map[string]any)["name"].(string))] = true
		}
		if len(back) != 4 || !back[a] || !back[b] || !back["a.b"] || !back["ok"] {
			t.Errorf("%v", back)
		}
		chosen := m["tool_choice"].(map[string]any)["name"]
		if used := m["input"].([]any)[1].(map[string]any)["name"]; restored(used.(string)) != "a.b" || chosen != used {
			t.Errorf("history %v, choice %v", used, chosen)
		}
	})
	t.Run("case 21: results directly after their calls; orphans dropped, the unanswered answered, duplicates once", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user("u"), says(conversation.Assistant, call("a", "f"), call("b", "g")), user("and"),
			says(conversation.ToolRole, result("a", said("1")), result("a", said("again")), result("zzz", said("?"))), says(conversation.Assistant, said("fine"))}}
		m, lost := encodeFor(t, r, conversation.Target{Model: "m"})
		same(t, m["input"].([]any)[1:], `[{"type":"function_call","call_id":"a","name":"f","arguments":"{\"a\":1}"},{"type":"function_call","call_id":"b","name":"g","arguments":"{\"a\":1}"},
			{"type":"function_call_output","call_id":"a","output":"1"},{"type":"function_call_output","call_id":"b","output":"`+unanswered+`"},
			{"type":"message","role":"user","content":[{"type":"input_text","text":"and"}]},{"type":"message","role":"assistant","content":"fine"}]`)
		if len(lost) != 1 || lost[0].Param != "messages" {
			t.Errorf("%v", lost)
		}
	})
	t.Run("case 22: choices, and none without tools", func(t *testing.T) {
		tools := []conversation.Tool{{Kind: conversation.Function, Name: "f"}, {Kind: conversation.Custom, Name: "c"}, {Kind: conversation.WebSearch, Name: "web_search"}}
		for want, c := range map[string]conversation.ToolChoice{
			`"auto"`: {Mode: conversation.ChoiceAuto}, `"none"`: {Mode: conversation.ChoiceNone}, `"required"`: {Mode: conversation.ChoiceAny},
			`{"type":"function","name":"f"}`: {Mode: conversation.ChoiceTool, Names: []string{"f"}}, `{"type":"custom","name":"c"}`: {Mode: conversation.ChoiceTool, Names: []string{"c"}},
			`{"type":"allowed_tools","mode":"required","tools":[{"type":"web_search"}]}`:                                       {Mode: conversation.ChoiceTool, Names: []string{"web_search"}},
			`{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"custom","name":"c"}]}`: {Mode: conversation.ChoiceTool, Names: []string{"f", "c"}},
		} {
			same(t, encode(t, &conversation.Request{Messages: []conversation.Message{user("u")}, Tools: tools, Choice: c})["tool_choice"], want)
		}
		m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u")}, Choice: conversation.ToolChoice{Mode: conversation.ChoiceAny, Parallel: ptr(false)}})
		if m["tool_choice"] != nil || m["parallel_tool_calls"] != nil {
			t.Errorf("%v", m)
		}
	})
	t.Run("case 24: another vendor's search", func(t *testing.T) {
		m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u")}, Tools: []conversation.Tool{{Kind: conversation.WebSearch, Name: "web_search", Origin: protocol.Anthropic,
			Raw: json.RawMessage(`{"type":"web_search_20250305","name":"web_search","max_uses":5,"allowed_domains":["a.test"],"user_location":{"type":"approximate","city":"Bern"}}`)},
			{Kind: conversation.Hosted, Name: "code_execution", Origin: protocol.Anthropic, Raw: json.RawMessage(`{}`)}}})
		same(t, m["tools"], `[{"type":"web_search","filters":{"allowed_domains":["a.test"]},"user_location":{"type":"approximate","city":"Bern"}},{"type":"code_interpreter","container":{"type":"auto"}}]`)
	})
	t.Run("case 25: results with images and files; errors are said", func(t *testing.T) {
		failed := result("b", said("no such file"))
		failed.Error = true
		m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u"), says(conversation.Assistant, call("a", "f"), call("b", "g")),
			says(conversation.ToolRole, result("a", said("see"), &conversation.Media{Kind: conversation.Image, Type: "image/jpeg", Data: "iVBORw0KGgoAAA"}), failed, &conversation.Media{Kind: conversation.File, Type: "application/pdf", Data: "JVBERi0="})}})
		same(t, m["input"].([]any)[3:], `[{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"see"},{"type":"input_image","detail":"auto","image_url":"data:image/png;base64,iVBORw0KGgoAAA"}]},
			{"type":"function_call_output","call_id":"b","output":"Error: no such file"},
			{"type":"message","role":"user","content":[{"type":"input_file","filename":"file.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]}]`)
	})
	t.Run("case 28, case 39: arguments go as they came, another vendor's signature does not", func(t *testing.T) {
		c := &conversation.ToolCall{ID: "a", Name: "Read", Arguments: `{"pages":"", "file" : "x"}`, Signature: "sig", Origin: protocol.Gemini}
		m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u"), says(conversation.Assistant, c), says(conversation.ToolRole, result("a", said("1")))}})
		same(t, m["input"].([]any)[1], `{"type":"function_call","call_id":"a","name":"Read","arguments":"{\"pages\":\"\", \"file\" : \"x\"}"}`)
	})
	t.Run("case 29: parameters missing, null, of another type, a choice at the root", func(t *testing.T) {
		for in, want := range map[string]string{
			``: `{"type":"object","properties":{}}`, `null`: `{"type":"object","properties":{}}`, `{}`: `{"type":"object","properties":{}}`, `{"type":null}`: `{"type":"object","properties":{}}`,
			`{"type":"object","properties":{"title":{"const":1}},"$schema":"x"}`:                                                               `{"type":"object","properties":{"title":{"const":1}},"$schema":"x"}`,
			`{"anyOf":[{"properties":{"a":{},"c":{}},"required":["a","c"]},{"properties":{"b":{}, "c":{}},"required":["c"]}]}`:                 `{"type":"object","properties":{"a":{},"b":{},"c":{}},"required":["c"]}`,
			`{"allOf":[{"properties":{"a":{}},"required":["a"]},{"$ref":"#/$defs/B"}],"$defs":{"B":{"properties":{"b":{}},"required":["b"]}}}`: `{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"],"$defs":{"B":{"properties":{"b":{}},"required":["b"]}}}`,
		} {
			m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u")}, Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f", Schema: json.RawMessage(in)}}})
			same(t, m["tools"].([]any)[0].(map[string]any)["parameters"], want)
		}
	})
	t.Run("case 33: strict only where it is legal", func(t *testing.T) {
		for schema, want := range map[string]bool{
			`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`:                 true,
			`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`:                                  false,
			`{"type":"object","properties":{"a":{"type":"object","properties":{}}},"required":["a"],"additionalProperties":false}`: false,
		} {
			m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u")}, Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f", Strict: ptr(true), Schema: json.RawMessage(schema)}}})
			if got := m["tools"].([]any)[0].(map[string]any)["strict"]; got != want {
				t.Errorf("%s: strict %v", schema, got)
			}
		}
	})
	t.Run("case 35, case 36, case 38: only what this vendor sealed goes back; calls stay", func(t *testing.T) {
		m := encode(t, &conversation.Request{Messages: []conversation.Message{user("u"), says(conversation.Assistant,
			&conversation.Thinking{Text: "signed", Signature: "s", Origin: protocol.Anthropic}, &conversation.Thinking{Sealed: "x", Origin: protocol.Anthropic}, &conversation.Thinking{Text: "open"},
			&conversation.Thinking{Text: "sum", ID: "rs_1", Sealed: "ours", Origin: protocol.OpenAIResponses}, call("a", "f")),
			says(conversation.ToolRole, result("a", said("1"))), says(conversation.Assistant, &conversation.Thinking{ID: "rs_2", Sealed: "alone", Origin: protocol.OpenAIResponses}), user("v")}})
		same(t, m["input"].([]any)[1:], `[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"sum"}],"encrypted_content":"ours"},{"type":"function_call","call_id":"a","name":"f","arguments":"{\"a\":1}"},
			{"type":"function_call_output","call_id":"a","output":"1"},{"type":"message","role":"user","content":[{"type":"input_text","text":"v"}]}]`)
	})
	t.Run("case 40: a server of open models takes reasoning in the open", func(t *testing.T) {
		m, _ := encodeFor(t, &conversation.Request{Messages: []conversation.Message{says(conversation.Assistant, &conversation.Thinking{Text: "open"}, said("a"))}},
			conversation.Target{Model: "m", Quirks: map[string]bool{"open-reasoning": true}})
		same(t, m["input"].([]any)[0].(map[string]any)["content"], `[{"type":"reasoning_text","text":"open"}]`)
	})
	t.Run("case 41: effort in words and in tokens", func(t *testing.T) {
		for _, c := range []struct {
			model string
			q     conversation.Reasoning
			want  string
		}{
			{"gpt-5", conversation.Reasoning{Effort: "xhigh"}, `{"effort":"xhigh"}`}, {"gpt-5", conversation.Reasoning{Effort: "ultra"}, `{"effort":"max"}`},
			{"gpt-5", conversation.Reasoning{Budget: ptr(int64(2048))}, `{"effort":"low","summary":"auto"}`}, {"gpt-5", conversation.Reasoning{Budget: ptr(int64(31999))}, `{"effort":"high","summary":"auto"}`},
			{"gpt-5", conversation.Reasoning{Budget: ptr(int64(-1))}, `{"summary":"auto"}`}, {"gpt-5", conversation.Reasoning{Budget: ptr(int64(0))}, `{"effort":"minimal"}`},
			{"gpt-5.1", conversation.Reasoning{Off: true}, `{"effort":"none"}`}, {"o3", conversation.Reasoning{Off: true}, `{"effort":"low"}`}, {"gpt-4o", conversation.Reasoning{Effort: "high"}, `null`},
			{"who-knows", conversation.Reasoning{Off: true}, `null`}, {"gpt-5", conversation.Reasoning{Adaptive: true, Show: ptr(false)}, `null`},
		} {
			m, _ := encodeFor(t, &conversation.Request{Messages: []conversation.Message{user("u")}, Reasoning: c.q}, conversation.Target{Model: c.model})
			same(t, m["reasoning"], c.want)
		}
	})
	t.Run("case 42: no sampling for models that reason", func(t *testing.T) {
		r := &conversation.Request{Messages: []conversation.Message{user("u")}, Temperature: ptr(0.5), TopP: ptr(0.9)}
		if m, lost := encodeFor(t, r, conversation.Target{Model: "gpt-5"}); m["temperature"] != nil || m["top_p"] != nil || len(lost) != 2 {
			t.Errorf("%v %v", m, lost)
		}
		if m, _ := encodeFor(t, r, conversation.Target{Model: "gpt-5", Described: true}); m["temperature"] != 0.5 {
			t.Errorf("%v", m)
		}
	})
	t.Run("case 43: system texts in their places", func(t *testing.T) {
		m := encode(t, &conversation.Request{Messages: []conversation.Message{says(conversation.System, said("a"), said("b")), says(conversation.Developer, said("c")), user("u"), says(conversation.System, said("d"))}})
		if m["instructions"] != "a\n\nb" {
			t.Errorf("%v", m["instructions"])
		}
		same(t, m["input"], `[{"type":"message","role":"developer","content":[{"type":"input_text","text":"c"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"u"}]},
			{"type":"message","role":"system","content":[{"type":"input_text","text":"d"}]}]`)
		m = encode(t, &conversation.Request{Messages: []conversation.Message{says(conversation.System, said("only"))}})
		same(t, m["input"], `[{"role":"system","content":"only"}]`)
	})
	t.Run("case 44: the billing line is stripped where it leads", func(t *testing.T) {
		m := encode(t, &conversation.Request{Messages: []conversation.Message{says(conversation.System, said(billing+" cc_version=1"), said("real")), user(billing + " stays")}})
		if m["instructions"] != "real" || !strings.Contains(text(t, m["input"]), "stays") {
			t.Errorf("%v", m)
		}
		m = encode(t, &conversation.Request{Messages: []conversation.Message{says(conversation.System, said(billing+" cc_version=1")), user("u")}})
		if m["instructions"] != nil || len(m["input"].([]any)) != 1 {
			t.Errorf("%v", m)
		}
	})
	t.Run("case 45: cache marks are stripped, the cache key goes", func(t *testing.T) {
		m, lost := encodeFor(t, &conversation.Request{CacheKey: "k", Messages: []conversation.Message{says(conversation.User, &conversation.Text{Text: "u", Cache: &conversation.Cache{TTL: "1h"}})}}, conversation.Target{Model: "m"})
		if m["prompt_cache_key"] != "k" || len(lost) != 1 || lost[0].Param != "cache_control" {
			t.Errorf("%v %v", m, lost)
		}
	})
	t.Run("case 46: empty texts go nowhere", func(t *testing.T) {
		m := encode(t, &conversation.Request{Messages: []conversation.Message{says(conversation.User, said(""), said("u")), says(conversation.Assistant, said("")), user("")}})
		if len(m["input"].([]any)) != 1 || len(m["input"].([]any)[0].(map[string]any)["content"].([]any)) != 1 {
			t.Errorf("%v", m["input"])
		}
	})
	t.Run("case 47: what cannot be sent is refused by name", func(t *testing.T) {
		_, _, err := Codec{}.EncodeRequest(&conversation.Request{Messages: []conversation.Message{says(conversation.User, &conversation.Media{Kind: conversation.Audio, Data: "AA"})}}, conversation.Target{Model: "m"})
		refused(t, err, "messages[0].content[0]")
	})
	t.Run("case 49: the table of parameters", func(t *testing.T) {
		for param, r := range map[string]conversation.Request{"n": {N: 2}, "logit_bias": {LogitBias: json.RawMessage(`{"1":5}`)}} {
			_, _, err := Codec{}.EncodeRequest(&r, conversation.Target{Model: "m"})
			refused(t, err, param)
		}
		m, lost := encodeFor(t, &conversation.Request{Messages: []conversation.Message{user("u")}, N: 1, TopK: ptr(int64(3)), Seed: ptr(int64(1)), PresencePenalty: ptr(0.0), FrequencyPenalty: ptr(1.0), LogProbs: true, TopLogProbs: ptr(int64(30)),
			MaxOutput: ptr(int64(1)), ServiceTier: "standard_only", User: strings.Repeat("u", 99), Metadata: map[string]string{"a": "b", "c": strings.Repeat("x", 600)}, Verbosity: "huge", Stream: true}, conversation.Target{Model: "gpt-4o"})
		var names []string
		for _, l := range lost {
			names = append(names, l.Param)
		}
		same(t, names, `["top_k","frequency_penalty","seed","max_tokens","verbosity","metadata"]`)
		if m["model"] != "gpt-4o" || m["max_output_tokens"] != 16.0 || m["service_tier"] != "default" || len(m["safety_identifier"].(string)) != 64 || m["store"] != false || m["stream"] != true || text(t, m["metadata"]) != `{"a":"b"}` ||
			text(t, m["include"]) != `["message.output_text.logprobs"]` || m["top_logprobs"] != 20.0 {
			t.Errorf("%v", m)
		}
	})
}
