package stops

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol/conversation"
)

func text(s string) conversation.Part { return &conversation.Text{Text: s} }

// told is the text of a stream, and how it ended; it fails on what may not follow.
func told(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, events []conversation.Event) (said string, finish conversation.Finish) {
	open := false
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.PartStart:
			if open {
				t.Fatal("a part begins in another")
			}
			open = true
		case *conversation.Delta:
			if !open || e.Text == "" {
				t.Fatalf("a delta %q, a part being open %v", e.Text, open)
			}
			said += e.Text
		case *conversation.PartEnd:
			if !open {
				t.Fatal("a part ends that has not begun")
			}
			open = false
		case *conversation.Finished:
			finish = e.Finish
		}
	}
	if open {
		t.Fatal("a part is left open")
	}
	return said, finish
}

// However a text is cut into deltas, it ends where it first comes to a word, and the whole reply ends there, too.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("ab。")), 0, 12, -1)
		words := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("ab。")), 1, 3, -1), 1, 3).Draw(t, "words")
		all := letters.Draw(t, "text")
		want, word := all, ""
		for end := 0; end <= len(all) && word == ""; end++ {
			for _, w := range words {
				if strings.HasSuffix(all[:end], w) && len(w) > len(word) {
					want, word = all[:end-len(w)], w
				}
			}
		}
		reason := conversation.MaxTokens
		if word != "" {
			reason = conversation.StopWord
		}

		cut := Cut(words, nil)
		out := cut.Events([]conversation.Event{&conversation.Start{}, &conversation.PartStart{Part: text("")}})
		for rest := all; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			out = append(out, cut.Events([]conversation.Event{&conversation.Delta{Text: rest[:n]}})...)
			rest = rest[n:]
		}
		out = append(out, cut.Events([]conversation.Event{&conversation.PartEnd{}, &conversation.PartStart{Part: &conversation.ToolCall{Name: "f"}},
			&conversation.PartEnd{}, &conversation.Told{}, &conversation.Finished{Finish: conversation.Finish{Reason: conversation.MaxTokens}}})...)
		said, finish := told(t, out)
		if said != want || finish.Reason != reason || finish.Word != word {
			t.Errorf("streamed: %q, %+v; want %q", said, finish, want)
		}
		calls := 0
		for _, e := range out {
			if s, ok := e.(*conversation.PartStart); ok {
				if _, ok := s.Part.(*conversation.ToolCall); ok {
					calls++
				}
			}
		}
		if (calls == 0) != (word != "") {
			t.Errorf("%d calls after the word %q", calls, word)
		}

		reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{text(all), &conversation.ToolCall{Name: "f"}},
			Finish: conversation.Finish{Reason: conversation.MaxTokens}}}}
		Cut(words, nil).Reply(reply)
		c := reply.Choices[0]
		if got := c.Parts[0].(*conversation.Text).Text; got != want || c.Finish.Reason != reason || c.Finish.Word != word || (len(c.Parts) == 1) != (word != "") {
			t.Errorf("whole: %q, %+v, %d parts; want %q", got, c.Finish, len(c.Parts), want)
		}
	})
}

// A word within thoughts or arguments is none.
func TestOnlyInText(t *testing.T) {
	cut := Cut([]string{"END"}, nil)
	said, finish := told(t, cut.Events([]conversation.Event{&conversation.PartStart{Part: &conversation.Thinking{}}, &conversation.Delta{Text: "END"},
		&conversation.PartEnd{}, &conversation.PartStart{Part: &conversation.ToolCall{}}, &conversation.Delta{Text: `{"a":"END"}`}, &conversation.PartEnd{},
		&conversation.Finished{Finish: conversation.Finish{Reason: conversation.CallsTools}}}))
	if said != `END{"a":"END"}` || finish.Reason != conversation.CallsTools {
		t.Errorf("%q %+v", said, finish)
	}
	if Cut([]string{""}, nil) != nil {
		t.Error("without words there is nothing to do")
	}
}
