package openairesponses

import (
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/stops"
)

// Restorer implements [conversation.Codec]: names that the service does not take were sent as others, and stop sequences not at all.
func (Codec) Restorer(r *conversation.Request, _ conversation.Target) conversation.Restorer {
	var names conversation.Restorer
	if known := ToolNames(r); known != nil {
		names = restorer(known)
	}
	return stops.Cut(r.Stop, names)
}

// restorer gives calls the client's names, by the names that were sent.
type restorer map[string]string

func (s restorer) call(p conversation.Part) {
	if c, ok := p.(*conversation.ToolCall); ok && s[c.Name] != "" {
		c.Name = s[c.Name]
	}
}

// Events implements [conversation.Restorer].
func (s restorer) Events(events []conversation.Event) []conversation.Event {
	for _, e := range events {
		if start, ok := e.(*conversation.PartStart); ok {
			s.call(start.Part)
		}
	}
	return events
}

// Reply implements [conversation.Restorer].
func (s restorer) Reply(reply *conversation.Reply) {
	for _, choice := range reply.Choices {
		for _, p := range choice.Parts {
			s.call(p)
		}
	}
}
