package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

type m = map[string]any

func user(content any) m { return m{"role": "user", "content": content} }

var getWeather = m{"type": "object", "properties": m{"city": m{"type": "string"}}}

// spoilt are requests that their own vendor refuses as they stand, and that can be mended. says is what it answers, where the imitation does
// not find it out by itself; sent is in what it is sent instead, and gone is not.
var spoilt = []struct {
	name  string
	mends string // the name of the repair
	ask   ask
	says  string
	sent  string
	gone  string
	any   bool // a fault of any conversation, and not of this one
}{
	{name: "thinking signed elsewhere, in the middle of a turn (case 37)", mends: "thinking", gone: `"thinking"`, sent: `"tool_result"`,
		ask: ask{kind: imitation.Anthropic, proto: protocol.Anthropic, path: "/v1/messages", body: m{"model": "claude-sonnet-4-5", "max_tokens": 4000,
			"thinking": m{"type": "enabled", "budget_tokens": 2000}, "metadata": m{"user_id": "u_session_1"}, "tools": []any{m{"name": "get_weather", "input_schema": getWeather}},
			"messages": []any{user("weather?"), m{"role": "assistant", "content": []any{m{"type": "thinking", "thinking": "hm", "signature": "Zm9yZWlnbg=="},
				m{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": m{}}}},
				user([]any{m{"type": "tool_result", "tool_use_id": "toolu_1", "content": "21"}})}}}},
	{name: "thinking signed elsewhere, in a turn that is over", mends: "thinking", gone: "Zm9yZWlnbg==", sent: `"budget_tokens"`,
		ask: ask{kind: imitation.Anthropic, proto: protocol.Anthropic, path: "/v1/messages", body: m{"model": "claude-sonnet-4-5", "max_tokens": 4000,
			"thinking": m{"type": "enabled", "budget_tokens": 2000}, "metadata": m{"user_id": "u_session_1"},
			"messages": []any{user("hello"), m{"role": "assistant", "content": []any{m{"type": "thinking", "thinking": "hm", "signature": "Zm9yZWlnbg=="},
				m{"type": "text", "text": "Hi."}}}, user("and now?")}}}},
	{name: "a tool result without its call, anthropic", mends: "tool results", gone: "toolu_lost",
		ask: ask{kind: imitation.Anthropic, proto: protocol.Anthropic, path: "/v1/messages", body: m{"model": "claude-sonnet-4-5", "max_tokens": 400, "metadata": m{"user_id": "u_session_1"},
			"tools":    []any{m{"name": "get_weather", "input_schema": getWeather}},
			"messages": []any{user([]any{m{"type": "tool_result", "tool_use_id": "toolu_lost", "content": "21"}, m{"type": "text", "text": "go on"}})}}}},
	{name: "a tool result without its call, chat", mends: "tool results", gone: "call_lost",
		ask: ask{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", body: m{"model": "gpt-4o", "prompt_cache_key": "s1", "messages": []any{
			m{"role": "tool", "tool_call_id": "call_lost", "content": "21"}, user("go on")}}}},
	{name: "a call without its result, chat", mends: "tool results",
		ask: ask{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", body: m{"model": "gpt-4o", "prompt_cache_key": "s1", "messages": []any{
			user("weather?"), m{"role": "assistant", "tool_calls": []any{m{"id": "call_1", "type": "function", "function": m{"name": "get_weather", "arguments": "{}"}}}}, user("go on")}}}},
	{name: "a tool result without its call, responses", mends: "tool results", gone: "call_lost",
		ask: ask{kind: imitation.OpenAI, proto: protocol.OpenAIResponses, path: "/v1/responses", body: m{"model": "gpt-4o", "prompt_cache_key": "s1", "input": []any{
			m{"type": "function_call_output", "call_id": "call_lost", "output": "21"}, user("go on")}}}},
	{name: "a response without its call, gemini", mends: "tool results",
		ask: ask{kind: imitation.Gemini, proto: protocol.Gemini, path: "/v1beta/models/gemini-2.5-flash:generateContent", body: m{"contents": []any{
			m{"role": "user", "parts": []any{m{"text": "weather?"}}}, m{"role": "model", "parts": []any{m{"functionCall": m{"name": "get_weather", "args": m{}}}, m{"functionCall": m{"name": "get_weather", "args": m{}}}}},
			m{"role": "user", "parts": []any{m{"functionResponse": m{"name": "get_weather", "response": m{"celsius": 21}}}}}}}}},
	{name: "an id that is too long, responses (case 19)", mends: "ids", gone: strings.Repeat("x", 80),
		says: `{"error":{"message":"Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64, but got a string with length 80 instead.","type":"invalid_request_error","param":"input[1].call_id","code":"string_above_max_length"}}`,
		ask: ask{kind: imitation.OpenAI, proto: protocol.OpenAIResponses, path: "/v1/responses", body: m{"model": "gpt-4o", "prompt_cache_key": "s1", "input": []any{user("weather?"),
			m{"type": "function_call", "call_id": strings.Repeat("x", 80), "name": "get_weather", "arguments": "{}"},
			m{"type": "function_call_output", "call_id": strings.Repeat("x", 80), "output": "21"}}}}},
	{name: "an id of other characters, anthropic", mends: "ids", gone: "call:1",
		ask: ask{kind: imitation.Anthropic, proto: protocol.Anthropic, path: "/v1/messages", body: m{"model": "claude-sonnet-4-5", "max_tokens": 400, "metadata": m{"user_id": "u_session_1"},
			"tools": []any{m{"name": "get_weather", "input_schema": getWeather}},
			"messages": []any{user("weather?"), m{"role": "assistant", "content": []any{m{"type": "tool_use", "id": "call:1", "name": "get_weather", "input": m{}}}},
				user([]any{m{"type": "tool_result", "tool_use_id": "call:1", "content": "21"}})}}}},
	{name: "max_tokens for a model that reasons", mends: "max_completion_tokens", any: true, sent: `"max_completion_tokens":500`, gone: `"max_tokens"`,
		ask: ask{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", body: m{"model": "gpt-5", "max_tokens": 500, "messages": []any{user(question)}}}},
	{name: "a schema with a keyword that the vendor lacks, gemini", mends: "schemas", any: true, gone: `"parameters":`, sent: "parametersJsonSchema",
		ask: ask{kind: imitation.Gemini, proto: protocol.Gemini, path: "/v1beta/models/gemini-2.5-flash:generateContent", body: m{"contents": []any{m{"role": "user", "parts": []any{m{"text": question}}}},
			"tools": []any{m{"functionDeclarations": []any{m{"name": "get_weather", "description": "d", "parameters": m{"type": "object", "additionalProperties": false, "properties": m{"city": m{"type": "string"}}}}}}}}}},
	{name: "a vendor that wants its reasoning back (case 40)", mends: "reasoning_content", any: true, sent: `"reasoning_content"`,
		says: "{\"error\":{\"message\":\"The `reasoning_content` in the thinking mode must be passed back to the API.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_request_error\"}}",
		ask: ask{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", body: m{"model": "gpt-4o", "messages": []any{
			user("weather?"), m{"role": "assistant", "tool_calls": []any{m{"id": "call_1", "type": "function", "function": m{"name": "get_weather", "arguments": "{}"}}}},
			m{"role": "tool", "tool_call_id": "call_1", "content": "21"}}}}},
	{name: "usage in a stream", mends: "stream_options", any: true, gone: "stream_options",
		says: `{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}`,
		ask:  ask{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", stream: true, body: m{"model": "gpt-4o", "stream": true, "messages": []any{user(question)}}}},
}

// What the vendor of the client's own protocol refuses is mended once, and then known: of the conversation, or of the account's model.
func TestMends(t *testing.T) {
	for _, c := range spoilt {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := vendor(t, c.ask.kind, "A")
			w := newWorld(t, []*imitation.Vendor{v})
			refuses := func() {
				if c.says != "" {
					v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: c.says})
				}
			}
			refuses()
			got := w.send(c.ask)
			if _, ok, errs := text(c.ask, got.body); got.status != 200 || !ok || errs != nil {
				t.Fatalf("%d %s", got.status, got.body)
			}
			r := w.records(1)[0]
			if len(r.Attempts) != 2 || r.Attempts[0].Kind != protocol.BadRequest || !slices.Equal(r.Attempts[1].Mends, []string{c.mends}) {
				t.Fatalf("attempts %+v", r.Attempts)
			}
			if got := got.header.Get("X-Metapi-Mended"); got != c.mends {
				t.Errorf("the client is told that %q was mended", got)
			}
			sent := bodies(v)
			if last := sent[len(sent)-1]; c.sent != "" && !strings.Contains(last, c.sent) || c.gone != "" && strings.Contains(last, c.gone) {
				t.Errorf("sent at last: %s", last)
			}

			w.send(c.ask)
			if again := w.records(2)[1]; len(again.Attempts) != 1 || !slices.Equal(again.Attempts[0].Mends, []string{c.mends}) {
				t.Errorf("asked again, attempts %+v", again.Attempts)
			}
			// Another conversation has not got the fault of this one.
			other := c.ask
			other.body = m{}
			for k, v := range c.ask.body {
				other.body[k] = v
			}
			for name, value := range map[string]any{"prompt_cache_key": "s2", "metadata": m{"user_id": "u_session_2"}} {
				if _, has := other.body[name]; has {
					other.body[name] = value
				}
			}
			if c.says == "" || !c.any {
				refuses()
			}
			if w.send(other); !c.any && c.ask.kind != imitation.Gemini {
				if r := w.records(3)[2]; len(r.Attempts) != 2 {
					t.Errorf("another conversation, attempts %+v", r.Attempts)
				}
			}
		})
	}
}

