package codecs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

const (
	chat, responses, anthropic, gemini = protocol.OpenAIChat, protocol.OpenAIResponses, protocol.Anthropic, protocol.Gemini
)

// models are deployments of each protocol, of a kind that takes as much as possible.
var models = map[protocol.Protocol]string{chat: "gpt-4o", responses: "gpt-4o", anthropic: "claude-sonnet-4-5", gemini: "gemini-2.5-flash"}

// ask is a request of a client, with members that are added to the least that its protocol takes.
func ask(p protocol.Protocol, members string) string {
	if members != "" {
		members = "," + members
	}
	switch p {
	case responses:
		return `{"model":"m","input":"What is new?"` + members + `}`
	case gemini:
		return `{"contents":[{"role":"user","parts":[{"text":"What is new?"}]}]` + members + `}`
	case anthropic:
		return `{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"What is new?"}]` + members + `}`
	}
	return `{"model":"m","messages":[{"role":"user","content":"What is new?"}]` + members + `}`
}

func decoded(t *testing.T, p protocol.Protocol, body string) *conversation.Request {
	t.Helper()
	r, err := codecs.Of(p).DecodeRequest([]byte(body), conversation.Asked{Model: "m"})
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return r
}

// vendorTools are the tools that a vendor has a name for, and what becomes of each at each other vendor: the type that it is declared
// by there, "function", "dropped" or "refused".
var vendorTools = []struct {
	from protocol.Protocol
	tool string
	want map[protocol.Protocol]string
}{
	{responses, `{"type":"web_search"}`, to{chat: "dropped", anthropic: "web_search_20250305", gemini: "googleSearch"}},
	{responses, `{"type":"web_search_preview"}`, to{chat: "dropped", anthropic: "web_search_20250305", gemini: "googleSearch"}},
	{anthropic, `{"type":"web_search_20250305","name":"web_search"}`, to{chat: "dropped", responses: "web_search", gemini: "googleSearch"}},
	{gemini, `{"googleSearch":{}}`, to{chat: "dropped", responses: "web_search", anthropic: "web_search_20250305"}},
	{chat, `{"type":"web_search"}`, to{responses: "web_search", anthropic: "web_search_20250305", gemini: "googleSearch"}},

	{anthropic, `{"type":"web_fetch_20250910","name":"web_fetch"}`, to{chat: "dropped", responses: "dropped", gemini: "urlContext"}},
	{gemini, `{"urlContext":{}}`, to{chat: "dropped", responses: "dropped", anthropic: "web_fetch_20250910"}},

	{responses, `{"type":"code_interpreter","container":{"type":"auto"}}`, to{chat: "refused", anthropic: "code_execution_20250825", gemini: "codeExecution"}},
	{responses, `{"type":"code_interpreter","container":"cntr_1"}`, to{chat: "refused", anthropic: "refused", gemini: "refused"}},
	{anthropic, `{"type":"code_execution_20250825","name":"code_execution"}`, to{chat: "refused", responses: "code_interpreter", gemini: "codeExecution"}},
	{gemini, `{"codeExecution":{}}`, to{chat: "refused", responses: "code_interpreter", anthropic: "code_execution_20250825"}},

	{responses, `{"type":"tool_search"}`, everywhere("dropped")},
	{anthropic, `{"type":"tool_search_tool_regex_20251119","name":"tool_search_tool_regex"}`, everywhere("dropped")},
	{responses, `{"type":"image_generation"}`, everywhere("dropped")},
	{gemini, `{"googleMaps":{}}`, everywhere("dropped")},
	{responses, `{"type":"programmatic_tool_calling"}`, everywhere("dropped")},

	{responses, `{"type":"file_search","vector_store_ids":["vs_1"]}`, everywhere("refused")},
	{gemini, `{"fileSearch":{}}`, everywhere("refused")},
	{responses, `{"type":"computer_use_preview","display_width":1,"display_height":1,"environment":"linux"}`, everywhere("refused")},
	{anthropic, `{"type":"computer_20250124","name":"computer","display_width_px":1,"display_height_px":1}`, everywhere("refused")},
	{gemini, `{"computerUse":{}}`, everywhere("refused")},
	{responses, `{"type":"mcp","server_label":"x","server_url":"https://x.test"}`, everywhere("refused")},
	{anthropic, `{"type":"mcp_toolset","mcp_server_name":"x"}`, everywhere("refused")},
	{responses, `{"type":"shell","environment":{"type":"container_auto"}}`, everywhere("refused")},
	{responses, `{"type":"of_tomorrow"}`, everywhere("refused")},

	{responses, `{"type":"local_shell"}`, everywhere("function")},
	{responses, `{"type":"shell"}`, everywhere("function")},
	{responses, `{"type":"shell","environment":{"type":"local"}}`, everywhere("function")},
	{responses, `{"type":"apply_patch"}`, everywhere("function")},
	{responses, `{"type":"tool_search","execution":"client","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}`, everywhere("function")},
	{responses, `{"type":"custom","name":"apply_patch"}`, everywhere("function")},
	{responses, `{"type":"namespace","name":"a","description":"d","tools":[{"type":"function","name":"b","parameters":{"type":"object","properties":{}}}]}`, everywhere("function")},
	{anthropic, `{"type":"bash_20250124","name":"bash"}`, everywhere("function")},
	{anthropic, `{"type":"text_editor_20250728","name":"str_replace_based_edit_tool"}`, everywhere("function")},
	{anthropic, `{"type":"memory_20250818","name":"memory"}`, everywhere("function")},
}

