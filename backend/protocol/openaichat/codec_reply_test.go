package openaichat

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// told writes events down in short: what a test compares.
func told(events []conversation.Event) string {
	var b strings.Builder
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.Start:
			fmt.Fprintf(&b, "start(%s %s)", e.ID, e.Model)
		case *conversation.PartStart:
			switch p := e.Part.(type) {
			case *conversation.Text:
				fmt.Fprintf(&b, "%d:text", e.Choice)
			case *conversation.Thinking:
				fmt.Fprintf(&b, "%d:thinking", e.Choice)
			case *conversation.Refusal:
				fmt.Fprintf(&b, "%d:refusal", e.Choice)
			case *conversation.Media:
				fmt.Fprintf(&b, "%d:media", e.Choice)
			case *conversation.ToolCall:
				fmt.Fprintf(&b, "%d:call(%s %s)", e.Choice, p.ID, p.Name)
			}
		case *conversation.Delta:
			fmt.Fprintf(&b, "+%s", e.Text+e.Signature+e.Sealed+e.Data)
			if e.Citation != nil {
				fmt.Fprintf(&b, "[%s]", e.Citation.URL)
			}
		case *conversation.PartEnd:
			b.WriteString(".")
		case *conversation.Told:
			fmt.Fprintf(&b, "usage(%d %d %d %d)", e.Usage.Input, e.Usage.CacheRead, e.Usage.Output, e.Usage.Reasoning)
		case *conversation.Finished:
			fmt.Fprintf(&b, "%d:finish(%s)", e.Choice, e.Finish.Reason)
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

func stream(datas ...string) (events []conversation.Event, err error) {
	r := Codec{}.NewReader()
	for _, d := range datas {
		got, err := r.Read(nil, []byte(d))
		events = append(events, got...)
		if err != nil {
			return events, err
		}
	}
	got, err := r.End()
	return append(events, got...), err
}

// one is a chunk of one choice.
func chunkOf(delta string) string {
	return `{"id":"c","model":"m","choices":[{"index":0,"delta":{` + delta + `},"finish_reason":null}]}`
}

func finish(word string) string {
	return `{"choices":[{"index":0,"delta":{},"finish_reason":"` + word + `"}]}`
}

func callChunk(members string) string { return chunkOf(`"tool_calls":[{` + members + `}]`) }

func TestReaderCases(t *testing.T) {
	const done = "[DONE]"
	for _, c := range []struct {
		name  string
		datas []string
		want  string
	}{
		{"a role-only first chunk, usage at the end", []string{chunkOf(`"role":"assistant","content":"","refusal":null`), chunkOf(`"content":"Hé"`), chunkOf(`"content":" \u4f60"`), finish("stop"),
			`{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":1}}}`, done},
			"start(c m) 0:text +Hé + 你 . usage(7 3 4 1) 0:finish(stop)"},
		{"case 3: a missing [DONE]", []string{chunkOf(`"content":"a"`), finish("stop")}, "start(c m) 0:text +a . 0:finish(stop)"},
		{"case 8: a finish reason twice, usage afterwards", []string{chunkOf(`"content":"a"`), finish("length"), finish("stop"), `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, done},
			"start(c m) 0:text +a . usage(1 0 1 0) 0:finish(max-tokens)"},
		{"case 15: a call starts when id and name are known", []string{callChunk(`"index":0,"function":{"arguments":"{\"a\""}`), callChunk(`"index":0,"id":"x"`), callChunk(`"index":0,"function":{"name":"f","arguments":":1"}`), callChunk(`"index":0,"function":{"arguments":"}"}`), finish("tool_calls"), done},
			`start(c m) 0:call(x f) +{"a":1 +} . 0:finish(tool-calls)`},
		{"case 16: parallel calls interleaved by index", []string{callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":""}`), callChunk(`"index":1,"id":"y","function":{"name":"g","arguments":""}`),
			callChunk(`"index":1,"function":{"arguments":"{\"b\":"}`), callChunk(`"index":0,"function":{"arguments":"{}"}`), callChunk(`"index":1,"function":{"arguments":"2}"}`), finish("tool_calls"), done},
			`start(c m) 0:call(x f) +{} . 0:call(y g) +{"b": +2} . 0:finish(tool-calls)`},
		{"case 16: calls in a row stream as they come", []string{callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"{}"}`), callChunk(`"index":1,"id":"y","function":{"name":"g"}`), callChunk(`"index":1,"function":{"arguments":"{"}`), callChunk(`"index":1,"function":{"arguments":"}"}`), finish("tool_calls")},
			`start(c m) 0:call(x f) +{} . 0:call(y g) +{ +} . 0:finish(tool-calls)`},
		{"case 16: no index, by id, and the last goes on", []string{callChunk(`"id":"x","function":{"name":"f","arguments":"{"}`), callChunk(`"function":{"arguments":"}"}`), callChunk(`"id":"y","function":{"name":"f","arguments":"{}"}`), finish("tool_calls")},
			`start(c m) 0:call(x f) +{ +} . 0:call(y f) +{} . 0:finish(tool-calls)`},
		{"case 16: every call has index 0", []string{callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"{}"}`), callChunk(`"index":0,"id":"y","function":{"name":"g","arguments":"{}"}`), finish("tool_calls")},
			`start(c m) 0:call(x f) +{} . 0:call(y g) +{} . 0:finish(tool-calls)`},
		{"case 16: the index jumps", []string{callChunk(`"index":3,"id":"x","function":{"name":"f","arguments":"{}"}`), callChunk(`"index":9,"id":"y","function":{"name":"g","arguments":"{}"}`), finish("tool_calls")},
			`start(c m) 0:call(x f) +{} . 0:call(y g) +{} . 0:finish(tool-calls)`},
		{"case 17: the name in each chunk", []string{callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"{"}`), callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"}"}`), finish("tool_calls")},
			`start(c m) 0:call(x f) +{ +} . 0:finish(tool-calls)`},
		{"case 17: a null name, and one that comes late", []string{callChunk(`"index":0,"id":"x","function":{"name":null,"arguments":""}`), callChunk(`"index":0,"id":null,"function":{"name":"f","arguments":"{}"}`), finish("tool_calls")},
			`start(c m) 0:call(x f) +{} . 0:finish(tool-calls)`},
		{"case 18: no arguments, null, an object, no JSON", []string{callChunk(`"index":0,"id":"a","function":{"name":"f"}`), callChunk(`"index":1,"id":"b","function":{"name":"f","arguments":null}`), callChunk(`"index":2,"id":"c","function":{"name":"f","arguments":{"x":1}}`), callChunk(`"index":3,"id":"d","function":{"name":"f","arguments":"oops"}`), finish("tool_calls")},
			`start(c m) 0:call(a f) +{} . 0:call(b f) +{} . 0:call(c f) +{"x":1} . 0:call(d f) +oops . 0:finish(tool-calls)`},
		{"a call without an id", []string{callChunk(`"index":0,"function":{"name":"f","arguments":"{}"}`), finish("tool_calls")}, `start(c m) 0:call( f) +{} . 0:finish(tool-calls)`},
		{"case 26: text in one choice and the call in the other", []string{chunkOf(`"content":"I will"`), `{"choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}]}}]}`,
			finish("tool_calls"), `{"choices":[{"index":1,"delta":{},"finish_reason":"tool_calls"}]}`, done},
			`start(c m) 0:text +I will . 0:call(x f) +{} . 0:finish(tool-calls)`},
		{"n = 2", []string{chunkOf(`"content":"a"`), `{"choices":[{"index":1,"delta":{"content":"b"}}]}`, chunkOf(`"content":"c"`), finish("stop"), `{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}`, done},
			`start(c m) 0:text +a 1:text +b +c . . 0:finish(stop) 1:finish(max-tokens)`},
		{"case 27: function_call", []string{chunkOf(`"function_call":{"name":"f","arguments":""}`), chunkOf(`"function_call":{"arguments":"{\"a\":"}`), chunkOf(`"function_call":{"arguments":"1}"}`), finish("function_call"), done},
			`start(c m) 0:call( f) +{"a": +1} . 0:finish(tool-calls)`},
		{"case 40: reasoning_content", []string{chunkOf(`"reasoning_content":"hm","content":null`), chunkOf(`"reasoning_content":"m"`), chunkOf(`"content":"<think>x"`), finish("stop")}, `start(c m) 0:thinking +hm +m . 0:text +<think>x . 0:finish(stop)`},
		{"case 40: reasoning, and the same again in reasoning_content", []string{chunkOf(`"reasoning":"hm","reasoning_content":"hm"`), chunkOf(`"content":"a"`), finish("stop")}, `start(c m) 0:thinking +hm . 0:text +a . 0:finish(stop)`},
		{"case 40: reasoning_details, signed and sealed", []string{chunkOf(`"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"f","index":0}]`), chunkOf(`"reasoning_details":[{"type":"reasoning.text","signature":"s","format":"f","index":0}]`),
			chunkOf(`"reasoning_details":[{"type":"reasoning.encrypted","data":"d","format":"f","index":1}]`), chunkOf(`"content":"a"`), finish("stop")}, `start(c m) 0:thinking +hm +f|s . 0:thinking +f|d . 0:text +a . 0:finish(stop)`},
		{"case 40: <think>, cut by chunks", []string{chunkOf(`"content":"\n<th"`), chunkOf(`"content":"ink>\nhm"`), chunkOf(`"content":" <b\n</thi"`), chunkOf(`"content":"nk>\n\n"`), chunkOf(`"content":"a </think>"`), finish("stop")}, "start(c m) 0:thinking +hm + <b . 0:text +a </think> . 0:finish(stop)"},
		{"case 40: <think> unclosed", []string{chunkOf(`"content":"<think>hm"`), chunkOf(`"content":" and </"`), finish("length")}, "start(c m) 0:thinking +hm + and  +</ . 0:finish(max-tokens)"},
		{"case 40: no <think> at all", []string{chunkOf(`"content":"<"`), chunkOf(`"content":"b> <think>"`), finish("stop")}, "start(c m) 0:text +<b> <think> . 0:finish(stop)"},
		{"case 40: Mistral's blocks", []string{chunkOf(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]`), chunkOf(`"content":[{"type":"text","text":"a"}]`), chunkOf(`"content":"b"`), finish("stop")}, "start(c m) 0:thinking +hm . 0:text +a +b . 0:finish(stop)"},
		{"case 53: a call and stop", []string{callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"{}"}`), finish("stop")}, `start(c m) 0:call(x f) +{} . 0:finish(tool-calls)`},
		{"case 53: no finish reason, but [DONE]", []string{chunkOf(`"content":"a"`), done}, `start(c m) 0:text +a . 0:finish(stop)`},
		{"case 53: an unknown word", []string{chunkOf(`"content":"a"`), finish("bored"), done}, `start(c m) 0:text +a . 0:finish(stop)`},
		{"case 52: content_filter", []string{chunkOf(`"content":"a"`), finish("content_filter"), done}, `start(c m) 0:text +a . 0:finish(refusal)`},
		{"a refusal", []string{chunkOf(`"refusal":"I can"`), chunkOf(`"refusal":"not"`), finish("stop"), done}, `start(c m) 0:refusal +I can +not . 0:finish(refusal)`},
		{"case 56: Kimi's usage in the choice, DeepSeek's hits", []string{chunkOf(`"content":"a"`), `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":9,"completion_tokens":2,"cached_tokens":4}}]}`,
			`{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":5}}`, done}, `start(c m) 0:text +a . usage(5 4 2 0) usage(4 5 2 0) 0:finish(stop)`},
		{"case 57: usage in every chunk is the whole so far", []string{`{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`, `{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}`,
			`{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}`, done}, `start( ) 0:text +a usage(9 0 1 0) +b . usage(9 0 2 0) 0:finish(stop)`},
		{"case 58: reasoning beside the output", []string{chunkOf(`"content":"a"`), finish("stop"), `{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":16,"completion_tokens_details":{"reasoning_tokens":5}}}`, done}, `start(c m) 0:text +a . usage(9 0 7 5) 0:finish(stop)`},
		{"a filter's result first, with no choices", []string{`{"id":"","model":"","choices":[],"prompt_filter_results":[]}`, chunkOf(`"content":"a"`), finish("stop"), done}, `start(c m) 0:text +a . 0:finish(stop)`},
		{"citations", []string{chunkOf(`"content":"a"`), chunkOf(`"annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":1,"url":"https://x","title":"t"}}]`), finish("stop"), done}, `start(c m) 0:text +a +[https://x] . 0:finish(stop)`},
		{"pictures", []string{chunkOf(`"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]`), finish("stop"), done}, `start(c m) 0:media +AAAA . 0:finish(stop)`},
		{"Google's signature of a call", []string{callChunk(`"index":0,"id":"x","extra_content":{"google":{"thought_signature":"sig"}},"function":{"name":"f","arguments":"{}"}`), finish("stop")}, `start(c m) 0:call(x f) +{} +sig . 0:finish(tool-calls)`},
		{"case 7: a whole message in one chunk", []string{`{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}`}, `start(c m) 0:text +a . 0:finish(stop)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, err := stream(c.datas...)
			if got := told(events); err != nil || got != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

func TestReaderFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		datas []string
		kind  protocol.Kind
		told  string
	}{
		{"case 4: an end without a finish reason", []string{chunkOf(`"content":"a"`)}, protocol.BadReply, "start(c m) 0:text +a"},
		{"case 4: one of two choices is cut", []string{chunkOf(`"content":"a"`), `{"choices":[{"index":1,"delta":{"content":"b"}}]}`, finish("stop")}, protocol.BadReply, "start(c m) 0:text +a 1:text +b ."},
		{"case 5: an error in mid-stream", []string{chunkOf(`"content":"a"`), `{"error":{"message":"overloaded","code":503}}`, chunkOf(`"content":"b"`)}, protocol.Overloaded, "start(c m) 0:text +a"},
		{"case 6: an error first", []string{`{"error":{"message":"Rate limit reached","type":"rate_limit_error"}}`}, protocol.RateLimited, ""},
		{"case 6: nothing at all", nil, protocol.BadReply, ""},
		{"case 6: [DONE] and nothing else", []string{"[DONE]"}, protocol.BadReply, ""},
		{"case 17: a name of white space", []string{callChunk(`"index":0,"id":"x","function":{"name":" ","arguments":"{}"}`), finish("tool_calls")}, protocol.BadReply, "start(c m)"},
		{"no JSON", []string{chunkOf(`"content":"a"`), `{"choices":[{`}, protocol.BadReply, "start(c m) 0:text +a"},
		{"DeepSeek gives up", []string{chunkOf(`"content":"a"`), finish("insufficient_system_resource")}, protocol.Overloaded, "start(c m) 0:text +a"},
		{"a choice far out", []string{`{"choices":[{"index":4000000000,"delta":{"content":"b"}}]}`}, protocol.BadReply, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, err := stream(c.datas...)
			var e *protocol.Error
			if !errors.As(err, &e) || e.Kind != c.kind || told(events) != c.told {
				t.Errorf("%v after %q", err, told(events))
			}
		})
	}
	t.Run("what is held back is bounded", func(t *testing.T) {
		r := Codec{}.NewReader()
		_, err := r.Read(nil, []byte(callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"{"}`)))
		chunk := []byte(callChunk(`"index":1,"id":"y","function":{"name":"g","arguments":"` + strings.Repeat("a", 1<<20) + `"}`))
		for i := 0; i < 20 && err == nil; i++ {
			_, err = r.Read(nil, chunk)
		}
		if err == nil {
			t.Error("20 MB are held")
		}
	})
}

