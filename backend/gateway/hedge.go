package gateway

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/openairesponses"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// Hedging: where the user wants answers soon at any price, and the first candidate has not begun to answer within the time in which 19 of 20 of
// its answers do, the next one is asked, too. Whoever answers first has the client; the other is cancelled, and what it may have cost is booked
// as an attempt of the same request.
//
//	lead    try(first) ------------------------------> wins, or fails, or is outrun
//	                    P95 of first passes
//	chase                       try(second) ---------> likewise
//
// Each runs on an exchange of its own, which shares nothing that moves with the other's. There is one place where they meet: an attempt that is about
// to tell the client something must win first ([exchange.wins]). The one that has won settles the request, once the other has ended.

// errOutrun is the cause with which the attempt ends that did not win.
var errOutrun = &protocol.Error{Kind: routing.Hedged, Message: "asked at the same time as another, which answered sooner"}

// Hedges are no more than a share of what could be hedged, so that a slow day does not double the bill.
const (
	hedgeOneIn   = 20
	hedgesAtOnce = 3 // that may follow each other where there were none for long
)

// hedges is how many have been made lately: each counts for as many requests as it takes to make up for it.
type hedges struct{ owed atomic.Int64 }

// seen notes a request that could be hedged.
func (h *hedges) seen() {
	if h.owed.Add(-1) < 0 {
		h.owed.Add(1)
	}
}

// take reports whether one may be made, and takes it.
func (h *hedges) take() bool {
	if h.owed.Add(hedgeOneIn) <= hedgesAtOnce*hedgeOneIn {
		return true
	}
	h.owed.Add(-hedgeOneIn)
	return false
}

// hedgeable reports whether the request may be asked twice at once, and after how long. It leans on nothing and leaves nothing behind but its
// reply: neither what an account keeps nor what Metapi does.
func (x *exchange) hedgeable(d *routing.Decision) (after time.Duration, ok bool) {
	if d.Mode != routing.Fastest || len(d.Candidates) < 2 || x.g.Hedge == nil || !x.g.Hedge() {
		return 0, false
	}
	if d.Candidates[1].Tier != d.Candidates[0].Tier { // it is for where the first cannot serve, not for where that is slow
		return 0, false
	}
	if x.ep.operation != protocol.Generate || x.owner.Only || x.keep != nil {
		return 0, false
	}
	if x.in == protocol.OpenAIResponses {
		if s, err := openairesponses.ReadState(x.body); err != nil || s.Store || s.Background {
			return 0, false
		}
	}
	return d.Candidates[0].Live.Learned(int64(len(x.body)), x.stream, x.asked.At)
}

// race is two exchanges at work on one request.
type race struct {
	mu     sync.Mutex // guards what follows
	winner *exchange  // who has the client, or has settled without it; nil: nobody yet
	racers []*exchange
}

// racer is what an exchange has of its own in a race.
type racer struct {
	*race
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when it has
	before int           // attempts that were made before the race
	held   int           // and what was held for them
	parts  routing.Parts // and what they come to
}

// join gives the race an exchange more, which runs as x would; nil: it is over.
func (r *race) join(x *exchange) *exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.winner != nil {
		return nil
	}
	y := *x
	ctx, cancel := context.WithCancelCause(x.r.Context())
	y.racer = &racer{r, cancel, make(chan struct{}), len(x.rec.Attempts), len(x.holds), x.rec.Parts}
	// What stands in the head of the reply already is not looked at: a keep-alive may be writing there.
	y.r, y.w, y.conv = x.r.WithContext(ctx), &apart{ResponseWriter: x.w, header: http.Header{"X-Metapi-Request-Id": {x.rec.ID}}}, nil
	y.rec.Attempts, y.rec.Parts, y.holds = slices.Clip(x.rec.Attempts), routing.Parts{}, slices.Clip(x.holds)
	y.asked.Tokens, y.asked.Text, y.asked.Header, y.asked.Weigh, y.asked.Warm, y.asked.Domain = y.tokens, y.text, y.header, y.weigh, y.warm, y.domain
	r.racers = append(r.racers, &y)
	return &y
}

