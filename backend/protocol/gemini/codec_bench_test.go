package gemini

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	conv "metapi/backend/protocol/conversation"
)

func BenchmarkReader(b *testing.B) {
	data := []byte(`{"candidates":[{"content":{"parts":[{"text":" hello there"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]},"modelVersion":"gemini-x","responseId":"r1"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	r := Codec{}.NewReader()
	for i := 0; b.Loop(); i++ {
		if i%1000 == 0 {
			r = Codec{}.NewReader()
		}
		if _, err := r.Read(nil, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	w := Codec{}.NewWriter(&conv.Request{})
	dst := w.Write(nil, &conv.Start{ID: "r1", Model: "gemini-x"})
	dst = w.Write(dst, &conv.PartStart{Part: &conv.Text{}})
	e := &conv.Delta{Text: " hello there"}
	b.ReportAllocs()
	for b.Loop() {
		dst = w.Write(dst[:0], e)
	}
}

// longRequest is a conversation of an agent: 40 tools, 100 turns with calls and results of 2 KB.
func longRequest() *conv.Request {
	r := &conv.Request{Model: "gemini-2.5-pro", Messages: []conv.Message{{Role: conv.System, Parts: []conv.Part{&conv.Text{Text: strings.Repeat("Instructions. ", 1000)}}}, user("go")}}
	for i := range 40 {
		r.Tools = append(r.Tools, conv.Tool{Kind: conv.Function, Name: fmt.Sprint("tool_", i), Description: strings.Repeat("It does things. ", 20),
			Schema: json.RawMessage(`{"type":"object","properties":{"path":{"type":"string","description":"where"},"limit":{"type":["integer","null"]}},"required":["path"],"additionalProperties":false}`)})
	}
	for i := range 100 {
		id := fmt.Sprint("call_", i)
		r.Messages = append(r.Messages, model(&conv.Text{Text: "Let me look."}, toolCall(id, "tool_1", `{"path":"/a/b/c"}`)), answers(toolResult(id, "", strings.Repeat("line of output\n", 140))))
	}
	return r
}

func BenchmarkRequest(b *testing.B) {
	r := longRequest()
	for _, model := range []string{"gemini-2.5-pro", "gemini-2.0-flash"} {
		body, _, err := Codec{}.EncodeRequest(r, conv.Target{Model: model})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("encode for "+model, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, _, err := (Codec{}).EncodeRequest(r, conv.Target{Model: model}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("decode of "+model, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := (Codec{}).DecodeRequest(body, conv.Asked{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
