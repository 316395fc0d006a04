package openaichat

import (
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol"
)

func peekOf(t *testing.T, body string) protocol.Peek {
	t.Helper()
	p, err := Dialect{}.Peek([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return p
}

func TestPeek(t *testing.T) {
	body := `{"model":"gpt-5\/x","stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"max_completion_tokens":9,
		"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"file_id":{"type":"string"},"image_url":{}}}}}],
		"response_format":{"type":"json_schema","json_schema":{}},"reasoning_effort":"low","prompt_cache_key":"key-1",
		"messages":[{"role":"user","content":[{"type":"text","text":"hi \"model\":\"other\", \"file_id\":\"file-9\""},{"type":"image_url","image_url":{"url":"data:"}},
		{"type":"file","file":{"file_id":"file-1"}},{"type":"file","file":{"file_id":"file-1"}}]}]}`
	p := peekOf(t, body)
	if p.Model != "gpt-5/x" || body[p.ModelAt.From:p.ModelAt.To] != `"gpt-5\/x"` || !p.Stream || !p.IncludeUsage || p.MaxOutput != 9 ||
		!p.Tools || !p.Schema || !p.Think || !p.Images || p.Session != "key-1" ||
		body[p.StreamOptions.From:p.StreamOptions.To] != `{"include_usage":true}` {
		t.Errorf("%+v", p)
	}
	if len(p.Refs) != 1 || p.Refs[0] != (protocol.Ref{Kind: protocol.FileRef, ID: "file-1"}) {
		t.Errorf("refs %v", p.Refs)
	}
	p = peekOf(t, `{"model":"m","tools":[],"stream":null,"reasoning_effort":"none","response_format":{"type":"json_object"},"messages":[]}`)
	if p.Tools || p.Stream || p.Think || p.Schema || p.Images || p.Session != "" || p.Refs != nil {
		t.Errorf("%+v", p)
	}
	// Agents on tool schemas, files and images in arguments of calls: not the request's own.
	p = peekOf(t, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{\"file_id\":\"file-2\"}"}}]}]}`)
	if len(p.Refs) != 0 {
		t.Errorf("refs out of a tool's arguments: %v", p.Refs)
	}
}

func TestSession(t *testing.T) {
	first := peekOf(t, `{"model":"m","messages":[{"role":"system","content":"You help."},{"role":"user","content":"first"}]}`).Session
	later := peekOf(t, `{"model":"other","messages":[{"content":"You help.","role":"system"},{"role":"user","content":[{"type":"text","text":"first"}]},{"role":"assistant","content":"x"},{"role":"user","content":"second"}]}`).Session
	other := peekOf(t, `{"model":"m","messages":[{"role":"system","content":"You help."},{"role":"user","content":"another"}]}`).Session
	long := strings.Repeat("x", 5000)
	a := peekOf(t, `{"model":"m","messages":[{"role":"user","content":"`+long+`a"}]}`).Session
	b := peekOf(t, `{"model":"m","messages":[{"role":"user","content":"`+long+`b"}]}`).Session
	if first == "" || first != later || first == other || a == b {
		t.Errorf("first %s, later %s, other %s; long %s, %s", first, later, other, a, b)
	}
	for in, want := range map[string]string{
		`"user_id":"user_ab_account_cd_session_ef-12"`:                                   "ef-12",
		`"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s-9\"}"`: "s-9",
	} {
		if got := peekOf(t, `{"model":"m","metadata":{`+in+`},"messages":[]}`).Session; got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
	if got := peekOf(t, `{"model":"m","prompt_cache_key":"`+long+`"}`).Session; len(got) > 200 || got == "" {
		t.Errorf("a key of 5,000 bytes gives %d", len(got))
	}
}

type step struct {
	name, data string
	class      protocol.Class
}

func run(t *testing.T, steps []step) protocol.Reply {
	t.Helper()
	var r protocol.Reply
	for _, s := range steps {
		if got := (Dialect{}).Event([]byte(s.name), []byte(s.data), &r); got != s.class {
			t.Errorf("%s %s is %d, want %d", s.name, s.data, got, s.class)
		}
	}
	return r
}

func TestStream(t *testing.T) {
	r := run(t, []step{
		{"", ``, protocol.Quiet},
		{"", `{"id":"c-1","object":"chat.completion.chunk","model":"gpt-5-2026","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]}`, protocol.Quiet},
		{"", `{"id":"c-1","choices":[{"index":0,"delta":{"content":"Hé"},"finish_reason":null}],"usage":null}`, protocol.Meaningful},
		{"", `{"id":"c-1","choices":[{"index":0,"delta":{"content":"\u4f60\n"},"finish_reason":null}]}`, protocol.Meaningful},
		{"", `{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}`, protocol.Meaningful},
		{"", `{"choices":[{"index":0,"delta":{"refusal":"no"}}]}`, protocol.Meaningful},
		{"", `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"ls","arguments":""}}]}}]}`, protocol.Meaningful},
		{"", `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}`, protocol.Meaningful},
		{"", `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_2","function":{"name":null,"arguments":""}}]}}]}`, protocol.Quiet},
		{"", `{"choices":[],"prompt_filter_results":[]}`, protocol.Quiet},
		{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`, protocol.Final},
		{"", `{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":5}}}`, protocol.UsageOnly},
		{"", `[DONE]`, protocol.Final},
	})
	want := protocol.Usage{Input: 36, CacheRead: 64, Output: 20, Reasoning: 5}
	if r.ID != "c-1" || r.Model != "gpt-5-2026" || r.Usage != want || !r.HasUsage || r.Finish != "tool_calls" || !r.Done || r.Err != nil || r.Text != 3+4+2+2+2+2 {
		t.Errorf("%+v", r)
	}
}

