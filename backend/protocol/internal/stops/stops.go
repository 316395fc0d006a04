// Package stops ends an answer at a stop sequence, in place of upstreams that have none. What the model goes on to say is paid for, and
// not told.
package stops

import (
	"strings"

	"metapi/backend/protocol/conversation"
)

// Cut is a restorer that first does what inner does (nil: nothing), and then ends each choice where its text comes to one of words. Without
// words it is inner.
func Cut(words []string, inner conversation.Restorer) conversation.Restorer {
	var some []string
	for _, w := range words {
		if w != "" {
			some = append(some, w)
		}
	}
	if some == nil {
		return inner
	}
	return &cutter{words: some, inner: inner, choices: map[int]*choice{}}
}

type cutter struct {
	words   []string
	inner   conversation.Restorer
	choices map[int]*choice
}

// choice is where the stream of one choice stands.
type choice struct {
	text bool   // a part of text is open
	held string // its end, which may be the beginning of a word
	word string // that it has come to; nothing follows but the end
}

// find is the place of the word that is complete first in text, and the longest of those that are; -1 where there is none.
func (c *cutter) find(text string) (at int, word string) {
	at = -1
	for _, w := range c.words {
		i := strings.Index(text, w)
		if i >= 0 && (at < 0 || i+len(w) < at+len(word) || i+len(w) == at+len(word) && len(w) > len(word)) {
			at, word = i, w
		}
	}
	return at, word
}

// begun is how much of the end of text may be the beginning of a word.
func (c *cutter) begun(text string) int {
	most := 0
	for _, w := range c.words {
		for n := min(len(w)-1, len(text)); n > most; n-- {
			if strings.HasSuffix(text, w[:n]) {
				most = n
			}
		}
	}
	return most
}

// Reply implements [conversation.Restorer].
func (c *cutter) Reply(reply *conversation.Reply) {
	if c.inner != nil {
		c.inner.Reply(reply)
	}
	for i := range reply.Choices {
		choice := &reply.Choices[i]
		for n, p := range choice.Parts {
			text, ok := p.(*conversation.Text)
			if !ok {
				continue
			}
			at, word := c.find(text.Text)
			if at < 0 {
				continue
			}
			text.Text = text.Text[:at]
			choice.Parts = choice.Parts[:n+1]
			choice.Finish = conversation.Finish{Reason: conversation.StopWord, Word: word}
			break
		}
	}
}

// Events implements [conversation.Restorer].
func (c *cutter) Events(events []conversation.Event) []conversation.Event {
	if c.inner != nil {
		events = c.inner.Events(events)
	}
	var out []conversation.Event
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.PartStart:
			if s := c.choice(e.Choice); s.word == "" {
				_, s.text = e.Part.(*conversation.Text)
				out = append(out, e)
			}
		case *conversation.Delta:
			out = c.delta(out, e)
		case *conversation.PartEnd:
			s := c.choice(e.Choice)
			if s.word != "" {
				continue
			}
			if s.held != "" {
				out = append(out, &conversation.Delta{Choice: e.Choice, Text: s.held})
			}
			s.text, s.held = false, ""
			out = append(out, e)
		case *conversation.Finished:
			if s := c.choice(e.Choice); s.word != "" {
				e.Finish = conversation.Finish{Reason: conversation.StopWord, Word: s.word}
			}
			out = append(out, e)
		default:
			out = append(out, e)
		}
	}
	return out
}

func (c *cutter) choice(i int) *choice {
	s := c.choices[i]
	if s == nil {
		s = &choice{}
		c.choices[i] = s
	}
	return s
}

// delta appends what of e can be told: it is text up to a word, or to what may become one.
func (c *cutter) delta(out []conversation.Event, e *conversation.Delta) []conversation.Event {
	s := c.choice(e.Choice)
	switch {
	case s.word != "":
		return out
	case !s.text || e.Text == "":
		return append(out, e)
	}
	text := s.held + e.Text
	at, word := c.find(text)
	if at < 0 {
		at = len(text) - c.begun(text)
	}
	told := *e
	told.Text, s.held, s.word = text[:at], text[at:], word
	if at > 0 {
		out = append(out, &told)
	}
	if word != "" {
		out = append(out, &conversation.PartEnd{Choice: e.Choice})
	}
	return out
}
