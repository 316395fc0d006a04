package openairesponses

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// tell lists events in short.
func tell(es []conversation.Event) (out []string) {
	for _, e := range es {
		switch e := e.(type) {
		case *conversation.Start:
			out = append(out, "start "+e.ID+" "+e.Model)
		case *conversation.PartStart:
			out = append(out, name(e.Part))
		case *conversation.Delta:
			s := "+" + e.Text + e.Sealed + e.Data
			if e.Citation != nil {
				s += "<" + e.Citation.URL + ">"
			}
			out = append(out, s)
		case *conversation.PartEnd:
			out = append(out, "end")
		case *conversation.Told:
			out = append(out, "told")
		case *conversation.Finished:
			out = append(out, "finish "+string(e.Finish.Reason))
		}
	}
	return out
}

func name(p conversation.Part) string {
	switch p := p.(type) {
	case *conversation.Text:
		return "text"
	case *conversation.Refusal:
		return "refusal"
	case *conversation.Thinking:
		return "thinking " + p.ID
	case *conversation.ToolCall:
		return strings.TrimSpace(string(p.Kind) + " " + p.ID + " " + p.Namespace + " " + p.Name)
	}
	return "media"
}

const created = `{"type":"response.created","response":{"id":"resp_1","model":"gpt","created_at":7,"status":"in_progress"}}`

func completed(more string) string {
	return `{"type":"response.completed","response":{"id":"resp_1","status":"completed"` + more + `}}`
}

