package openairesponses

import (
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol/conversation"
)

// long is a request of about 100 KB, as an agent's after some turns.
func long() []byte {
	var b strings.Builder
	b.WriteString(codex[:strings.LastIndex(codex, "]")])
	for i := range 40 {
		fmt.Fprintf(&b, `,{"type":"function_call","id":"fc_%d","call_id":"call_x%d","name":"exec_command","arguments":"{\"cmd\":\"cat file%d.go\"}","status":"completed"},
			{"type":"function_call_output","call_id":"call_x%d","output":%q}`, i, i, i, i, strings.Repeat("func main() {\n\tfmt.Println(\"hello\")\n}\n", 60))
	}
	return []byte(b.String() + "]}")
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := long()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(body, conversation.Asked{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRequest(b *testing.B) {
	r := decode(b, string(long()))
	body, _, _ := Codec{}.EncodeRequest(r, conversation.Target{Model: "m"})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (Codec{}).EncodeRequest(r, conversation.Target{Model: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	r := Codec{}.NewReader()
	_, _ = r.Read(nil, []byte(created))
	name, data := []byte("response.output_text.delta"), []byte(`{"type":"response.output_text.delta","item_id":"msg_68af","output_index":0,"content_index":0,"delta":" some words","logprobs":[],"sequence_number":17,"obfuscation":"a1B"}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if es, err := r.Read(name, data); err != nil || len(es) == 0 {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	r := decode(b, codex)
	var out []byte
	d := &conversation.Delta{Text: " some words"}
	b.ReportAllocs()
	n := 0
	var w conversation.Writer
	for b.Loop() {
		if n%1000 == 0 { // a reply's length: what was said is kept
			w = Codec{}.NewWriter(r)
			out = w.Write(out[:0], &conversation.PartStart{Part: &conversation.Text{}})
		}
		n++
		out = w.Write(out[:0], d)
	}
	b.SetBytes(int64(len(out)))
}

// BenchmarkState is what keeping the reply to a request of 100 KB costs before the client has the last of it.
func BenchmarkState(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"model":"m","input":[`)
	for i := 0; body.Len() < 100<<10; i++ {
		fmt.Fprintf(&body, `{"role":"user","content":[{"type":"input_text","text":"%s"}]},{"type":"function_call","call_id":"c%d","name":"f","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"c%d","output":"%s"},`,
			strings.Repeat("text ", 100), i, i, strings.Repeat("out\\n", 100))
	}
	body.WriteString(`{"role":"user","content":"x"}]}`)
	raw := []byte(body.String())
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := ReadState(raw)
		if err != nil {
			b.Fatal(err)
		}
		Name(s.Input)
		AppendItems(nil, s.Input)
	}
}
