package openairesponses

import (
	"bytes"
	"errors"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// FuzzDecodeRequest: what is taken can be sent on, and what is not is a bad request.
func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(codex))
	f.Add([]byte(`{"model":"m","input":"hi","tools":[{"type":"namespace","tools":[{"type":"function","name":"f"}],"name":"n"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"x"}]}}`))
	f.Add([]byte(`{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:;base64,"},{"type":"input_file","file_data":"x"}]},{"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","image_url":"https://x"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.DecodeRequest(body, conversation.Asked{})
		if err != nil {
			var e *protocol.Error
			if !errors.As(err, &e) || e.Kind != protocol.BadRequest {
				t.Fatalf("%v", err)
			}
			return
		}
		out, _, err := Codec{}.EncodeRequest(r, conversation.Target{Model: "m"})
		if err != nil {
			return
		}
		if _, err := (Codec{}).DecodeRequest(out, conversation.Asked{}); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if _, err := (Codec{}).EncodeReply(&conversation.Reply{}, r); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzReader: whatever an upstream streams, what the client gets of it is a stream by the vendor's grammar.
func FuzzReader(f *testing.F) {
	f.Add(stream(created, `{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c","name":"f","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"}`, `{"type":"response.output_text.delta","output_index":1,"delta":"x"}`, completed("")))
	f.Add(stream(created, `{"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"x"}`, `{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"r","encrypted_content":"s"}}`,
		`{"type":"response.output_item.done","output_index":2,"item":{"type":"message","content":[{"type":"refusal","refusal":"n"}]}}`, `{"type":"error","message":"x"}`))
	f.Fuzz(func(t *testing.T, wire []byte) {
		es, err := events(t, wire)
		w := Codec{}.NewWriter(&conversation.Request{Model: "m"})
		var b []byte
		open, finished := false, false
		for _, e := range es {
			switch e.(type) {
			case *conversation.PartStart:
				if open || finished {
					t.Fatalf("parts overlap: %v", tell(es))
				}
				open = true
			case *conversation.Delta:
				if !open {
					t.Fatalf("a delta of nothing: %v", tell(es))
				}
			case *conversation.PartEnd:
				if !open {
					t.Fatalf("an end of nothing: %v", tell(es))
				}
				open = false
			case *conversation.Finished:
				finished = true
			}
			b = w.Write(b, e)
		}
		if finished && (open || err != nil) {
			t.Fatalf("finished, %v: %v", err, tell(es))
		}
		grammar(t, w.Close(b))
	})
}

func FuzzDecodeReply(f *testing.F) {
	f.Add([]byte(`{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"c","name":"f","arguments":{}}],"usage":{"input_tokens":1}}`))
	f.Add([]byte(`{"error":{"message":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := Codec{}.DecodeReply(bytes.Clone(body))
		if err != nil {
			var e *protocol.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			return
		}
		out, err := Codec{}.EncodeReply(reply, &conversation.Request{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		valid(t, "Response", out)
	})
}