func expect(t *testing.T, es []conversation.Event, want ...string) {
	t.Helper()
	if got := strings.Join(tell(es), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func kindOf(err error) protocol.Kind {
	var e *protocol.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func TestReader(t *testing.T) {
	t.Run("case 4: a stream that ends early is not whole", func(t *testing.T) {
		es, err := events(t, stream(created, `{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}`))
		if kindOf(err) != protocol.Network {
			t.Error(err)
		}
		expect(t, es, "start resp_1 gpt", "text", "+a", "end")
	})
	t.Run("case 5, case 6: errors", func(t *testing.T) {
		for data, kind := range map[string]protocol.Kind{
			`{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Rate limit reached"}}}`: protocol.RateLimited,
			`{"type":"error","code":"server_error","message":"boom"}`:                                                                         protocol.ServerError,
			`{"error":{"message":"insufficient balance"}}`:                                                                                    protocol.OutOfMoney,
			completed(`,"status":"failed","error":{"code":"server_error","message":"boom"}`):                                                  protocol.ServerError,
		} {
			es, err := events(t, stream(created, data, completed("")))
			if len(es) != 1 || kindOf(err) != kind {
				t.Errorf("%s: %v %v", data, tell(es), err)
			}
		}
		if _, err := events(t, stream(created, `{"type":`)); kindOf(err) != protocol.BadReply {
			t.Error(err)
		}
	})
	t.Run("case 9: nothing counts after the end", func(t *testing.T) {
		es, _ := events(t, stream(created, completed(""), `{"type":"response.output_text.delta","delta":"x"}`, completed(""), "[DONE]"))
		expect(t, es, "start resp_1 gpt", "finish stop")
	})
	t.Run("case 15: a call begins when its name is known", func(t *testing.T) {
		es, _ := events(t, stream(created, `{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c","arguments":""}}`,
			`{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc","delta":"{\"a\""}`, `{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc","delta":":1}"}`,
			`{"type":"response.function_call_arguments.done","output_index":0,"item_id":"fc","name":"f","arguments":"{\"a\":1}"}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{\"a\":1}"}}`, completed("")))
		expect(t, es, "start resp_1 gpt", "function c  f", `+{"a":1}`, "end", "finish tool-calls")
	})
	t.Run("case 16: parallel calls interleaved by output_index, or by item_id alone", func(t *testing.T) {
		add := func(i, id string) string {
			return `{"type":"response.output_item.added","output_index":` + i + `,"item":{"type":"function_call","id":"` + id + `","call_id":"c` + id + `","name":"f","arguments":""}}`
		}
		done := func(i, id string) string {
			return `{"type":"response.output_item.done","output_index":` + i + `,"item":{"type":"function_call","id":"` + id + `","call_id":"c` + id + `","name":"f","arguments":"12"}}`
		}
		for _, where := range [][2]string{{`"output_index":0`, `"output_index":1`}, {`"item_id":"a"`, `"item_id":"b"`}} {
			delta := func(w, s string) string {
				return `{"type":"response.function_call_arguments.delta",` + w + `,"delta":"` + s + `"}`
			}
			es, _ := events(t, stream(created, add("0", "a"), add("1", "b"), delta(where[0], "1"), delta(where[1], "3"), delta(where[0], "2"), delta(where[1], "4"), done("1", "b"), done("0", "a"), completed("")))
			expect(t, es, "start resp_1 gpt", "function ca  f", "+1", "+2", "end", "function cb  f", "+3", "+4", "end", "finish tool-calls")
		}
	})
	t.Run("case 17: a call without a name is an error", func(t *testing.T) {
		_, err := events(t, stream(created, `{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":" ","arguments":"{}"}}`))
		if kindOf(err) != protocol.BadReply {
			t.Error(err)
		}
	})
	t.Run("case 18: no arguments are an empty object", func(t *testing.T) {
		es, _ := events(t, stream(created, `{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c","name":"f","arguments":""}}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c","name":"f","arguments":""}}`, completed("")))
		expect(t, es, "start resp_1 gpt", "function c  f", "+{}", "end", "finish tool-calls")
	})
	t.Run("case 7: a relay without deltas, or with nothing but the end", func(t *testing.T) {
		message := `{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"hi","annotations":[{"type":"url_citation","url":"https://x.test","title":"x","start_index":0,"end_index":2}]}]}`
		want := []string{"start resp_1 gpt", "text", "+hi", "+<https://x.test>", "end", "finish stop"}
		es, _ := events(t, stream(created, `{"type":"response.output_item.done","output_index":0,"item":`+message+`}`, completed(`,"output":[`+message+`]`)))
		expect(t, es, want...)
		es, _ = events(t, stream(created, completed(`,"output":[`+message+`]`)))
		expect(t, es, want...)
	})
	t.Run("case 38: reasoning, summary in paragraphs, sealed at its end; empty reasoning is nothing", func(t *testing.T) {
		es, _ := events(t, stream(created, `{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[]}}`,
			`{"type":"response.reasoning_summary_part.added","output_index":0,"item_id":"rs","summary_index":0,"part":{"type":"summary_text","text":""}}`,
			`{"type":"response.reasoning_summary_text.delta","output_index":0,"item_id":"rs","summary_index":0,"delta":"a"}`, `{"type":"response.reasoning_summary_text.delta","output_index":0,"item_id":"rs","summary_index":1,"delta":"b"}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"S"}}`,
			`{"type":"response.output_item.added","output_index":1,"item":{"type":"reasoning","id":"r2","summary":[]}}`, `{"type":"response.output_item.done","output_index":1,"item":{"type":"reasoning","id":"r2","summary":[]}}`, completed("")))
		expect(t, es, "start resp_1 gpt", "thinking rs", "+a", "+\n\nb", "+S", "end", "finish stop")
	})
	t.Run("case 52, case 53: stop reasons", func(t *testing.T) {
		call := `,"output":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]`
		refusal := `,"output":[{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]`
		for _, c := range []struct {
			data string
			want conversation.Reason
		}{
			{completed(""), conversation.Stopped}, {completed(call), conversation.CallsTools}, {completed(refusal), conversation.Refused},
			{`{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}` + call + `}}`, conversation.MaxTokens},
			{`{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}`, conversation.Refused},
			{`{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"something new"}}}`, conversation.MaxTokens},
			{`{"type":"response.done","response":{}}`, conversation.Stopped},
		} {
			es, _ := events(t, stream(created, c.data))
			if f, is := es[len(es)-1].(*conversation.Finished); !is || f.Finish.Reason != c.want {
				t.Errorf("%s: %v", c.data, tell(es))
			}
		}
	})
	t.Run("case 55, case 58: usage in disjoint classes", func(t *testing.T) {
		es, _ := events(t, stream(created, completed(`,"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}`)))
		if told := es[1].(*conversation.Told); told.Usage != (protocol.Usage{Input: 5, CacheRead: 4, CacheWrite: 1, Output: 5, Reasoning: 2}) {
			t.Errorf("%+v", told)
		}
	})
	t.Run("case 5: what a failed response has cost is told", func(t *testing.T) {
		es, err := events(t, stream(created, `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"},"usage":{"input_tokens":3,"output_tokens":1}}}`))
		if expect(t, es, "start resp_1 gpt", "told"); kindOf(err) != protocol.ServerError {
			t.Error(err)
		}
	})
	t.Run("case 56: cached tokens by another vendor's word", func(t *testing.T) {
		es, _ := events(t, stream(created, completed(`,"usage":{"input_tokens":10,"prompt_cache_hit_tokens":4,"output_tokens":5}`)))
		if told := es[1].(*conversation.Told); told.Usage != (protocol.Usage{Input: 6, CacheRead: 4, Output: 5}) {
			t.Errorf("%+v", told)
		}
	})
	t.Run("what is held back is bounded", func(t *testing.T) {
		r := Codec{}.NewReader()
		add := func(i string) []byte {
			return []byte(`{"type":"response.output_item.added","output_index":` + i + `,"item":{"type":"function_call","call_id":"` + i + `","name":"f","arguments":""}}`)
		}
		_, _ = r.Read(nil, add("0"))
		_, _ = r.Read(nil, add("1"))
		delta := []byte(`{"type":"response.function_call_arguments.delta","output_index":1,"delta":"` + strings.Repeat("x", 1<<20) + `"}`)
		var err error
		for i := 0; i < 17 && err == nil; i++ {
			_, err = r.Read(nil, delta)
		}
		if kindOf(err) != protocol.BadReply {
			t.Error(err)
		}
	})
}

func TestWriter(t *testing.T) {
	request := decode(t, codex)
	start := &conversation.Start{ID: "chatcmpl-1", Model: "glm", Created: 7}
	part := func(p conversation.Part, texts ...string) (es []conversation.Event) {
		es = append(es, &conversation.PartStart{Part: p})
		for _, s := range texts {
			es = append(es, &conversation.Delta{Text: s})
		}
		return append(es, &conversation.PartEnd{})
	}
	run := func(es ...conversation.Event) []conversation.Event { return append([]conversation.Event{start}, es...) }
	finish := func(r conversation.Reason) conversation.Event {
		return &conversation.Finished{Finish: conversation.Finish{Reason: r}}
	}

	t.Run("case 9, case 10: the grammar", func(t *testing.T) {
		es := run(part(&conversation.Thinking{}, "hm", "m")...)
		es = append(es, part(&conversation.Text{}, "one \"q\"\n", "two\u2028 你好")...)
		es = append(es, part(&conversation.Refusal{}, "no")...)
		es = append(es, part(&conversation.ToolCall{ID: "c1", Name: "exec_command", Kind: conversation.Function}, `{"cmd":`, `"ls"}`)...)
		es = append(es, part(&conversation.ToolCall{Name: "spawn", Kind: conversation.Function})...)
		es = append(es, &conversation.PartStart{Part: &conversation.Media{Kind: conversation.Image}}, &conversation.Delta{Data: "AAAA"}, &conversation.PartEnd{})
		es = append(es, finish(conversation.CallsTools), &conversation.Told{Usage: protocol.Usage{Input: 5, CacheRead: 4, CacheWrite1h: 1, Output: 5, Reasoning: 2}}, &conversation.Alive{})
		b := write(t, request, es...)
		end := last(t, b)
		if end.Type != "response.completed" || end.Response["id"] != "chatcmpl-1" || end.Response["model"] != "glm" || end.Response["created_at"] != 7.0 {
			t.Errorf("%v", end.Response)
		}
		same(t, end.Response["usage"], `{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}`)
		out := end.Response["output"].([]any)
		for i := range out {
			delete(out[i].(map[string]any), "id")
		}
		made := out[3].(map[string]any)
		if id := made["call_id"].(string); !strings.HasPrefix(id, "call_") || len(id) > 64 {
			t.Errorf("call_id %q", id)
		}
		delete(made, "call_id")
		same(t, out, `[{"type":"reasoning","summary":[{"type":"summary_text","text":"hmm"}]},
			{"type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"one \"q\"\ntwo\u2028 你好","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"no"}]},
			{"type":"function_call","status":"completed","call_id":"c1","name":"exec_command","arguments":"{\"cmd\":\"ls\"}"},
			{"type":"function_call","status":"completed","name":"spawn","namespace":"multi_agent","arguments":"{}"},
			{"type":"image_generation_call","status":"completed","result":"AAAA"}]`)
		back, err := events(t, b)
		if err != nil {
			t.Error(err)
		}
		expect(t, back[1:3], "thinking "+back[1].(*conversation.PartStart).Part.(*conversation.Thinking).ID, "+hm")
	})
	t.Run("case 4: cut off is no success", func(t *testing.T) {
		for _, es := range [][]conversation.Event{nil, run(), run(&conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "a"})} {
			if end := last(t, write(t, request, es...)); end.Type != "response.failed" || end.Response["status"] != "failed" {
				t.Errorf("%v", end)
			}
		}
	})
	t.Run("case 5: a fault ends the stream, and nothing follows", func(t *testing.T) {
		end := last(t, write(t, request, run(&conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "a"}, &conversation.Fault{Err: &protocol.Error{Kind: protocol.OutOfMoney, Message: "no money"}},
			&conversation.Delta{Text: "b"}, finish(conversation.Stopped))...))
		same(t, end.Response["error"], `{"code":"insufficient_quota","message":"no money"}`)
		var seen protocol.Reply
		b := write(t, request, &conversation.Fault{Err: &protocol.Error{Kind: protocol.RateLimited}})
		if (Dialect{}).Event(nil, b[strings.LastIndex(string(b), "data: ")+6:len(b)-2], &seen) != protocol.Failed || seen.Err.Kind != protocol.RateLimited {
			t.Errorf("%+v", seen.Err)
		}
	})
	t.Run("case 8: one end, with usage told after the finish", func(t *testing.T) {
		end := last(t, write(t, request, run(finish(conversation.Stopped), finish(conversation.MaxTokens), &conversation.Told{Usage: protocol.Usage{Input: 1}})...))
		if end.Type != "response.completed" || end.Response["usage"] == nil {
			t.Errorf("%v", end)
		}
	})
	t.Run("case 23: a custom tool's input comes out of the function that stood for it", func(t *testing.T) {
		for arguments, want := range map[string]string{`{"input":"*** Begin\nx"}`: "*** Begin\nx", `{"patch":"p"}`: "p", `{"input":"i","why":"w"}`: "i", `{"a":"b","c":"d"}`: `{"a":"b","c":"d"}`, `*** raw`: "*** raw", ``: ""} {
			es := append(run(part(&conversation.ToolCall{ID: "c", Name: "apply_patch", Kind: conversation.Function}, arguments)...), finish(conversation.CallsTools))
			end := last(t, write(t, request, Codec{}.Restorer(request, conversation.Target{}).Events(es)...))
			item := end.Response["output"].([]any)[0].(map[string]any)
			if item["type"] != "custom_tool_call" || item["input"] != want {
				t.Errorf("%s: %v", arguments, item)
			}
		}
	})
	t.Run("case 24: citations", func(t *testing.T) {
		b := write(t, request, run(&conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "abc"}, &conversation.Delta{Citation: &conversation.Citation{URL: "https://x.test", Title: "X", From: 1, To: 2}},
			&conversation.Delta{Citation: &conversation.Citation{Quote: "of a document"}}, &conversation.PartEnd{}, finish(conversation.Stopped))...)
		back, _ := events(t, b)
		if d := back[3].(*conversation.Delta); *d.Citation != (conversation.Citation{URL: "https://x.test", Title: "X", From: 1, To: 2}) {
			t.Errorf("%v", tell(back))
		}
	})
	t.Run("case 34: another vendor's signature never reaches a client that does not send it back", func(t *testing.T) {
		request := decode(t, `{"model":"m","input":"x"}`)
		b := write(t, request, run(&conversation.PartStart{Part: &conversation.Thinking{Origin: protocol.Anthropic}}, &conversation.Delta{Text: "t"}, &conversation.Delta{Signature: "SIGN", Sealed: "SEAL"}, &conversation.PartEnd{}, finish(conversation.Stopped))...)
		if end := last(t, write(t, request, run(&conversation.PartStart{Part: &conversation.Thinking{Sealed: "SEAL", Origin: protocol.Anthropic}}, &conversation.PartEnd{}, finish(conversation.Stopped))...)); len(end.Response["output"].([]any)) != 0 {
			t.Errorf("redacted thinking is shown: %v", end.Response)
		}
		if s := string(b); strings.Contains(s, "SIGN") || strings.Contains(s, "SEAL") || strings.Contains(s, "encrypted_content") {
			t.Error(s)
		}
	})
	// Codex asks for encrypted reasoning and sends it back: then Claude goes on thinking while it calls tools, and Gemini has its signatures.
	t.Run("case 35: another vendor's thinking comes back to it as it was, streamed and whole", func(t *testing.T) {
		parts := []conversation.Part{
			&conversation.Thinking{Text: "One.\n\nTwo.", Signature: "SIGN", Origin: protocol.Anthropic},
			&conversation.Thinking{Sealed: "SEAL", Origin: protocol.Anthropic},
			&conversation.Thinking{Text: "nobody's", Summary: true},
			&conversation.ToolCall{ID: "call_1", Name: "exec_command", Kind: conversation.Function, Arguments: "{}", Signature: "CALL", Origin: protocol.Gemini},
			&conversation.ToolCall{ID: "call_2", Name: "exec_command", Kind: conversation.Function, Arguments: "{}"},
		}
		streamed := run(
			&conversation.PartStart{Part: &conversation.Thinking{Origin: protocol.Anthropic}}, &conversation.Delta{Text: "One.\n\n"}, &conversation.Delta{Text: "Two."}, &conversation.Delta{Signature: "SIGN"}, &conversation.PartEnd{},
			&conversation.PartStart{Part: &conversation.Thinking{Origin: protocol.Anthropic}}, &conversation.Delta{Sealed: "SEAL"}, &conversation.PartEnd{},
			&conversation.PartStart{Part: &conversation.Thinking{Summary: true}}, &conversation.Delta{Text: "nobody's"}, &conversation.PartEnd{},
			&conversation.PartStart{Part: &conversation.ToolCall{ID: "call_1", Name: "exec_command", Kind: conversation.Function, Origin: protocol.Gemini}}, &conversation.Delta{Signature: "CALL"}, &conversation.Delta{Text: "{}"}, &conversation.PartEnd{},
			&conversation.PartStart{Part: &conversation.ToolCall{ID: "call_2", Name: "exec_command", Kind: conversation.Function, Origin: protocol.Gemini}}, &conversation.PartEnd{},
			finish(conversation.CallsTools))
		whole, err := Codec{}.EncodeReply(&conversation.Reply{Choices: []conversation.Choice{{Parts: parts, Finish: conversation.Finish{Reason: conversation.CallsTools}}}}, request)
		if err != nil {
			t.Fatal(err)
		}
		var reply map[string]any
		if err := json.Unmarshal(whole, &reply); err != nil {
			t.Fatal(err)
		}
		for _, output := range []any{last(t, write(t, request, streamed...)).Response["output"], reply["output"]} {
			items, _ := json.Marshal(output)
			body := []byte(`{"model":"m","input":` + string(items) + `}`)
			got := decode(t, string(body)).Messages[0].Parts
			if th, is := got[2].(*conversation.Thinking); is {
				th.ID = "" // the codec's own
			}
			if !reflect.DeepEqual(got, parts) {
				a, _ := json.Marshal(got)
				t.Errorf("%s came back as %s", items, a)
			}
			if p, err := (Dialect{}).Peek(body); err != nil || len(p.Refs) != 0 {
				t.Errorf("%v leans on %v, %v", output, p.Refs, err)
			}
			for _, sent := range []string{string(body), strings.ReplaceAll(string(body), `"id":"rs_metapi_`, `"was":"`)} {
				if s := string(StripForeign([]byte(sent))); strings.Contains(s, "rs_metapi_") || strings.Count(s, "function_call") != 2 {
					t.Errorf("OpenAI would see %s", s)
				}
			}
		}
	})
	t.Run("case 52: stop reasons", func(t *testing.T) {
		for r, want := range map[conversation.Reason]string{conversation.Stopped: "completed ", conversation.StopWord: "completed ", conversation.CallsTools: "completed ", conversation.MaxTokens: "incomplete max_output_tokens",
			conversation.ContextFull: "incomplete max_output_tokens", conversation.PausedTurn: "incomplete max_output_tokens", conversation.Refused: "incomplete content_filter"} {
			es := append(run(part(&conversation.Text{}, "a")...), finish(r))
			end := last(t, write(t, request, es...)).Response
			reason := ""
			if d, is := end["incomplete_details"].(map[string]any); is {
				reason = d["reason"].(string)
			}
			if got := end["status"].(string) + " " + reason; got != want {
				t.Errorf("%s: %s", r, got)
			}
		}
		es := append(run(part(&conversation.Refusal{}, "no")...), finish(conversation.Refused))
		if end := last(t, write(t, request, es...)); end.Type != "response.completed" {
			t.Errorf("%v", end)
		}
	})
	t.Run("case 57: usage replaces usage", func(t *testing.T) {
		end := last(t, write(t, request, &conversation.Start{Usage: protocol.Usage{Input: 9}, HasUsage: true}, &conversation.Told{Usage: protocol.Usage{Input: 9, Output: 1}}, &conversation.Told{Usage: protocol.Usage{Input: 9, Output: 4}}, finish(conversation.Stopped)))
		if u := end.Response["usage"].(map[string]any); u["input_tokens"] != 9.0 || u["output_tokens"] != 4.0 {
			t.Errorf("%v", u)
		}
	})
	t.Run("reasoning that says nothing leaves nothing, and not its id either", func(t *testing.T) {
		end := last(t, write(t, request, run(append(part(&conversation.Thinking{ID: "rs_1", Origin: protocol.OpenAIResponses}), append(part(&conversation.Text{}, "a"), finish(conversation.Stopped))...)...)...))
		if out := end.Response["output"].([]any); len(out) != 1 || !strings.HasPrefix(out[0].(map[string]any)["id"].(string), "msg_") {
			t.Errorf("%v", out)
		}
	})
	t.Run("what is kept is bounded", func(t *testing.T) {
		w := Codec{}.NewWriter(request)
		b := w.Write(nil, &conversation.PartStart{Part: &conversation.Text{}})
		for range 18 {
			b = w.Write(b[:0], &conversation.Delta{Text: strings.Repeat("x", 1<<20)})
		}
		if b = w.Close(b); len(b) != 0 {
			t.Error("it went on")
		}
	})
}

