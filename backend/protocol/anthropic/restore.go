package anthropic

import (
	"metapi/backend/protocol/conversation"
)

// Restorer turns what an upstream has answered to an encoded request back into what the client asked: tools by the client's own
// names, the free text of Custom tools, and a structured answer that was asked for as the call of a tool. It is for one reply.
type Restorer struct {
	names  *toolNames
	answer bool // the request was encoded with the tool answerName
	wrap   bool // whose argument is not the answer but holds it

	custom bool // there are Custom tools

	held  conversation.Event // the start of a call that is held back
	args  []byte
	as    called
	calls bool // there was a call of a tool of the client's
}

// Restore makes the restorer of a reply to r, which was encoded for to.
func Restore(r *conversation.Request, to conversation.Target) *Restorer {
	s := &Restorer{names: namesOf(r)}
	s.answer = answersByTool(r, familyOf(to))
	s.wrap = s.answer && wrapsAnswer(r.Format.Schema)
	for c := range s.names.out {
		s.custom = s.custom || c.kind == conversation.Custom
	}
	return s
}

// Events restores the events of a [conversation.Reader], in place where their number stays.
func (s *Restorer) Events(events []conversation.Event) []conversation.Event {
	if !s.answer && !s.custom {
		for _, e := range events {
			if start, ok := e.(*conversation.PartStart); ok {
				if call, ok := start.Part.(*conversation.ToolCall); ok {
					s.name(call)
				}
			}
		}
		return events
	}
	var out []conversation.Event
	for _, e := range events {
		out = append(out, s.event(e)...)
	}
	return out
}

func (s *Restorer) event(e conversation.Event) []conversation.Event {
	switch e := e.(type) {
	case *conversation.PartStart:
		call, ok := e.Part.(*conversation.ToolCall)
		if !ok {
			break
		}
		if s.answer && call.Name == answerName {
			start := &conversation.PartStart{Choice: e.Choice, Part: &conversation.Text{}}
			if s.wrap {
				s.held, s.as = start, called{name: answerName}
				return nil
			}
			return []conversation.Event{start}
		}
		s.name(call)
		if call.Kind == conversation.Custom {
			s.held, s.as = e, called{kind: conversation.Custom}
			return nil
		}
	case *conversation.Delta:
		if s.held == nil {
			break
		}
		if len(s.args)+len(e.Text) > maxHeld { // no tool's input: it goes on as it is
			start, args := s.held, string(s.args)
			s.held, s.args = nil, nil
			return []conversation.Event{start, &conversation.Delta{Choice: e.Choice, Text: args}, e}
		}
		s.args = append(s.args, e.Text...)
		return nil
	case *conversation.PartEnd:
		if s.held == nil {
			break
		}
		out := []conversation.Event{s.held, &conversation.Delta{Choice: e.Choice, Text: s.unwrap(string(s.args), s.as)}, e}
		s.held, s.args = nil, nil
		return out
	case *conversation.Finished:
		s.finish(&e.Finish)
	}
	return []conversation.Event{e}
}

// Reply restores a whole reply, in place.
func (s *Restorer) Reply(reply *conversation.Reply) {
	for i := range reply.Choices {
		choice := &reply.Choices[i]
		for k, p := range choice.Parts {
			call, ok := p.(*conversation.ToolCall)
			switch {
			case !ok:
			case s.answer && call.Name == answerName:
				words := call.Arguments
				if s.wrap {
					words = s.unwrap(words, called{name: answerName})
				}
				choice.Parts[k] = &conversation.Text{Text: words}
			default:
				if s.name(call); call.Kind == conversation.Custom {
					call.Arguments = s.unwrap(call.Arguments, called{kind: conversation.Custom})
				}
			}
		}
		s.finish(&choice.Finish)
	}
}

// name gives a call the client's name. One that the request does not know stays: a model may make names up.
func (s *Restorer) name(call *conversation.ToolCall) {
	if call.Kind == conversation.WebSearch || call.Kind == conversation.Hosted {
		return
	}
	s.calls = true
	if c, known := s.names.in[call.Name]; known && c.kind != conversation.WebSearch {
		call.Name, call.Namespace, call.Kind = c.name, c.namespace, c.kind
	}
}

// finish corrects the reason of a reply whose only call was the answer.
func (s *Restorer) finish(f *conversation.Finish) {
	if s.answer && !s.calls && f.Reason == conversation.CallsTools {
		f.Reason = conversation.Stopped
	}
}

// unwrap takes what [wrapText] or the answer's tool has put around a text.
func (s *Restorer) unwrap(arguments string, as called) string {
	var f fields
	if !f.read([]byte(arguments)) {
		return arguments
	}
	switch {
	case as.kind == conversation.Custom && f.input != nil:
		if words, ok := stringOf(f.input); ok {
			return words
		}
		return string(f.input)
	case as.name == answerName && f.value != nil:
		return string(f.value)
	}
	return arguments
}
