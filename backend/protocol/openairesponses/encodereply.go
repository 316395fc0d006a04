package openairesponses

import (
	"metapi/backend/protocol/conversation"
)

// EncodeReply writes a whole Response: what a stream of the same would end in.
func (Codec) EncodeReply(reply *conversation.Reply, r *conversation.Request) ([]byte, error) {
	if r != nil && r.Compaction != nil {
		return encodeCompaction(reply, r)
	}
	w := newWriter(r)
	w.mute, w.tier = true, reply.ServiceTier
	w.id, w.model, w.created = reply.ID, reply.Model, reply.Created
	w.begin(nil)
	finish := conversation.Finish{Reason: conversation.Stopped}
	if len(reply.Choices) > 0 {
		c := &reply.Choices[0]
		finish = c.Finish
		for _, p := range c.Parts {
			w.start(nil, p)
			if t, is := p.(*conversation.Text); is {
				for i := range t.Citations {
					w.annotate(nil, &t.Citations[i])
				}
			}
			w.endPart(nil)
		}
	}
	status, reason := w.ending(&finish)
	w.endItem(nil, status)
	now := state{status: status, reason: reason, output: w.output}
	if reply.HasUsage {
		now.usage = &reply.Usage
	}
	return w.shell.append(nil, &now), nil
}
