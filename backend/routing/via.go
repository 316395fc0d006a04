package routing

import (
	"time"

	"metapi/backend/protocol"
)

// nearest lists, for each client protocol, itself and then the others, the one first that can say the most of what it says.
var nearest = map[protocol.Protocol][]protocol.Protocol{
	protocol.OpenAIChat:      {protocol.OpenAIChat, protocol.OpenAIResponses, protocol.Anthropic, protocol.Gemini},
	protocol.OpenAIResponses: {protocol.OpenAIResponses, protocol.OpenAIChat, protocol.Anthropic, protocol.Gemini},
	protocol.Anthropic:       {protocol.Anthropic, protocol.OpenAIResponses, protocol.OpenAIChat, protocol.Gemini},
	protocol.Gemini:          {protocol.Gemini, protocol.OpenAIChat, protocol.OpenAIResponses, protocol.Anthropic},
}

// reach is the protocols over which c can be asked for an operation.
func (c *Deployment) reach(o protocol.Operation) protocol.Set {
	if o == protocol.CountTokens {
		return c.Protocols & c.Counts
	}
	return c.Protocols
}

// Via is the protocol by which c is to be called for r: r's own where c serves it, else the nearest that r can be put into.
// None: there is none at the moment, and until says when the first that c was found not to serve may be tried again.
func (c *Deployment) Via(r Request) (via protocol.Protocol, until time.Time) {
	own := [1]protocol.Protocol{r.Protocol}
	list := nearest[r.Protocol]
	if list == nil || r.Translate == 0 {
		list = own[:]
	}
	for _, p := range list {
		if !c.reach(r.Operation).Has(p) || p != r.Protocol && !r.Translate.Has(p) {
			continue
		}
		again, lacks := c.Live.Lacks(p, r.Operation, r.At)
		if !lacks {
			return p, time.Time{}
		}
		if until.IsZero() || again.Before(until) {
			until = again
		}
	}
	return protocol.None, until
}
