package codecs_test

import (
	"errors"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

// event is one event of an upstream's stream.
type event struct{ name, data string }

// begun are the first events of a stream in which the word "Hello" has been said, and wrong is the error that its vendor tells then.
var begun = map[protocol.Protocol][]event{
	protocol.OpenAIChat: {{"", `{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Hello"}}]}`}},
	protocol.OpenAIResponses: {
		{"response.created", `{"type":"response.created","response":{"id":"r","model":"m","status":"in_progress","output":[]}}`},
		{"response.output_item.added", `{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i","content":[]}}`},
		{"response.output_text.delta", `{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"i","delta":"Hello"}`}},
	protocol.Anthropic: {
		{"message_start", `{"type":"message_start","message":{"id":"a","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`},
		{"content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`},
		{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}`}},
	protocol.Gemini: {{"", `{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Hello"}]}}],"modelVersion":"m"}`}},
}

var wrong = map[protocol.Protocol]event{
	protocol.OpenAIChat:      {"", `{"error":{"message":"The server is overloaded","type":"server_error","code":"overloaded"}}`},
	protocol.OpenAIResponses: {"response.failed", `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"The server is overloaded"}}}`},
	protocol.Anthropic:       {"error", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`},
	protocol.Gemini:          {"", `{"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}}`},
}

// Case 4, case 5: every Reader tells an upstream's error, a stream that makes no sense and one that is cut off in one way, as its error.
func TestReadersTellErrorsInOneWay(t *testing.T) {
	for p, first := range begun {
		for _, c := range []struct {
			name string
			last *event // nil: the stream ends
			kind protocol.Kind
		}{
			{"case 5: the upstream's error", &event{wrong[p].name, wrong[p].data}, protocol.Overloaded},
			{"case 6: no JSON", &event{"", `{"type":`}, protocol.BadReply},
			{"case 4: cut off", nil, ""},
		} {
			t.Run(p.String()+": "+c.name, func(t *testing.T) {
				r := codecs.Of(p).NewReader()
				var all []conversation.Event
				for _, e := range first {
					got, err := r.Read([]byte(e.name), []byte(e.data))
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, got...)
				}
				var got []conversation.Event
				var err error
				if c.last != nil {
					got, err = r.Read([]byte(c.last.name), []byte(c.last.data))
				} else {
					got, err = r.End()
				}
				var e *protocol.Error
				if !errors.As(err, &e) || c.kind != "" && e.Kind != c.kind || e.Message == "" {
					t.Errorf("the error is %v", err)
				}
				for _, e := range append(all, got...) {
					switch e.(type) {
					case *conversation.Fault, *conversation.Finished:
						t.Errorf("a %T was told", e)
					}
				}
			})
		}
	}
}
