package openairesponses

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/build/imitation"
)

// ask sends an encoded request to an imitation of the vendor.
func ask(t *testing.T, v *imitation.Vendor, r *conversation.Request, model string) (int, []byte) {
	t.Helper()
	body, _, err := Codec{}.EncodeRequest(r, conversation.Target{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.BaseURL+"/responses", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+v.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Logf("%s\n%s", body, answer)
	}
	return resp.StatusCode, answer
}

// What the codec encodes, the strict imitation takes; what that answers, the codec reads, whole and streamed.
func TestAgainstTheImitation(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("m", "gpt-5"))
	request := decode(t, codex)
	request.Messages[3].Parts = request.Messages[3].Parts[1:] // its reasoning was sealed by nobody

	for about, c := range map[string]struct {
		reply imitation.Reply
		want  string // the kinds of parts, and the finish
		text  string
	}{
		"text":    {imitation.Reply{Text: "Hello 你好 “x”\n"}, "text stop", "Hello 你好 “x”\n"},
		"refusal": {imitation.Reply{Refusal: "I will not."}, "refusal refusal", "I will not."},
		"thinking and two calls, one custom": {imitation.Reply{Thinking: "hm, so", Calls: []imitation.Call{{ID: "c1", Name: "exec_command", Arguments: `{"cmd":"ls"}`}, {ID: "c2", Name: "apply_patch", Arguments: "*** Begin"}}},
			"thinking function custom tool-calls", `hm, so{"cmd":"ls"}*** Begin`},
		"cut at the limit": {imitation.Reply{Text: "a b", Finish: "max_output_tokens"}, "text max-tokens", "a b"},
		"filtered":         {imitation.Reply{Text: "a", Finish: "content_filter"}, "text refusal", "a"},
	} {
		t.Run(about, func(t *testing.T) {
			c.reply.Usage = &imitation.Usage{Input: 10, Cached: 4, Written: 1, Output: 7, Reasoning: 2}
			usage := protocol.Usage{Input: 5, CacheRead: 4, CacheWrite: 1, Output: 7, Reasoning: 2}
			v.Script(c.reply, c.reply)
			for _, streamed := range []bool{false, true} {
				request.Stream = streamed
				status, answer := ask(t, v, request, "gpt-5")
				if status != http.StatusOK {
					t.Fatal(status)
				}
				var reply *conversation.Reply
				var err error
				if streamed {
					var es []conversation.Event
					if es, err = events(t, answer); err == nil {
						reply = conversation.Gather(es)
					}
				} else {
					reply, err = Codec{}.DecodeReply(answer)
				}
				if err != nil {
					t.Fatal(err)
				}
				var kinds []string
				said := ""
				for _, p := range reply.Choices[0].Parts {
					kinds = append(kinds, strings.Fields(name(p))[0])
					said += saidBy(p)
				}
				if got := strings.Join(append(kinds, string(reply.Choices[0].Finish.Reason)), " "); got != c.want || said != c.text || reply.Usage != usage || reply.ID == "" || reply.Model != "gpt-5" {
					t.Errorf("streamed %v: %s %q %+v", streamed, got, said, reply)
				}
			}
		})
	}

	t.Run("case 38: reasoning comes back to its account", func(t *testing.T) {
		v.Script(imitation.Reply{Thinking: "hm", Text: "one"})
		r := &conversation.Request{Messages: []conversation.Message{user("a")}, Reasoning: conversation.Reasoning{Summary: "auto"}, Include: []string{"reasoning.encrypted_content"}}
		_, answer := ask(t, v, r, "gpt-5")
		reply, err := Codec{}.DecodeReply(answer)
		if err != nil {
			t.Fatal(err)
		}
		r.Messages = append(r.Messages, says(conversation.Assistant, reply.Choices[0].Parts...), user("b"))
		if status, _ := ask(t, v, r, "gpt-5"); status != http.StatusOK {
			t.Error(status)
		}
	})
	for _, fault := range []imitation.FaultKind{imitation.CutMid, imitation.CutEnd, imitation.ErrorMid, imitation.ErrorFirst, imitation.TruncatedJSON, imitation.ErrorIn200, imitation.HTMLWall, imitation.EmptyBody} {
		t.Run("case 4, case 5, case 6: "+string(fault), func(t *testing.T) {
			for _, streamed := range []bool{false, true} {
				v.Fault(imitation.Fault{Kind: fault, After: 1})
				r := &conversation.Request{Messages: []conversation.Message{user("a b c")}, Stream: streamed}
				_, answer := ask(t, v, r, "m")
				if !streamed {
					if _, err := (Codec{}).DecodeReply(answer); err == nil && fault != imitation.CutEnd {
						t.Errorf("taken: %s", answer)
					}
					continue
				}
				es, err := events(t, answer)
				for _, e := range es {
					if _, is := e.(*conversation.Finished); is {
						t.Errorf("finished: %v", tell(es))
					}
				}
				if err == nil {
					t.Errorf("%v", tell(es))
				}
			}
		})
	}
	t.Run("anything that is encoded", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			r := anyRequest(rt)
			r.Stream, r.TopP, r.Temperature = false, nil, nil
			for i := range r.Messages {
				var parts []conversation.Part
				for _, p := range r.Messages[i].Parts {
					if _, sealed := p.(*conversation.Thinking); !sealed {
						parts = append(parts, p)
					}
				}
				r.Messages[i].Parts = parts
			}
			if status, answer := ask(t, v, r, "m"); status != http.StatusOK {
				rt.Fatalf("%d %s", status, answer)
			}
		})
	})
}

func saidBy(p conversation.Part) string {
	switch p := p.(type) {
	case *conversation.Text:
		return p.Text
	case *conversation.Refusal:
		return p.Text
	case *conversation.Thinking:
		return p.Text
	case *conversation.ToolCall:
		return p.Arguments
	}
	return ""
}
