package anthropic

import (
	"strings"
	"unicode/utf8"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

// DecodeReply reads a Message. Calls of tools that the vendor runs, and their results, are not told: what they brought is in the
// text and its citations, and a client of another protocol would take them for calls to be run.
func (Codec) DecodeReply(body []byte) (*conversation.Reply, error) {
	var told protocol.Reply
	Dialect{}.Body(body, &told)
	if told.Err != nil {
		return nil, told.Err
	}
	var choice conversation.Choice
	var tail ending
	blocks := false
	c := scan.At(body)
	reply := &conversation.Reply{ID: told.ID, Model: told.Model, Usage: told.Usage, HasUsage: told.HasUsage}
	var fault *protocol.Error
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "content":
			blocks = c.Array(func() {
				var f fields
				f.read(c.Raw())
				p, err := partOf(&f)
				if err != nil && fault == nil {
					fault = err
				}
				if p != nil {
					choice.Parts = append(choice.Parts, p)
				}
				if _, call := p.(*conversation.ToolCall); call {
					tail.calls = true
				}
			})
		case "usage":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "service_tier" {
					reply.ServiceTier = text(c.Raw())
				}
			})
		default:
			tail.member(key, &c)
		}
	})
	if !blocks {
		return nil, badReply("the provider's answer holds no content")
	}
	if fault != nil {
		return nil, fault
	}
	choice.Finish = tail.finish(told.Finish)
	if tail.explanation != "" && len(choice.Parts) == 0 && choice.Finish.Reason == conversation.Refused {
		choice.Parts = []conversation.Part{&conversation.Refusal{Text: tail.explanation}}
	}
	reply.Choices = []conversation.Choice{choice}
	return reply, nil
}

// partOf is the part that a whole content block is; nil for one that is not told.
func partOf(f *fields) (conversation.Part, *protocol.Error) {
	switch f.kind {
	case "text":
		t := &conversation.Text{Text: text(f.text), Citations: citations(f.citations)}
		n := utf8.RuneCountInString(t.Text)
		for i := range t.Citations {
			t.Citations[i].To = n
		}
		if t.Text != "" {
			return t, nil
		}
	case "thinking":
		t := &conversation.Thinking{Text: text(f.thinking), Signature: text(f.signature)}
		if t.Signature != "" {
			t.Origin = protocol.Anthropic
		}
		if t.Text != "" || t.Signature != "" {
			return t, nil
		}
	case "redacted_thinking":
		if data := text(f.data); data != "" {
			return &conversation.Thinking{Sealed: data, Origin: protocol.Anthropic}, nil
		}
	case "tool_use":
		t := &conversation.ToolCall{ID: text(f.id), Name: text(f.name), Kind: conversation.Function, Arguments: "{}"}
		if strings.TrimSpace(t.Name) == "" {
			return nil, badReply("the provider's answer calls a tool without a name")
		}
		if f.input != nil {
			t.Arguments = string(f.input)
		}
		return t, nil
	}
	return nil, nil
}

// ending is what a reply says at its end.
type ending struct {
	word, explanation string
	calls             bool
}

// member takes in a member of a Message, or of the delta of a message_delta.
func (t *ending) member(key []byte, c *scan.Cursor) {
	switch string(key) {
	case "stop_sequence":
		if c.Kind() == '"' {
			t.word = text(c.Raw())
		}
	case "stop_details":
		c.Object(func(key []byte, _ bool) {
			if string(key) == "explanation" && c.Kind() == '"' {
				t.explanation = text(c.Raw())
			}
		})
	}
}

// finish is the ending by the vendor's word. Some relays say end_turn where tools are called, or say nothing.
func (t *ending) finish(raw string) conversation.Finish {
	f := conversation.Finish{Reason: conversation.Stopped, Raw: raw}
	if reason, known := finishes[raw]; known {
		f.Reason = reason
	}
	switch {
	case t.calls && f.Reason == conversation.Stopped:
		f.Reason = conversation.CallsTools
	case !t.calls && f.Reason == conversation.CallsTools:
		f.Reason = conversation.Stopped
	}
	if f.Reason == conversation.StopWord {
		f.Word = t.word
	}
	return f
}
