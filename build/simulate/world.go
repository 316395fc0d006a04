package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"metapi/backend/catalog/scores"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// world is the upstreams as they are, with what is in their caches.
type world struct {
	upstreams []upstream
	caches    []map[string]entry // by session
	rng       *rand.Rand
	judge     *rand.Rand // of answers: apart, so that the rest of a week is the same whoever answers
}

type entry struct {
	tokens int64
	until  time.Time
}

func newWorld(upstreams []upstream, seed uint64) *world {
	w := &world{upstreams: upstreams, rng: rand.New(rand.NewPCG(seed, 13)), judge: rand.New(rand.NewPCG(seed, 17))}
	for range upstreams {
		w.caches = append(w.caches, map[string]entry{})
	}
	return w
}

// usage is what a request would be billed for at an upstream now.
func (w *world) usage(r *request, i int) protocol.Usage {
	u := &w.upstreams[i]
	out := protocol.Usage{Input: r.prompt, Output: r.output}
	if !u.caches || r.session == "" {
		return out
	}
	if e, ok := w.caches[i][r.session]; ok && r.at.Before(e.until) {
		out.CacheRead = min(e.tokens, r.prompt)
		out.Input -= out.CacheRead
	}
	if u.bills.CacheWrite.Known { // its clients have their prompts written
		out.CacheWrite, out.Input = out.Input, 0
	}
	return out
}

// failure is how long it takes until a failure is told.
const failure = 2 * time.Second

// ask sends a request to an upstream.
func (w *world) ask(r *request, i int) attempt {
	u := &w.upstreams[i]
	noise := math.Exp(0.25 * w.rng.NormFloat64())
	if w.rng.Float64() < u.fails(r.at) {
		return attempt{failed: true, first: failure, at: r.at.Add(failure)}
	}
	a := attempt{good: w.judge.Float64() < u.good.in(r.domain), first: time.Duration(float64(u.first(r.at)) * noise), usage: w.usage(r, i)}
	a.at = r.at.Add(a.first)
	if r.session != "" && u.caches {
		w.caches[i][r.session] = entry{r.prompt, r.at.Add(5 * time.Minute)}
	}
	return a
}

// result is what a policy came to.
type result struct {
	name   string
	usd    float64
	waits  []time.Duration         // of the requests that were answered, in their order
	errors int                     // that clients saw
	served []int                   // requests, by upstream
	good   float64                 // answers that are expected to be, by the quality of who gave them
	asked  int                     // requests
	by     map[scores.Domain][]int // requests, by what they ask for and upstream
	why    string                  // of a mode that looks at quality: by which expectations
	slow   int                     // requests that the one in a slowdown got while it was slow, and another was not
	late   int                     // likewise, before another got one
}

// quality is the share of requests that got a good answer.
func (r result) quality() float64 { return r.good / float64(r.asked) }

// worth is what the week was worth to a user who has said nothing, in dollars.
func (r result) worth() float64 {
	waited := 0.0
	for _, w := range r.waits {
		waited += w.Seconds()
	}
	return routing.Usual.Answer*r.good - r.usd - routing.Usual.Second*waited
}

func (r result) p95(from int) time.Duration {
	waits := slices.Clone(r.waits[min(from, len(r.waits)):])
	if len(waits) == 0 {
		return 0
	}
	slices.Sort(waits)
	return waits[len(waits)*95/100]
}

// run sends the traffic by a policy.
func run(name string, p policy, upstreams []upstream, traffic []request, seed uint64) result {
	w := newWorld(upstreams, seed)
	res := result{name: name, served: make([]int, len(upstreams)), asked: len(traffic), by: map[scores.Domain][]int{}}
	for _, a := range asks {
		res.by[a.domain] = make([]int, len(upstreams))
	}
	for i := range traffic {
		r := traffic[i]
		asked := r.at
		answered := false
		for _, to := range p.order(&r, w) {
			a := w.ask(&r, to)
			bill := 0.0
			if !a.failed {
				bill, _ = upstreams[to].bills.Cost(a.usage, r.at)
			}
			told := a
			if upstreams[to].tells {
				told.billed = bill
			}
			p.heard(&r, to, &told)
			res.usd += bill
			if !a.failed {
				answered = true
				res.served[to]++
				res.by[r.domain][to]++
				res.good += upstreams[to].good.in(r.domain)
				res.waits = append(res.waits, a.at.Sub(asked))
				if upstreams[to].first(r.at) > 5*time.Second {
					res.slow++
				} else if res.slow > 0 && res.late == 0 {
					res.late = res.slow
				}
				break
			}
			r.at = a.at
		}
		if !answered {
			res.errors++
		}
	}
	return res
}
