package routing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/catalog/scores"
	"metapi/backend/routing/live"

	"pgregory.net/rapid"
)

// priced makes a snapshot in which one model is offered at several prices per million tokens.
func priced(mode Mode, prices ...*catalog.Price) *Snapshot {
	offers := make([][]string, len(prices))
	for i := range offers {
		offers[i] = []string{"m"}
	}
	s := world(mode, offers...)
	for i := range s.Deployments {
		s.Deployments[i].Price = prices[i]
	}
	return s
}

func dollars(input, output float64) *catalog.Price {
	return &catalog.Price{Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(input), Output: catalog.USD(output)}}}
}

func cached(input, read, output float64) *catalog.Price {
	p := dollars(input, output)
	p.CacheRead = catalog.USD(read)
	return p
}

// weighing says the same of every deployment, but for what is in the cache of some.
func weighing(w Weight, warm map[string]int64) func(*Deployment) Weight {
	return func(d *Deployment) Weight {
		w.Cached = warm[d.ID]
		return w
	}
}

func TestCostRanksByWhatAnAnswerCosts(t *testing.T) {
	for _, c := range []struct {
		name   string
		prices []*catalog.Price
		w      Weight
		warm   map[string]int64
		want   string
	}{
		{"the cheaper first", []*catalog.Price{dollars(3, 15), dollars(1, 5)}, Weight{Prompt: 1000, Output: 100}, nil, "b/m a/m"},
		{"dear output counts where much is written", []*catalog.Price{dollars(3, 3), dollars(1, 15)}, Weight{Prompt: 1000, Output: 1000}, nil, "a/m b/m"},
		{"not known comes last", []*catalog.Price{nil, dollars(100, 100)}, Weight{Prompt: 1000, Output: 100}, nil, "b/m a/m"},
		{"free comes first", []*catalog.Price{dollars(0.01, 0.01), catalog.Free}, Weight{Prompt: 1000, Output: 100}, nil, "b/m a/m"},
		{"the same price: the user's order", []*catalog.Price{dollars(1, 1), dollars(1, 1)}, Weight{Prompt: 1000, Output: 100}, nil, "a/m b/m"},
		{"a warm cache is worth staying for", []*catalog.Price{cached(3, 0.3, 15), cached(2, 0.2, 10)}, Weight{Prompt: 100_000, Output: 100},
			map[string]int64{"a/m": 99_000}, "a/m b/m"},
		{"but not for ever", []*catalog.Price{cached(3, 0.3, 15), cached(2, 0.2, 10)}, Weight{Prompt: 100_000, Output: 100, Turns: 40},
			map[string]int64{"a/m": 99_000}, "b/m a/m"},
		// Were later turns counted by what a cache saves, rather than by what they cost, the dearer would win here: it saves more.
		{"a dear cache is not worth going to", []*catalog.Price{cached(10, 1, 10), cached(1, 0.5, 1)}, Weight{Prompt: 1_000_000, Output: 1, Turns: 3}, nil, "b/m a/m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ask("m")
			r.Weigh = weighing(c.w, c.warm)
			d, err := Decide(priced(Cheapest, c.prices...), r)
			if err != nil || ids(d.Candidates) != c.want {
				t.Errorf("got %q, %v; want %q: %+v", ids(d.Candidates), err, c.want, d.Candidates)
			}
		})
	}
}

func TestUnknownPriceIsNotFree(t *testing.T) {
	r := ask("m")
	r.Weigh = weighing(Weight{Prompt: 1000, Output: 10}, nil)
	d, err := Decide(priced(Cheapest, nil, catalog.Free), r)
	if err != nil || d.Candidates[0].ID != "b/m" || !d.Candidates[0].Priced || d.Candidates[1].Priced {
		t.Errorf("%+v, %v", d.Candidates, err)
	}
}

// What the score says to be best is best: no other order of the same attempts is expected to cost less.
func TestNoOrderOfAttemptsIsExpectedToCostLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		prices := make([]*catalog.Price, n)
		for i := range prices {
			prices[i] = dollars(rapid.Float64Range(0, 20).Draw(t, "input"), rapid.Float64Range(0, 60).Draw(t, "output"))
		}
		s := priced(Cheapest, prices...)
		for i := range s.Deployments {
			for range rapid.IntRange(0, 30).Draw(t, "tries") {
				s.Deployments[i].Live.Observe(live.Sample{Failed: rapid.Bool().Draw(t, "failed"), First: time.Second}, t0)
			}
		}
		r := ask("m")
		r.Stream = true
		r.Weigh = weighing(Weight{Prompt: 10_000, Output: 1000}, nil)
		d, err := Decide(s, r)
		if err != nil {
			t.Fatal(err)
		}
		expected := func(order []Candidate) float64 {
			sum, reached := 0.0, 1.0
			for _, c := range order {
				sum += reached * ((1-c.Failing)*c.Cost + c.Failing*Usual.Second*c.Wait.Seconds())
				reached *= c.Failing
			}
			return sum
		}
		got := expected(d.Candidates)
		permute(d.Candidates, 0, func(order []Candidate) {
			if e := expected(order); e < got-1e-12 {
				t.Fatalf("%s is expected to cost %v, %s %v", ids(d.Candidates), got, ids(order), e)
			}
		})
	})
}

