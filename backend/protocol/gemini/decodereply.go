package gemini

import (
	"bytes"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/reply"
)

// DecodeReply reads a GenerateContentResponse, or the array of them that a stream without alt=sse is: a reply is a stream of one event.
func (c Codec) DecodeReply(body []byte) (*conv.Reply, error) {
	if b := bytes.TrimSpace(body); len(b) == 0 || b[0] != '{' && b[0] != '[' {
		var bad protocol.Reply
		reply.Unusable(body, &bad)
		return nil, bad.Err
	}
	r := &reader{}
	events, err := r.Read(nil, body)
	if err != nil {
		return nil, err
	}
	rest, err := r.End()
	if err != nil {
		return nil, err
	}
	return gather(append(events, rest...)), nil
}

// gather puts the events of a whole reply together.
func gather(events []conv.Event) *conv.Reply {
	out := &conv.Reply{}
	choice := func(i int) *conv.Choice {
		for len(out.Choices) <= i {
			out.Choices = append(out.Choices, conv.Choice{})
		}
		return &out.Choices[i]
	}
	for _, e := range events {
		switch e := e.(type) {
		case *conv.Start:
			out.ID, out.Model, out.Usage, out.HasUsage = e.ID, e.Model, e.Usage, e.HasUsage
		case *conv.Told:
			out.Usage, out.HasUsage = e.Usage, true
		case *conv.PartStart:
			k := choice(e.Choice)
			k.Parts = append(k.Parts, e.Part)
		case *conv.Delta:
			k := choice(e.Choice)
			add(k.Parts[len(k.Parts)-1], e)
		case *conv.Finished:
			choice(e.Choice).Finish = e.Finish
		}
	}
	return out
}

func add(p conv.Part, d *conv.Delta) {
	switch p := p.(type) {
	case *conv.Text:
		p.Text += d.Text
		p.LogProbs = append(p.LogProbs, d.LogProbs...)
		if d.Citation != nil {
			p.Citations = append(p.Citations, *d.Citation)
		}
	case *conv.Thinking:
		p.Text += d.Text
		p.Signature += d.Signature
	case *conv.Refusal:
		p.Text += d.Text
	case *conv.ToolCall:
		p.Arguments += d.Text
		p.Signature += d.Signature
	case *conv.Media:
		p.Data += d.Data
	}
}
