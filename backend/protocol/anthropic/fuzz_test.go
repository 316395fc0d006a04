package anthropic

import (
	"bytes"
	"errors"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(claudeCode))
	f.Add([]byte(`{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"document","source":{"type":"content","content":[{"type":"document"}]}},{"type":"x_tool_result","content":[1,{"url":"u"}]}]}]}`))
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"type":"thinking","signature":"` + Mark + `eyJjIjp0cnVlfQ"}]}],"tools":[{"type":"bash_20250124","name":"bash"}]}`))
	f.Add([]byte(`{"messages":[{"role":"assistant","content":[{"type":"text","text":"x","citations":[{"encrypted_index":"` + Mark + `"}]},{"type":"redacted_thinking","data":"` + Mark + `"}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if stripped := StripForeign(body); scan.Valid(body) == nil && scan.Valid(stripped) != nil {
			t.Fatalf("%s became %s", body, stripped)
		}
		r, err := Codec{}.DecodeRequest(body, conversation.Asked{})
		if err != nil {
			var e *protocol.Error
			if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Message == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, to := range targets {
			_, _, _ = Codec{}.EncodeRequest(r, to)
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(wire(head, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`, `{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}`, `{"type":"message_stop"}`)))
	f.Add([]byte(wire(`{"type":"content_block_delta","index":3,"delta":{"type":"thinking_delta","thinking":"x"}}`, `{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"","name":"f","input":{"a":1}}}`,
		`{"type":"content_block_delta","index":3,"delta":{"type":"signature_delta","signature":"x"}}`, `{"type":"message_stop"}`)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := Codec{}.NewReader()
		w := Codec{}.NewWriter(thinker)
		var out []byte
		open := false
		take := func(events []conversation.Event) {
			for _, e := range events {
				switch e.(type) {
				case *conversation.PartStart:
					if open {
						t.Fatal("parts overlap")
					}
					open = true
				case *conversation.PartEnd:
					if !open {
						t.Fatal("an end without a start")
					}
					open = false
				case *conversation.Delta:
					if !open {
						t.Fatal("a delta outside a part")
					}
				}
				out = w.Write(out, e)
			}
		}
		var fault error
		each(t, stream, func(name, data string) {
			if fault == nil {
				var events []conversation.Event
				events, fault = r.Read([]byte(name), []byte(data))
				take(events)
			}
		})
		if fault == nil {
			events, _ := r.End()
			take(events)
		}
		out = w.Close(out)
		grammar(t, bytes.ReplaceAll(out, []byte("\uFFFD"), []byte("?")))
	})
}

func FuzzDecodeReply(f *testing.F) {
	f.Add([]byte(`{"id":"m","type":"message","content":[{"type":"text","text":"x","citations":[{"url":"u"}]},{"type":"tool_use","id":"t","name":"f","input":[1]}],"stop_reason":"end_turn","usage":{"input_tokens":1}}`))
	f.Add([]byte(`{"content":[],"stop_reason":"refusal","stop_details":{"explanation":"no"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := Codec{}.DecodeReply(body)
		if err != nil {
			var e *protocol.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			return
		}
		out, err := Codec{}.EncodeReply(reply, thinker)
		if err == nil {
			judge(t, "Message", out)
		}
	})
}