func TestReply(t *testing.T) {
	request := decode(t, codex)
	t.Run("a whole reply has every member of a Response", func(t *testing.T) {
		b, err := Codec{}.EncodeReply(&conversation.Reply{Choices: []conversation.Choice{{Finish: conversation.Finish{Reason: conversation.MaxTokens}, Parts: []conversation.Part{
			&conversation.Thinking{Text: "t", ID: "rs_9", Sealed: "S", Origin: protocol.OpenAIResponses}, &conversation.Text{Text: "a", Citations: []conversation.Citation{{URL: "https://x.test"}}},
			&conversation.ToolCall{ID: "c", Name: "apply_patch", Kind: conversation.Custom, Arguments: "p"}, &conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgo="}}}},
			Usage: protocol.Usage{Input: 1, Output: 2}, HasUsage: true, ServiceTier: "priority"}, request)
		if err != nil {
			t.Fatal(err)
		}
		valid(t, "Response", b)
		reply, err := Codec{}.DecodeReply(b)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(reply.ID, "resp_") || reply.Model != "gpt-5.5" || reply.ServiceTier != "priority" || reply.Usage != (protocol.Usage{Input: 1, Output: 2}) || reply.Choices[0].Finish.Reason != conversation.MaxTokens {
			t.Errorf("%+v", reply)
		}
		same(t, reply.Choices[0].Parts, `[{"Text":"t","ID":"rs_9","Summary":true,"Signature":"","Sealed":"S","Origin":"openai-responses"},{"Text":"a","Cache":null,"LogProbs":null,"Citations":[{"URL":"https://x.test","Title":"","Quote":"","From":0,"To":0}]},
			{"ID":"c","Name":"apply_patch","Namespace":"","Kind":"custom","Arguments":"p","Signature":"","Origin":"none","Cache":null},{"Kind":"image","Type":"image/png","Data":"iVBORw0KGgo=","URL":"","FileID":"","Name":"","Detail":"","Cache":null}]`)
	})
	t.Run("case 6: errors within a 200", func(t *testing.T) {
		for body, kind := range map[string]protocol.Kind{``: protocol.BadReply, `<html>`: protocol.Wall, `{"error":{"message":"insufficient balance"}}`: protocol.OutOfMoney, `{"id":"r","status":"in_progress","output":[]}`: protocol.BadReply,
			`{"id":"r","status":"cancelled","output":[]}`: protocol.BadReply, `{"status":"failed","error":{"code":"server_error","message":"x"}}`: protocol.ServerError,
			`{"status":"completed","output":[{"type":"function_call","call_id":"c","name":" "}]}`: protocol.BadReply} {
			if _, err := (Codec{}).DecodeReply([]byte(body)); kindOf(err) != kind {
				t.Errorf("%s: %v, want %s", body, err, kind)
			}
		}
	})
	t.Run("case 53: a call, though the upstream says completed; the status left out", func(t *testing.T) {
		reply, err := Codec{}.DecodeReply([]byte(`{"output":[{"type":"function_call","call_id":"c","name":"f","arguments":null}]}`))
		if err != nil || reply.Choices[0].Finish.Reason != conversation.CallsTools || reply.Choices[0].Parts[0].(*conversation.ToolCall).Arguments != "{}" {
			t.Errorf("%+v %v", reply, err)
		}
	})
}
