package codecs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

// pairs runs a test for each client protocol in front of each other upstream protocol.
func pairs(t *testing.T, name string, test func(t *testing.T, client, up protocol.Protocol)) {
	for _, client := range codecs.Spoken.List() {
		for _, up := range codecs.Spoken.List() {
			if client != up {
				t.Run(fmt.Sprintf("%s: %v at %v", name, client, up), func(t *testing.T) { test(t, client, up) })
			}
		}
	}
}

func encoded(t *testing.T, p protocol.Protocol, r *conversation.Request) string {
	t.Helper()
	body, _, err := codecs.Of(p).EncodeRequest(r, conversation.Target{Model: models[p]})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// turn is a conversation in which the model has called a tool, and has its result.
func turn(name, id, arguments string, before ...conversation.Part) *conversation.Request {
	return &conversation.Request{Model: "m", Tools: []conversation.Tool{{Kind: conversation.Function, Name: name, Schema: json.RawMessage(`{"type":"object","properties":{}}`)}},
		Messages: []conversation.Message{{Role: conversation.User, Parts: []conversation.Part{&conversation.Text{Text: "go"}}},
			{Role: conversation.Assistant, Parts: append(before, &conversation.ToolCall{ID: id, Name: name, Kind: conversation.Function, Arguments: arguments})},
			{Role: conversation.ToolRole, Parts: []conversation.Part{&conversation.ToolResult{ID: id, Name: name, Kind: conversation.Function, Parts: []conversation.Part{&conversation.Text{Text: "done"}}}}}}}
}

// Case 9, case 5: nothing follows the end of a stream, nor an error in it; and an error is never followed by what reads as success.
func TestCase9NothingAfterTheEnd(t *testing.T) {
	for _, p := range codecs.Spoken.List() {
		said := []conversation.Event{&conversation.Start{Model: "m"}, &conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "Hello"}}
		end := []conversation.Event{&conversation.PartEnd{}, &conversation.Finished{Finish: conversation.Finish{Reason: conversation.Stopped}}}
		for name, last := range map[string]conversation.Event{"case 9: the end": nil, "case 5: an error": &conversation.Fault{Err: &protocol.Error{Kind: protocol.Overloaded, Message: "busy"}}} {
			t.Run(p.String()+", "+name, func(t *testing.T) {
				w := codecs.Of(p).NewWriter(&conversation.Request{})
				var b []byte
				for _, e := range said {
					b = w.Write(b, e)
				}
				if last != nil {
					b = w.Write(b, last)
				} else {
					for _, e := range end {
						b = w.Write(b, e)
					}
					b = w.Close(b)
				}
				for _, e := range append(append([]conversation.Event{}, said...), end...) {
					if more := w.Write(nil, e); len(more) > 0 {
						t.Errorf("after the end: %s", more)
					}
				}
				if more := w.Close(nil); len(more) > 0 {
					t.Errorf("after the end: %s", more)
				}
				for _, word := range []string{"[DONE]", "message_stop", "response.completed", `"finishReason"`, `"finish_reason":"`} {
					if last != nil && strings.Contains(string(b), word) {
						t.Errorf("an error, and %s: %s", word, b)
					}
				}
			})
		}
	}
}

// Case 4: a stream that ends without a finish reason is an error to every client.
func TestCase4CutOff(t *testing.T) {
	for _, p := range codecs.Spoken.List() {
		got := written(p, &conversation.Request{}, []conversation.Event{&conversation.Start{}, &conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "Hel"}})
		wrong := map[protocol.Protocol]string{chat: `data: {"error":`, responses: "event: response.failed", anthropic: "event: error", gemini: `data: {"error":`}[p]
		if strings.Count(got, wrong) != 1 || !strings.HasPrefix(got[strings.LastIndex(got, wrong):], wrong) || strings.Contains(got, "[DONE]") {
			t.Errorf("case 4 at %v: %s", p, got)
		}
	}
}

