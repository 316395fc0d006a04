package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"metapi/backend/catalog/scores"
)

func TestLastAskedIsWhatTheUserSaidLast(t *testing.T) {
	long := strings.Repeat("a", 5000) + strings.Repeat("b", 5000)
	for _, c := range []struct{ name, body, want string }{
		{"chat", `{"model":"m","messages":[{"role":"system","content":"fix a.go"},{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"thr\u00e9e \"x\""}],"stream":true}`, `thrée "x"`},
		{"content before role", `{"messages":[{"content":"mine","role":"user"},{"content":"its","role":"assistant"}]}`, "mine"},
		{"parts of chat", `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:x"}},{"type":"text","text":"b"}]}]}`, "ab"},
		{"a tool's result is not the user's", `{"messages":[{"role":"user","content":"mine"},{"role":"user","content":[{"type":"tool_result","content":"its"}]}]}`, "mine"},
		{"responses", `{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"mine"}]},{"type":"function_call_output","output":"its"}]}`, "mine"},
		{"responses, plain", `{"input":"mine"}`, "mine"},
		{"gemini", `{"contents":[{"parts":[{"text":"mine"}]},{"role":"model","parts":[{"text":"its"}]}]}`, "mine"},
		{"long", `{"input":"` + long + `"}`, long[:3000] + long[9000:]},
		{"in two pieces", `{"contents":[{"parts":[{"text":"` + long[:5000] + `"},{"text":"` + long[5000:] + `"}]}]}`, long[:3000] + long[9000:]},
		{"a little too long", `{"input":"` + long[3500:7000] + `"}`, long[3500:7000]},
		{"no JSON", `{"messages":[{"role":"user","content":"mi`, ""},
		{"nothing", ``, ""},
	} {
		if got, size := lastAsked([]byte(c.body), nil); string(got) != c.want || size < len(c.want)/2 {
			t.Errorf("%s: %.80q of %d, not %.80q", c.name, got, size, c.want)
		}
	}
}

func FuzzLastAsked(f *testing.F) {
	f.Add([]byte(`{"messages":[{"role":"user","content":"a\ud83d"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if text, _ := lastAsked(body, nil); len(text) > 4*(askedHead+askedTail) {
			t.Errorf("%d bytes", len(text))
		}
	})
}

// BenchmarkDomain is what it takes to find out what kind of answer a prompt of 100 KB asks for.
func BenchmarkDomain(b *testing.B) {
	var messages []any
	for range 20 {
		messages = append(messages, map[string]any{"role": "user", "content": strings.Repeat("What should I cook for dinner tonight,\nand \"how\"? ", 100)})
	}
	body, _ := json.Marshal(map[string]any{"model": "m", "messages": messages})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var text [askedHead + askedTail]byte
		asked, size := lastAsked(body, text[:0])
		scores.Classify(scores.Prompt{Text: asked, Size: size})
	}
}
