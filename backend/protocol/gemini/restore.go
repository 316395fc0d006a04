package gemini

import conv "metapi/backend/protocol/conversation"

// Restorer implements [conv.Codec].
func (Codec) Restorer(r *conv.Request, _ conv.Target) conv.Restorer {
	names := NamesOf(r)
	return &restorer{names, names.RestoreStream()}
}

// restorer gives the calls of one reply their names and arguments back.
type restorer struct {
	names *Names
	event func(conv.Event)
}

// Events implements [conv.Restorer].
func (s *restorer) Events(events []conv.Event) []conv.Event {
	for _, e := range events {
		s.event(e)
	}
	return events
}

// Reply implements [conv.Restorer].
func (s *restorer) Reply(reply *conv.Reply) { s.names.RestoreReply(reply) }