// Case 23, case 24: tools of vendors, in each direction.
func TestCase23And24ToolsOfVendors(t *testing.T) {
	for _, c := range vendorTools {
		r := decoded(t, c.from, ask(c.from, `"tools":[`+c.tool+`]`))
		for p, want := range c.want {
			if p == c.from {
				continue
			}
			t.Run(fmt.Sprintf("case 23, case 24: %s of %s at %s", c.tool, c.from, p), func(t *testing.T) {
				body, lost, err := codecs.Of(p).EncodeRequest(r, conversation.Target{Model: models[p]})
				var sent struct{ Tools []map[string]any }
				_ = json.Unmarshal(body, &sent) // of a refusal: none
				got := ""
				switch {
				case err != nil:
					got = "refused"
					if e := err.(*protocol.Error); e.Kind != protocol.BadRequest || e.Param != "tools" || !strings.Contains(e.Message, r.Tools[0].Name) {
						t.Errorf("refused by %+v", e)
					}
				case len(sent.Tools) == 0:
					if got = "dropped"; len(lost) != 1 || !strings.HasPrefix(lost[0].Param, "tools.") {
						t.Errorf("lost %v", lost)
					}
				default:
					got = declared(sent.Tools[0])
				}
				if got != want {
					t.Errorf("%s, want %s: %s", got, want, body)
				}
			})
		}
	}
}

type to = map[protocol.Protocol]string

func everywhere(what string) to {
	return to{chat: what, responses: what, anthropic: what, gemini: what}
}

// declared is how a tool is declared on the wire: the type of one that a vendor runs, else "function".
func declared(tool map[string]any) string {
	kind, _ := tool["type"].(string)
	switch {
	case tool["functionDeclarations"] != nil, tool["input_schema"] != nil, kind == "function", kind == "namespace", kind == "custom":
		return "function"
	case kind != "":
		return kind
	}
	for name := range tool {
		return name
	}
	return ""
}

// A tool that is to be called and cannot be declared is a refusal, whatever the upstream; one that nobody declared is no matter.
func TestCase22ChoiceOfWhatIsNotThere(t *testing.T) {
	for _, p := range codecs.Spoken.List() {
		for tools, refused := range map[string]bool{`"tools":[{"type":"image_generation"}],`: true, ``: false} {
			r := decoded(t, responses, ask(responses, tools+`"tool_choice":"required"`))
			if p == responses {
				r.Tools = nil
				refused = false
			}
			_, lost, err := codecs.Of(p).EncodeRequest(r, conversation.Target{Model: models[p]})
			if refused != (err != nil) || !refused && (len(lost) != 1 || lost[0].Param != "tool_choice") {
				t.Errorf("%v, tools %q: %v, lost %v", p, tools, err, lost)
			}
		}
	}
}