// With n > 1 a stream is finished when each choice that was seen is, whatever their order; one of them cut is a cut.
func TestSeveralChoices(t *testing.T) {
	text := func(i int) string {
		return fmt.Sprintf(`{"choices":[{"delta":{"content":"x"},"index":%d,"finish_reason":null}]}`, i)
	}
	end := func(i int, why string) string {
		return fmt.Sprintf(`{"choices":[{"finish_reason":%q,"delta":{},"index":%d}]}`, why, i)
	}
	for _, c := range []struct {
		name   string
		steps  []step
		finish string
	}{
		{"one cut", []step{{"", text(0), protocol.Meaningful}, {"", text(1), protocol.Meaningful}, {"", end(0, "stop"), protocol.Quiet}}, ""},
		{"both", []step{{"", text(0), protocol.Meaningful}, {"", text(1), protocol.Meaningful}, {"", end(0, "stop"), protocol.Quiet}, {"", end(1, "length"), protocol.Final}}, "length"},
		{"one after the other, cut", []step{{"", text(0), protocol.Meaningful}, {"", end(0, "stop"), protocol.Final}, {"", text(63), protocol.Meaningful}}, ""},
		{"one after the other", []step{{"", text(0), protocol.Meaningful}, {"", end(0, "stop"), protocol.Final}, {"", text(63), protocol.Meaningful}, {"", end(63, "stop"), protocol.Final}}, "stop"},
		{"in one chunk", []step{{"", `{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"},{"index":1,"delta":{"content":"y"}}]}`, protocol.Meaningful}}, ""},
		{"a role only", []step{{"", `{"choices":[{"index":1,"delta":{"role":"assistant"}}]}`, protocol.Quiet}, {"", end(0, "stop"), protocol.Quiet}}, ""},
		{"more of a finished one", []step{{"", end(0, "stop"), protocol.Final}, {"", `{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, protocol.Quiet}}, "stop"},
		{"no index", []step{{"", `{"choices":[{"delta":{"content":"x"}}]}`, protocol.Meaningful}, {"", `{"choices":[{"delta":{},"finish_reason":"stop"}]}`, protocol.Final}}, "stop"},
		{"beyond what is kept track of", []step{{"", text(64), protocol.Meaningful}, {"", text(-1), protocol.Meaningful}, {"", end(99, "stop"), protocol.Final}}, "stop"},
	} {
		if r := run(t, c.steps); r.Finish != c.finish || r.Done {
			t.Errorf("%s: finish %q, want %q; done %v", c.name, r.Finish, c.finish, r.Done)
		}
	}
	if r := run(t, []step{{"", text(1), protocol.Meaningful}, {"", "[DONE]", protocol.Final}}); !r.Done {
		t.Error("[DONE] ends any stream")
	}
	var r protocol.Reply
	Dialect{}.Body([]byte(`{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"},{"index":1,"message":{"content":"y"}}]}`), &r)
	if r.Finish != "stop" || !r.Done || r.Err != nil {
		t.Errorf("a whole reply: %+v", r)
	}
}

// Protocol cases 55, 56 and 58: usage of each vendor in disjoint classes.
func TestCase55To58Usage(t *testing.T) {
	for name, c := range map[string]struct {
		usage string
		want  protocol.Usage
	}{
		"OpenAI":                    {`{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}`, protocol.Usage{Input: 6, CacheRead: 4, Output: 3}},
		"DeepSeek":                  {`{"prompt_tokens":10,"completion_tokens":3,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}`, protocol.Usage{Input: 2, CacheRead: 8, Output: 3}},
		"Kimi":                      {`{"prompt_tokens":10,"completion_tokens":3,"cached_tokens":9}`, protocol.Usage{Input: 1, CacheRead: 9, Output: 3}},
		"OpenRouter":                {`{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":5}}`, protocol.Usage{Input: 1, CacheRead: 4, CacheWrite: 5, Output: 3}},
		"xAI":                       {`{"prompt_tokens":10,"completion_tokens":3,"total_tokens":20,"completion_tokens_details":{"reasoning_tokens":7}}`, protocol.Usage{Input: 10, Output: 10, Reasoning: 7}},
		"more cached than there is": {`{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":12}}`, protocol.Usage{CacheRead: 10, Output: 3}},
		"sound": {`{"prompt_tokens":110,"completion_tokens":60,"total_tokens":170,"prompt_tokens_details":{"cached_tokens":20,"audio_tokens":100,"image_tokens":0,"cached_tokens_details":{"audio_tokens":15,"text_tokens":5}},"completion_tokens_details":{"reasoning_tokens":10,"audio_tokens":45}}`,
			protocol.Usage{Input: 90, CacheRead: 20, Output: 60, Reasoning: 10, Split: true, Audio: protocol.Part{Input: 85, Cached: 15, Output: 45}}},
		"pictures, as gpt-image tells them": {`{"input_tokens":350,"output_tokens":1056,"total_tokens":1406,"input_tokens_details":{"text_tokens":50,"image_tokens":300},"output_tokens_details":{"image_tokens":1000,"text_tokens":56}}`,
			protocol.Usage{Input: 350, Output: 1056, Split: true, Image: protocol.Part{Input: 300, Output: 1000}}},
		"a transcription": {`{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":9,"total_tokens":23}`,
			protocol.Usage{Input: 14, Output: 9, Audio: protocol.Part{Input: 10}}},
		"more parts than there is": {`{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":99,"image_tokens":99},"completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":2,"image_tokens":9}}`,
			protocol.Usage{Input: 6, CacheRead: 4, Output: 3, Reasoning: 1, Split: true, Audio: protocol.Part{Input: 6, Cached: 4, Output: 2}}},
		"negative": {`{"prompt_tokens":-1,"completion_tokens":-2}`, protocol.Usage{}},
	} {
		r := run(t, []step{{"", `{"choices":[],"usage":` + c.usage + `}`, protocol.UsageOnly}})
		if r.Usage != c.want || !r.HasUsage {
			t.Errorf("%s: %+v", name, r.Usage)
		}
	}
	// Kimi tells it within the choice; a chunk with a choice is never hidden.
	r := run(t, []step{{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2}}]}`, protocol.Final}})
	if r.Usage.Output != 2 {
		t.Errorf("%+v", r.Usage)
	}
	if r := run(t, []step{{"", `{"choices":[],"usage":{}}`, protocol.Quiet}}); r.HasUsage {
		t.Error("an empty usage tells nothing")
	}
}

// Protocol cases 5 and 6: an error in a stream is an error whatever it wears.
func TestCase5And6ErrorsInStream(t *testing.T) {
	for data, kind := range map[string]protocol.Kind{
		`{"error":{"message":"Rate limit reached","type":"rate_limit_error","code":"rate_limit_exceeded"}}`: protocol.RateLimited,
		`{"error":"upstream overloaded"}`:                                                       protocol.Overloaded,
		`{"choices":[],"error":{"message":"x","code":502}}`:                                     protocol.ServerError,
		`{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`: protocol.OutOfMoney,
		`{"success":false,"message":"无可用渠道"}`:                                                   protocol.ModelNotFound,
		`{"code":429,"msg":"too many requests"}`:                                                protocol.RateLimited,
		`{"detail":"Internal Server Error"}`:                                                    protocol.ServerError,
		`{"object":"error","message":"boom","code":500}`:                                        protocol.ServerError,
		`{"id":"x","choices":[{"delta":{"cont`:                                                  protocol.BadReply,
		`upstream error: insufficient balance`:                                                  protocol.OutOfMoney,
		`<html>`:                                                                                protocol.Wall,
	} {
		if r := run(t, []step{{"", data, protocol.Failed}}); r.Err == nil || r.Err.Kind != kind {
			t.Errorf("%s: %v, want %s", data, r.Err, kind)
		}
	}
	run(t, []step{{"error", `{"message":"boom"}`, protocol.Failed}})
	// No errors: what looks like one.
	for _, data := range []string{`{"error":null,"choices":[{"delta":{"content":"x"}}]}`, `{"choices":[{"delta":{"content":"{\"error\":1}"}}]}`,
		`{"code":0,"message":"success","base_resp":{"status_code":0},"choices":[{"delta":{"content":"x"}}]}`} {
		run(t, []step{{"", data, protocol.Meaningful}})
	}
}

// Protocol case 6: what a whole answer under status 200 may turn out to be.
func TestCase6Body(t *testing.T) {
	for body, kind := range map[string]protocol.Kind{
		"":                           protocol.BadReply,
		" \n":                        protocol.BadReply,
		"{}":                         protocol.BadReply,
		"[]":                         protocol.BadReply,
		"null":                       protocol.BadReply,
		"data: {\"choices\":[]}\n\n": protocol.BadReply,
		`{"id":"x","choices":[{"message":{"content":"cut off he`: protocol.BadReply,
		`{"choices":[]}`: protocol.BadReply,
		`{"choices":[{"message":{"role":"assistant","content":""}}]}`:               protocol.BadReply,
		"<!doctype html><html></html>":                                              protocol.Wall,
		`{"error":{"message":"The model is overloaded","type":"overloaded_error"}}`: protocol.Overloaded,
		`{"success":false,"message":"余额不足"}`:                                        protocol.OutOfMoney,
		`{"base_resp":{"status_code":1004,"status_msg":"x"},"choices":null}`:        protocol.KeyRefused,
		// no error:
		`{"id":"x","choices":[{"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":0}}`: "",
		`{"choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`:             "",
		`{"choices":[{"message":{"content":"no finish reason"}}],"error":null}`:                                                                         "",
	} {
		var r protocol.Reply
		Dialect{}.Body([]byte(body), &r)
		if got := kindOf(r.Err); got != kind || r.Done != (kind == "") {
			t.Errorf("%s: %v (done %v), want %q", body, r.Err, r.Done, kind)
		}
	}
}

func kindOf(e *protocol.Error) protocol.Kind {
	if e == nil {
		return ""
	}
	return e.Kind
}

func BenchmarkEvent(b *testing.B) {
	data := []byte(`{"id":"chatcmpl-abcdefghijklmnop","object":"chat.completion.chunk","created":1795435230,"model":"gpt-5-2025-08-07","service_tier":"default","system_fingerprint":"fp_123","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"abc"}`)
	var r protocol.Reply
	b.ReportAllocs()
	for b.Loop() {
		if (Dialect{}).Event(nil, data, &r) != protocol.Meaningful {
			b.Fatal("not meaningful")
		}
	}
}

func BenchmarkPeek(b *testing.B) {
	text := strings.Repeat(`func main() {\n\tfmt.Println(\"hello, world\") // a comment that runs on for a while\n}\n`, 12)
	for name, n := range map[string]int{"1KB": 1, "100KB": 90} {
		body := []byte(`{"model":"gpt-5","stream":true,"messages":[{"role":"system","content":"You are helpful."}` +
			strings.Repeat(`,{"role":"user","content":[{"type":"text","text":"`+text+`"}]}`, n) + `],"tools":[{"type":"function"}]}`)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (Dialect{}).Peek(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestNoAllocationForADelta(t *testing.T) {
	data := []byte(`{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":" hello"},"finish_reason":null}]}`)
	var r protocol.Reply
	if n := testing.AllocsPerRun(100, func() { Dialect{}.Event(nil, data, &r) }); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}
