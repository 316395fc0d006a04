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
	var read bool
	var model string
	var w routing.Weight
	return func(d *routing.Deployment) routing.Weight {
		if !read {
			p, read = tokens.Read(x.body), true
			w.Writes = x.g.habits.Marks(x.rec.Client)
			if x.rec.Session != "" && x.ep.operation == protocol.Generate {
				w.Turns = x.g.habits.Turns(x.rec.Client)
			}
		}
		if d.Model != model || model == "" {
			model = d.Model
			w.Prompt = x.g.priced(&p, model)
			w.Output = int64(x.g.habits.Output(x.rec.Client, model))
			if limit := x.peek.MaxOutput; limit > 0 {
				w.Output = min(w.Output, limit)
			}
		}
		out := w
		out.Cached = min(x.g.caches.Warm(x.sessionKey(), d.ID, x.rec.Start), w.Prompt)
		out.Writes = w.Writes && d.Price != nil && d.Price.Holding(x.rec.Start).CacheWrite.Known
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

// sessionKey tells the sessions of two clients apart; "" where the request has none.
func (x *exchange) sessionKey() string {
	if x.rec.Session == "" {
		return ""
	}
	return x.rec.Client + "\x00" + x.rec.Session
}

// How long a vendor's cache holds a prompt that is not read again: Anthropic's by its documentation, the others' at least.
const (
	cacheLasts     = 5 * time.Minute
	cacheLastsHour = time.Hour
)

// leastCached is the shortest prompt that caches which work by themselves hold: OpenAI's and Google's documentation.
const leastCached = 1024 // tokens

// observe takes in what an attempt that was answered has shown.
func (a *attempt) observe() {
	s := live.Sample{Bytes: int64(len(a.body)), Whole: time.Since(a.start)}
	if a.stream {
		s.First, s.Whole = a.made.FirstByte, 0
	}
	now := time.Now()
	a.d.Live.Observe(s, now)
	u := a.made.Usage
	if a.ep.operation != protocol.Generate || u.Estimated || u.Zero() {
		return
	}
	a.g.habits.Wrote(a.rec.Client, a.d.Model, u.Output)
	key := a.sessionKey()
	if key == "" {
		return
	}
	a.g.habits.Asked(a.rec.Client, a.g.caches.Known(key))
	held, lasts := u.CacheRead+u.CacheWrite+u.CacheWrite1h, cacheLasts
	if u.CacheWrite1h > 0 {
		lasts = cacheLastsHour
	}
	if a.d.Price != nil {
		switch t := a.d.Price.Holding(now); {
		case t.CacheWrite.Known:
			a.g.habits.Marked(a.rec.Client, u.CacheWrite+u.CacheWrite1h > 0)
		case t.CacheRead.Known && u.Prompt() >= leastCached: // it caches by itself
			held = u.Prompt()
		}
	}
	a.g.caches.Note(key, a.d.ID, held, now.Add(lasts))
}
