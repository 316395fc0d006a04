package anthropic

import (
	"fmt"
	"reflect"
	"testing"

	"metapi/backend/protocol"
)

func TestPeekClaudeCode(t *testing.T) {
	body := `{"model":"claude-sonnet-4-5","stream":true,"max_tokens":32000,"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"high"},
		"metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"5f3c\"}"},"tools":[{"name":"Read","input_schema":{"type":"object","properties":{"file_id":{}}}}],
		"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.330; cch=1;"},{"type":"text","text":"You are"}],
		"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Read","input":{"file_id":"no","source":{"file_id":"no"}}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","data":"x"}},{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}]}`
	p, err := Dialect{}.Peek([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if p.Model != "claude-sonnet-4-5" || !p.Stream || p.MaxOutput != 32000 || !p.Think || !p.Tools || !p.Images || p.Schema || p.Session != "5f3c" {
		t.Errorf("%+v", p)
	}
	if want := []protocol.Ref{{Kind: protocol.FileRef, ID: "file_1"}}; !reflect.DeepEqual(p.Refs, want) {
		t.Errorf("refs %v", p.Refs)
	}
}

// Protocol case 44: the billing line changes from call to call, the session does not.
func TestCase44SessionWithoutUserID(t *testing.T) {
	session := func(billing, cache string) string {
		p, err := Dialect{}.Peek([]byte(`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"` + cache + `}]}],"system":[{"type":"text","text":"x-anthropic-billing-header: ` + billing + `"},{"type":"text","text":"You"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return p.Session
	}
	if a, b := session("1", ""), session("22", `,"cache_control":{"type":"ephemeral"}`); a != b || a == "" {
		t.Errorf("%q, %q", a, b)
	}
	p, _ := Dialect{}.Peek([]byte(`{"model":"m","metadata":{"user_id":"just-a-user"},"messages":[]}`))
	if p.Session != "" {
		t.Errorf("a user is no session: %q", p.Session)
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
		{`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1}}}`, protocol.Quiet},
		{`{"type": "ping"}`, protocol.Quiet},
		{`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`, protocol.Quiet},
		{`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`, protocol.Meaningful},
		{`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}}`, protocol.Quiet},
		{`{"type":"content_block_stop","index":0}`, protocol.Quiet},
		{`{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}`, protocol.Quiet},
		{`{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"hello"}}`, protocol.Meaningful},
		{`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"Read","input":{}}}`, protocol.Meaningful},
		{`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":" ","input":{}}}`, protocol.Quiet},
		{`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}`, protocol.Quiet},
		{`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}`, protocol.Meaningful},
		{`{"type":"content_block_start","index":3,"content_block":{"type":"redacted_thinking","data":"x"}}`, protocol.Meaningful},
		{`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":5,"output_tokens":42,"output_tokens_details":{"thinking_tokens":7}}}`, protocol.Final},
		{`{"type":"message_stop"}`, protocol.Final},
	})
	// Protocol case 57: the figures of both events are one telling each, never a sum.
	want := protocol.Usage{Input: 10, CacheRead: 5, CacheWrite: 10, CacheWrite1h: 20, Output: 42, Reasoning: 7}
	if r.Usage != want || !r.HasUsage || r.ID != "msg_1" || r.Model != "claude-x" || r.Finish != "tool_use" || !r.Done || r.Err != nil || r.Text != 2+5+4 {
		t.Errorf("%+v", r)
	}
}

// Protocol cases 55 to 57: relays that put zeros in one of the two events, or leave the parts out.
func TestCase55To57Usage(t *testing.T) {
	for name, c := range map[string]struct {
		start, delta string
		want         protocol.Usage
	}{
		"zeros first": {`{"input_tokens":0,"output_tokens":0}`, `{"input_tokens":9,"cache_read_input_tokens":3,"output_tokens":4}`, protocol.Usage{Input: 9, CacheRead: 3, Output: 4}},
		"zeros last":  {`{"input_tokens":9,"output_tokens":1}`, `{"input_tokens":0,"output_tokens":4}`, protocol.Usage{Input: 9, Output: 4}},
		"no parts":    {`{"input_tokens":9,"cache_creation_input_tokens":8,"output_tokens":1}`, `{"output_tokens":4}`, protocol.Usage{Input: 9, CacheWrite: 8, Output: 4}},
		"negative":    {`{"input_tokens":-9,"output_tokens":1}`, `{"output_tokens":-4}`, protocol.Usage{Output: 1}},
		"nulls":       {`{"input_tokens":9,"cache_creation_input_tokens":null,"cache_creation":null,"output_tokens":1}`, `{"output_tokens":4}`, protocol.Usage{Input: 9, Output: 4}},
	} {
		r := run(t, []step{
			{`{"type":"message_start","message":{"id":"m","usage":` + c.start + `}}`, protocol.Quiet},
			{`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":` + c.delta + `}`, protocol.Final}})
		if r.Usage != c.want {
			t.Errorf("%s: %+v", name, r.Usage)
		}
	}
}

