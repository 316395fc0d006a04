package anthropic

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// What Claude Code sends, shortened (facts: a system role in mid-conversation, the billing line, echoed callers).
const claudeCode = `{"model":"claude-x","max_tokens":32000,"stream":true,"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"high"},
	"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},"metadata":{"user_id":"{\"session_id\":\"s\"}"},
	"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1;"},{"type":"text","text":"You are","cache_control":{"type":"ephemeral","ttl":"1h"}}],
	"tools":[{"name":"Read","description":"Read a file","input_schema":{"$schema":"x","type":"object","properties":{"pages":{"type":"string"}},"additionalProperties":false}},
		{"name":"Late","defer_loading":true,"input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search","max_uses":8}],
	"messages":[{"role":"user","content":"hi"},{"role":"system","content":"Be brief."},
		{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig=="},{"type":"redacted_thinking","data":"xx"},
			{"type":"tool_use","id":"toolu_1","name":"Read","input":{"file":"a","pages":""},"caller":{"type":"direct"}},
			{"type":"tool_use","id":"toolu_2","name":"Read","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"A"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]},
			{"type":"tool_result","tool_use_id":"toolu_2","is_error":true,"content":"no"},{"type":"text","text":"go on","cache_control":{"type":"ephemeral"}}]}]}`

