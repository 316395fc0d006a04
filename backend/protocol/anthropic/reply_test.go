package anthropic

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// thinker is a client that wants to see thinking.
var thinker = &conversation.Request{Model: "asked", Reasoning: conversation.Reasoning{Adaptive: true}}

func part(p conversation.Part, deltas ...*conversation.Delta) []conversation.Event {
	list := []conversation.Event{&conversation.PartStart{Part: p}}
	for _, d := range deltas {
		list = append(list, d)
	}
	return append(list, &conversation.PartEnd{})
}

func stream(groups ...[]conversation.Event) []conversation.Event {
	list := []conversation.Event{&conversation.Start{ID: "msg_1", Model: "m"}}
	for _, g := range groups {
		list = append(list, g...)
	}
	return list
}

func ends(reason conversation.Reason) []conversation.Event {
	return []conversation.Event{&conversation.Finished{Finish: conversation.Finish{Reason: reason}}}
}

func said(s string) *conversation.Delta { return &conversation.Delta{Text: s} }

func TestWriterCases(t *testing.T) {
	t.Run("case 4: a stream that was cut does not look whole", func(t *testing.T) {
		out, list := write(t, thinker, stream(part(words(""), said("half")))...)
		if strings.Contains(out, "message_stop") || at(list[len(list)-1], "error", "type") != "api_error" {
			t.Error(out)
		}
	})
	t.Run("case 5: an error of the upstream's ends the stream", func(t *testing.T) {
		events := append(stream(part(words(""), said("half"))), &conversation.Fault{Err: &protocol.Error{Kind: protocol.Overloaded, Message: "busy"}})
		_, list := write(t, thinker, append(events, ends(conversation.Stopped)...)...)
		same(t, "error", at(list[len(list)-1], "error"), map[string]any{"type": "overloaded_error", "message": "busy"})
	})
	t.Run("case 8 and 57: one message_delta, with the last figures", func(t *testing.T) {
		events := append(stream(part(words(""), said("x")), ends(conversation.Stopped), ends(conversation.Stopped)),
			&conversation.Told{Usage: protocol.Usage{Input: 5, Output: 1}}, &conversation.Told{Usage: protocol.Usage{Input: 5, CacheRead: 3, CacheWrite: 2, CacheWrite1h: 1, Output: 9, Reasoning: 4}})
		out, list := write(t, thinker, events...)
		same(t, "deltas", strings.Count(out, "event: message_delta"), 1)
		same(t, "usage", show(at(list[len(list)-2], "usage")), `{"cache_creation_input_tokens":3,"cache_read_input_tokens":3,"input_tokens":5,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4},"server_tool_use":null}`)
	})
	t.Run("case 17: a call without a name is an error", func(t *testing.T) {
		_, list := write(t, thinker, stream(part(calls("a", " ", ""), said("{}")), ends(conversation.CallsTools))...)
		same(t, "end", list[len(list)-1]["type"], "error")
	})
	t.Run("case 18: arguments", func(t *testing.T) {
		for want, pieces := range map[string][]string{"": {""}, `{"a":1}`: {" ", `{"a`, `":1}`}, `{"b":2}`: {`"{\"b`, `\":2}"`}, `{"raw_arguments":"[1]"}`: {"[", "1]"}} {
			events := []*conversation.Delta{}
			for _, p := range pieces {
				events = append(events, said(p))
			}
			_, list := write(t, thinker, stream(part(calls("a", "f", ""), events...), ends(conversation.Stopped))...)
			got := ""
			for _, m := range list {
				if s, ok := at(m, "delta", "partial_json").(string); ok {
					got += s
				}
			}
			same(t, want, got, want)
			same(t, "case 53: "+want, at(list[len(list)-2], "delta", "stop_reason"), "tool_use")
		}
		_, list := write(t, thinker, stream(part(calls("a", "f", ""), said("null")), ends(conversation.Stopped))...)
		same(t, "null", len(list), 5)
	})
	t.Run("case 19: ids for the client", func(t *testing.T) {
		_, list := write(t, thinker, stream(part(calls("", "f", "")), part(calls("call 1/2", "f", "")), part(calls("call_3", "f", "")), ends(conversation.CallsTools))...)
		for _, i := range []int{1, 3, 5} {
			if id, _ := at(list[i], "content_block", "id").(string); !legal(id, 64) {
				t.Errorf("%q", id)
			}
		}
		same(t, "a legal one stays", at(list[5], "content_block", "id"), "call_3")
	})
	t.Run("case 24: search and citations", func(t *testing.T) {
		_, list := write(t, thinker, stream(part(&conversation.ToolCall{Name: "web_search", Kind: conversation.WebSearch}, said(`{"query":"q"}`)),
			part(words(""), said("so"), &conversation.Delta{Citation: &conversation.Citation{URL: "https://t", Quote: "so"}}), ends(conversation.Stopped))...)
		same(t, "use", at(list[1], "content_block", "type"), "server_tool_use")
		same(t, "result", at(list[4], "content_block", "tool_use_id"), at(list[1], "content_block", "id"))
		same(t, "citation", at(list[8], "delta", "citation", "url"), "https://t")
		same(t, "no call of the client's", at(list[len(list)-2], "delta", "stop_reason"), "end_turn")
	})
	t.Run("case 26: two choices are one message", func(t *testing.T) {
		events := stream([]conversation.Event{&conversation.PartStart{Part: words("")}, said("text"),
			&conversation.PartStart{Choice: 1, Part: calls("a", "f", "")}, &conversation.Delta{Choice: 1, Text: "{}"}, &conversation.PartEnd{Choice: 1},
			said(" more"), &conversation.PartEnd{}, &conversation.Finished{Choice: 1, Finish: conversation.Finish{Reason: conversation.CallsTools}}}, ends(conversation.Stopped))
		_, list := write(t, thinker, events...)
		same(t, "second block", at(list[5], "content_block", "name"), "f")
		same(t, "reason", at(list[len(list)-2], "delta", "stop_reason"), "tool_use")
	})
	t.Run("case 34: foreign thinking carries a mark and comes back without", func(t *testing.T) {
		_, list := write(t, thinker, stream(part(&conversation.Thinking{}, said("hm")), ends(conversation.Stopped))...)
		same(t, "signature", []any{at(list[3], "delta", "type"), at(list[3], "delta", "signature")}, []any{"signature_delta", Mark})
		r := decode(t, `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"`+Mark+`"},{"type":"text","text":"y"}]}]}`)
		same(t, "decoded", r.Messages[1].Parts[0], conversation.Part(&conversation.Thinking{Text: "hm"}))
		m, _ := encodeTo(t, r, sonnet)
		same(t, "encoded", len(at(m, "messages", 1, "content").([]any)), 1)
	})
	t.Run("case 35 and 38: another vendor's reasoning goes to the client and back", func(t *testing.T) {
		theirs := &conversation.Thinking{Text: "sum", ID: "rs_1", Summary: true, Sealed: "gAAA", Origin: protocol.OpenAIResponses}
		body, err := Codec{}.EncodeReply(&conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{theirs,
			&conversation.Thinking{Sealed: "only", Origin: protocol.OpenAIResponses}, &conversation.ToolCall{ID: "a", Name: "f", Arguments: "{}", Signature: "ts", Origin: protocol.Gemini}}}}}, thinker)
		if err != nil {
			t.Fatal(err)
		}
		content := show(judge(t, "Message", body)["content"])
		r := decode(t, `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":`+content+`}]}`)
		same(t, "back", r.Messages[1].Parts, []conversation.Part{theirs, &conversation.Thinking{Sealed: "only", Origin: protocol.OpenAIResponses},
			&conversation.ToolCall{ID: "a", Name: "f", Kind: conversation.Function, Arguments: "{}", Signature: "ts", Origin: protocol.Gemini}})
		stripped := string(StripForeign([]byte(`{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":` + content + `},{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"` + Mark + `"}]}],"model":"m"}`)))
		if strings.Contains(stripped, Mark) || !strings.Contains(stripped, `"tool_use"`) || !json.Valid([]byte(stripped)) || strings.Count(stripped, "role") != 2 {
			t.Error(stripped)
		}
	})
	t.Run("thinking is for those who asked", func(t *testing.T) {
		events := stream(part(&conversation.Thinking{}, said("hm")), part(words(""), said("x")), ends(conversation.Stopped))
		out, _ := write(t, &conversation.Request{}, events...)
		if strings.Contains(out, "thinking_delta") {
			t.Error(out)
		}
		out, list := write(t, &conversation.Request{Reasoning: conversation.Reasoning{Adaptive: true, Show: ptr(false)}}, events...)
		if strings.Contains(out, "thinking_delta") || at(list[2], "delta", "type") != "signature_delta" {
			t.Error(out)
		}
	})
	t.Run("case 52: stop reasons", func(t *testing.T) {
		for reason, want := range map[conversation.Reason]string{conversation.Stopped: "end_turn", conversation.MaxTokens: "max_tokens", conversation.StopWord: "stop_sequence", conversation.Refused: "refusal",
			conversation.PausedTurn: "pause_turn", conversation.ContextFull: "model_context_window_exceeded", conversation.CallsTools: "end_turn", "": "end_turn", "odd": "end_turn"} {
			_, list := write(t, &conversation.Request{Stop: []string{"END"}}, stream(part(words(""), said("x")), ends(reason))...)
			same(t, string(reason), at(list[len(list)-2], "delta", "stop_reason"), want)
			if reason == conversation.StopWord {
				same(t, "case 54: its word", at(list[len(list)-2], "delta", "stop_sequence"), "END")
			}
		}
		_, list := write(t, &conversation.Request{}, stream(part(&conversation.Refusal{}, said("no")), ends(conversation.Stopped))...)
		same(t, "a refusal", at(list[len(list)-2], "delta", "stop_reason"), "refusal")
	})
	t.Run("a reply without content", func(t *testing.T) {
		_, list := write(t, &conversation.Request{Model: "asked"}, ends(conversation.Stopped)...)
		same(t, "events", len(list), 3)
		same(t, "model", at(list[0], "message", "model"), "asked")
	})
	t.Run("citations are never null", func(t *testing.T) {
		body, err := Codec{}.EncodeReply(&conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{words("x")}}}}, nil)
		if err != nil || strings.Contains(string(body), "citations") {
			t.Errorf("%s, %v", body, err)
		}
		judge(t, "Message", body)
	})
}