func permute(cs []Candidate, from int, visit func([]Candidate)) {
	if from == len(cs) {
		visit(cs)
		return
	}
	cs = append([]Candidate(nil), cs...)
	for i := from; i < len(cs); i++ {
		cs[from], cs[i] = cs[i], cs[from]
		permute(cs, from+1, visit)
	}
}

// drive sends requests in latency mode for a while, one after the other, and returns how long each waited. takes says how long a deployment takes.
func drive(s *Snapshot, now *time.Time, n int, pause time.Duration, takes func(d *Deployment) time.Duration) (waits []time.Duration, served []string) {
	for i := range n {
		r := ask("m")
		r.ID, r.At, r.Stream = fmt.Sprint(i), *now, true
		d, err := Decide(s, r)
		if err != nil {
			panic(err)
		}
		c := d.Candidates[0]
		took := takes(c.Deployment)
		*now = now.Add(took + pause)
		c.Live.Observe(live.Sample{First: took}, *now)
		waits, served = append(waits, took), append(served, c.ID)
	}
	return waits, served
}

func lognormal(rng *rand.Rand, median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*rng.NormFloat64()))
}

func TestLatencyFindsTheFastest(t *testing.T) {
	s := world(Fastest, []string{"m"}, []string{"m"}, []string{"m"})
	medians := map[string]time.Duration{"a/m": 3 * time.Second, "b/m": 600 * time.Millisecond, "c/m": 900 * time.Millisecond}
	rng := rand.New(rand.NewPCG(1, 2))
	now := t0
	takes := func(d *Deployment) time.Duration { return lognormal(rng, medians[d.ID], 0.3) }
	drive(s, &now, 60, 2*time.Second, takes)
	_, served := drive(s, &now, 200, 2*time.Second, takes)
	fastest := 0
	for _, id := range served {
		if id == "b/m" {
			fastest++
		}
	}
	if fastest < 190 {
		t.Errorf("the fastest served %d of 200", fastest)
	}
}

func TestLatencyLeavesWhoHasBecomeSlowAndComesBack(t *testing.T) {
	s := world(Fastest, []string{"m"}, []string{"m"})
	medians := map[string]time.Duration{"a/m": 500 * time.Millisecond, "b/m": 800 * time.Millisecond}
	rng := rand.New(rand.NewPCG(3, 4))
	now := t0
	takes := func(d *Deployment) time.Duration { return lognormal(rng, medians[d.ID], 0.2) }
	drive(s, &now, 200, time.Second, takes)
	medians["a/m"] = 6 * time.Second
	_, served := drive(s, &now, 100, time.Second, takes)
	slow := 0
	for _, id := range served {
		if id == "a/m" {
			slow++
		}
	}
	if slow == 0 || slow >= 20 {
		t.Errorf("%d of 100 requests went to the one that had become slow", slow)
	}
	medians["a/m"] = 500 * time.Millisecond
	_, served = drive(s, &now, 1500, time.Second, takes)
	back := 0
	for _, id := range served[1000:] {
		if id == "a/m" {
			back++
		}
	}
	if back < 450 {
		t.Errorf("of 500 requests, half an hour after it is fast again, it served %d", back)
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, size := range []struct{ accounts, models int }{{10, 100}, {100, 300}} {
		offers := make([][]string, size.accounts)
		for i := range offers {
			for m := range size.models {
				offers[i] = append(offers[i], fmt.Sprint("model-", m))
			}
		}
		for _, m := range Modes {
			s := world(m.Mode, offers...)
			for i := range s.Deployments {
				d := &s.Deployments[i]
				d.Price = cached(float64(1+i%7), 0.1, float64(5+i%11))
				d.Live.Observe(live.Sample{First: time.Second}, t0)
				d.Scored = &scores.Score{Prior: 0.5 + 0.01*float64(i%40), Worth: 50}
			}
			r := ask("model-42")
			r.Stream = true
			r.Weigh = weighing(Weight{Prompt: 10_000, Output: 500, Turns: 3}, nil)
			run := func(what string) {
				b.Run(fmt.Sprintf("%s of %d accounts, %d models each%s", m.Mode, size.accounts, size.models, what), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if _, err := Decide(s, r); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			run("")
			var set Settings
			for i := range 50 {
				when, _ := ParseCondition(fmt.Sprintf(`client == "client-%d" and bytes > 1000`, i))
				set.Rules = append(set.Rules, Rule{Name: fmt.Sprint(i), When: when, Never: []string{"a"}})
			}
			s.Rules = NewRules(&set, s.Names)
			run(", 50 rules")
			set.Models = map[string]Plan{"any": {Models: []Choice{{Model: "model-1"}, {Model: "model-2"}, {Model: "model-3"}}}}
			s.Rules, r.Model = NewRules(&set, s.Names), "any"
			run(", 50 rules, one of 3 models")
		}
	}
}
