package openaichat

import (
	"strings"

	"metapi/backend/protocol/conversation"
)

// Restorer turns what an upstream answers to an encoded request into what the client's request spoke of: tools by the client's names, and
// custom tools that were declared as functions as custom tools again. It is for one reply, and for one goroutine.
type Restorer struct {
	names  *Names
	custom map[full]bool // tools that were declared as functions in their place
	open   map[int]*held // by choice: the call of a custom tool whose arguments are gathered, since only the whole can be unwrapped
}

type held struct{ arguments strings.Builder }

// Restore prepares for the reply to r, which was encoded for to. It returns nil where nothing has to be restored; a nil Restorer changes nothing.
func Restore(r *conversation.Request, to conversation.Target) *Restorer {
	s := &Restorer{names: NamesOf(r), custom: map[full]bool{}, open: map[int]*held{}}
	for _, t := range r.Tools {
		if t.Kind == conversation.Custom && emulates(to) {
			s.custom[full{t.Namespace, t.Name}] = true
		}
	}
	if len(s.custom) > 0 {
		return s
	}
	for f, wire := range s.names.wire {
		if f.namespace != "" || f.name != wire {
			return s
		}
	}
	return nil
}

func (s *Restorer) call(c *conversation.ToolCall) (custom bool) {
	c.Namespace, c.Name = s.names.Client(c.Name)
	if custom = s.custom[full{c.Namespace, c.Name}]; custom {
		c.Kind = conversation.Custom
	}
	return custom
}

// Reply restores a whole reply, in place.
func (s *Restorer) Reply(reply *conversation.Reply) {
	if s == nil {
		return
	}
	for _, choice := range reply.Choices {
		for _, p := range choice.Parts {
			if c, ok := p.(*conversation.ToolCall); ok && s.call(c) {
				c.Arguments = unwrapInput(c.Arguments)
			}
		}
	}
}

// Events restores the events of a stream, and may hold some back.
func (s *Restorer) Events(events []conversation.Event) []conversation.Event {
	if s == nil {
		return events
	}
	out := events[:0]
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.PartStart:
			if c, ok := e.Part.(*conversation.ToolCall); ok && s.call(c) {
				s.open[e.Choice] = &held{}
			}
		case *conversation.Delta:
			if h := s.open[e.Choice]; h != nil {
				if h.arguments.Len()+len(e.Text) > mostHeld { // no tool's input: it goes on as it is
					e.Text = h.arguments.String() + e.Text
					delete(s.open, e.Choice)
					break
				}
				h.arguments.WriteString(e.Text)
				if e.Text = ""; e.Signature == "" {
					continue
				}
			}
		case *conversation.PartEnd:
			if h := s.open[e.Choice]; h != nil {
				delete(s.open, e.Choice)
				if text := unwrapInput(h.arguments.String()); text != "" {
					// The events behind are read already where out has overtaken them: a copy makes room.
					out = append(out[:len(out):len(out)], &conversation.Delta{Choice: e.Choice, Text: text})
				}
			}
		}
		out = append(out, e)
	}
	return out
}
