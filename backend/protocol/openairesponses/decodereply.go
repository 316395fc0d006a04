package openairesponses

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/openai"
)

// DecodeReply reads a whole Response. One that failed, or is not made yet, is an error.
func (Codec) DecodeReply(body []byte) (*conversation.Reply, error) {
	var seen protocol.Reply
	Dialect{}.Body(body, &seen)
	if seen.Err != nil {
		return nil, seen.Err
	}
	v := read(body, false)
	res := v.response()
	switch res.status {
	case "queued", "in_progress":
		return nil, badReply("the provider's answer is not finished")
	case "cancelled":
		return nil, badReply("the provider cancelled its answer")
	}
	reply := &conversation.Reply{ID: res.id, Model: res.model, Created: res.created, Usage: res.usage, HasUsage: res.hasUsage, ServiceTier: res.tier}
	var c conversation.Choice
	for i := range res.items {
		it := &res.items[i]
		if call := it.call(); call != nil && blank(call.Name) {
			return nil, badReply("the provider's answer calls a tool without a name")
		}
		c.Parts = append(c.Parts, it.parts()...)
	}
	c.Finish = res.finish(c.Parts)
	reply.Choices = []conversation.Choice{c}
	return reply, nil
}

func badReply(message string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadReply, Status: 200, Message: message}
}

// answer is what a Response object says.
type answer struct {
	id, model, status, reason, tier string
	created                         int64
	usage                           protocol.Usage
	hasUsage                        bool
	items                           []wireItem
}

func (v *values) response() (a answer) {
	v.object(func(key string) {
		switch key {
		case "id":
			a.id = v.text()
		case "model":
			a.model = v.text()
		case "status":
			a.status = v.text()
		case "service_tier":
			a.tier = v.text()
		case "created_at":
			if f := v.number(); f != nil && *f > 0 && *f < 1<<53 {
				a.created = int64(*f)
			}
		case "incomplete_details":
			v.object(func(key string) {
				if key == "reason" {
					a.reason = v.text()
				}
			})
		case "usage":
			a.usage, a.hasUsage = openai.Usage(&v.Cursor)
		case "output":
			a.items = nil
			v.array(func(int) { a.items = append(a.items, v.item()) })
		}
	})
	return a
}

// finish is why the model stopped, judged also by what it said: relays say completed of everything.
func (a *answer) finish(parts []conversation.Part) conversation.Finish {
	calls, refused := false, false
	for _, p := range parts {
		switch p.(type) {
		case *conversation.ToolCall:
			calls = true
		case *conversation.Refusal:
			refused = true
		}
	}
	return a.ended(calls, refused)
}

func (a *answer) ended(calls, refused bool) conversation.Finish {
	f := conversation.Finish{Reason: conversation.Stopped, Raw: a.reason}
	if f.Raw == "" {
		f.Raw = a.status
	}
	switch {
	case a.reason == "max_output_tokens":
		f.Reason = conversation.MaxTokens
	case a.reason == "content_filter":
		f.Reason = conversation.Refused
	case a.status == "incomplete":
		f.Reason = conversation.MaxTokens // cut, whatever it calls that
	case calls:
		f.Reason = conversation.CallsTools
	case refused:
		f.Reason = conversation.Refused
	}
	return f
}

// parts are an output item's canonical parts; none for a record of what the vendor itself ran.
func (it *wireItem) parts() (out []conversation.Part) {
	if c := it.call(); c != nil {
		return []conversation.Part{c}
	}
	switch it.kind {
	case "message":
		for i := range it.content {
			if p, _ := it.content[i].canonical(); p != nil {
				out = append(out, p)
			}
		}
	case "reasoning":
		if t := it.thinking(); t.Text != "" || t.Sealed != "" {
			out = append(out, t)
		}
	case "image_generation_call":
		if m := it.generated(); m != nil {
			out = append(out, m)
		}
	}
	return out
}
