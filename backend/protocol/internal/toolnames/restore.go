package toolnames

import (
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/freetext"
)

// Restorer gives the calls in the reply to one request what their tools are to the client: name, namespace and kind, and to a custom tool
// that was declared as a function its text, as it comes. It is for one goroutine.
type Restorer struct {
	names     *Names
	arguments func(t *conversation.Tool, arguments string) string
	open      map[int]*opened // by choice: the call that is being told
}

// opened is a call whose arguments are changed.
type opened struct {
	tool conversation.Tool
	text freetext.Unwrapping
}

// Restore prepares for a reply. arguments, which may be nil, makes of a function's arguments what its tool takes; a codec that gives one has
// a reader that tells arguments in one piece. It is nil where there is nothing to restore.
func (n *Names) Restore(arguments func(t *conversation.Tool, arguments string) string) conversation.Restorer {
	needed := n.changed() || arguments != nil && len(n.back) > 0
	for _, t := range n.back {
		needed = needed || t.Kind == conversation.Custom
	}
	if !needed {
		return nil
	}
	return &Restorer{names: n, arguments: arguments, open: map[int]*opened{}}
}

// call names a call, and reports whether its arguments are changed. One of a tool that nobody has declared stays: models make some up.
func (s *Restorer) call(c *conversation.ToolCall) *opened {
	t, known := s.names.Tool(c.Namespace, c.Name)
	if !known || !Callable(c.Kind) {
		return nil
	}
	c.Name, c.Namespace = t.Name, t.Namespace
	if t.Kind == conversation.Custom && c.Kind != conversation.Custom {
		c.Kind = conversation.Custom
		return &opened{tool: t}
	}
	if c.Kind != conversation.Custom && s.arguments != nil {
		return &opened{tool: t}
	}
	return nil
}

// Reply implements [conversation.Restorer].
func (s *Restorer) Reply(reply *conversation.Reply) {
	for i := range reply.Choices {
		for _, p := range reply.Choices[i].Parts {
			c, is := p.(*conversation.ToolCall)
			if !is {
				continue
			}
			if o := s.call(c); o != nil && c.Arguments != "" {
				c.Arguments = s.said(o, c.Arguments)
			}
		}
	}
}

func (s *Restorer) said(o *opened, arguments string) string {
	if o.tool.Kind == conversation.Custom {
		return freetext.Unwrap(arguments)
	}
	return s.arguments(&o.tool, arguments)
}

// Events implements [conversation.Restorer].
func (s *Restorer) Events(events []conversation.Event) []conversation.Event {
	out := events[:0]
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.PartStart:
			delete(s.open, e.Choice)
			if c, is := e.Part.(*conversation.ToolCall); is {
				if o := s.call(c); o != nil {
					s.open[e.Choice] = o
				}
			}
		case *conversation.Delta:
			o := s.open[e.Choice]
			switch {
			case o == nil || e.Text == "":
			case o.tool.Kind == conversation.Custom:
				if e.Text = o.text.Add(e.Text); e.Text == "" && e.Signature == "" {
					continue
				}
			default:
				e.Text = s.arguments(&o.tool, e.Text)
			}
		case *conversation.PartEnd:
			if o := s.open[e.Choice]; o != nil {
				delete(s.open, e.Choice)
				if rest := o.text.End(); rest != "" {
					// The events behind are read already where out has overtaken them: a copy makes room.
					out = append(out[:len(out):len(out)], &conversation.Delta{Choice: e.Choice, Text: rest})
				}
			}
		}
		out = append(out, e)
	}
	return out
}