// Case 18, case 28: a call's arguments come through as they are, optional empty strings and odd ones too.
func TestCase28ArgumentsComeThrough(t *testing.T) {
	pairs(t, "case 28", func(t *testing.T, client, up protocol.Protocol) {
		const arguments = `{"file_path":"a.go","pages":"","offset":null,"n":12345678901234567890,"s":"größe \u0000 \"x\""}`
		r := decoded(t, client, encoded(t, client, turn("Read", "call_1", arguments)))
		for _, m := range decoded(t, up, encoded(t, up, r)).Messages {
			for _, p := range m.Parts {
				if c, is := p.(*conversation.ToolCall); is {
					if c.Arguments != arguments || c.Name != "Read" {
						t.Errorf("%s %s", c.Name, c.Arguments)
					}
					return
				}
			}
		}
		t.Error("the call is gone")
	})
}

// Case 19, case 20: names and ids that an upstream would refuse are made legal in calls, results, choice and declarations alike, and the
// client gets its own names back, whole and streamed.
func TestCase19And20NamesAndIDs(t *testing.T) {
	name := "mcp__" + strings.Repeat("länger.", 20)
	id := "call:" + strings.Repeat("0123456789", 20)
	for _, up := range codecs.Spoken.List() {
		t.Run("case 19, case 20: "+up.String(), func(t *testing.T) {
			r := turn(name, id, `{}`)
			r.Choice = conversation.ToolChoice{Mode: conversation.ChoiceTool, Names: []string{name}}
			body := encoded(t, up, r)
			if strings.Contains(body, "länger") {
				t.Fatalf("the name went as it is: %s", body)
			}
			sent := decoded(t, up, body)
			var call *conversation.ToolCall
			for _, m := range sent.Messages {
				for _, p := range m.Parts {
					switch p := p.(type) {
					case *conversation.ToolCall:
						call = p
					case *conversation.ToolResult:
						if call == nil || p.ID != call.ID {
							t.Errorf("the result is of %q, the call %+v", p.ID, call)
						}
					}
				}
			}
			if call == nil || call.Name != sent.Tools[0].Name || sent.Choice.Names[0] != call.Name || len(call.Name) > 64 || up != gemini && len(call.ID) > 64 {
				t.Fatalf("call %+v, tools %+v, choice %+v", call, sent.Tools, sent.Choice)
			}
			restorer := func() conversation.Restorer {
				return codecs.Of(up).Restorer(r, conversation.Target{Model: models[up]})
			}
			again := &conversation.ToolCall{ID: "x", Name: call.Name, Kind: conversation.Function, Arguments: "{}"}
			reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{again}}}}
			if restorer().Reply(reply); again.Name != name {
				t.Errorf("whole: %q", again.Name)
			}
			es := restorer().Events([]conversation.Event{&conversation.PartStart{Part: &conversation.ToolCall{ID: "x", Name: call.Name, Kind: conversation.Function}}})
			if got := es[0].(*conversation.PartStart).Part.(*conversation.ToolCall).Name; got != name {
				t.Errorf("streamed: %q", got)
			}
		})
	}
}

// Case 35, case 36, case 38, case 39: what proves or seals one vendor's reasoning reaches no other vendor, and the call that it stood
// before stays.
func TestCase35ReasoningStaysWithItsVendor(t *testing.T) {
	for origin, thinking := range map[protocol.Protocol][]conversation.Part{
		anthropic: {&conversation.Thinking{Text: "hm", Signature: "c2VjcmV0", Origin: anthropic}, &conversation.Thinking{Sealed: "c2VjcmV0", Origin: anthropic}},
		responses: {&conversation.Thinking{ID: "rs_secret", Text: "hm", Summary: true, Sealed: "c2VjcmV0", Origin: responses}},
		gemini:    {&conversation.Thinking{Text: "hm", Summary: true, Signature: "c2VjcmV0", Origin: gemini}},
	} {
		for _, up := range codecs.Spoken.List() {
			t.Run(fmt.Sprintf("case 35, case 36, case 38, case 39: %v's at %v", origin, up), func(t *testing.T) {
				body := encoded(t, up, turn("look", "call_1", `{"a":1}`, thinking...))
				if there := strings.Contains(body, "c2VjcmV0"); there != (up == origin) {
					t.Errorf("the secret is there: %v\n%s", there, body)
				}
				if up != origin && strings.Contains(body, "secret") {
					t.Errorf("an id of the vendor's: %s", body)
				}
				if !strings.Contains(body, "look") || !strings.Contains(body, "done") {
					t.Errorf("the call or its result is gone: %s", body)
				}
			})
		}
	}
}