func TestDecodeReplyCases(t *testing.T) {
	message := func(m, finish string) string {
		return `{"id":"c","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"message":{"role":"assistant",` + m + `},"finish_reason":` + finish + `}],"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}`
	}
	for _, c := range []struct {
		name, body string
		want       []conversation.Part
		reason     conversation.Reason
	}{
		{"text", message(`"content":"a","refusal":null`, `"stop"`), []conversation.Part{text("a")}, conversation.Stopped},
		{"case 40: reasoning_content", message(`"content":"a","reasoning_content":"hm"`, `"stop"`), []conversation.Part{&conversation.Thinking{Text: "hm"}, text("a")}, conversation.Stopped},
		{"case 40: <think>", message(`"content":"<think>\nhm\n</think>\n\na"`, `"stop"`), []conversation.Part{&conversation.Thinking{Text: "hm"}, text("a")}, conversation.Stopped},
		{"case 18: arguments as an object", message(`"content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":{"a":1}}}]`, `"tool_calls"`), []conversation.Part{calls("x", "f", `{"a":1}`)}, conversation.CallsTools},
		{"case 18: none", message(`"content":"","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":""}}]`, `"tool_calls"`), []conversation.Part{calls("x", "f", `{}`)}, conversation.CallsTools},
		{"case 53: a call and stop", message(`"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]`, `"stop"`), []conversation.Part{calls("x", "f", `{}`)}, conversation.CallsTools},
		{"case 27: function_call", message(`"content":null,"function_call":{"name":"f","arguments":"{}"}`, `"function_call"`), []conversation.Part{calls("", "f", `{}`)}, conversation.CallsTools},
		{"a refusal", message(`"content":null,"refusal":"no"`, `"stop"`), []conversation.Part{&conversation.Refusal{Text: "no"}}, conversation.Refused},
		{"case 52: length", message(`"content":"a"`, `"length"`), []conversation.Part{text("a")}, conversation.MaxTokens},
		{"citations", message(`"content":"a","annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":1,"url":"https://x","title":"t"}}]`, `"stop"`),
			[]conversation.Part{&conversation.Text{Text: "a", Citations: []conversation.Citation{{URL: "https://x", Title: "t", To: 1}}}}, conversation.Stopped},
		{"case 26: text in one choice and the call in the other", `{"choices":[{"message":{"content":"I will"},"finish_reason":"tool_calls"},{"message":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],
			"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_cache_hit_tokens":4}}`, []conversation.Part{text("I will"), calls("x", "f", "{}")}, conversation.CallsTools},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, err := Codec{}.DecodeReply([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if len(reply.Choices) != 1 || !reflect.DeepEqual(reply.Choices[0].Parts, c.want) || reply.Choices[0].Finish.Reason != c.reason {
				got, _ := json.Marshal(reply)
				t.Errorf("%s", got)
			}
			if want := (protocol.Usage{Input: 5, CacheRead: 4, Output: 3}); reply.Usage != want {
				t.Errorf("usage %+v", reply.Usage)
			}
		})
	}
	for body, kind := range map[string]protocol.Kind{``: protocol.BadReply, `{}`: protocol.BadReply, `<html>`: protocol.Wall, `{"error":{"message":"x","code":"invalid_api_key"}}`: protocol.KeyRefused,
		message(`"content":null,"tool_calls":[{"id":"x","function":{"name":"","arguments":"{}"}}]`, `"stop"`): protocol.BadReply, `{"choices":[{"message":{"content":{"a":1}},"finish_reason":"stop"}]}`: protocol.BadReply,
		`{"choices":[{"message":"hi","finish_reason":"stop"}]}`: protocol.BadReply} {
		_, err := Codec{}.DecodeReply([]byte(body))
		var e *protocol.Error
		if !errors.As(err, &e) || e.Kind != kind {
			t.Errorf("case 6: %s: %v", body, err)
		}
	}
}