func TestDecodeClaudeCode(t *testing.T) {
	r := decode(t, claudeCode)
	same(t, "messages", r.Messages, []conversation.Message{
		{Role: conversation.System, Parts: []conversation.Part{&conversation.Text{Text: "You are", Cache: &conversation.Cache{TTL: "1h"}}}},
		user(words("hi")),
		{Role: conversation.System, Parts: []conversation.Part{words("Be brief.")}},
		says(&conversation.Thinking{Text: "hm", Signature: "sig==", Origin: protocol.Anthropic}, &conversation.Thinking{Sealed: "xx", Origin: protocol.Anthropic},
			calls("toolu_1", "Read", `{"file":"a","pages":""}`), calls("toolu_2", "Read", "{}")),
		answers(&conversation.ToolResult{ID: "toolu_1", Kind: conversation.Function, Parts: []conversation.Part{words("A"),
			&conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgo="}}},
			&conversation.ToolResult{ID: "toolu_2", Kind: conversation.Function, Error: true, Parts: []conversation.Part{words("no")}}),
		user(&conversation.Text{Text: "go on", Cache: &conversation.Cache{}}),
	})
	same(t, "reasoning", r.Reasoning, conversation.Reasoning{Effort: "high", Adaptive: true, Show: ptr(false)})
	if len(r.Tools) != 3 || r.Tools[2].Kind != conversation.WebSearch || !strings.Contains(string(r.Tools[0].Schema), `"$schema":"x"`) {
		t.Errorf("tools %s", show(r.Tools))
	}
	if !r.Stream || *r.MaxOutput != 32000 || r.User != `{"session_id":"s"}` {
		t.Errorf("%s", show(r))
	}
}

func TestDecodeMedia(t *testing.T) {
	r := decode(t, `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[
		{"type":"image","source":{"type":"url","url":"https://a/b.png"}},{"type":"image","source":{"type":"file","file_id":"f1"}},
		{"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}},
		{"type":"document","title":"N","source":{"type":"text","media_type":"text/plain","data":"words"}},
		{"type":"document","source":{"type":"content","content":[{"type":"text","text":"c"}]},"cache_control":{"type":"ephemeral"}},
		{"type":"search_result","title":"S","source":"https://s","content":[{"type":"text","text":"found"}]}]}]}`)
	same(t, "parts", r.Messages[0].Parts, []conversation.Part{
		&conversation.Media{Kind: conversation.Image, URL: "https://a/b.png"}, &conversation.Media{Kind: conversation.Image, FileID: "f1"},
		&conversation.Media{Kind: conversation.File, Name: "T", Type: "application/pdf", Data: "JVBERi0="}, words("N\n\nwords"),
		&conversation.Text{Text: "c", Cache: &conversation.Cache{}}, words("S\nhttps://s"), words("found")})
}

func TestDecodeRefusals(t *testing.T) {
	const m = `"model":"m","max_tokens":9000,`
	for body, param := range map[string]string{
		`[]`: "", `{"a":`: "", `{` + m + `"messages":[]}`: "messages", `{"model":"m"}`: "messages",
		`{` + m + `"messages":[{"role":"tool","content":"x"}]}`:                                                                          "messages.0.role",
		`{` + m + `"messages":[{"role":"user"}]}`:                                                                                        "messages.0.content",
		`{` + m + `"messages":[{"role":"user","content":[{"type":"text"}]}]}`:                                                            "messages.0.content.0.text",
		`{` + m + `"messages":[{"role":"user","content":[{"type":"video"}]}]}`:                                                           "messages.0.content.0.type",
		`{` + m + `"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url"}}]}]}`:                                   "messages.0.content.0.source.url",
		`{` + m + `"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"x","input":{}}]}]}`: "messages.1.content.0.name",
		`{` + m + `"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]}]}]}`:       "messages.0.content.0.content.0.text",
		`{` + m + `"tools":[{"input_schema":{}}],"messages":[{"role":"user","content":"x"}]}`:                                            "tools.0.name",
		`{` + m + `"tool_choice":{"type":"tool"},"messages":[{"role":"user","content":"x"}]}`:                                            "tool_choice.name",
		`{` + m + `"thinking":{"type":"enabled","budget_tokens":10},"messages":[{"role":"user","content":"x"}]}`:                         "thinking.budget_tokens",
		`{` + m + `"thinking":{"type":"enabled","budget_tokens":9000},"messages":[{"role":"user","content":"x"}]}`:                       "thinking.budget_tokens",
		`{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]}`:                                                        "max_tokens",
		`{` + m + `"temperature":1.5,"messages":[{"role":"user","content":"x"}]}`:                                                        "temperature",
		`{` + m + `"stop_sequences":["a",1],"messages":[{"role":"user","content":"x"}]}`:                                                 "stop_sequences.1",
		`{` + m + `"mcp_servers":[{"type":"url"}],"messages":[{"role":"user","content":"x"}]}`:                                           "mcp_servers",
		`{` + m + `"output_config":{"format":{"type":"xml"}},"messages":[{"role":"user","content":"x"}]}`:                                "output_config.format.type",
	} {
		_, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
		var e *protocol.Error
		if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Param != param || e.Message == "" {
			t.Errorf("%s: %v, param %q", body, err, e)
		}
	}
}

func TestRequestCases(t *testing.T) {
	ask := func(r conversation.Request) *conversation.Request {
		if r.Messages == nil {
			r.Messages = []conversation.Message{user(words("hi"))}
		}
		return &r
	}
	weather := conversation.Tool{Kind: conversation.Function, Name: "weather", Schema: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}}}`)}

	t.Run("case 18: arguments that are no object", func(t *testing.T) {
		for arguments, want := range map[string]string{"": "{}", "null": "{}", `"{\"a\":1}"`: `{"a":1}`, `{"a":`: `{"raw_arguments":"{\"a\":"}`, "[1]": `{"raw_arguments":"[1]"}`} {
			m, _ := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("x")), says(calls("a", "f", arguments)), answers(result("a", "r"))}}), sonnet)
			same(t, arguments, show(at(m, "messages", 1, "content", 0, "input")), want)
		}
	})
	t.Run("case 19: ids are made legal, unique and stable", func(t *testing.T) {
		r := ask(conversation.Request{Messages: []conversation.Message{user(words("x")), says(calls("call|1", "f", "{}"), calls("", "g", "{}")),
			answers(&conversation.ToolResult{Name: "g", Parts: []conversation.Part{words("G")}}, result("call|1", "F")), says(calls("call|1", "f", "{}")), answers(result("call|1", "F2"))}})
		m, _ := encodeTo(t, r, sonnet)
		n, _ := encodeTo(t, r, sonnet)
		same(t, "again", m, n)
		first, second, third := at(m, "messages", 1, "content", 0, "id").(string), at(m, "messages", 1, "content", 1, "id").(string), at(m, "messages", 3, "content", 0, "id").(string)
		if !legal(first, 64) || !legal(second, 64) || first == second || first == third {
			t.Errorf("%s, %s, %s", first, second, third)
		}
		same(t, "result", at(m, "messages", 2, "content", 0, "tool_use_id"), first)
		same(t, "result by name", at(m, "messages", 2, "content", 1, "content", 0, "text"), "G")
	})
	t.Run("case 20: names that are too long or illegal", func(t *testing.T) {
		long := strings.Repeat("n", 80)
		r := ask(conversation.Request{Tools: []conversation.Tool{{Kind: conversation.Function, Name: "a.b"}, {Kind: conversation.Function, Name: "a:b"}, {Kind: conversation.Function, Name: long},
			{Kind: conversation.Function, Name: "f", Namespace: "ns"}}, Choice: conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{"a:b"}},
			Messages: []conversation.Message{user(words("x")), says(calls("i", long, "{}")), answers(result("i", "r"))}})
		m, _ := encodeTo(t, r, sonnet)
		seen := map[string]bool{}
		for i := range r.Tools {
			name := at(m, "tools", i, "name").(string)
			if !legal(name, 64) || seen[name] {
				t.Errorf("%q", name)
			}
			seen[name] = true
			reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{calls("i", name, "{}")}}}}
			Codec{}.Restorer(r, sonnet).Reply(reply)
			got := reply.Choices[0].Parts[0].(*conversation.ToolCall)
			same(t, "restored", []string{got.Namespace, got.Name}, []string{r.Tools[i].Namespace, r.Tools[i].Name})
			events := Codec{}.Restorer(r, sonnet).Events([]conversation.Event{&conversation.PartStart{Part: calls("i", name, "")}})
			same(t, "restored in a stream", events[0].(*conversation.PartStart).Part.(*conversation.ToolCall).Name, r.Tools[i].Name)
		}
		same(t, "choice", at(m, "tool_choice", "name"), at(m, "tools", 1, "name"))
		same(t, "history", at(m, "messages", 1, "content", 0, "name"), at(m, "tools", 2, "name"))
	})
	t.Run("case 21: results directly after their calls, orphans and doubles mended", func(t *testing.T) {
		m, lost := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("x")), says(calls("a", "f", "{}")), says(calls("b", "f", "{}"), calls("c", "f", "{}")),
			user(words("wait")), answers(result("b", "B")), answers(result("a", "A"), result("a", "again"), result("zz", "orphan"))}}), sonnet)
		same(t, "turns", len(at(m, "messages").([]any)), 3)
		content := at(m, "messages", 2, "content")
		for i, want := range []string{"a", "b", "c"} {
			same(t, "result", at(content, i, "tool_use_id"), want)
		}
		same(t, "unanswered", []any{at(content, 2, "is_error"), at(content, 2, "content", 0, "text")}, []any{true, noResult})
		same(t, "then the user", at(content, 3, "text"), "wait")
		same(t, "orphan", at(content, 4, "text"), lostCall+"orphan")
		same(t, "nothing else", len(content.([]any)), 5)
		same(t, "lost", len(lost), 1)
	})
	t.Run("calls of tools that are declared no more", func(t *testing.T) {
		m, _ := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("x")), says(calls("a", "f", "{}"), calls("b", "f", "{}")), answers(result("a", "A"), result("b", "B")), user(words("sum up"))}}), sonnet)
		same(t, "tools", []any{len(at(m, "tools").([]any)), at(m, "tools", 0, "name"), at(m, "tool_choice", "type")}, []any{1, "f", "none"})
	})
	t.Run("models by their names", func(t *testing.T) {
		for name, want := range map[string]thinks{"anthropic/claude-sonnet-4": byBudget, "claude-opus-4-20250514": byBudget, "claude-opus-4-6": byEffort, "us.anthropic.claude-haiku-4-5-20251001-v1:0": byBudget,
			"claude-3-5-haiku-latest": notAtAll, "claude-next-9": byEffort, "kimi-k3": byBudget} {
			same(t, name, familyOf(conversation.Target{Model: name}).thinks, want)
		}
	})
	t.Run("case 22: tool choice", func(t *testing.T) {
		for want, c := range map[string]conversation.ToolChoice{
			`null`:            {},
			`{"type":"auto"}`: {Mode: conversation.ChoiceAuto}, `{"type":"any"}`: {Mode: conversation.ChoiceAny}, `{"type":"none"}`: {Mode: conversation.ChoiceNone, Parallel: ptr(false)},
			`{"name":"weather","type":"tool"}`:                 {Mode: conversation.ChoiceTool, Names: []string{"weather"}, Parallel: ptr(true)},
			`{"disable_parallel_tool_use":true,"type":"auto"}`: {Parallel: ptr(false)},
		} {
			m, _ := encodeTo(t, ask(conversation.Request{Tools: []conversation.Tool{weather}, Choice: c}), sonnet)
			same(t, want, show(at(m, "tool_choice")), want)
		}
		m, _ := encodeTo(t, ask(conversation.Request{Choice: conversation.ToolChoice{Mode: conversation.ChoiceAuto}}), sonnet)
		same(t, "without tools", at(m, "tool_choice"), nil)
		m, lost := encodeTo(t, ask(conversation.Request{Tools: []conversation.Tool{weather}, Choice: conversation.ToolChoice{Mode: conversation.ChoiceAny}, Reasoning: conversation.Reasoning{Effort: "high"}}), sonnet)
		same(t, "forced, so no thinking", at(m, "thinking"), nil)
		same(t, "lost", lost[0].Param, "reasoning_effort")
		m, _ = encodeTo(t, ask(conversation.Request{Tools: []conversation.Tool{weather, {Kind: conversation.Function, Name: "b"}, {Kind: conversation.Function, Name: "c"}},
			Choice: conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{"b", "c"}}}), sonnet)
		same(t, "any of two", []any{at(m, "tool_choice", "type"), len(at(m, "tools").([]any))}, []any{"any", 2})
	})
	t.Run("case 23: custom and hosted tools", func(t *testing.T) {
		r := ask(conversation.Request{Tools: []conversation.Tool{{Kind: conversation.Custom, Name: "apply_patch", Grammar: json.RawMessage(`{"type":"grammar"}`)},
			{Kind: conversation.Hosted, Name: "tool_search", Raw: json.RawMessage(`{"type":"tool_search"}`), Origin: protocol.OpenAIResponses}},
			Messages: []conversation.Message{user(words("x")), says(&conversation.ToolCall{ID: "i", Name: "apply_patch", Kind: conversation.Custom, Arguments: "*** Begin"}), answers(&conversation.ToolResult{ID: "i", Kind: conversation.Custom})}})
		m, lost := encodeTo(t, r, sonnet)
		same(t, "history", at(m, "messages", 1, "content", 0, "input"), map[string]any{"input": "*** Begin"})
		same(t, "tools", len(at(m, "tools").([]any)), 1)
		same(t, "lost", lost[0].Param, "tools.tool_search")
		events := Codec{}.Restorer(r, sonnet).Events([]conversation.Event{&conversation.PartStart{Part: calls("j", "apply_patch", "")}, &conversation.Delta{Text: `{"inp`},
			&conversation.Delta{Text: `ut":"a\nb"}`}, &conversation.PartEnd{}})
		parts, _, _ := gather(events)
		same(t, "restored", parts, []conversation.Part{&conversation.ToolCall{ID: "j", Name: "apply_patch", Kind: conversation.Custom, Arguments: "a\nb"}})
		r.Tools = []conversation.Tool{{Kind: conversation.Hosted, Name: "file_search", Raw: json.RawMessage(`{"type":"file_search"}`), Origin: protocol.OpenAIResponses}}
		if _, _, err := (Codec{}).EncodeRequest(r, sonnet); err == nil || !strings.Contains(err.Error(), "file_search") {
			t.Errorf("%v", err)
		}
	})
	t.Run("case 24: hosted search", func(t *testing.T) {
		m, _ := encodeTo(t, ask(conversation.Request{Tools: []conversation.Tool{{Kind: conversation.WebSearch, Name: "web_search", Origin: protocol.OpenAIResponses,
			Raw: json.RawMessage(`{"type":"web_search","filters":{"allowed_domains":["a.b"]},"user_location":{"type":"approximate","city":"Bonn"},"search_context_size":"low"}`)},
			{Kind: conversation.Function, Name: "web_search"}}}), sonnet)
		same(t, "tool", show(at(m, "tools", 0)), `{"allowed_domains":["a.b"],"name":"web_search","type":"web_search_20250305","user_location":{"city":"Bonn","type":"approximate"}}`)
		if name := at(m, "tools", 1, "name"); name == "web_search" {
			t.Error("two tools of one name")
		}
		r := decode(t, `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},
			{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"T","url":"https://t","encrypted_content":"e"}]},
			{"type":"text","text":"It is so.","citations":[{"type":"web_search_result_location","url":"https://t","title":"T","cited_text":"so","encrypted_index":"e"}]}]}]}`)
		same(t, "history", r.Messages[1].Parts, []conversation.Part{
			&conversation.ToolCall{ID: "srvtoolu_1", Name: "web_search", Kind: conversation.WebSearch, Arguments: `{"query":"q"}`},
			&conversation.ToolResult{ID: "srvtoolu_1", Name: "web_search", Kind: conversation.WebSearch, Parts: []conversation.Part{words("T\nhttps://t")}},
			&conversation.Text{Text: "It is so.", Citations: []conversation.Citation{{URL: "https://t", Title: "T", Quote: "so"}}}})
	})
	t.Run("case 25: media in results", func(t *testing.T) {
		m, _ := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("x")), says(calls("a", "f", "{}")),
			answers(result("a", "A"), &conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgoAAAANSUhEUg=="})}}), sonnet)
		same(t, "image", at(m, "messages", 2, "content", 0, "content", 1, "type"), "image")
	})
	t.Run("case 28: empty optional arguments survive", func(t *testing.T) {
		m, _ := encodeTo(t, decode(t, claudeCode), sonnet)
		same(t, "pages", at(m, "messages", 1, "content", 2, "input", "pages"), "")
	})
	t.Run("case 34 to 36: thinking goes back to its own vendor only", func(t *testing.T) {
		m, _ := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("x")), says(
			&conversation.Thinking{Text: "mine", Signature: "sig", Origin: protocol.Anthropic}, &conversation.Thinking{Sealed: "red", Origin: protocol.Anthropic},
			&conversation.Thinking{Text: "theirs", Sealed: "enc", Origin: protocol.OpenAIResponses}, &conversation.Thinking{Text: "nobody's"},
			calls("a", "f", "{}")), answers(result("a", "r"))}}), sonnet)
		same(t, "blocks", show(at(m, "messages", 1, "content")), `[{"signature":"sig","thinking":"mine","type":"thinking"},{"data":"red","type":"redacted_thinking"},{"id":"a","input":{},"name":"f","type":"tool_use"}]`)
	})
	t.Run("case 36: no mark on thinking", func(t *testing.T) {
		r := decode(t, `{"model":"m","max_tokens":9,"cache_control":{"type":"ephemeral"},"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text","text":"y"},{"type":"thinking","thinking":"hm","signature":"s","cache_control":{"type":"ephemeral"}}]}]}`)
		r.Messages = append(r.Messages, user(words("z")))
		m, _ := encodeTo(t, r, sonnet)
		same(t, "blocks", show(at(m, "messages", 1, "content")), `[{"cache_control":{"type":"ephemeral"},"text":"y","type":"text"},{"signature":"s","thinking":"hm","type":"thinking"}]`)
	})
	t.Run("case 41: budgets and efforts", func(t *testing.T) {
		for _, c := range []struct {
			name   string
			q      conversation.Reasoning
			limit  *int64
			to     conversation.Target
			budget float64
			max    float64
		}{
			{"an effort", conversation.Reasoning{Effort: "low"}, nil, sonnet, 4096, 32000},
			{"an effort within a small limit", conversation.Reasoning{Effort: "high"}, ptr(int64(4096)), sonnet, 2048, 4096},
			{"an effort within next to nothing", conversation.Reasoning{Effort: "high"}, ptr(int64(40)), sonnet, 1024, 1064},
			{"a budget below the least", conversation.Reasoning{Budget: ptr(int64(5))}, nil, sonnet, 1024, 32000},
			{"a budget beyond the limit", conversation.Reasoning{Budget: ptr(int64(8192))}, ptr(int64(4000)), sonnet, 8192, 12192},
			{"a budget without end", conversation.Reasoning{Budget: ptr(int64(-1))}, nil, sonnet, 10240, 32000},
			{"another vendor's model", conversation.Reasoning{Effort: "high"}, nil, conversation.Target{Model: "glm-5"}, 24576, 24576 + 8192},
		} {
			m, _ := encodeTo(t, ask(conversation.Request{Reasoning: c.q, MaxOutput: c.limit}), c.to)
			same(t, c.name, []any{at(m, "thinking", "budget_tokens"), at(m, "max_tokens")}, []any{c.budget, c.max})
		}
		for effort, want := range map[string]string{"minimal": "low", "medium": "medium", "xhigh": "high", "max": "max"} {
			m, _ := encodeTo(t, ask(conversation.Request{Reasoning: conversation.Reasoning{Effort: effort, Summary: "auto"}}), conversation.Target{Model: "claude-opus-4-6"})
			same(t, effort, []any{show(at(m, "thinking")), at(m, "output_config", "effort")}, []any{`{"display":"summarized","type":"adaptive"}`, want})
		}
		m, _ := encodeTo(t, ask(conversation.Request{Reasoning: conversation.Reasoning{Effort: "none"}}), sonnet)
		same(t, "none", at(m, "thinking", "type"), "disabled")
		m, lost := encodeTo(t, ask(conversation.Request{Reasoning: conversation.Reasoning{Effort: "low"}}), conversation.Target{Model: "x", Described: true})
		same(t, "a model that does not reason", []any{at(m, "thinking"), len(lost)}, []any{nil, 1})
		m, _ = encodeTo(t, ask(conversation.Request{Reasoning: conversation.Reasoning{Effort: "low"}, Messages: []conversation.Message{user(words("x")), says(calls("a", "f", "{}")), answers(result("a", "r"))}}), sonnet)
		same(t, "calls without their thinking", at(m, "thinking"), nil)
	})
	t.Run("case 42: sampling", func(t *testing.T) {
		for _, c := range []struct {
			name string
			r    conversation.Request
			to   conversation.Target
			want string
			lost int
		}{
			{"plain", conversation.Request{Temperature: ptr(0.5), TopK: ptr(int64(3))}, sonnet, `[0.5,null,3]`, 0},
			{"beyond one", conversation.Request{Temperature: ptr(1.7)}, sonnet, `[1,null,null]`, 1},
			{"both", conversation.Request{Temperature: ptr(0.0), TopP: ptr(0.9)}, sonnet, `[0,null,null]`, 1},
			{"thinking", conversation.Request{Temperature: ptr(0.5), TopP: ptr(0.95), TopK: ptr(int64(3)), Reasoning: conversation.Reasoning{Effort: "low"}}, sonnet, `[null,0.95,null]`, 2},
			{"a newer model", conversation.Request{Temperature: ptr(1.0), TopP: ptr(0.95), TopK: ptr(int64(64))}, conversation.Target{Model: "claude-opus-4-8"}, `[null,null,null]`, 3},
		} {
			m, lost := encodeTo(t, ask(c.r), c.to)
			same(t, c.name, show([]any{at(m, "temperature"), at(m, "top_p"), at(m, "top_k")}), c.want)
			same(t, c.name+": lost", len(lost), c.lost)
		}
	})
	t.Run("case 43: instructions in their place", func(t *testing.T) {
		r := ask(conversation.Request{Messages: []conversation.Message{
			{Role: conversation.Developer, Parts: []conversation.Part{&conversation.Text{Text: "a", Cache: &conversation.Cache{}}, words("b")}}, {Role: conversation.System, Parts: []conversation.Part{words("c")}},
			user(words("x")), {Role: conversation.System, Parts: []conversation.Part{words("late")}}, says(words("y")), user(words("z"))}})
		m, _ := encodeTo(t, r, sonnet)
		same(t, "system", show(at(m, "system")), `[{"cache_control":{"type":"ephemeral"},"text":"a","type":"text"},{"text":"b","type":"text"},{"text":"c","type":"text"}]`)
		same(t, "late", at(m, "messages", 0, "content", 1, "text"), "<system>\nlate\n</system>")
		m, _ = encodeTo(t, r, conversation.Target{Model: "claude-opus-4-8", Quirks: map[string]bool{"system-turns": true}})
		same(t, "a turn of its own", show(at(m, "messages", 1)), `{"content":[{"text":"late","type":"text"}],"role":"system"}`)
		m, _ = encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{{Role: conversation.System, Parts: []conversation.Part{words("only")}}}}), sonnet)
		same(t, "only instructions", []any{at(m, "system"), at(m, "messages", 0, "content", 0, "text")}, []any{nil, "only"})
	})
	t.Run("case 44: the billing line is for Anthropic, and only leading", func(t *testing.T) {
		r := decode(t, `{"model":"m","max_tokens":9,"system":"x-anthropic-billing-header: a\nYou","messages":[{"role":"user","content":"x-anthropic-billing-header: b"}]}`)
		same(t, "texts", []string{r.Messages[0].Parts[0].(*conversation.Text).Text, r.Messages[1].Parts[0].(*conversation.Text).Text}, []string{"You", "x-anthropic-billing-header: b"})
	})
	t.Run("case 45: cache breakpoints", func(t *testing.T) {
		mark := func(s, ttl string) conversation.Part {
			return &conversation.Text{Text: s, Cache: &conversation.Cache{TTL: ttl}}
		}
		m, lost := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(mark("1", "1h"), mark("2", "1h"), mark("3", "5m"), mark("4", "1h"), mark("5", "24h"))}}), sonnet)
		var got []any
		for i := range 5 {
			got = append(got, at(m, "messages", 0, "content", i, "cache_control"))
		}
		same(t, "marks", show(got), `[null,{"ttl":"1h","type":"ephemeral"},{"ttl":"5m","type":"ephemeral"},{"ttl":"5m","type":"ephemeral"},{"type":"ephemeral"}]`)
		same(t, "lost", len(lost), 1)
		auto := conversation.Target{Model: "claude-opus-4-5", Quirks: map[string]bool{"auto-cache": true}}
		m, _ = encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{{Role: conversation.System, Parts: []conversation.Part{words("be brief")}}, user(words("a")), says(words("b")), user(words("c"), words("d"))}}), auto)
		same(t, "behind the instructions", show(at(m, "system", 0, "cache_control")), `{"type":"ephemeral"}`)
		same(t, "behind the last turn", show([]any{at(m, "messages", 0, "content", 0, "cache_control"), at(m, "messages", 2, "content", 0, "cache_control"), at(m, "messages", 2, "content", 1, "cache_control")}), `[null,null,{"type":"ephemeral"}]`)
		m, _ = encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("a single question"))}}), auto)
		same(t, "a single question", show(at(m, "messages", 0, "content", 0, "cache_control")), `null`)
		m, _ = encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(mark("a", "1h")), says(words("b")), user(words("c"))}}), auto)
		same(t, "the client's own marks", show([]any{at(m, "messages", 0, "content", 0, "cache_control"), at(m, "messages", 2, "content", 0, "cache_control")}), `[{"ttl":"1h","type":"ephemeral"},null]`)
	})
	t.Run("case 46: turns", func(t *testing.T) {
		m, _ := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{says(words("I"), words(" ")), user(words("a")), user(words(""), words("b")), says(words("pre \n"))}}), sonnet)
		same(t, "turns", show(at(m, "messages")), `[{"content":[{"text":"`+openingText+`","type":"text"}],"role":"user"},{"content":[{"text":"I","type":"text"}],"role":"assistant"},`+
			`{"content":[{"text":"a","type":"text"},{"text":"b","type":"text"}],"role":"user"},{"content":[{"text":"pre","type":"text"}],"role":"assistant"}]`)
		m, _ = encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(words("a")), says(words("pre"))}}), conversation.Target{Model: "claude-opus-4-7"})
		same(t, "a model that cannot go on", at(m, "messages", 2, "content", 0, "text"), goOn)
	})
	t.Run("case 47: media", func(t *testing.T) {
		m, _ := encodeTo(t, ask(conversation.Request{Messages: []conversation.Message{user(
			&conversation.Media{Kind: conversation.Image, Type: "application/octet-stream", Data: "iVBORw0KGgoAAAANSUhEUg=="}, &conversation.Media{Kind: conversation.Image, Type: "image/jpg", Data: "/9j/4AAQ"},
			&conversation.Media{Kind: conversation.Image, URL: "https://a/b"}, &conversation.Media{Kind: conversation.File, Name: "n.md", Type: "text/markdown", Data: "IyBo"},
			&conversation.Media{Kind: conversation.File, Data: "JVBERi0xLjc="}, &conversation.Media{Kind: conversation.File, FileID: "file_1"})}}), sonnet)
		var got []any
		for i := range 6 {
			got = append(got, at(m, "messages", 0, "content", i, "source"))
		}
		same(t, "sources", show(got), `[{"data":"iVBORw0KGgoAAAANSUhEUg==","media_type":"image/png","type":"base64"},{"data":"/9j/4AAQ","media_type":"image/jpeg","type":"base64"},{"type":"url","url":"https://a/b"},`+
			`{"data":"# h","media_type":"text/plain","type":"text"},{"data":"JVBERi0xLjc=","media_type":"application/pdf","type":"base64"},{"file_id":"file_1","type":"file"}]`)
		for _, p := range []*conversation.Media{{Kind: conversation.Audio, Data: "x"}, {Kind: conversation.Image, Type: "image/bmp", Data: "Qk0="}, {Kind: conversation.File, Type: "application/zip", Data: "UEsD"}, {Kind: conversation.Image}} {
			_, _, err := Codec{}.EncodeRequest(ask(conversation.Request{Messages: []conversation.Message{user(words("x"), p)}}), sonnet)
			var e *protocol.Error
			if !errors.As(err, &e) || e.Param != "messages.0.content.1" {
				t.Errorf("%+v: %v", p, err)
			}
		}
	})
	t.Run("case 48: structured answers", func(t *testing.T) {
		format := conversation.Format{Kind: conversation.FormatSchema, Name: "n", Schema: json.RawMessage(`{"type":"object","properties":{"format":{"type":"string","maxLength":5},"n":{"oneOf":[{"type":"number"},{"type":"null"}]}},"required":["format"]}`)}
		m, _ := encodeTo(t, ask(conversation.Request{Format: format}), sonnet)
		same(t, "format", show(at(m, "output_config", "format", "schema")),
			`{"additionalProperties":false,"properties":{"format":{"description":"{maxLength: 5}","type":"string"},"n":{"anyOf":[{"type":"number"},{"type":"null"}]}},"required":["format"],"type":"object"}`)
		older := conversation.Target{Model: "claude-3-5-sonnet-latest"}
		r := ask(conversation.Request{Format: format})
		m, _ = encodeTo(t, r, older)
		same(t, "by a tool", show(at(m, "tool_choice")), `{"name":"`+answerName+`","type":"tool"}`)
		reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{calls("i", answerName, `{"format":"x"}`)}, Finish: conversation.Finish{Reason: conversation.CallsTools}}}}
		Codec{}.Restorer(r, older).Reply(reply)
		same(t, "restored", reply.Choices[0], conversation.Choice{Parts: []conversation.Part{words(`{"format":"x"}`)}, Finish: conversation.Finish{Reason: conversation.Stopped}})
		r.Format.Schema = json.RawMessage(`{"type":"array","items":{"$ref":"#/$defs/a"},"$defs":{"a":{"type":"string"}}}`)
		m, _ = encodeTo(t, r, older)
		same(t, "wrapped", []any{at(m, "tools", 0, "input_schema", "$defs", "a", "type"), at(m, "tools", 0, "input_schema", "properties", "value", "type")}, []any{"string", "array"})
		events := Codec{}.Restorer(r, older).Events([]conversation.Event{&conversation.PartStart{Part: calls("i", answerName, "")}, &conversation.Delta{Text: `{"value":["a"`}, &conversation.Delta{Text: `]}`}, &conversation.PartEnd{},
			&conversation.Finished{Finish: conversation.Finish{Reason: conversation.CallsTools}}})
		parts, finish, _ := gather(events)
		same(t, "unwrapped", []any{parts, finish.Reason}, []any{[]conversation.Part{words(`["a"]`)}, conversation.Stopped})
		m, _ = encodeTo(t, ask(conversation.Request{Format: conversation.Format{Kind: conversation.FormatJSON}}), sonnet)
		same(t, "any JSON", at(m, "system", 0, "text"), jsonOnly)
	})
	t.Run("case 49: parameters", func(t *testing.T) {
		m, lost := encodeTo(t, ask(conversation.Request{Stop: []string{"END", "\n"}, Seed: ptr(int64(1)), User: "u", ServiceTier: "default", Store: ptr(true), CacheKey: "k", Verbosity: "low",
			FrequencyPenalty: ptr(0.5), PresencePenalty: ptr(0.0), Metadata: map[string]string{"a": "b"}}), sonnet)
		same(t, "said", []any{at(m, "stop_sequences"), at(m, "metadata", "user_id"), at(m, "service_tier")}, []any{[]any{"END"}, "u", "standard_only"})
		var names []string
		for _, l := range lost {
			names = append(names, l.Param)
		}
		same(t, "lost", names, []string{"frequency_penalty", "seed", "verbosity", "prompt_cache_key", "store", "stop", "metadata"})
		for param, r := range map[string]conversation.Request{"n": {N: 2}, "logprobs": {LogProbs: true}, "logit_bias": {LogitBias: json.RawMessage(`{"1":5}`)}, "max_tokens": {MaxOutput: ptr(int64(0))}} {
			_, _, err := Codec{}.EncodeRequest(ask(r), sonnet)
			var e *protocol.Error
			if !errors.As(err, &e) || e.Param != param || e.Kind != protocol.BadRequest {
				t.Errorf("%s: %v", param, err)
			}
		}
		m, _ = encodeTo(t, ask(conversation.Request{}), conversation.Target{Model: "x", UsualOutput: 5000})
		same(t, "max_tokens is required", at(m, "max_tokens"), 5000.0)
	})
}
