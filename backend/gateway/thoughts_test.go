package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// thinker answers as a vendor does that shows its reasoning before a call.
const thinker = `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":null,"reasoning_content":"Only a look outside will tell.",` +
	`"tool_calls":[{"id":"call_7","type":"function","function":{"name":"get_weather","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}`

const thinkerStream = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Only a look "}}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"reasoning_content":"outside will tell."}}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_7","type":"function","function":{"name":"get_weather","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}

data: [DONE]

`

// Case 40: a vendor that wants the reasoning before its calls back gets it, though the client has dropped it: at once where the request is
// translated, and after a first refusal where the client's body passes as it is.
func TestThoughtsComeBack(t *testing.T) {
	second := map[protocol.Protocol]ask{
		protocol.OpenAIChat: {imitation.OpenAI, protocol.OpenAIChat, "/v1/chat/completions", false, m{"model": "gpt-4o", "messages": []any{user("weather?"),
			m{"role": "assistant", "tool_calls": []any{m{"id": "call_7", "type": "function", "function": m{"name": "get_weather", "arguments": "{}"}}}},
			m{"role": "tool", "tool_call_id": "call_7", "content": "21"}}}},
		protocol.Anthropic: {imitation.Anthropic, protocol.Anthropic, "/v1/messages", false, m{"model": "gpt-4o", "max_tokens": 300, "tools": []any{m{"name": "get_weather", "input_schema": getWeather}},
			"messages": []any{user("weather?"), m{"role": "assistant", "content": []any{m{"type": "tool_use", "id": "call_7", "name": "get_weather", "input": m{}}}},
				user([]any{m{"type": "tool_result", "tool_use_id": "call_7", "content": "21"}})}}},
	}
	for _, first := range asks() {
		next, ok := second[first.proto]
		if !ok {
			continue
		}
		for _, asItWas := range []bool{true, false} { // or in the form that was not asked for (case 7)
			t.Run(fmt.Sprintf("%v, in the form that was asked for: %v", first, asItWas), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, imitation.OpenAI, "A")
				w := newWorld(t, []*imitation.Vendor{v}, only(protocol.OpenAIChat), func(_ *gateway.Options, s *snapshot.Snapshot) {
					for i := range s.Deployments {
						s.Deployments[i].Quirks = map[string]bool{"reasoning_content": true, "reasoning_content_required": true}
					}
				})
				body, form := thinker, "application/json"
				if first.stream == asItWas {
					body, form = thinkerStream, "text/event-stream"
				}
				v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {form}}, Body: body})
				if got := w.send(first.of("gpt-4o")); got.status != 200 || !strings.Contains(got.body, "get_weather") {
					t.Fatalf("%d %s", got.status, got.body)
				}
				if first.proto == protocol.OpenAIChat {
					v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
						Body: "{\"error\":{\"message\":\"The `reasoning_content` in the thinking mode must be passed back to the API.\"}}"})
				}
				if got := w.send(next); got.status != 200 {
					t.Fatalf("%d %s", got.status, got.body)
				}
				sent := bodies(v)
				if last := sent[len(sent)-1]; !strings.Contains(last, `"reasoning_content":"Only a look outside will tell."`) {
					t.Errorf("sent %s", last)
				}
			})
		}
	}
}
