package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/build/imitation"
)

// mistaken are bodies sent to the path of another protocol, as Cursor does; the reply is to be the path's.
var mistaken = []struct {
	name string
	path string
	body m
}{
	{"responses, at chat", "/v1/chat/completions", m{"instructions": "Be brief.", "input": []any{m{"role": "user", "content": []any{m{"type": "input_text", "text": question}}}},
		"tools": []any{m{"type": "function", "name": "get_weather", "parameters": getWeather}}, "stream_options": m{"include_usage": true}}},
	{"responses, a text, at chat", "/v1/chat/completions", m{"input": question}},
	{"anthropic, at chat", "/v1/chat/completions", m{"max_tokens": 300, "system": "Be brief.", "messages": []any{user(question)}}},
	{"anthropic's tools, at chat", "/v1/chat/completions", m{"max_tokens": 300, "tools": []any{m{"name": "get_weather", "input_schema": getWeather}}, "messages": []any{user("weather?"),
		m{"role": "assistant", "content": []any{m{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": m{}}}},
		user([]any{m{"type": "tool_result", "tool_use_id": "toolu_1", "content": "21"}, m{"type": "text", "text": question}})}}},
	{"chat, at responses", "/v1/responses", m{"messages": []any{m{"role": "system", "content": "Be brief."}, user(question)}}},
}

// Case 72: a body that was sent to the path of another protocol is known by its shape, and served in front of each upstream.
func TestMistakenPath(t *testing.T) {
	for _, c := range mistaken {
		for _, u := range upstreams {
			for _, stream := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, in front of %s, stream %v", c.name, u.proto, stream), func(t *testing.T) {
					t.Parallel()
					v := vendor(t, u.kind, "A")
					w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
					a := ask{imitation.OpenAI, map[bool]protocol.Protocol{true: protocol.OpenAIResponses, false: protocol.OpenAIChat}[strings.HasSuffix(c.path, "responses")], c.path, stream, m{"model": u.model}}
					for k, value := range c.body {
						a.body[k] = value
					}
					if stream {
						a.body["stream"] = true
					}
					v.Script(imitation.Text(imitation.Echo(question)))
					w.wantAnswer(a, w.send(a))
					r := w.records(1)[0]
					if len(r.Attempts) != 1 || r.Usage.Estimated || r.Usage.Output == 0 {
						t.Errorf("%+v", r)
					}
				})
			}
		}
	}
}
