package openaichat

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
	"metapi/build/imitation"

	"pgregory.net/rapid"
)

// post sends a request to the imitation of OpenAI, which must take it.
func post(t tb, v *imitation.Vendor, body []byte) *http.Response {
	t.Helper()
	q, err := http.NewRequest(http.MethodPost, v.BaseURL+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%v", err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+v.Key)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if a.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(a.Body)
		_ = a.Body.Close()
		t.Fatalf("refused: %s\n%s", said, body)
	}
	return a
}

// follow reads a stream to its end.
func follow(t tb, body io.ReadCloser) []conversation.Event {
	t.Helper()
	defer func() { _ = body.Close() }()
	var events []conversation.Event
	in, r := sse.NewReader(body, 1<<20), Codec{}.NewReader()
	for {
		e, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		got, err := r.Read(e.Name, e.Data)
		if err != nil {
			t.Fatalf("%v", err)
		}
		events = append(events, got...)
	}
	got, err := r.End()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return append(events, got...)
}

func newVendor(t *testing.T) *imitation.Vendor {
	v := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-A"), imitation.WithModels("gpt-4o", "gpt-5", "o3", "gpt-5.2"))
	if !strings.HasSuffix(v.BaseURL, "/v1") {
		v.BaseURL += "/v1"
	}
	return v
}

// What the imitation answers is read as it was meant.
func TestImitationIsUnderstood(t *testing.T) {
	v := newVendor(t)
	answer := imitation.Reply{Text: "Look: 你好", Calls: []imitation.Call{{ID: "call_1", Name: "ls", Arguments: `{"path":"/","deep":true}`}, {ID: "call_2", Name: "cat", Arguments: `{"file":"ä"}`}},
		Usage: &imitation.Usage{Input: 100, Cached: 60, Output: 20, Reasoning: 5}, Weave: true}
	usage := protocol.Usage{Input: 40, CacheRead: 60, Output: 20, Reasoning: 5, Split: true}
	for _, stream := range []bool{false, true} {
		v.Script(answer)
		body, _, err := Codec{}.EncodeRequest(&conversation.Request{Stream: stream, Messages: []conversation.Message{says(conversation.User, text("go"))},
			Tools: []conversation.Tool{{Kind: conversation.Function, Name: "ls"}, {Kind: conversation.Function, Name: "cat"}}}, conversation.Target{Model: "gpt-4o"})
		if err != nil {
			t.Fatal(err)
		}
		a := post(t, v, body)
		var reply *conversation.Reply
		if stream {
			reply = gather(follow(t, a.Body))
		} else {
			whole, err := io.ReadAll(a.Body)
			if err != nil {
				t.Fatal(err)
			}
			_ = a.Body.Close()
			if reply, err = (Codec{}).DecodeReply(whole); err != nil {
				t.Fatal(err)
			}
		}
		c := reply.Choices[0]
		if len(c.Parts) != 3 || c.Parts[0].(*conversation.Text).Text != answer.Text || c.Parts[2].(*conversation.ToolCall).Arguments != answer.Calls[1].Arguments ||
			c.Parts[1].(*conversation.ToolCall).ID != "call_1" || c.Finish.Reason != conversation.CallsTools || reply.Usage != usage || !strings.HasPrefix(reply.ID, "chatcmpl-") {
			t.Errorf("stream %v: %s", stream, told(replay(reply)))
		}
	}
}

// Whatever a conversation holds, what comes of it is taken.
func TestImitationTakesWhatIsEncoded(t *testing.T) {
	v := newVendor(t)
	rapid.Check(t, func(t *rapid.T) {
		r := wild(t)
		body, _, err := Codec{}.EncodeRequest(r, conversation.Target{Model: rapid.SampledFrom([]string{"gpt-4o", "gpt-5", "o3", "gpt-5.2"}).Draw(t, "model")})
		if err != nil {
			refusal(t, err)
			return
		}
		valid(t, "CreateChatCompletionRequest", body)
		a := post(t, v, body)
		_, _ = io.Copy(io.Discard, a.Body)
		_ = a.Body.Close()
	})
}

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	os.Exit(code)
}
