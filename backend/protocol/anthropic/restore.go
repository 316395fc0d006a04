package anthropic

import (
	"metapi/backend/protocol/conversation"
)

// Restorer implements [conversation.Codec].
func (Codec) Restorer(r *conversation.Request, to conversation.Target) conversation.Restorer {
	calls := names(r).Restore(nil)
	if !answersByTool(r, familyOf(to)) {
		return calls
	}
	return &answering{calls: calls, wraps: wrapsAnswer(r.Format.Schema)}
}

// answering makes the structured answer again of the call of the tool [answerName]. It is for one reply.
type answering struct {
	calls  conversation.Restorer // of all other calls; may be nil
	wraps  bool                  // the tool's argument is not the answer but holds it
	inside bool                  // the answer is being told
	args   []byte                // of it, where it has to be unwrapped
	other  bool                  // another tool was called
}

// Events implements [conversation.Restorer].
func (s *answering) Events(events []conversation.Event) []conversation.Event {
	out := make([]conversation.Event, 0, len(events)+1)
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.PartStart:
			call, is := e.Part.(*conversation.ToolCall)
			if s.inside = is && call.Name == answerName; s.inside {
				e.Part = &conversation.Text{}
			}
			s.other = s.other || is && !s.inside
		case *conversation.Delta:
			if !s.inside || !s.wraps {
				break
			}
			if s.args = append(s.args, e.Text...); len(s.args) <= maxHeld {
				continue
			}
			e.Text, s.args, s.wraps = string(s.args), nil, false // no answer: it goes on as it is
		case *conversation.PartEnd:
			if s.inside && s.wraps {
				out = append(out, &conversation.Delta{Choice: e.Choice, Text: answerIn(string(s.args))})
			}
			s.inside, s.args = false, nil
		case *conversation.Finished:
			s.finish(&e.Finish)
		}
		out = append(out, e)
	}
	if s.calls != nil {
		return s.calls.Events(out)
	}
	return out
}

// Reply implements [conversation.Restorer].
func (s *answering) Reply(reply *conversation.Reply) {
	for i := range reply.Choices {
		choice := &reply.Choices[i]
		for k, p := range choice.Parts {
			call, is := p.(*conversation.ToolCall)
			if !is || call.Name != answerName {
				s.other = s.other || is
				continue
			}
			words := call.Arguments
			if s.wraps {
				words = answerIn(words)
			}
			choice.Parts[k] = &conversation.Text{Text: words}
		}
		s.finish(&choice.Finish)
	}
	if s.calls != nil {
		s.calls.Reply(reply)
	}
}

// finish corrects the reason of a reply whose only call was the answer.
func (s *answering) finish(f *conversation.Finish) {
	if !s.other && f.Reason == conversation.CallsTools {
		f.Reason = conversation.Stopped
	}
}

// answerIn is what the tool that wraps answers was called with.
func answerIn(arguments string) string {
	var f fields
	if !f.read([]byte(arguments)) || f.value == nil {
		return arguments
	}
	return string(f.value)
}