func write(r *conversation.Request, events ...conversation.Event) string {
	w := Codec{}.NewWriter(r)
	var dst []byte
	for _, e := range events {
		dst = w.Write(dst, e)
	}
	return string(w.Close(dst))
}

func TestWriterCases(t *testing.T) {
	start := &conversation.Start{ID: "c", Model: "m", Created: 7}
	textual := []conversation.Event{start, &conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "a\"\n\u2028\xff"}, &conversation.PartEnd{}}
	end := &conversation.Finished{Finish: conversation.Finish{Reason: conversation.Stopped}}
	usage := &conversation.Told{Usage: protocol.Usage{Input: 5, CacheRead: 4, CacheWrite1h: 1, Output: 3, Reasoning: 2}}
	t.Run("role first, finish_reason null until the end, usage when asked", func(t *testing.T) {
		got := validStream(t, []byte(write(&conversation.Request{IncludeUsage: true}, append(textual, end, usage)...)))
		chunk := func(choices, usage string) string {
			return `{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[` + choices + `],"usage":` + usage + `}`
		}
		want := []string{
			chunk(`{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}`, "null"),
			chunk(`{"index":0,"delta":{"content":"a\"\n\u2028`+"\uFFFD"+`"},"logprobs":null,"finish_reason":null}`, "null"),
			chunk(`{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}`, "null"),
			chunk(``, `{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}}`), "[DONE]"}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s", strings.Join(got, "\n"))
		}
		if s := write(nil, append(textual, end, usage)...); strings.Contains(s, "usage") || !strings.HasSuffix(s, "data: [DONE]\n\n") {
			t.Error(s)
		}
	})
	t.Run("case 4: a stream that is cut does not look whole", func(t *testing.T) {
		for _, events := range [][]conversation.Event{nil, textual} {
			if s := write(nil, events...); strings.Contains(s, "[DONE]") || strings.Contains(s, `"finish_reason":"`) || !strings.Contains(s, `data: {"error":`) {
				t.Error(s)
			}
		}
	})
	t.Run("case 5: nothing after a fault", func(t *testing.T) {
		s := write(nil, append(textual, &conversation.Fault{Err: &protocol.Error{Kind: protocol.Overloaded, Message: "busy"}}, end, &conversation.Alive{})...)
		if datas := validStream(t, []byte(s)); !strings.HasPrefix(datas[len(datas)-1], `{"error":{"message":"busy"`) {
			t.Error(s)
		}
	})
	t.Run("case 8: one finish reason", func(t *testing.T) {
		if s := write(nil, append(textual, end, end, usage)...); strings.Count(s, `"finish_reason":"`) != 1 {
			t.Error(s)
		}
	})
	t.Run("case 11: a comment while nothing comes", func(t *testing.T) {
		if s := write(nil, &conversation.Alive{}); !strings.HasPrefix(s, ": ") {
			t.Error(s)
		}
	})
	calling := []conversation.Event{start, &conversation.PartStart{Part: &conversation.Thinking{}}, &conversation.Delta{Text: "hm"}, &conversation.Delta{Signature: "sig"}, &conversation.PartEnd{},
		&conversation.PartStart{Part: &conversation.ToolCall{Name: "web", Kind: conversation.WebSearch}}, &conversation.Delta{Text: "{}"}, &conversation.PartEnd{},
		&conversation.PartStart{Part: calls("x", "f", "")}, &conversation.Delta{Text: `{"a":`}, &conversation.Delta{Text: `1}`}, &conversation.PartEnd{},
		&conversation.PartStart{Part: calls("", "g", "")}, &conversation.PartEnd{},
		&conversation.Finished{Finish: conversation.Finish{Reason: conversation.CallsTools}}}
	// The Vercel AI SDK takes a signature from the chunk that begins a call, and refuses one without "function".
	t.Run("case 39: Gemini's signature of a call is in the call's first chunk", func(t *testing.T) {
		s := write(nil, start, &conversation.PartStart{Part: &conversation.ToolCall{ID: "x", Name: "f", Origin: protocol.Gemini}}, &conversation.Delta{Signature: "sig"},
			&conversation.Delta{Text: `{"a":1}`}, &conversation.PartEnd{}, &conversation.PartStart{Part: &conversation.ToolCall{ID: "y", Name: "g", Origin: protocol.Gemini}}, &conversation.PartEnd{}, end)
		var got []string
		for _, data := range validStream(t, []byte(s)) {
			if _, call, ok := strings.Cut(data, `"tool_calls":[`); ok {
				call, _, _ = strings.Cut(call, `]}`)
				got = append(got, call)
			}
		}
		want := []string{`{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":""},"extra_content":{"google":{"thought_signature":"sig"}}}`,
			`{"index":0,"function":{"arguments":"{\"a\":1}"}}`, `{"index":1,"id":"y","type":"function","function":{"name":"g","arguments":""}}`, `{"index":1,"function":{"arguments":"{}"}}`}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s", strings.Join(got, "\n"))
		}
	})
	t.Run("case 18, 34: calls and thinking; what the vendor ran is not told", func(t *testing.T) {
		s := write(nil, calling...)
		validStream(t, []byte(s))
		events, err := stream(strings.Split(strings.TrimPrefix(strings.ReplaceAll(s, "\n\ndata: ", "\n"), "data: "), "\n")...)
		got := told(events)
		if err != nil || !strings.HasPrefix(got, `start(c m) 0:thinking +hm . 0:call(x f) +{"a": +1} . 0:call(call_`) || !strings.HasSuffix(got, ` g) +{} . 0:finish(tool-calls)`) || strings.Contains(s, "sig") {
			t.Error(got, s)
		}
	})
	t.Run("case 27: function_call for who declared functions", func(t *testing.T) {
		s := write(&conversation.Request{Functions: true}, calling...)
		validStream(t, []byte(s))
		if strings.Contains(s, "tool_calls") || strings.Count(s, `"function_call":{"name":"f","arguments":""}`) != 1 || !strings.Contains(s, `"finish_reason":"function_call"`) || strings.Contains(s, `"g"`) {
			t.Error(s)
		}
	})
	t.Run("case 34: thoughts are told apart", func(t *testing.T) {
		think := []conversation.Event{&conversation.PartStart{Part: &conversation.Thinking{}}, &conversation.Delta{Text: "a"}, &conversation.Delta{Text: "b"}, &conversation.PartEnd{}}
		s := write(nil, append(append(append([]conversation.Event{start}, think...), think...), end)...)
		if !strings.Contains(s, `{"reasoning_content":"b"}`) || !strings.Contains(s, `{"reasoning_content":"\n\na"}`) {
			t.Error(s)
		}
	})
	t.Run("n = 2", func(t *testing.T) {
		s := write(nil, start, &conversation.PartStart{Choice: 1, Part: &conversation.Text{}}, &conversation.Delta{Choice: 1, Text: "b"}, &conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "a"},
			&conversation.PartEnd{}, &conversation.PartEnd{Choice: 1}, end)
		if strings.Contains(s, "[DONE]") || strings.Count(s, `"role"`) != 2 {
			t.Error("one choice has no end: ", s)
		}
	})
}

