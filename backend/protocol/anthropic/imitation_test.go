package anthropic

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/build/imitation"
)

// ask sends a request as it is encoded, and fails unless the strict imitation of the vendor accepts it.
func ask(t tb, v *imitation.Vendor, body []byte) []byte {
	t.Helper()
	req, err := http.NewRequest("POST", v.BaseURL+"/v1/messages", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", v.Key)
	req.Header.Set("Anthropic-Version", "2023-06-01")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v: %s\n%s", res.StatusCode, err, answer, body)
	}
	return answer
}

var targets = []conversation.Target{{Model: "claude-sonnet-4-5"}, {Model: "claude-opus-4-8", Quirks: map[string]bool{quirkSystemTurns: true, quirkAutoCache: true}},
	{Model: "claude-3-5-haiku"}, {Model: "glm-5", UsualOutput: 5000}}

func vendor(t *testing.T) *imitation.Vendor {
	var names []string
	for _, to := range targets {
		names = append(names, to.Model)
	}
	return imitation.New(t, imitation.Anthropic, imitation.WithModels(names...))
}

func TestAnyRequestIsAccepted(t *testing.T) {
	v := vendor(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := anyRequest.Draw(rt, "request")
		to := rapid.SampledFrom(targets).Draw(rt, "target")
		body, _, err := Codec{}.EncodeRequest(r, to)
		if err != nil {
			if !refusedFor(err) {
				rt.Fatalf("%v\n%s", err, show(r))
			}
			return
		}
		ask(rt, v, body)
		if _, err := (Codec{}).DecodeRequest(body, conversation.Asked{}); err != nil && to.Model != "claude-opus-4-8" {
			rt.Fatalf("what was written cannot be read: %v\n%s", err, body)
		}
	})
}

func TestTheVendorsRepliesAreRead(t *testing.T) {
	v := vendor(t)
	usage := &imitation.Usage{Input: 100, Cached: 30, Written: 20, Written1h: 5, Output: 50, Reasoning: 7}
	want := protocol.Usage{Input: 50, CacheRead: 30, CacheWrite: 15, CacheWrite1h: 5, Output: 50, Reasoning: 7}
	for name, reply := range map[string]imitation.Reply{
		"text": {Text: "Größe 你好", Usage: usage}, "thinking": {Thinking: "hm 想", Text: "x", Usage: usage}, "refusal": {Refusal: "no", Usage: usage},
		"calls": {Thinking: "hm", Text: "x", Calls: []imitation.Call{{ID: "a", Name: "f", Arguments: `{"x":"ä"}`}, {ID: "b", Name: "g"}}, Usage: usage, Piece: 1},
		"cut":   {Text: "x", Finish: "max_tokens", Usage: usage},
	} {
		r := &conversation.Request{Messages: []conversation.Message{user(words("hi"))}, Reasoning: conversation.Reasoning{Effort: "low"},
			Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f"}, {Kind: conversation.Function, Name: "g"}}}
		body, _, err := Codec{}.EncodeRequest(r, sonnet)
		if err != nil {
			t.Fatal(err)
		}
		v.Script(reply, reply)
		whole, err := Codec{}.DecodeReply(ask(t, v, body))
		if err != nil {
			t.Fatal(err)
		}
		r.Stream = true
		body, _, _ = Codec{}.EncodeRequest(r, sonnet)
		events, err := read(t, string(ask(t, v, body)))
		if err != nil {
			t.Fatal(err)
		}
		parts, finish, told := gather(events)
		for _, p := range parts {
			if c, ok := p.(*conversation.ToolCall); ok && c.Arguments == "" {
				c.Arguments = "{}"
			}
		}
		same(t, name+": whole and stream", show(parts), show(whole.Choices[0].Parts))
		same(t, name+": finish", *finish, whole.Choices[0].Finish)
		same(t, name+": usage", []protocol.Usage{told, whole.Usage}, []protocol.Usage{want, want})
		// A turn that called tools goes back as it came, signature and all.
		if len(reply.Calls) > 0 {
			r.Messages = append(r.Messages, says(whole.Choices[0].Parts...), answers(result("a", "A"), result("b", "B")))
			body, lost, err := Codec{}.EncodeRequest(r, sonnet)
			if err != nil || len(lost) > 0 {
				t.Fatal(err, lost)
			}
			ask(t, v, body)
		}
	}
}