// What a search is to keep to is said where the other vendor can be told, and told as lost where it cannot.
func TestCase24WhereToSearch(t *testing.T) {
	for _, c := range []struct {
		from, to   protocol.Protocol
		tool, want string
		lost       string
	}{
		{responses, anthropic, `{"type":"web_search","filters":{"allowed_domains":["a.test"]},"user_location":{"type":"approximate","city":"Bern","country":"CH"}}`,
			`{"allowed_domains":["a.test"],"name":"web_search","type":"web_search_20250305","user_location":{"city":"Bern","country":"CH","type":"approximate"}}`, ""},
		{anthropic, responses, `{"type":"web_search_20250305","name":"web_search","allowed_domains":["a.test"],"max_uses":3,"user_location":{"type":"approximate","city":"Bern"}}`,
			`{"filters":{"allowed_domains":["a.test"]},"type":"web_search","user_location":{"city":"Bern","type":"approximate"}}`, "tools.web_search.max_uses"},
		{anthropic, gemini, `{"type":"web_search_20250305","name":"web_search","blocked_domains":["a.test"]}`, `{"googleSearch":{}}`, "tools.web_search.blocked_domains"},
	} {
		body, lost, err := codecs.Of(c.to).EncodeRequest(decoded(t, c.from, ask(c.from, `"tools":[`+c.tool+`]`)), conversation.Target{Model: models[c.to]})
		if err != nil {
			t.Fatal(err)
		}
		var sent struct{ Tools []any }
		_ = json.Unmarshal(body, &sent) // compared below
		if got, _ := json.Marshal(sent.Tools[0]); string(got) != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if c.lost == "" && len(lost) > 0 || c.lost != "" && (len(lost) != 1 || lost[0].Param != c.lost) {
			t.Errorf("lost %v, want %q", lost, c.lost)
		}
	}
}

// called is what each vendor's model answers that calls a tool by %s with arguments %s.
var called = map[protocol.Protocol]func(name, arguments string) string{
	chat: func(name, arguments string) string {
		text, _ := json.Marshal(arguments)
		return `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"` + name + `","arguments":` + string(text) + `}}]},"finish_reason":"tool_calls"}]}`
	},
	anthropic: func(name, arguments string) string {
		return `{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"call_1","name":"` + name + `","input":` + arguments + `}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`
	},
	gemini: func(name, arguments string) string {
		return `{"candidates":[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"` + name + `","args":` + arguments + `}}]},"finishReason":"STOP"}],"modelVersion":"m"}`
	},
}