func TestEncodeReplyCases(t *testing.T) {
	write := func(t *testing.T, r *conversation.Request, finish conversation.Reason, parts ...conversation.Part) string {
		body, err := Codec{}.EncodeReply(&conversation.Reply{Choices: []conversation.Choice{{Parts: parts, Finish: conversation.Finish{Reason: finish}}}, Usage: protocol.Usage{Input: 1, CacheRead: 2, Output: 3}, HasUsage: true}, r)
		if err != nil {
			t.Fatal(err)
		}
		valid(t, "CreateChatCompletionResponse", body)
		return string(body)
	}
	for _, c := range []struct {
		name   string
		finish conversation.Reason
		parts  []conversation.Part
		want   string
	}{
		{"nothing", conversation.Stopped, nil, `"message":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":"stop"`},
		{"text", conversation.StopWord, []conversation.Part{text("a"), text("b")}, `"content":"ab","refusal":null},"logprobs":null,"finish_reason":"stop"`},
		{"case 52: limit", conversation.MaxTokens, []conversation.Part{text("a")}, `"finish_reason":"length"`},
		{"case 52: context", conversation.ContextFull, []conversation.Part{text("a")}, `"finish_reason":"length"`},
		{"case 52: filtered", conversation.Refused, []conversation.Part{text("a")}, `"finish_reason":"content_filter"`},
		{"case 52: refused in words", conversation.Refused, []conversation.Part{&conversation.Refusal{Text: "no"}}, `"content":null,"refusal":"no"},"logprobs":null,"finish_reason":"stop"`},
		{"case 52: not told", "", []conversation.Part{calls("x", "f", "")}, `"content":null,"refusal":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"`},
		{"thinking", conversation.Stopped, []conversation.Part{&conversation.Thinking{Text: "hm", Signature: "s", Origin: protocol.Anthropic}, text("a")}, `"content":"a","refusal":null,"reasoning_content":"hm"`},
		{"citations", conversation.Stopped, []conversation.Part{text("é"), &conversation.Text{Text: "a", Citations: []conversation.Citation{{URL: "https://x", To: 1}, {Quote: "q"}}}},
			`"annotations":[{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"url":"https://x","title":"https://x"}}]`},
		{"Gemini's signature", conversation.CallsTools, []conversation.Part{&conversation.ToolCall{ID: "x", Name: "f", Signature: "s", Origin: protocol.Gemini}}, `"extra_content":{"google":{"thought_signature":"s"}}`},
		{"case 55: usage", conversation.Stopped, []conversation.Part{text("a")}, `"usage":{"prompt_tokens":3,"completion_tokens":3,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":0}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if body := write(t, nil, c.finish, c.parts...); !strings.Contains(body, c.want) || !strings.Contains(body, `"id":"chatcmpl-`) {
				t.Errorf("%s lacks %s", body, c.want)
			}
		})
	}
	t.Run("case 27: function_call", func(t *testing.T) {
		if body := write(t, &conversation.Request{Functions: true}, conversation.CallsTools, calls("x", "f", "{}")); !strings.Contains(body, `"function_call":{"name":"f","arguments":"{}"}},"logprobs":null,"finish_reason":"function_call"`) {
			t.Error(body)
		}
	})
}
