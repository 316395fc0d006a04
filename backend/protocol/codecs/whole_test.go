package codecs_test

import (
	"bytes"
	"io"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
)

// someAnswer are replies such as every protocol can tell.
var someAnswer = rapid.Custom(func(t *rapid.T) *conv.Reply {
	r := &conv.Reply{ID: "id", Model: "m", Created: 1_700_000_000, HasUsage: true,
		Usage: protocol.Usage{Input: rapid.Int64Range(1, 1e6).Draw(t, "input"), Output: rapid.Int64Range(1, 1e6).Draw(t, "output")}}
	words := rapid.StringMatching(`[a-z][a-z 世界👋"\\]{0,40}`)
	c := conv.Choice{Finish: conv.Finish{Reason: conv.Stopped}}
	if rapid.Bool().Draw(t, "thinks") {
		c.Parts = append(c.Parts, &conv.Thinking{Text: words.Draw(t, "thought")})
	}
	if rapid.Bool().Draw(t, "speaks") {
		c.Parts = append(c.Parts, &conv.Text{Text: words.Draw(t, "text")})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "calls") {
		c.Parts = append(c.Parts, &conv.ToolCall{ID: "call_" + string(rune('a'+i)), Name: "get_weather", Kind: conv.Function, Arguments: `{"city":"Zürich"}`})
		c.Finish.Reason = conv.CallsTools
	}
	if len(c.Parts) == 0 {
		c.Parts = append(c.Parts, &conv.Text{Text: "nothing more"})
	}
	r.Choices = []conv.Choice{c}
	return r
})

// A reply told as a stream and gathered again is the same reply.
func TestEventsAndGathering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := someAnswer.Draw(t, "reply")
		var g conv.Gathering
		g.Add(conv.Replay(want)...)
		if got := g.Reply(); !reflect.DeepEqual(got, want) {
			t.Errorf("gathered %+v, want %+v", got.Choices, want.Choices)
		}
	})
}

// Case 7: what a client reads of a whole reply is what it would have read of the stream, and the other way round, in each protocol.
func TestWholeIsTheStream(t *testing.T) {
	think := true
	ask := &conv.Request{Model: "m", Stream: true, IncludeUsage: true, Reasoning: conv.Reasoning{Effort: "high", Show: &think},
		Tools: []conv.Tool{{Kind: conv.Function, Name: "get_weather"}}}
	for _, proto := range codecs.Spoken.List() {
		t.Run(proto.String(), func(t *testing.T) {
			c := codecs.Of(proto)
			rapid.Check(t, func(t *rapid.T) {
				r := someAnswer.Draw(t, "reply")
				body, err := c.EncodeReply(r, ask)
				if err != nil {
					t.Fatal(err)
				}
				whole, err := c.DecodeReply(body)
				if err != nil {
					t.Fatalf("%v: %s", err, body)
				}
				w := c.NewWriter(ask)
				var wire []byte
				for _, e := range conv.Replay(r) {
					wire = w.Write(wire, e)
				}
				streamed := read(t, c, w.Close(wire))
				if got, want := said(streamed), said(whole); !reflect.DeepEqual(got, want) {
					t.Errorf("streamed %q, whole %q", got, want)
				}
				if streamed.Usage != whole.Usage {
					t.Errorf("streamed %+v, whole %+v", streamed.Usage, whole.Usage)
				}
			})
		})
	}
}

func read(t *rapid.T, c conv.Codec, wire []byte) *conv.Reply {
	var g conv.Gathering
	rd, events := c.NewReader(), sse.NewReader(bytes.NewReader(wire), 1<<20)
	for {
		e, err := events.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		more, err := rd.Read(e.Name, e.Data)
		if err != nil {
			t.Fatalf("%v: %s", err, e.Data)
		}
		g.Add(more...)
	}
	rest, err := rd.End()
	if err != nil {
		t.Fatal(err)
	}
	g.Add(rest...)
	return g.Reply()
}

// said is what a person would take from a reply.
func said(r *conv.Reply) (all []string) {
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			switch p := p.(type) {
			case *conv.Text:
				all = append(all, "text "+p.Text)
			case *conv.Thinking:
				all = append(all, "thinking "+p.Text)
			case *conv.ToolCall:
				all = append(all, "call "+p.Name+" "+p.Arguments)
			}
		}
		all = append(all, string(c.Finish.Reason))
	}
	return all
}
