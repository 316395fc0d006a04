package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/build/imitation"
)

// Case 37: thinking that an account did not sign, since another has, is taken out once, and the account that refused it is none the worse.
func TestCase37InvalidSignature(t *testing.T) {
	a := asks()[slices.IndexFunc(asks(), func(a ask) bool { return a.proto == protocol.Anthropic && !a.stream })]
	foreign := map[string]any{"type": "thinking", "thinking": "Hm.", "signature": "bm90IHlvdXJz"}
	for name, history := range map[string][]any{
		"words": {map[string]any{"role": "assistant", "content": []any{foreign, map[string]any{"type": "text", "text": "Yes."}}}, a.body["messages"].([]any)[0]},
		"calls": {map[string]any{"role": "assistant", "content": []any{foreign, map[string]any{"type": "tool_use", "id": "t", "name": "get_weather", "input": map[string]any{}}}},
			map[string]any{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": "t", "content": "sunny"}}}},
	} {
		t.Run("case 37: "+name, func(t *testing.T) {
			v := vendor(t, imitation.Anthropic, "A")
			w := newWorld(t, []*imitation.Vendor{v})
			again := a.tools()
			again.body["max_tokens"], again.body["thinking"] = 4096, map[string]any{"type": "enabled", "budget_tokens": 2048}
			again.body["messages"] = append(slices.Clone(a.body["messages"].([]any)), history...)
			got := w.send(again)
			if got.status != 200 || !strings.Contains(got.body, "You said") {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if r := w.records(1)[0]; len(r.Attempts) != 2 || r.Attempts[0].Account != r.Attempts[1].Account || strings.Contains(string(v.Calls()[1].Body), "bm90") {
				t.Errorf("attempts: %+v", r.Attempts)
			}
			if w.wantAnswer(a, w.send(a)); len(v.Calls()) != 3 {
				t.Errorf("%d calls", len(v.Calls()))
			}
		})
	}
}