// Case 43, case 44: instructions keep their order, wherever they stand, and the line that Claude Code writes for its own vendor's billing
// reaches no other.
func TestCase43InstructionsKeepTheirOrder(t *testing.T) {
	const billing = "x-anthropic-billing-header: cc_version=1;"
	body := ask(anthropic, `"system":[{"type":"text","text":"`+billing+`"},{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]`)
	for _, up := range []protocol.Protocol{chat, responses, gemini} {
		got := encoded(t, up, decoded(t, anthropic, body))
		first, second, question := strings.Index(got, "FIRST"), strings.Index(got, "SECOND"), strings.Index(got, "What is new?")
		if up == gemini { // where instructions have a member of their own, which may come last
			question = len(got)
		}
		if first < 0 || second < first || question < second && up != responses || strings.Contains(got, "billing") {
			t.Errorf("case 43, case 44 at %v: %s", up, got)
		}
	}
}

// Case 52: how an answer ended, in each client's own word.
func TestCase52HowAnswersEnd(t *testing.T) {
	words := map[conversation.Reason]map[protocol.Protocol]string{
		conversation.Stopped:     {chat: `"finish_reason":"stop"`, responses: `"status":"completed"`, anthropic: `"stop_reason":"end_turn"`, gemini: `"finishReason":"STOP"`},
		conversation.StopWord:    {chat: `"finish_reason":"stop"`, responses: `"status":"completed"`, anthropic: `"stop_reason":"stop_sequence"`, gemini: `"finishReason":"STOP"`},
		conversation.MaxTokens:   {chat: `"finish_reason":"length"`, responses: `"reason":"max_output_tokens"`, anthropic: `"stop_reason":"max_tokens"`, gemini: `"finishReason":"MAX_TOKENS"`},
		conversation.ContextFull: {chat: `"finish_reason":"length"`, responses: `"reason":"max_output_tokens"`, anthropic: `"stop_reason":"model_context_window_exceeded"`, gemini: `"finishReason":"MAX_TOKENS"`},
		conversation.Refused:     {chat: `"finish_reason":"content_filter"`, responses: `"reason":"content_filter"`, anthropic: `"stop_reason":"refusal"`, gemini: `"finishReason":"SAFETY"`},
		conversation.PausedTurn:  {chat: `"finish_reason":"stop"`, responses: `"reason":"max_output_tokens"`, anthropic: `"stop_reason":"pause_turn"`, gemini: `"finishReason":"STOP"`},
		"of tomorrow":            {chat: `"finish_reason":"stop"`, responses: `"status":"completed"`, anthropic: `"stop_reason":"end_turn"`, gemini: `"finishReason":"STOP"`},
	}
	for reason, want := range words {
		for p, word := range want {
			finish := conversation.Finish{Reason: reason, Word: "END"}
			whole, err := codecs.Of(p).EncodeReply(&conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.Text{Text: "a"}}, Finish: finish}}}, &conversation.Request{})
			if err != nil {
				t.Fatal(err)
			}
			streamed := written(p, &conversation.Request{}, []conversation.Event{&conversation.Start{}, &conversation.PartStart{Part: &conversation.Text{}}, &conversation.Delta{Text: "a"}, &conversation.PartEnd{}, &conversation.Finished{Finish: finish}})
			for what, got := range map[string]string{"whole": string(whole), "streamed": streamed} {
				if !strings.Contains(got, word) {
					t.Errorf("case 52: %s at %v, %s: no %s in %s", reason, p, what, word, got)
				}
				if reason == conversation.StopWord && p == anthropic && !strings.Contains(got, `"stop_sequence":"END"`) {
					t.Errorf("case 54, %s: %s", what, got)
				}
			}
		}
	}
}