const head = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}`

func TestReaderCases(t *testing.T) {
	stop := func(i int) string { return `{"type":"content_block_stop","index":` + string(rune('0'+i)) + `}` }
	tail := func(reason string) []string {
		return []string{`{"type":"message_delta","delta":{"stop_reason":"` + reason + `","stop_sequence":null},"usage":{"output_tokens":42}}`, `{"type":"message_stop"}`}
	}
	text := []string{`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Größe"}}`}
	t.Run("case 4: cut off", func(t *testing.T) {
		events, err := read(t, wire(append([]string{head}, text...)...))
		var e *protocol.Error
		if !errors.As(err, &e) || e.Kind != protocol.Network {
			t.Errorf("%v", err)
		}
		if _, finish, _ := gather(events); finish != nil {
			t.Error("finished")
		}
	})
	t.Run("case 5 and 6: an error in the stream", func(t *testing.T) {
		_, err := read(t, wire(append(append([]string{head}, text...), `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`)...))
		var e *protocol.Error
		if !errors.As(err, &e) || e.Kind != protocol.Overloaded {
			t.Errorf("%v", err)
		}
	})
	t.Run("case 8 and 9: double ends, and what follows the end", func(t *testing.T) {
		events, err := read(t, wire(append(append(append([]string{head}, text...), stop(0), tail("end_turn")[0]), append(tail("max_tokens"), text...)...)...))
		parts, finish, usage := gather(events)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "parts", parts, []conversation.Part{words("Größe")})
		same(t, "finish", finish.Reason, conversation.MaxTokens)
		same(t, "case 55 and 57: usage", usage, protocol.Usage{Input: 10, CacheRead: 5, Output: 42})
	})
	t.Run("case 16: woven blocks", func(t *testing.T) {
		start := func(i int, name string) string {
			return `{"type":"content_block_start","index":` + string(rune('0'+i)) + `,"content_block":{"type":"tool_use","id":"t` + name + `","name":"` + name + `","input":{}}}`
		}
		piece := func(i int, s string) string {
			return `{"type":"content_block_delta","index":` + string(rune('0'+i)) + `,"delta":{"type":"input_json_delta","partial_json":` + show(s) + `}}`
		}
		data := append([]string{head, start(0, "f"), start(1, "g"), piece(0, `{"a"`), piece(1, `{"b"`), piece(1, `:2}`), stop(1), piece(0, `:1}`), stop(0)}, tail("tool_use")...)
		events, err := read(t, wire(data...))
		parts, finish, _ := gather(events)
		if err != nil || finish.Reason != conversation.CallsTools {
			t.Errorf("%v, %v", err, finish)
		}
		same(t, "parts", parts, []conversation.Part{calls("tf", "f", `{"a":1}`), calls("tg", "g", `{"b":2}`)})
	})
	t.Run("case 17 and 18: calls of relays", func(t *testing.T) {
		_, err := read(t, wire(head, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":" ","input":{}}}`))
		if err == nil {
			t.Error("a call without a name")
		}
		events, err := read(t, wire(append([]string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}`, stop(0)}, tail("end_turn")...)...))
		parts, finish, _ := gather(events)
		same(t, "whole input at the start", parts, []conversation.Part{calls("t", "f", `{"a":1}`)})
		if err != nil || finish.Reason != conversation.CallsTools {
			t.Errorf("case 53: %v, %v", err, finish)
		}
	})
	t.Run("case 24: the vendor's search is not the client's call", func(t *testing.T) {
		events, err := read(t, wire(append([]string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}`, stop(0),
			`{"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"s","content":[]}}`, stop(1),
			`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"","citations":[]}}`,
			`{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://t","title":null,"cited_text":"q","encrypted_index":"e"}}}`,
			`{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Größe"}}`, stop(2)}, tail("end_turn")...)...))
		parts, finish, _ := gather(events)
		if err != nil || finish.Reason != conversation.Stopped {
			t.Errorf("%v, %v", err, finish)
		}
		same(t, "parts", parts, []conversation.Part{&conversation.Text{Text: "Größe", Citations: []conversation.Citation{{URL: "https://t", Quote: "q", To: 5}}}})
	})
	t.Run("case 34 and 36: thinking", func(t *testing.T) {
		events, err := read(t, wire(append([]string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}`, stop(0),
			`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"red"}}`, stop(1), `{"type":"ping"}`}, tail("end_turn")...)...))
		parts, _, _ := gather(events)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "parts", parts, []conversation.Part{&conversation.Thinking{Text: "hm", Signature: "sig", Origin: protocol.Anthropic}, &conversation.Thinking{Sealed: "red", Origin: protocol.Anthropic}})
	})
	t.Run("case 52: stop reasons", func(t *testing.T) {
		for raw, want := range map[string]conversation.Reason{"end_turn": conversation.Stopped, "max_tokens": conversation.MaxTokens, "pause_turn": conversation.PausedTurn, "refusal": conversation.Refused,
			"model_context_window_exceeded": conversation.ContextFull, "tool_use": conversation.Stopped, "odd": conversation.Stopped} {
			events, err := read(t, wire(append(append([]string{head}, text...), append([]string{stop(0)}, tail(raw)...)...)...))
			_, finish, _ := gather(events)
			if err != nil {
				t.Fatal(err)
			}
			same(t, raw, *finish, conversation.Finish{Reason: want, Raw: raw})
		}
		events, _ := read(t, wire(head, `{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":4}}`))
		_, finish, _ := gather(events)
		same(t, "case 54, and without message_stop", *finish, conversation.Finish{Reason: conversation.StopWord, Word: "END", Raw: "stop_sequence"})
		events, _ = read(t, wire(head, `{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio","explanation":"no"}},"usage":{"output_tokens":4}}`, `{"type":"message_stop"}`))
		parts, _, _ := gather(events)
		same(t, "a refusal's words", parts, []conversation.Part{&conversation.Refusal{Text: "no"}})
	})
}

