package openaichat

import (
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol/conversation"
)

func BenchmarkReader(b *testing.B) {
	for name, data := range map[string]string{
		"text": `{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5.5","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" some words"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7Kq"}`,
		"call": `{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5.5","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"path"}}]},"logprobs":null,"finish_reason":null}]}`,
	} {
		b.Run(name, func(b *testing.B) {
			r := Codec{}.NewReader()
			if _, err := r.Read(nil, []byte(callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"["}`))); err != nil && name == "call" {
				b.Fatal(err)
			}
			if name == "text" {
				r = Codec{}.NewReader()
			}
			chunk := []byte(data)
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Read(nil, chunk); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	w := Codec{}.NewWriter(&conversation.Request{Model: "gpt-5.5"})
	dst := w.Write(nil, &conversation.Start{ID: "chatcmpl-1", Model: "gpt-5.5", Created: 1})
	dst = w.Write(dst, &conversation.PartStart{Part: &conversation.Text{}})
	var e conversation.Event = &conversation.Delta{Text: " some words"}
	b.ReportAllocs()
	for b.Loop() {
		dst = w.Write(dst[:0], e)
	}
	b.SetBytes(int64(len(dst)))
}

// benchmarkBody is of the size and shape that agents send: 40 tools, 60 turns with calls and results, some 300 KB.
func benchmarkBody() []byte {
	var s strings.Builder
	s.WriteString(`{"model":"gpt-5.5","stream":true,"tools":[`)
	for i := range 40 {
		fmt.Fprintf(&s, `{"type":"function","function":{"name":"tool_%d","description":%q,"parameters":{"type":"object","properties":{"path":{"type":"string","description":"where"},"deep":{"type":"boolean"}},"required":["path"]}}},`, i, strings.Repeat("It does this. ", 40))
	}
	body := strings.TrimSuffix(s.String(), ",") + `],"messages":[{"role":"system","content":"` + strings.Repeat("You help. ", 1000) + `"}`
	s.Reset()
	for i := range 60 {
		fmt.Fprintf(&s, `,{"role":"user","content":"go on"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_%d","type":"function","function":{"name":"tool_1","arguments":"{\"path\":\"/x\"}"}}]},{"role":"tool","tool_call_id":"call_%d","content":%q}`, i, i, strings.Repeat("some line of output\n", 200))
	}
	return []byte(body + s.String() + `]}`)
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := benchmarkBody()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(body, conversation.Asked{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRequest(b *testing.B) {
	body := benchmarkBody()
	r, err := Codec{}.DecodeRequest(body, conversation.Asked{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (Codec{}).EncodeRequest(r, conversation.Target{Model: "gpt-4o"}); err != nil {
			b.Fatal(err)
		}
	}
}