// wins reports whether an exchange may tell the client something: in a race, only one may.
func (x *exchange) wins() bool {
	if x.racer == nil {
		return true
	}
	x.racer.mu.Lock()
	defer x.racer.mu.Unlock()
	if x.racer.winner == nil {
		x.racer.winner = x
		for _, y := range x.racer.racers {
			if y != x {
				y.racer.cancel(errOutrun)
			}
		}
	}
	return x.racer.winner == x
}

// takeOver waits for the others to end, and puts their attempts before those of the winner.
func (x *exchange) takeOver() {
	own := x.rec.Attempts[x.racer.before:]
	x.rec.Attempts, x.rec.Parts = slices.Clip(x.rec.Attempts[:x.racer.before]), x.rec.Parts.Add(x.racer.parts)
	for _, y := range x.racer.racers { // nobody joins any more
		if y != x {
			<-y.racer.ended
			x.takeIn(y)
		}
	}
	x.rec.Attempts = append(x.rec.Attempts, own...)
}

// takeIn adds what y has done in a race to what x has done.
func (x *exchange) takeIn(y *exchange) {
	x.rec.Attempts = append(x.rec.Attempts, y.rec.Attempts[y.racer.before:]...)
	x.rec.Parts = x.rec.Parts.Add(y.rec.Parts)
	x.holds = append(x.holds, y.holds[y.racer.held:]...)
}

// affords reports whether no budget would be spent if an attempt at d cost all that it may.
func (x *exchange) affords(d *routing.Deployment) bool {
	return !x.g.Budgets.Any() || x.g.Budgets.Refuses(x.rec.Client, d.Account.ID, d.Model, x.worst(d)) == nil
}

// runRacer makes attempts at d, and ends; but not where one more may not be made.
func (x *exchange) runRacer(d *routing.Deployment, more, extra bool) *failure {
	defer close(x.racer.ended)
	defer x.racer.cancel(nil)
	if extra && !(x.affords(d) && x.g.hedges.take()) {
		return notAsked
	}
	return x.try(d, more)
}

var notAsked = &failure{passed: true, err: errOutrun}

// race tries first, and second, too, where first takes long. It returns nil once the request is settled, and whether second was asked.
func (x *exchange) race(first, second *routing.Deployment, after time.Duration, more bool) (worst *failure, both bool) {
	x.begin(first.Account.ID)
	r, start := new(race), time.Now()
	lead := r.join(x)
	answer := make(chan *failure, 1)
	var panicked any
	timer := time.AfterFunc(after, func() {
		var f *failure
		defer func() {
			if panicked = recover(); panicked != nil { // as net/http does for the exchange that its own goroutine runs
				x.g.Log.Error("a hedged attempt panicked", "request", x.rec.ID, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
				f = &failure{err: &protocol.Error{Kind: protocol.ServerError, Message: "Metapi failed"}}
			}
			answer <- f
		}()
		f = notAsked
		if chase := r.join(x); chase != nil {
			f = chase.runRacer(second, more, true)
		}
	})
	done := false
	defer func() {
		if !done { // it panicked: nothing of the request goes on after that
			if lead.wins(); !timer.Stop() {
				<-answer
			}
		}
	}()
	worst = lead.runRacer(first, true, false)
	done = true
	if !timer.Stop() {
		other := <-answer
		if panicked != nil && r.winner != nil && r.winner != lead {
			panic(panicked) // the client has had something of it: there is nobody else to ask
		}
		both = len(r.racers) > 1 && len(r.racers[1].rec.Attempts) > len(x.rec.Attempts)
		switch {
		case worst == nil:
		case other == nil:
			s := live.Sample{Bytes: int64(len(x.body)), Outrun: true, First: time.Since(start)}
			if !x.stream {
				s.First, s.Whole = 0, s.First
			}
			if worst.err.Kind == routing.Hedged {
				first.Live.Observe(s, time.Now())
			}
			worst = nil
		default:
			worst = worse(worst, other)
		}
	}
	if worst != nil { // nobody has won: the request goes on where it was
		for _, y := range r.racers {
			x.takeIn(y)
		}
	}
	return worst, both
}

// apart keeps the head of a reply for itself until it is sent.
type apart struct {
	http.ResponseWriter
	header http.Header
}

func (a *apart) Header() http.Header { return a.header }

func (a *apart) WriteHeader(status int) {
	maps.Copy(a.ResponseWriter.Header(), a.header)
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *apart) Unwrap() http.ResponseWriter { return a.ResponseWriter }