func TestDecodeReply(t *testing.T) {
	reply, err := Codec{}.DecodeReply([]byte(`{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"r"},
		{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"So","citations":[{"type":"web_search_result_location","url":"https://t","title":"T","cited_text":"q"}]},
		{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"end_turn","stop_sequence":null,
		"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":7,"service_tier":"standard"}}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "reply", reply, &conversation.Reply{ID: "msg_1", Model: "claude-x", ServiceTier: "standard", HasUsage: true, Usage: protocol.Usage{Input: 10, CacheRead: 5, CacheWrite: 10, CacheWrite1h: 20, Output: 7},
		Choices: []conversation.Choice{{Finish: conversation.Finish{Reason: conversation.CallsTools, Raw: "end_turn"}, Parts: []conversation.Part{
			&conversation.Thinking{Text: "hm", Signature: "s", Origin: protocol.Anthropic}, &conversation.Thinking{Sealed: "r", Origin: protocol.Anthropic},
			&conversation.Text{Text: "So", Citations: []conversation.Citation{{URL: "https://t", Title: "T", Quote: "q", To: 2}}}, calls("t", "f", `{"a":1}`)}}}})
	for body, kind := range map[string]protocol.Kind{``: protocol.BadReply, `<html>`: protocol.Wall, `{}`: protocol.BadReply, `{"input_tokens":5}`: protocol.BadReply,
		`{"type":"error","error":{"type":"rate_limit_error","message":"x"}}`: protocol.RateLimited, `{"content":[{"type":"tool_use","id":"x","name":""}],"stop_reason":"tool_use"}`: protocol.BadReply} {
		_, err := Codec{}.DecodeReply([]byte(body))
		var e *protocol.Error
		if !errors.As(err, &e) || e.Kind != kind {
			t.Errorf("case 6: %s: %v", body, err)
		}
	}
}
