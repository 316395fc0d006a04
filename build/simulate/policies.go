package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/catalog/scores"
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
	good   bool          // the answer is
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

// oracle knows what each upstream bills, caches, takes and fails by, how good its answers are, and what is to come of the session.
type oracle struct {
	wants wish
	rest  map[string][]*request // of each session, the requests to come
}

// wish is what an oracle wants.
type wish int

const (
	seconds wish = iota // the soonest answer
	dollars             // the least dollars
	answers             // the best answers
	worth               // the most of what answers are worth, less dollars and seconds
)

func (o *oracle) order(r *request, w *world) []int {
	score := make([]float64, len(w.upstreams))
	for i := range w.upstreams {
		u := &w.upstreams[i]
		fails := min(u.fails(r.at), 1-1e-9)
		first := u.first(r.at).Seconds()
		switch o.wants {
		case seconds:
			score[i] = first / (1 - fails)
			continue
		case answers:
			score[i] = -u.good.in(r.domain)
			continue
		}
		usd, _ := u.bills.Cost(w.usage(r, i), r.at)
		have, turns := r.prompt, 1.0
		for _, next := range o.rest[r.session] {
			if !next.at.After(r.at) {
				continue
			}
			turns++
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
		if o.wants == worth {
			score[i] -= turns * (routing.Usual.Answer*u.good.in(r.domain) - routing.Usual.Second*first)
		}
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

	user     *rand.Rand // draws what is placed wrongly, and judged
	opinions live.Opinions
	thumbs   map[string][]live.Thumb // by model
	placed   scores.Domain           // of the last request, as it was taken to be
}

// How well the published results of a model tell how good its answers are, and how much a user adds.
const (
	scoresOff   = 0.02 // standard deviation of a score
	misplaced   = 0.1  // of the requests are taken to be of no domain
	thumbsGiven = 0.1  // of the answers are judged
	thumbsWrong = 0.05 // of those wrongly
)

// published is what the results of an upstream's model let one expect.
func published(u *upstream, rng *rand.Rand) *scores.Score {
	mean := (u.good.agentic + u.good.chat + u.good.summary) / 3
	s := &scores.Score{Prior: mean + u.flattered + scoresOff*rng.NormFloat64(), Worth: 30, Evidence: scores.Published}
	for _, d := range []scores.Domain{scores.Agentic, scores.Other, scores.Summary} {
		s.Deviations[d] = (u.good.in(d)-mean)/2 + scoresOff/2*rng.NormFloat64()
	}
	return s
}

func newMode(m routing.Mode, upstreams []upstream, seed uint64) *mode {
	of := &mode{rng: rand.New(rand.NewPCG(seed, 7)), user: rand.New(rand.NewPCG(seed, 19)), thumbs: map[string][]live.Thumb{}}
	s := &routing.Snapshot{Mode: m, Accounts: make([]routing.Account, len(upstreams))}
	results := rand.New(rand.NewPCG(seed, 11))
	said := map[string]*scores.Score{}
	var any routing.Plan
	reg := live.NewRegistry()
	var entries []catalog.Entry
	for i, u := range upstreams {
		id, model := fmt.Sprint(i), u.model()
		if said[model] == nil {
			said[model] = published(&u, results)
			any.Models = append(any.Models, routing.Choice{Model: model})
		}
		s.Accounts[i] = routing.Account{ID: id, Slug: fmt.Sprint("account-", i), Host: id + ".test"}
		s.Deployments = append(s.Deployments, routing.Deployment{ID: id, Account: &s.Accounts[i], Order: i, Upstream: model, Model: model, Price: u.listed,
			Scored: said[model], Opinion: of.opinions.Of(model), Protocols: protocol.SetOf(protocol.OpenAIChat), Live: reg.Deployment(id, id, id+".test")})
		entries = append(entries, catalog.Entry{Ref: int32(i), Account: s.Accounts[i].Slug, Name: model})
	}
	s.Names = catalog.NewIndex(entries, nil)
	s.Rules = routing.NewRules(&routing.Settings{Models: map[string]routing.Plan{"any": any}}, s.Names)
	of.snap = s
	return of
}

func (m *mode) order(r *request, _ *world) []int {
	m.n++
	estimated := float64(r.prompt) * math.Exp(0.05*m.rng.NormFloat64()) // estimates of tokens are some hundredths off
	m.placed = r.domain
	if m.user.Float64() < misplaced {
		m.placed = scores.Other
	}
	d, err := routing.Decide(m.snap, routing.Request{ID: fmt.Sprint(m.n), Model: "any", Protocol: protocol.OpenAIChat, At: r.at,
		Client: r.client, Session: r.session, Bytes: r.prompt * 4, Stream: true,
		Domain: func() scores.Domain { return m.placed },
		Warm: func(d *routing.Deployment) int64 {
			return m.memory.Cached(live.Turn{Client: r.client, Session: r.session}, d.ID, r.at)
		},
		Weigh: func(d *routing.Deployment) routing.Weight {
			turn := live.Turn{Client: r.client, Session: r.session, Model: d.Model}
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
	if !a.failed && m.user.Float64() < thumbsGiven {
		t := live.Thumb{Domain: m.placed, Placed: true, Up: a.good != (m.user.Float64() < thumbsWrong), At: a.at}
		m.thumbs[d.Model] = append(m.thumbs[d.Model], t)
		d.Opinion.Set(m.thumbs[d.Model], a.at)
	}
	if !a.failed {
		m.memory.Learn(live.Turn{Client: r.client, Session: r.session, Model: d.Model}, d.ID, a.usage, d.Caching(a.at), a.at)
	}
}
