package openairesponses

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
)

func ref(kind protocol.RefKind, id string) protocol.Ref { return protocol.Ref{Kind: kind, ID: id} }

// secretID is the id of an encrypted content that needs no escapes.
func secretID(s string) string { return ReasoningID([]byte(s), false) }

func TestPeekCodex(t *testing.T) {
	body := `{"model":"gpt-5.5","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"medium","summary":"auto"},
		"prompt_cache_key":"thread-1","parallel_tool_calls":true,"client_metadata":{"model":"x"},"max_output_tokens":100,
		"tools":[{"type":"function","name":"shell","parameters":{"type":"object","properties":{"file_id":{"type":"string"}}}},{"type":"namespace","name":"n","tools":[]}],
		"input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"a"}]},
		{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"first+/="},
		{"type":"function_call","name":"shell","arguments":"{\"encrypted_content\":\"no\"}","call_id":"c"},
		{"type":"function_call_output","call_id":"c","output":"{\"file_id\":\"no\"}"},
		{"type":"reasoning","encrypted_content":"second\u003d"}]}`
	p, err := Dialect{}.Peek([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if p.Model != "gpt-5.5" || !p.Stream || !p.Think || !p.Tools || p.Schema || p.Images || p.MaxOutput != 100 || p.Session != "thread-1" {
		t.Errorf("%+v", p)
	}
	if want := []protocol.Ref{ref(protocol.ReasoningRef, secretID("second="))}; !reflect.DeepEqual(p.Refs, want) {
		t.Errorf("refs %v, want %v", p.Refs, want)
	}
}

func TestPeekRefs(t *testing.T) {
	for body, want := range map[string][]protocol.Ref{
		`"previous_response_id":"resp_1"`:                 {ref(protocol.ResponseRef, "resp_1")},
		`"previous_response_id":null,"conversation":null`: nil,
		`"conversation":"conv_1"`:                         {ref(protocol.ConvRef, "conv_1")},
		`"conversation":{"id":"conv_2"}`:                  {ref(protocol.ConvRef, "conv_2")},
		`"input":[{"type":"item_reference","id":"rs_1"}]`: {ref(protocol.ResponseRef, "rs_1")},
		`"input":[{"id":"msg_1","type":null}]`:            {ref(protocol.ResponseRef, "msg_1")},
		`"input":[{"type":"reasoning","id":"rs_1","summary":[]},{"type":"reasoning","encrypted_content":null,"id":"rs\u005f2"}]`:       {ref(protocol.ResponseRef, "rs_1"), ref(protocol.ResponseRef, "rs_2")},
		`"input":[{"type":"reasoning","id":"rs_1","encrypted_content":""},{"type":"reasoning","id":"rs_2","encrypted_content":"abc"}]`: {ref(protocol.ResponseRef, "rs_1"), ref(protocol.ReasoningRef, secretID("abc"))},
		`"input":[{"type":"reasoning","summary":[]}]`: nil,
		`"input":[{"type":"message","id":"msg_1","role":"assistant","content":[]},{"id":"msg_2","role":"user","content":"x"},{"type":"function_call","id":"fc_1","name":"f","call_id":"c","arguments":""},{"type":"web_search_call","id":"ws_1"}]`: nil,
		`"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"},{"type":"input_image","file_id":"file-2"}]}]`:                                                                                                                 {ref(protocol.FileRef, "file-1"), ref(protocol.FileRef, "file-2")},
		`"tools":[{"type":"file_search","vector_store_ids":["vs_1"]},{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-3"]}}]`:                                                                                               {ref(protocol.FileRef, "vs_1"), ref(protocol.FileRef, "file-3")},
		`"input":[{"type":"compaction","encrypted_content":"abc"}]`:                                   {ref(protocol.ConvRef, secretID("abc"))},
		`"input":[{"role":"user","content":"\"previous_response_id\":\"resp_9\" encrypted_content"}]`: nil,
		`"metadata":{"previous_response_id":"resp_9"}`:                                                nil,
	} {
		p, err := Dialect{}.Peek([]byte(`{"model":"m",` + body + `}`))
		if err != nil || !reflect.DeepEqual(p.Refs, want) {
			t.Errorf("%s: %v, %v; want %v", body, p.Refs, err, want)
		}
	}
	a, _ := Dialect{}.Peek([]byte(`{"model":"m","input":"hello"}`))
	b, _ := Dialect{}.Peek([]byte(`{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}]}`))
	if a.Session == "" || a.Session != b.Session {
		t.Errorf("sessions %q and %q of the same first turn", a.Session, b.Session)
	}
}

type step struct {
	data  string
	class protocol.Class
}

func run(t *testing.T, steps []step) protocol.Reply {
	t.Helper()
	var r protocol.Reply
	for _, s := range steps {
		if got := (Dialect{}).Event(nil, []byte(s.data), &r); got != s.class {
			t.Errorf("%s is %d, want %d", s.data, got, s.class)
		}
	}
	return r
}

func TestStream(t *testing.T) {
	r := run(t, []step{
		{`{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-5","status":"in_progress","error":null,"store":true,"usage":null,"output":[]}}`, protocol.Quiet},
		{`{"type":"response.in_progress","response":{"id":"resp_1","status":"in_progress"}}`, protocol.Quiet},
		{`{"type":"response.output_item.added","item":{"type":"reasoning","id":"rs_1","summary":[]}}`, protocol.Quiet},
		{`{"type":"response.reasoning_summary_text.delta","delta":"think"}`, protocol.Meaningful},
		{`{"type":"response.output_item.done","item":{"type":"reasoning","id":"rs_1","encrypted_content":"sealed=="}}`, protocol.Quiet},
		{`{"type":"response.output_item.added","item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}`, protocol.Quiet},
		{`{"type":"response.content_part.added","part":{"type":"output_text","text":""}}`, protocol.Quiet},
		{`{"type":"response.output_text.delta","delta":""}`, protocol.Quiet},
		{`{"type":"response.output_text.delta","delta":"hello"}`, protocol.Meaningful},
		{`{"type":"response.refusal.delta","delta":"no"}`, protocol.Meaningful},
		{`{"type":"response.output_item.added","item":{"type":"function_call","id":"fc_1","name":"ls","arguments":""}}`, protocol.Meaningful},
		{`{"type":"response.function_call_arguments.delta","delta":"{}"}`, protocol.Meaningful},
		{`{"type":"response.function_call_arguments.done","arguments":"{}"}`, protocol.Quiet},
		{`{"type":"response.some_new_thing.delta","delta":"x"}`, protocol.Meaningful},
		{`{"type":"keepalive"}`, protocol.Quiet},
		{`{"type":"response.completed","response":{"id":"resp_1","status":"completed","error":null,"store":true,"output":[{"type":"reasoning","id":"rs_1","encrypted_content":"sealed=="}],"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}}}`, protocol.Final},
	})
	if want := (protocol.Usage{Input: 6, CacheRead: 4, Output: 5, Reasoning: 2}); r.Usage != want || !r.Done || r.Finish != "completed" || r.ID != "resp_1" || r.Model != "gpt-5" || r.Err != nil {
		t.Errorf("%+v", r)
	}
	want := []protocol.Ref{ref(protocol.ResponseRef, "resp_1"), ref(protocol.ReasoningRef, secretID("sealed==")), ref(protocol.ResponseRef, "rs_1")}
	if !reflect.DeepEqual(r.Issued, want) {
		t.Errorf("issued %v, want %v", r.Issued, want)
	}
}

// What a client gives back of a stored reply leads to refs that the reply issued, whole or streamed, whichever way either
// writes its strings.
func TestRefsComeBack(t *testing.T) {
	const item, back = `{"type":"reasoning","id":"rs\u005f1","summary":[]}`, `{"id":"rs_1","type":"reasoning","summary":[]}`
	var whole protocol.Reply
	Dialect{}.Body([]byte(`{"id":"resp_1","status":"completed","output":[`+item+`]}`), &whole)
	streamed := run(t, []step{
		{`{"type":"response.created","response":{"id":"resp_1"}}`, protocol.Quiet},
		{`{"type":"response.output_item.done","item":` + item + `}`, protocol.Quiet},
	})
	p, err := Dialect{}.Peek([]byte(`{"model":"m","input":[` + back + `]}`))
	if err != nil || len(p.Refs) != 1 {
		t.Fatalf("%v, %v", p.Refs, err)
	}
	for _, r := range []protocol.Reply{whole, streamed} {
		if len(r.Issued) != 2 || r.Issued[1] != p.Refs[0] {
			t.Errorf("issued %v, comes back %v", r.Issued, p.Refs)
		}
	}
}

// A stored response that failed is told as such, and under its id: whoever retrieves it has its answer (protocol case 38).
func TestFailedHasItsID(t *testing.T) {
	for _, data := range []string{
		`{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"boom"}}}`,
		`{"response":{"error":{"code":"server_error","message":"boom"},"id":"resp_1"},"type":"response.failed"}`,
		`{"type":"response.completed","response":{"status":"failed","id":"resp_1"}}`,
		`{"type":"response.created","response":{"status":"failed","id":"resp_1"}}`,
	} {
		if r := run(t, []step{{data, protocol.Failed}}); r.ID != "resp_1" || r.Err == nil {
			t.Errorf("%s: %+v", data, r)
		}
	}
}

// A response that is not stored leaves nothing to come back to but its reasoning (protocol case 38).
func TestCase38NotStored(t *testing.T) {
	r := run(t, []step{
		{`{"type":"response.created","response":{"id":"resp_1","store":false}}`, protocol.Quiet},
		{`{"type":"response.output_item.done","item":{"type":"reasoning","id":"rs_1","encrypted_content":"s\/1"}}`, protocol.Quiet},
		{`{"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"store":false}}`, protocol.Final},
	})
	if want := []protocol.Ref{ref(protocol.ReasoningRef, secretID("s/1"))}; !reflect.DeepEqual(r.Issued, want) || r.Finish != "max_output_tokens" {
		t.Errorf("%+v", r)
	}
}

func TestCase5And6Errors(t *testing.T) {
	for data, kind := range map[string]protocol.Kind{
		`{"type":"error","code":"rate_limit_exceeded","message":"Rate limit reached","param":null}`:                                          protocol.RateLimited,
		`{"type":"error","error":{"type":"server_error","message":"boom"}}`:                                                                  protocol.ServerError,
		`{"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"context_length_exceeded","message":"too long"}}}`: protocol.ContextTooLong,
		`{"type":"response.completed","response":{"id":"r","status":"failed","error":{"code":"server_error","message":"boom"}}}`:             protocol.ServerError,
		`{"error":{"message":"insufficient balance"}}`:                                                                                       protocol.OutOfMoney,
		`{"type":"response.created","response":{"id":"r","status":"failed","error":{"code":"insufficient_quota","message":"You exceeded"}}}`: protocol.OutOfMoney,
		`{"type":"response.outp`: protocol.BadReply,
	} {
		if r := run(t, []step{{data, protocol.Failed}}); r.Err == nil || r.Err.Kind != kind || r.Done {
			t.Errorf("%s: %v, want %s", data, r.Err, kind)
		}
	}
	var r protocol.Reply
	if (Dialect{}).Event([]byte("error"), []byte(`{"message":"overloaded"}`), &r) != protocol.Failed {
		t.Error("event: error without a type")
	}
}

func TestCase6Body(t *testing.T) {
	for body, kind := range map[string]protocol.Kind{
		`{"id":"resp_1","object":"response","status":"completed","error":null,"output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":1,"output_tokens":2}}`: "",
		`{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}`:                                                                                           "",
		`{"id":"resp_1","status":"queued","output":[]}`:                                                  "",
		`{"object":"response.input_tokens","input_tokens":11}`:                                           "",
		`{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"boom"},"output":[]}`: protocol.ServerError,
		`{"error":{"message":"The engine is currently overloaded"}}`:                                     protocol.Overloaded,
		`{}`: protocol.BadReply, ``: protocol.BadReply, `{"id":"resp_1","output":[{"type"`: protocol.BadReply, `<html>`: protocol.Wall,
		`{"detail":"Rate limit exceeded"}`: protocol.RateLimited,
	} {
		var r protocol.Reply
		Dialect{}.Body([]byte(body), &r)
		got := protocol.Kind("")
		if r.Err != nil {
			got = r.Err.Kind
		}
		if got != kind || r.Done != (kind == "") {
			t.Errorf("%s: %v, want %q", body, r.Err, kind)
		}
	}
}

func TestStripReasoning(t *testing.T) {
	const r1, r2, a, b = `{"type":"reasoning","encrypted_content":"x"}`, `{ "encrypted_content" : "y", "type":"reasoning" }`, `{"role":"user","content":"1"}`, `{"type":"reasoning","summary":[]}`
	for in, want := range map[string]string{
		`{"x":1.0,"input":[` + r1 + `,` + a + `],"y":2}`:        `{"x":1.0,"input":[` + a + `],"y":2}`,
		`{"input":[` + a + ` , ` + r1 + ` ]}`:                   `{"input":[` + a + `  ]}`,
		`{"input":[` + r1 + `,` + r2 + `]}`:                     `{"input":[]}`,
		`{"input":[` + a + `,` + r1 + `,` + r2 + `]}`:           `{"input":[` + a + `]}`,
		`{"input":[` + r1 + `,` + a + `,` + r2 + `,` + b + `]}`: `{"input":[` + a + `,` + b + `]}`,
		`{"input":["s",` + r1 + `,7]}`:                          `{"input":["s",7]}`,
	} {
		if got, ok := StripReasoning([]byte(in)); !ok || string(got) != want {
			t.Errorf("%s\ngot  %s %v\nwant %s", in, got, ok, want)
		}
	}
	for _, same := range []string{`{"input":"` + `encrypted_content` + `"}`, `{"input":[` + a + `,` + b + `]}`, `{"input":[` + r1, `[` + r1 + `]`, ``,
		`{"input":[{"type":"compaction","encrypted_content":"x"}]}`, `{"tools":[` + r1 + `]}`,
		`{"input":[{"type":"reasoning","encrypted_content":"` + foreignID + `x"},{"type":"reasoning","id":"` + foreignID + `1","encrypted_content":"x"}]}`} {
		if got, ok := StripReasoning([]byte(same)); ok || string(got) != same {
			t.Errorf("%s became %s", same, got)
		}
	}
}

// What is left is what encoding/json leaves when it drops the same items, and a subsequence of the bytes.
func TestStripReasoningProperty(t *testing.T) {
	items := rapid.SampledFrom([]string{`{"type":"reasoning","encrypted_content":"x"}`, `{"type":"reasoning","id":"r"}`, `{"role":"user","content":"[,]"}`, `"s"`, `[1,{"type":"reasoning","encrypted_content":"in"}]`})
	ws := rapid.SampledFrom([]string{"", " ", "\n\t"})
	rapid.Check(t, func(t *rapid.T) {
		var parts, left []string
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			it := items.Draw(t, "item")
			parts = append(parts, ws.Draw(t, "before")+it+ws.Draw(t, "after"))
			if !strings.HasPrefix(it, `{"type":"reasoning","encrypted`) {
				left = append(left, it)
			}
		}
		in := fmt.Sprintf(`{"model":"m","input":[%s],"z":[]}`, strings.Join(parts, ","))
		got, ok := StripReasoning([]byte(in))
		if ok != (len(left) < len(parts)) {
			t.Fatalf("%s: %v", in, ok)
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%s became %s: %v", in, got, err)
		}
		json.Unmarshal([]byte(fmt.Sprintf(`{"model":"m","input":[%s],"z":[]}`, strings.Join(left, ","))), &b)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s became %s", in, got)
		}
	})
}