// Case 23: the tools of Responses that a client runs are functions to every other vendor's model; their calls come to the client in the
// vendor's own form, whole and streamed, and go back with their results as the function's.
func TestCase23BridgedToolsComeBack(t *testing.T) {
	for _, c := range []struct{ tool, name, arguments, item, output string }{
		{`{"type":"local_shell"}`, "local_shell", `{"command":["ls","-l"],"working_directory":"/tmp"}`,
			`{"action":{"command":["ls","-l"],"env":{},"type":"exec","working_directory":"/tmp"},"call_id":"call_1","status":"completed","type":"local_shell_call"}`,
			`{"type":"local_shell_call_output","id":"call_1","call_id":"call_1","output":"a b"}`},
		{`{"type":"local_shell"}`, "local_shell", `{"command":"ls | wc"}`,
			`{"action":{"command":["bash","-lc","ls | wc"],"env":{},"type":"exec"},"call_id":"call_1","status":"completed","type":"local_shell_call"}`,
			`{"type":"local_shell_call_output","id":"call_1","call_id":"call_1","output":"a b"}`},
		{`{"type":"shell"}`, "shell", `{"commands":["ls"]}`,
			`{"action":{"commands":["ls"],"max_output_length":null,"timeout_ms":null},"call_id":"call_1","environment":null,"status":"completed","type":"shell_call"}`,
			`{"type":"shell_call_output","call_id":"call_1","output":[{"stdout":"a b","stderr":"","outcome":{"type":"exit","exit_code":0}}]}`},
		{`{"type":"apply_patch"}`, "apply_patch", `{"type":"update_file","path":"a b","diff":"@@"}`,
			`{"call_id":"call_1","operation":{"diff":"@@","path":"a b","type":"update_file"},"status":"completed","type":"apply_patch_call"}`,
			`{"type":"apply_patch_call_output","call_id":"call_1","status":"completed","output":"a b"}`},
		{`{"type":"tool_search","execution":"client","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}`, "tool_search", `{"q":"a b"}`,
			`{"arguments":{"q":"a b"},"call_id":"call_1","execution":"client","status":"completed","type":"tool_search_call"}`,
			`{"type":"tool_search_output","call_id":"call_1","execution":"client","status":"completed","tools":[{"type":"function","name":"found","description":"a b","parameters":{"type":"object","properties":{}}}]}`},
	} {
		for p, answer := range called {
			t.Run("case 23: "+c.tool+" at "+p.String()+" "+c.arguments, func(t *testing.T) {
				r := decoded(t, responses, ask(responses, `"tools":[`+c.tool+`]`))
				to := conversation.Target{Model: models[p]}
				reply, err := codecs.Of(p).DecodeReply([]byte(answer(c.name, c.arguments)))
				if err != nil {
					t.Fatal(err)
				}
				back := codecs.Of(p).Restorer(r, to)
				if back != nil {
					back.Reply(reply)
				}
				whole, err := codecs.Of(responses).EncodeReply(reply, r)
				if err != nil {
					t.Fatal(err)
				}
				item := callItem(t, whole)
				if item != c.item {
					t.Errorf("whole:\ngot  %s\nwant %s", item, c.item)
				}
				call := reply.Choices[0].Parts[0].(*conversation.ToolCall)
				begun := *call
				begun.Arguments = ""
				half := len(call.Arguments) / 2
				streamed := written(responses, r, []conversation.Event{&conversation.Start{}, &conversation.PartStart{Part: &begun},
					&conversation.Delta{Text: call.Arguments[:half]}, &conversation.Delta{Text: call.Arguments[half:]}, &conversation.PartEnd{},
					&conversation.Finished{Finish: conversation.Finish{Reason: conversation.CallsTools}}})
				last := streamed[strings.LastIndex(streamed, `"response":`)+len(`"response":`):]
				if item := callItem(t, []byte(strings.TrimSuffix(strings.TrimSpace(last), "}"))); item != c.item {
					t.Errorf("streamed:\ngot  %s\nwant %s", item, c.item)
				}
				for _, event := range []string{"response.output_item.added", "response.output_item.done"} {
					if strings.Count(streamed, "event: "+event) != 1 {
						t.Errorf("not one %s:\n%s", event, streamed)
					}
				}
				again := decoded(t, responses, `{"model":"m","tools":[`+c.tool+`],"input":[{"role":"user","content":"x"},`+item+`,`+c.output+`]}`)
				sent, lost, err := codecs.Of(p).EncodeRequest(again, to)
				if err != nil || len(lost) > 0 || !strings.Contains(string(sent), "a b") || strings.Count(string(sent), c.name) < 2 {
					t.Errorf("sent back: %v, lost %v: %s", err, lost, sent)
				}
			})
		}
	}
}

// callItem is the one item of a Response's output, without its id.
func callItem(t *testing.T, body []byte) string {
	t.Helper()
	var res struct{ Output []map[string]any }
	if err := json.Unmarshal(body, &res); err != nil || len(res.Output) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	delete(res.Output[0], "id")
	b, _ := json.Marshal(res.Output[0])
	return string(b)
}
