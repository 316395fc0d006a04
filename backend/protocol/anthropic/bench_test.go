package anthropic

import (
	"strings"
	"testing"

	"metapi/backend/protocol/conversation"
)

func BenchmarkReader(b *testing.B) {
	r := Codec{}.NewReader()
	_, _ = r.Read([]byte("content_block_start"), []byte(`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`))
	name, data := []byte("content_block_delta"), []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" hello there"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if events, err := r.Read(name, data); err != nil || len(events) != 1 {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	w := Codec{}.NewWriter(thinker)
	dst := w.Write(nil, &conversation.PartStart{Part: words("")})
	d := &conversation.Delta{Text: " hello there"}
	b.ReportAllocs()
	for b.Loop() {
		dst = w.Write(dst[:0], d)
	}
}

// large is a request of about 200 KB, as a coding agent sends.
func large() string {
	turn := `,{"role":"assistant","content":[{"type":"tool_use","id":"toolu_N","name":"Read","input":{"file":"a.go"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_N","content":"` +
		strings.Repeat(`func f() {\n\treturn \"x\"\n}\n`, 100) + `"}]}`
	var s strings.Builder
	s.WriteString(`{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"hi"}`)
	for i := range 60 {
		s.WriteString(strings.ReplaceAll(turn, "N", string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	return s.String() + `]}`
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := []byte(large())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(body, conversation.Asked{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRequest(b *testing.B) {
	body := large()
	r := decode(b, body)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (Codec{}).EncodeRequest(r, sonnet); err != nil {
			b.Fatal(err)
		}
	}
}
