package gateway

import (
	"net/http"
	"strings"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/tokens"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// weigh says what the request is expected to take at a deployment. It reads the prompt the first time that a mode asks.
func (x *exchange) weigh() func(*routing.Deployment) routing.Weight {
	var p tokens.Prompt
	var w routing.Weight // for the model of turn
	turn := live.Turn{Client: x.rec.Client}
	if x.ep.operation == protocol.Generate {
		turn.Session = x.rec.Session
	}
	read, marks := false, false
	return func(d *routing.Deployment) routing.Weight {
		if !read {
			p, read, marks = tokens.Read(x.body), true, x.g.memory.Marks(turn)
			w.Turns = x.g.memory.Turns(turn)
		}
		if d.Model != turn.Model || turn.Model == "" {
			turn.Model = d.Model
			w.Prompt, w.Output = x.g.priced(&p, d.Model), int64(x.g.memory.Output(turn))
			if limit := x.peek.MaxOutput; limit > 0 {
				w.Output = min(w.Output, limit)
			}
		}
		out := w
		out.Cached = min(x.g.memory.Cached(turn, d.ID, x.rec.Start), w.Prompt)
		out.Writes = marks && d.Caching(x.rec.Start) == live.Asked
		return out
	}
}

// tokens is what the prompt is expected to take, for conditions: by the model that was asked for.
func (x *exchange) tokens() int {
	p := tokens.Read(x.body)
	return int(x.g.priced(&p, x.rec.Asked))
}

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
		a.g.memory.Learn(live.Turn{Client: a.rec.Client, Session: a.rec.Session, Model: a.d.Model}, a.d.ID, u, a.d.Caching(now), now)
	}
}
