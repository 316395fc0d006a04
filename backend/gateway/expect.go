package gateway

import (
	"net/http"
	"strings"
	"time"

	"metapi/backend/catalog/scores"
	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/tokens"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// expected is what a decision has had worked out of what the request will take. The zero value knows nothing.
type expected struct {
	read   bool // there is a prompt
	prompt tokens.Prompt
	asked  bool           // what is remembered of the client is in what follows
	turn   live.Turn      // of the model that was looked at last
	weight routing.Weight // likewise
	marks  bool
	placed bool // domain is known
	domain scores.Domain
}

// prompt is read the first time that a mode or a rule asks.
func (x *exchange) prompt() *tokens.Prompt {
	e := &x.expected
	if !e.read {
		e.prompt, e.read = tokens.Read(x.body), true
	}
	return &e.prompt
}

// promptTokens is what the prompt is expected to take of a model, or has taken where that is known.
func (x *exchange) promptTokens(model string) int64 {
	if x.known > 0 {
		return x.known
	}
	return x.g.priced(x.prompt(), model)
}

// weigh says what the request is expected to take at a deployment.
func (x *exchange) weigh(d *routing.Deployment) routing.Weight {
	e := &x.expected
	if !e.asked {
		e.asked, e.turn = true, live.Turn{Client: x.rec.Client}
		e.weight.Service = x.peek.Service
		if x.ep.operation == protocol.Generate {
			e.turn.Session = x.rec.Session
		}
		e.marks, e.weight.Turns = x.g.Memory.Marks(e.turn), x.g.Memory.Turns(e.turn)
	}
	if d.Model != e.turn.Model || e.turn.Model == "" {
		e.turn.Model = d.Model
		e.weight.Prompt, e.weight.Output = x.promptTokens(d.Model), int64(x.g.Memory.Output(e.turn))
		if limit := x.peek.MaxOutput; limit > 0 {
			e.weight.Output = min(e.weight.Output, limit)
		}
	}
	w := e.weight
	w.Cached = min(x.g.Memory.Cached(e.turn, d.ID, x.rec.Start), w.Prompt)
	w.Writes = e.marks && d.Caching(x.rec.Start) == live.Asked
	return w
}

// warm is how many tokens of the session's prompt a deployment's cache is likely to hold.
func (x *exchange) warm(d *routing.Deployment) int64 {
	if x.ep.operation != protocol.Generate {
		return 0
	}
	return x.g.Memory.Cached(live.Turn{Client: x.rec.Client, Session: x.rec.Session}, d.ID, x.rec.Start)
}

// tokens is what the prompt is expected to take, for conditions: by the model that was asked for.
func (x *exchange) tokens() int { return int(x.promptTokens(x.rec.Asked)) }

// What a condition may look at of the text. A pattern over all of a long prompt would take longer than all else that Metapi does.
const textHead = 2 << 10 // bytes from the beginning

// text is the beginning of the prompt and the last message of the user, a line between them.
func (x *exchange) text() string {
	if codecs.Of(x.in) == nil {
		return ""
	}
	conv, err := x.decoded()
	if err != nil {
		return "" // it will be told where it matters
	}
	var head, last strings.Builder
	for i := range conv.Messages {
		m := &conv.Messages[i]
		user := m.Role == conversation.User
		if user {
			last.Reset()
		}
		for _, p := range m.Parts {
			t, ok := p.(*conversation.Text)
			if !ok {
				continue
			}
			if room := textHead - head.Len(); room > 0 {
				head.WriteString(t.Text[:min(room, len(t.Text))])
				head.WriteByte('\n')
			}
			if user {
				last.WriteString(t.Text)
				last.WriteByte('\n')
			}
		}
	}
	return head.String() + last.String()
}

// header is a header of the client's, for conditions: none that holds a key.
func (x *exchange) header(name string) string {
	switch name = http.CanonicalHeaderKey(name); name {
	case "Authorization", "X-Api-Key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization":
		return ""
	}
	return x.r.Header.Get(name)
}

// observe takes in what an attempt that was answered has shown. Counts, and what is told of what an account keeps, say nothing of how soon a
// model replies.
func (a *attempt) observe() {
	if a.counting() || a.stored() {
		return
	}
	s := live.Sample{Bytes: int64(len(a.body)), Whole: time.Since(a.start)}
	if a.client.ID != prober.ID { // which asks for no reply worth the name
		s.Took, s.Output = s.Whole, a.made.Usage.Output
	}
	if a.stream {
		s.First, s.Whole = a.made.FirstByte, 0
	}
	now := time.Now()
	if a.made.Cost.ToldBy != "" {
		if usd, known := a.d.Price.Cost(a.made.Usage, a.start); known && usd > 0 {
			s.Billed = a.made.Cost.USD / usd
		}
	}
	a.d.Live.Observe(s, now)
	if u := a.made.Usage; a.ep.operation == protocol.Generate && !u.Estimated && !u.Zero() {
		a.g.Memory.Learn(live.Turn{Client: a.rec.Client, Session: a.rec.Session, Model: a.d.Model}, a.d.ID, u, a.d.Caching(now), now)
	}
}