func TestCase5And6Errors(t *testing.T) {
	for data, kind := range map[string]protocol.Kind{
		`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`:     protocol.Overloaded,
		`{"type":"error","error":{"type":"api_error","message":"Internal server error"}}`: protocol.ServerError,
		`{"error":{"message":"用户额度不足","type":"new_api_error"}}`:                           protocol.OutOfMoney,
		`{"success":false,"message":"无可用渠道"}`:                                             protocol.ModelNotFound,
		`{"type":"message_start","mess`:                                                   protocol.BadReply,
	} {
		if r := run(t, []step{{data, protocol.Failed}}); r.Err == nil || r.Err.Kind != kind {
			t.Errorf("%s: %v, want %s", data, r.Err, kind)
		}
	}
	var r protocol.Reply
	if (Dialect{}).Event([]byte("error"), []byte(`{"message":"rate limit"}`), &r) != protocol.Failed || r.Err.Kind != protocol.RateLimited {
		t.Errorf("event: error without a type: %v", r.Err)
	}
}

// Claude Code knows a context that is too long by Anthropic's words alone, whichever vendor said so.
func TestContextTooLong(t *testing.T) {
	for said, want := range map[string]string{
		"":                                  "prompt is too long",
		"Prompt is too long: 210000 tokens": "Prompt is too long: 210000 tokens",
		"This model's maximum context length is 128000 tokens.": "prompt is too long: This model's maximum context length is 128000 tokens.",
	} {
		status, body := Dialect{}.Error(&protocol.Error{Kind: protocol.ContextTooLong, Status: 400, Message: said})
		if status != 400 || string(body) != `{"type":"error","error":{"type":"invalid_request_error","message":"`+want+`"}}` {
			t.Errorf("%q: %d %s", said, status, body)
		}
	}
}

func TestCase6Body(t *testing.T) {
	for body, kind := range map[string]protocol.Kind{
		`{"id":"m","type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}`: "",
		`{"id":"m","type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":0}}`:                            "",
		`{"input_tokens":14}`: "",
		`{"id":"m","type":"message","content":[],"stop_reason":null}`:           protocol.BadReply,
		`{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}`: protocol.RateLimited,
		`{"type":"error","message":"boom"}`:                                     protocol.ServerError,
		`{}`:                                                                    protocol.BadReply, ``: protocol.BadReply, `{"content":[{"text":"hal`: protocol.BadReply, `<html>`: protocol.Wall,
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

func BenchmarkEvent(b *testing.B) {
	data := []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" hello there"}}`)
	var r protocol.Reply
	b.ReportAllocs()
	for b.Loop() {
		if (Dialect{}).Event([]byte("content_block_delta"), data, &r) != protocol.Meaningful {
			b.Fatal("not meaningful")
		}
	}
}

// Searches are counted where they are billed by number; what Anthropic calls priority is paid for beforehand.
func TestSearchesAndService(t *testing.T) {
	const body = `{"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":6,"output_tokens":4,"service_tier":%s,"server_tool_use":{"web_search_requests":3}}}`
	for word, want := range map[string]protocol.Service{`"standard"`: protocol.Standard, `"batch"`: protocol.Batch, `"priority"`: protocol.Reserved, `null`: "",
		`"standard","speed":"standard"`: protocol.Standard, `"standard","speed":"fast"`: protocol.Fast} {
		var r protocol.Reply
		Dialect{}.Body(fmt.Appendf(nil, body, word), &r)
		if r.Service != want || r.Usage != (protocol.Usage{Input: 6, Output: 4, Searches: 3}) {
			t.Errorf("%s: %+v by %s", word, r.Usage, r.Service)
		}
	}
}
