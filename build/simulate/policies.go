package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// policy orders the upstreams for a request, and hears how each attempt went.
type policy interface {
	order(r *request, w *world) []int
	heard(r *request, i int, a *attempt)
}

// attempt is what came of asking an upstream.
type attempt struct {
	failed bool
	first  time.Duration // to the first token; where it failed, to the failure
	usage  protocol.Usage
	billed float64 // dollars
	at     time.Time
}

// fixed asks the upstreams in one order.
type fixed []int

func (f fixed) order(*request, *world) []int { return f }
func (fixed) heard(*request, int, *attempt)  {}

// turns is round robin.
type turns struct{ n, next int }

func (t *turns) order(*request, *world) []int {
	t.next++
	var list []int
	for i := range t.n {
		list = append(list, (t.next+i)%t.n)
	}
	return list
}
func (*turns) heard(*request, int, *attempt) {}

// oracle knows what each upstream bills, caches, takes and fails by, and what is to come of the session. cheap: it wants the least dollars, else the soonest answer.
type oracle struct {
	cheap bool
	rest  map[string][]*request // of each session, the requests to come
}

func (o *oracle) order(r *request, w *world) []int {
	score := make([]float64, len(w.upstreams))
	for i := range w.upstreams {
		u := &w.upstreams[i]
		fails := min(u.fails(r.at), 1-1e-9)
		if !o.cheap {
			score[i] = u.first(r.at).Seconds() / (1 - fails)
			continue
		}
		usd, _ := u.bills.Cost(w.usage(r, i), r.at)
		have := r.prompt
		for _, next := range o.rest[r.session] {
			if !next.at.After(r.at) {
				continue
			}
			usage := protocol.Usage{Input: next.prompt, Output: next.output}
			if u.caches {
				usage.Input, usage.CacheRead = next.prompt-have, have
				if u.bills.CacheWrite.Known {
					usage.Input, usage.CacheWrite = 0, usage.Input
				}
				have = next.prompt
			}
			later, _ := u.bills.Cost(usage, next.at)
			usd += later
		}
		score[i] = usd + fails/(1-fails)*1e-3
	}
	list := make([]int, len(score))
	for i := range list {
		list[i] = i
	}
	slices.SortStableFunc(list, func(a, b int) int { return int(math.Copysign(1, score[a]-score[b])) })
	return list
}
func (*oracle) heard(*request, int, *attempt) {}

// mode is one of the product's: the gateway's own decisions, over what the gateway would know.
type mode struct {
	snap   *routing.Snapshot
	memory live.Memory
	rng    *rand.Rand
	n      int
	passes map[int]*live.Pass
}

func newMode(m routing.Mode, upstreams []upstream, seed uint64) *mode {
	s := &routing.Snapshot{Mode: m, Accounts: make([]routing.Account, len(upstreams))}
	reg := live.NewRegistry()
	var entries []catalog.Entry
	for i, u := range upstreams {
		id := fmt.Sprint(i)
		s.Accounts[i] = routing.Account{ID: id, Slug: fmt.Sprint("account-", i), Host: id + ".test"}
		s.Deployments = append(s.Deployments, routing.Deployment{ID: id, Account: &s.Accounts[i], Order: i, Upstream: "model", Model: "model", Price: u.listed,
			Protocols: protocol.SetOf(protocol.OpenAIChat), Live: reg.Deployment(id, id, id+".test")})
		entries = append(entries, catalog.Entry{Ref: int32(i), Account: s.Accounts[i].Slug, Name: "model"})
	}
	s.Names = catalog.NewIndex(entries, nil)
	return &mode{snap: s, rng: rand.New(rand.NewPCG(seed, 7)), passes: map[int]*live.Pass{}}
}

func (m *mode) order(r *request, _ *world) []int {
	m.n++
	turn := live.Turn{Client: r.client, Session: r.session, Model: "model"}
	estimated := float64(r.prompt) * math.Exp(0.05*m.rng.NormFloat64()) // estimates of tokens are some hundredths off
	d, err := routing.Decide(m.snap, routing.Request{ID: fmt.Sprint(m.n), Model: "model", Protocol: protocol.OpenAIChat, At: r.at,
		Client: r.client, Session: r.session, Bytes: r.prompt * 4, Stream: true,
		Weigh: func(d *routing.Deployment) routing.Weight {
			w := routing.Weight{Prompt: int64(estimated), Output: int64(m.memory.Output(turn)), Turns: m.memory.Turns(turn)}
			w.Cached = min(m.memory.Cached(turn, d.ID, r.at), w.Prompt)
			w.Writes = m.memory.Marks(turn) && d.Caching(r.at) == live.Asked
			return w
		}})
	if err != nil {
		return nil
	}
	var list []int
	for _, c := range d.Candidates {
		list = append(list, c.Order)
	}
	return list
}

func (m *mode) heard(r *request, i int, a *attempt) {
	d := &m.snap.Deployments[i]
	if pass, ok := d.Live.Enter(r.at); ok {
		if a.failed {
			pass.Fail(a.at, &protocol.Error{Kind: protocol.Overloaded})
		} else {
			pass.Succeed()
		}
	}
	s := live.Sample{Bytes: r.prompt * 4, Failed: a.failed, First: a.first}
	if a.billed > 0 {
		if usd, known := d.Price.Cost(a.usage, r.at); known && usd > 0 {
			s.Billed = a.billed / usd
		}
	}
	d.Live.Observe(s, a.at)
	if !a.failed {
		m.memory.Learn(live.Turn{Client: r.client, Session: r.session, Model: "model"}, d.ID, a.usage, d.Caching(a.at), a.at)
	}
}
