package gateway

import (
	"time"

	"metapi/backend/protocol"
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