func FuzzStripReasoning(f *testing.F) {
	f.Add([]byte(`{"input":[{"type":"reasoning","encrypted_content":"x"},1]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := StripReasoning(body)
		if json.Valid(body) && !json.Valid(got) || ok != (len(got) < len(body)) {
			t.Fatalf("%q became %q", body, got)
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	data := []byte(`{"type":"response.output_text.delta","sequence_number":17,"item_id":"msg_0123456789abcdef","output_index":1,"content_index":0,"delta":" hello","logprobs":[],"obfuscation":"abcdef"}`)
	var r protocol.Reply
	b.ReportAllocs()
	for b.Loop() {
		if (Dialect{}).Event([]byte("response.output_text.delta"), data, &r) != protocol.Meaningful {
			b.Fatal("not meaningful")
		}
	}
}

func BenchmarkPeek100KB(b *testing.B) {
	secret := strings.Repeat("QUJD", 1000)
	body := []byte(`{"model":"m","prompt_cache_key":"k","input":[{"role":"user","content":"hi"}` + strings.Repeat(`,{"type":"reasoning","encrypted_content":"`+secret+`"},{"type":"function_call_output","output":"`+strings.Repeat(`line of output\n`, 60)+`"}`, 20) + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Dialect{}).Peek(body); err != nil {
			b.Fatal(err)
		}
	}
}