// bodies are those of the requests for replies that a vendor has got.
func bodies(v *imitation.Vendor) []string {
	var all []string
	for _, r := range v.Requests() {
		if r.Op != imitation.OpModels {
			all = append(all, string(r.Body))
		}
	}
	return all
}

// In lane B it is the request as it was translated that is mended, and what the vendor does not take is told.
func TestMendsTranslated(t *testing.T) {
	crossed(t, each, func(t *testing.T, w *world, v *imitation.Vendor, a ask, u upstream) {
		if a.proto == protocol.Gemini {
			a.body["generationConfig"] = m{"temperature": 0.3}
		} else {
			a.body["temperature"] = 0.3
		}
		v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"error":{"message":"Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}`})
		got := w.send(a)
		w.wantAnswer(a, got)
		sent := bodies(v)
		if len(sent) != 2 || !strings.Contains(sent[0], "temperature") || strings.Contains(sent[1], "temperature") {
			t.Errorf("sent %q", sent)
		}
		if got := got.header.Get("X-Metapi-Dropped"); !strings.Contains(got, "temperature") {
			t.Errorf("dropped %q", got)
		}
	})
}

// What cannot be mended is told to the client in the vendor's own words, also where a repair was tried and did not help.
func TestMendsInVain(t *testing.T) {
	a := spoilt[0].ask
	v := vendor(t, imitation.Anthropic, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	first := `{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid ` + "`signature` in `thinking`" + ` block"},"request_id":"req_1"}`
	for _, body := range []string{first, `{"type":"error","error":{"type":"invalid_request_error","message":"no, still not"}}`} {
		v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: body})
	}
	got := w.send(a)
	if got.status != 400 || got.body != first {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.records(1)
	if again := w.send(a); again.status != 200 {
		t.Errorf("%d %s", again.status, again.body)
	}
	if r := w.records(2)[1]; len(r.Attempts) != 2 {
		t.Errorf("a repair that did not help was kept: %+v", r.Attempts)
	}
}

// One deployment that wants a repair does not keep the next from being asked.
func TestMendsThenFailsOver(t *testing.T) {
	a := spoilt[0].ask
	v, other := vendor(t, imitation.Anthropic, "A"), vendor(t, imitation.Anthropic, "B")
	w := newWorld(t, []*imitation.Vendor{v, other})
	v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
		Body: fmt.Sprintf(`{"error":{"message":%q}}`, "messages.1.content.0: Invalid `signature` in `thinking` block")}, imitation.Fault{Kind: imitation.Status529})
	if got := w.send(a); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	r := w.records(1)[0]
	if len(r.Attempts) != 4 || r.Attempts[3].Account != "acc_1" {
		t.Errorf("attempts %+v", r.Attempts)
	}
}

// A provider's quirks are known before anything is refused.
func TestQuirksOfTheProvider(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "A")
	w := newWorld(t, []*imitation.Vendor{v}, only(protocol.OpenAIChat), func(_ *gateway.Options, s *snapshot.Snapshot) {
		for i := range s.Deployments {
			s.Deployments[i].Quirks = map[string]bool{"no:seed": true, "max_tokens": true}
		}
	})
	a := ask{imitation.Gemini, protocol.Gemini, "/v1beta/models/gpt-4o:generateContent", false,
		m{"contents": []any{m{"role": "user", "parts": []any{m{"text": question}}}}, "generationConfig": m{"seed": 7, "maxOutputTokens": 300}}}
	got := w.send(a)
	w.wantAnswer(a, got)
	var sent map[string]json.RawMessage
	if err := json.Unmarshal([]byte(bodies(v)[0]), &sent); err != nil {
		t.Fatal(err)
	}
	if sent["seed"] != nil || string(sent["max_tokens"]) != "300" || got.header.Get("X-Metapi-Dropped") != "generationConfig.seed" {
		t.Errorf("sent %s, dropped %q", bodies(v)[0], got.header.Get("X-Metapi-Dropped"))
	}
}
