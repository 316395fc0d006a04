package gemini

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

// Gemini CLI sends no thoughts back, but the signatures of its calls: Claude goes on thinking while it calls tools.
func TestForeignThinking(t *testing.T) {
	first := &conv.Thinking{Text: "One. 世界", Signature: "SIGN", Origin: protocol.Anthropic}
	sealed := &conv.Thinking{Sealed: "SEAL", Origin: protocol.Anthropic}
	second := &conv.Thinking{Text: "Two.", Signature: "AGAIN", Origin: protocol.Anthropic}
	text := &conv.Text{Text: "I look."}
	// Where a turn calls tools its thinking begins it, and what a later call was thought for stands before that.
	want := []conv.Part{first, sealed, text, toolCall("toolu_1", "f", `{"a":1}`), second, toolCall("toolu_2", "f", "{}"), toolCall("toolu_3", "f", "{}")}

	events := []conv.Event{&conv.Start{ID: "r", Model: "m"},
		&conv.PartStart{Part: &conv.Thinking{Origin: protocol.Anthropic}}, &conv.Delta{Text: "One. "}, &conv.Delta{Text: "世界"}, &conv.Delta{Signature: "SIGN"}, &conv.PartEnd{},
		&conv.PartStart{Part: &conv.Thinking{Origin: protocol.Anthropic}}, &conv.Delta{Sealed: "SEAL"}, &conv.PartEnd{},
		&conv.PartStart{Part: &conv.Text{}}, &conv.Delta{Text: "I look."}, &conv.PartEnd{},
		&conv.PartStart{Part: toolCall("toolu_1", "f", "")}, &conv.Delta{Text: `{"a":1}`}, &conv.PartEnd{},
		&conv.PartStart{Part: &conv.Thinking{Origin: protocol.Anthropic}}, &conv.Delta{Text: "Two."}, &conv.Delta{Signature: "AGAIN"}, &conv.PartEnd{},
		&conv.PartStart{Part: toolCall("toolu_2", "f", "")}, &conv.PartEnd{}, &conv.PartStart{Part: toolCall("toolu_3", "f", "")}, &conv.PartEnd{},
		&conv.Finished{Finish: conv.Finish{Reason: conv.CallsTools}}}
	reply := &conv.Reply{Model: "m", Choices: []conv.Choice{{Parts: want, Finish: conv.Finish{Reason: conv.CallsTools}}}}

	for _, shows := range []bool{false, true} {
		asked := &conv.Request{Reasoning: conv.Reasoning{Show: ptr(shows)}}
		streamed, failed := datas(t, write(asked, events...))
		whole, err := Codec{}.EncodeReply(reply, asked)
		if failed != nil || err != nil {
			t.Fatal(string(failed), err)
		}
		for _, said := range [][][]byte{streamed, {whole}} {
			for _, thoughts := range []bool{true, false} { // that the client sends back
				body := []byte(`{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[` + strings.Join(sentBack(t, said, thoughts), ",") + `]}]}`)
				if got := decodeRequest(t, string(body)).Messages[1].Parts; !reflect.DeepEqual(got, want) {
					t.Errorf("%s came back as %s", body, show(got))
				}
				if s := string(StripForeign(body)); !json.Valid([]byte(s)) || strings.Contains(s, foreignMark) || strings.Count(s, skipSignature) != 2 || strings.Count(s, `"functionCall"`) != 3 {
					t.Errorf("Google would see %s", s)
				}
			}
		}
	}
	for _, same := range []string{``, `{"contents":[{"parts":[{"text":"` + foreignMark[:9] + `"}]}]}`, `{"x":"say ` + foreignMark + `"}`, `{"x":"` + foreignMark} {
		if got := string(StripForeign([]byte(same))); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
	if got := decodeRequest(t, `{"contents":[{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"`+foreignMark+`!"}]}]}`).Messages[0].Parts; !reflect.DeepEqual(got, []conv.Part{toolCall("1", "f", "{}")}) {
		t.Errorf("a broken one leaves %s", show(got))
	}
}

// sentBack is the parts of replies as a client sends them back.
func sentBack(t *testing.T, replies [][]byte, thoughts bool) (parts []string) {
	t.Helper()
	for _, reply := range replies {
		var r struct {
			Candidates []struct {
				Content struct{ Parts []json.RawMessage }
			}
		}
		if err := json.Unmarshal(reply, &r); err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Candidates {
			for _, p := range c.Content.Parts {
				if thoughts || !strings.Contains(string(p), `"thought":true`) {
					parts = append(parts, string(p))
				}
			}
		}
	}
	return parts
}
