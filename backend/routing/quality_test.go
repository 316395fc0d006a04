package routing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"metapi/backend/catalog/scores"
	"metapi/backend/routing/live"
	"metapi/backend/settings"

	"pgregory.net/rapid"
)

// offer is a deployment of a model of its own.
type offer struct {
	q, usd, fails float64 // share of good answers, dollars for the request, chance of failure
	wait          time.Duration
}

// severalModels makes a snapshot with one account for each offer, and a virtual model "any" of all of them.
func severalModels(t fataler, mode Mode, offers ...offer) (*Snapshot, Request) {
	names := make([][]string, len(offers))
	plan := Plan{}
	for i := range offers {
		names[i] = []string{fmt.Sprint("m", string(rune('a'+i)))}
		plan.Models = append(plan.Models, Choice{Model: names[i][0]})
	}
	s := world(mode, names...)
	for i, o := range offers {
		d := &s.Deployments[i]
		d.Price = dollars(o.usd*1000, 0)
		d.Scored = &scores.Score{Prior: o.q, Worth: 50, Evidence: scores.Published}
		for n := range 200 {
			d.Live.Observe(live.Sample{Failed: float64(n%100) < 100*o.fails, First: max(o.wait, 10*time.Millisecond)}, t0)
		}
	}
	s.Rules = NewRules(&Settings{Models: map[string]Plan{"any": plan}}, s.Names)
	r := ask("any")
	r.Stream = true
	r.Weigh = weighing(Weight{Prompt: 1000}, nil)
	return s, r
}

type fataler interface{ Fatal(...any) }

func decide(t fataler, s *Snapshot, r Request) Decision {
	d, err := Decide(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhoServesByQualityCostAndWaiting(t *testing.T) {
	good, fair, poor := offer{q: 0.9, usd: 0.1}, offer{q: 0.88, usd: 0.01}, offer{q: 0.5, usd: 0.001}
	for _, c := range []struct {
		name   string
		mode   Mode
		worth  Worth
		offers []offer
		want   string
	}{
		{"the best first, whatever it costs", Best, Usual, []offer{poor, fair, good}, "c/mc b/mb a/ma"},
		{"of equals the cheapest", Best, Usual, []offer{good, {q: 0.895, usd: 0.02}, poor}, "b/mb a/ma c/mc"},
		{"the rest likewise", Best, Usual, []offer{good, {q: 0.5, usd: 0.3}, {q: 0.505, usd: 0.5}}, "a/ma b/mb c/mc"},
		{"cost: who is good enough, then who costs least", Cheapest, Usual, []offer{good, poor, fair}, "c/mc a/ma b/mb"},
		{"cost, strict: the best alone", Cheapest, Worth{Tolerance: 1}, []offer{fair, poor, good}, "c/mc a/ma b/mb"},
		{"cost, however bad", Cheapest, Worth{Tolerance: 0}, []offer{good, fair, poor}, "c/mc b/mb a/ma"},
		{"an answer is worth nothing: the cheapest", Auto, Worth{}, []offer{good, fair, poor}, "c/mc b/mb a/ma"},
		{"an answer is worth a dollar: fair costs less than it is worse", Auto, Worth{Answer: 1}, []offer{good, poor, fair}, "c/mc a/ma b/mb"},
		{"an answer is worth a hundred: the best", Auto, Worth{Answer: 100}, []offer{poor, fair, good}, "c/mc b/mb a/ma"},
		{"waiting costs nothing", Auto, Worth{Answer: 1}, []offer{{q: 0.9, usd: 0.01, wait: 20 * time.Second}, {q: 0.88, usd: 0.01, wait: time.Second}}, "a/ma b/mb"},
		{"waiting costs a cent a second", Auto, Worth{Answer: 1, Second: 0.01}, []offer{{q: 0.9, usd: 0.01, wait: 20 * time.Second}, {q: 0.88, usd: 0.01, wait: time.Second}}, "b/mb a/ma"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, r := severalModels(t, c.mode, c.offers...)
			s.Worth = &c.worth
			if d := decide(t, s, r); ids(d.Candidates) != c.want {
				t.Errorf("%s, not %s: %+v", ids(d.Candidates), c.want, d.Candidates)
			}
		})
	}
}

// What an answer is worth counts for each turn that is expected, as its cost does: a long session is no reason for worse answers.
func TestLongSessionsAreWorthAsGoodAnswers(t *testing.T) {
	s, r := severalModels(t, Auto, offer{q: 0.9, usd: 0.1}, offer{q: 0.88, usd: 0.01})
	s.Worth = &Worth{Answer: 6}
	for _, turns := range []float64{0, 10} {
		r.Weigh = weighing(Weight{Prompt: 1000, Turns: turns}, nil)
		if d := decide(t, s, r); ids(d.Candidates) != "a/ma b/mb" || d.Candidates[0].Utility <= d.Candidates[1].Utility {
			t.Errorf("with %v turns to come: %+v", turns, d.Candidates)
		}
	}
}

// One model is as good at one account as at another: what kind of answer is asked for need not be found out.
func TestOneModelNeedsNoDomainInCostMode(t *testing.T) {
	s := priced(Cheapest, dollars(3, 15), dollars(1, 5))
	r := ask("m")
	r.Weigh = weighing(Weight{Prompt: 1000, Output: 100}, nil)
	r.Domain = func() scores.Domain { t.Error("the prompt was read"); return scores.Other }
	if d := decide(t, s, r); ids(d.Candidates) != "b/m a/m" || d.Candidates[0].Quality != 0 {
		t.Errorf("%+v", d.Candidates)
	}
	r.Mode = Failover
	decide(t, s, r)
}

func TestDomainDecidesWhoIsBest(t *testing.T) {
	s, r := severalModels(t, Best, offer{q: 0.8}, offer{q: 0.78})
	s.Deployments[1].Scored.Deviations[scores.Math] = 0.1
	if d := decide(t, s, r); ids(d.Candidates) != "a/ma b/mb" {
		t.Errorf("of a chat: %s", ids(d.Candidates))
	}
	r.Domain = func() scores.Domain { return scores.Math }
	if d := decide(t, s, r); ids(d.Candidates) != "b/mb a/ma" {
		t.Errorf("of sums: %s", ids(d.Candidates))
	}
}

// The figures are those of the formulas, worked out by hand: 50 answers at 0.8 and two thumbs down of 0.81 at -1/18; then 20 at what that gives and one
// of the two.
func TestThumbsMoveWhatIsExpected(t *testing.T) {
	s, _ := severalModels(t, Best, offer{q: 0.8})
	d := &s.Deployments[0]
	d.Opinion = new(live.Opinion)
	d.Opinion.Set([]live.Thumb{{Domain: scores.Math, Placed: true, At: t0}, {At: t0}}, t0)
	want := (20*((50*0.8-2*0.81/18)/(50+2*0.81)) - 0.81/18) / 20.81
	if got := d.Judge(scores.Math, t0); math.Abs(got.Quality-want) > 1e-9 || math.Abs(got.Thumbs-1.62) > 1e-9 || math.Abs(got.Here-0.81) > 1e-9 || got.Prior != 0.8 {
		t.Errorf("%+v, not %v", got, want)
	}
	if later := d.Judge(scores.Math, t0.Add(30*24*time.Hour)); math.Abs(later.Thumbs-0.81) > 1e-9 {
		t.Errorf("after 30 days they weigh %v", later.Thumbs)
	}
	if elsewhere := d.Judge(scores.Writing, t0); elsewhere.Here != 0 || elsewhere.Quality >= 0.8 || elsewhere.Quality <= want {
		t.Errorf("in another domain: %+v", elsewhere)
	}
	d.Opinion.Set(nil, t0)
	if got := d.Judge(scores.Math, t0).Quality; got != 0.8 {
		t.Errorf("taken back, it is %v", got)
	}
	for range 40 {
		d.Opinion.Set([]live.Thumb{{Up: true, At: t0}}, t0)
	}
	if got := d.Judge(scores.Math, t0).Quality; got <= 0.8 || got > 0.99 {
		t.Errorf("liked, it is %v", got)
	}
}

// A model that nobody has measured is moved by a few thumbs, and says how unsure it is.
func TestNoEvidenceIsSaidAndSoonOutweighed(t *testing.T) {
	s := world(Best, []string{"nobody-knows-it"})
	d := &s.Deployments[0]
	d.Scored = (&Settings{}).Scored("a", d.Upstream, d.Model)
	before := d.Judge(scores.Other, t0)
	if before.Evidence != scores.None || !strings.Contains(before.From, "no evidence") || before.Doubt < 0.15 {
		t.Errorf("%+v", before)
	}
	var thumbs []live.Thumb
	for range 10 {
		thumbs = append(thumbs, live.Thumb{Up: true, Placed: true, At: t0})
	}
	d.Opinion = new(live.Opinion)
	d.Opinion.Set(thumbs, t0)
	if after := d.Judge(scores.Other, t0); after.Quality < before.Quality+0.25 || after.Doubt >= before.Doubt {
		t.Errorf("ten thumbs make %+v of %+v", after, before)
	}
}

func TestOwnScoresOfTheFile(t *testing.T) {
	var s Settings
	if fault := settings.Parse("routing.yaml", []byte("scores:\n  gpt-5: 40\n  work/gpt-4o: {all: 90, math: 95}\n"), &s); fault != nil {
		t.Fatal(fault)
	}
	for _, wrong := range []string{"scores: {gpt-5: 101}", "scores: {gpt-5: -1}", "scores: {gpt-5: {cooking: 3}}", "scores: {gpt-5: good}"} {
		if fault := settings.Parse("routing.yaml", []byte(wrong), &Settings{}); fault == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
	for _, c := range []struct {
		slug, model string
		d           scores.Domain
		want        float64
		own         bool
	}{
		{"home", "gpt-5", scores.Other, 0.4, true}, {"work", "gpt-4o", scores.Other, 0.9, true}, {"work", "gpt-4o", scores.Math, 0.95, true},
		{"home", "gpt-4o", scores.Other, scores.Of("gpt-4o").Prior, false},
	} {
		got := s.Scored(c.slug, c.model, c.model)
		if q := got.Prior + got.Deviations[c.d]; math.Abs(q-c.want) > 1e-9 || (got.Evidence == scores.Own) != c.own {
			t.Errorf("%s/%s in %v: %v, %s", c.slug, c.model, c.d, q, got.Evidence)
		}
	}
}

// Of all orders of attempts, none is expected to be worth more than the one that auto mode makes.
func TestNoOrderOfAttemptsIsWorthMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawn(t, Auto)
		d := decide(t, s, r)
		w := s.Worth
		expected := func(order []Candidate) float64 {
			sum, reached := 0.0, 1.0
			for _, c := range order {
				answer := w.Answer*c.Quality - c.Cost - w.Second*c.Wait.Seconds()
				sum += reached * ((1-c.Failing)*answer - c.Failing*w.Second*c.Wait.Seconds())
				reached *= c.Failing
			}
			return sum
		}
		got := expected(d.Candidates)
		permute(d.Candidates, 0, func(order []Candidate) {
			if e := expected(order); e > got+1e-12 {
				t.Fatalf("%s is expected to be worth %v, %s %v", ids(d.Candidates), got, ids(order), e)
			}
		})
	})
}

// Of all orders, none is expected to give better answers by more than the hair within which cost decides; and of those within that hair of the best
// none is expected to cost less than the ones that come first.
func TestNoOrderOfAttemptsAnswersBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawn(t, Best)
		d := decide(t, s, r)
		expected := func(order []Candidate, of func(*Candidate) float64) float64 {
			sum, reached := 0.0, 1.0
			for i := range order {
				sum += reached * of(&order[i])
				reached *= order[i].Failing
			}
			return sum
		}
		better := func(c *Candidate) float64 { return (1 - c.Failing) * c.Quality }
		dearer := func(c *Candidate) float64 {
			return (1-c.Failing)*c.Cost + c.Failing*s.Worth.Second*c.Wait.Seconds()
		}
		best, n := 0.0, 0
		for i := range d.Candidates {
			best = max(best, d.Candidates[i].Quality)
		}
		for n < len(d.Candidates) && d.Candidates[n].Quality >= best-hair {
			n++
		}
		for _, c := range d.Candidates[n:] {
			if c.Quality >= best-hair {
				t.Fatalf("one within a hair of the best comes after one that is not: %+v", d.Candidates)
			}
		}
		quality, cost := expected(d.Candidates, better), expected(d.Candidates[:n], dearer)
		permute(d.Candidates, 0, func(order []Candidate) {
			if e := expected(order, better); e > quality+hair {
				t.Fatalf("%s is expected to be good %v, %s %v", ids(d.Candidates), quality, ids(order), e)
			}
		})
		permute(d.Candidates[:n], 0, func(order []Candidate) {
			if e := expected(order, dearer); e < cost-1e-12 {
				t.Fatalf("%s is expected to cost %v, %s %v", ids(d.Candidates[:n]), cost, ids(order), e)
			}
		})
	})
}

// Whom another beats in all respects, failures included, is first in no mode, and it is said who beats it; nobody is said to be beaten who is not.
func TestDominatedAreNeverChosen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawn(t, rapid.SampledFrom([]Mode{Cheapest, Best, Auto}).Draw(t, "mode"))
		d := decide(t, s, r)
		for i := range d.Candidates {
			c := &d.Candidates[i]
			for j := range d.Candidates {
				by := &d.Candidates[j]
				if by.beats(c) && by.Failing <= c.Failing && (i < j || c.Dominated == "") {
					t.Fatalf("%s: %s is at %d, dominated by %s: %q", d.Mode, c.ID, i, by.ID, c.Dominated)
				}
				if c.Dominated == by.ID && (j >= i || !by.beats(c)) {
					t.Fatalf("%s: %s is not dominated by %s", d.Mode, c.ID, by.ID)
				}
			}
		}
	})
	s, r := severalModels(t, Auto, offer{q: 0.5, usd: 0.1, wait: 9 * time.Second}, offer{q: 0.9, usd: 0.05, wait: time.Second})
	d := decide(t, s, r)
	if ids(d.Candidates) != "b/mb a/ma" || d.Candidates[1].Dominated != "b/mb" || d.Candidates[0].Dominated != "" {
		t.Errorf("%+v", d.Candidates)
	}
}

// drawn makes up to six offers of a virtual model, and what things are worth.
func drawn(t *rapid.T, mode Mode) (*Snapshot, Request) {
	var offers []offer
	for range rapid.IntRange(1, 6).Draw(t, "n") {
		offers = append(offers, offer{q: rapid.Float64Range(0.1, 0.95).Draw(t, "q"), usd: rapid.Float64Range(0, 0.2).Draw(t, "usd"),
			fails: rapid.Float64Range(0, 0.5).Draw(t, "fails"), wait: time.Duration(rapid.IntRange(100, 20_000).Draw(t, "wait")) * time.Millisecond})
	}
	s, r := severalModels(t, mode, offers...)
	s.Worth = &Worth{rapid.Float64Range(0, 2).Draw(t, "answer"), rapid.Float64Range(0, 0.01).Draw(t, "second"), rapid.Float64Range(0, 1).Draw(t, "tolerance")}
	return s, r
}

// The same request is decided the same way each time: nothing is tried out.
func TestQualityModesAreDeterministic(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var offers []offer
	for range 20 {
		offers = append(offers, offer{q: 0.5 + 0.01*float64(rng.IntN(5)), usd: 0.01 * float64(rng.IntN(3))})
	}
	for _, mode := range []Mode{Cheapest, Best, Auto} {
		s, r := severalModels(t, mode, offers...)
		first := ids(decide(t, s, r).Candidates)
		for i := range 20 {
			r.ID = fmt.Sprint(i)
			if got := ids(decide(t, s, r).Candidates); got != first {
				t.Fatalf("%s: %s, then %s", mode, first, got)
			}
		}
	}
}

// A mode that this version does not know, set by a later one for a client, is passed over.
func TestUnknownModeOfAClientIsPassedOver(t *testing.T) {
	s, r := severalModels(t, Best, offer{q: 0.5}, offer{q: 0.6})
	r.Usual = "psychic"
	if d := decide(t, s, r); d.Mode != Best || ids(d.Candidates) != "b/mb a/ma" {
		t.Errorf("%s: %s", d.Mode, ids(d.Candidates))
	}
}

// The nearest mode to the request counts: after the name, in the header, of a rule, of the virtual model, of the client, in force for all.
func TestWhichModeCounts(t *testing.T) {
	for _, mode := range []Mode{Failover, Balance, Fastest, Cheapest, Best, Auto} {
		s, r := severalModels(t, mode, offer{q: 0.5}, offer{q: 0.6})
		ofRule := &Settings{Models: map[string]Plan{"any": {Models: []Choice{{Model: "ma"}, {Model: "mb"}}}}, Rules: []Rule{{Name: "r", Plan: Plan{Mode: mode}}}}
		ofModel := &Settings{Models: map[string]Plan{"any": {Mode: mode, Models: []Choice{{Model: "ma"}, {Model: "mb"}}}}}
		other := Failover
		if mode == Failover {
			other = Auto
		}
		for _, c := range []struct {
			name string
			set  func(s *Snapshot, r *Request)
		}{
			{"for all", func(s *Snapshot, r *Request) { s.Mode = mode }},
			{"for the client", func(s *Snapshot, r *Request) { r.Usual = mode }},
			{"for the virtual model", func(s *Snapshot, r *Request) { s.Rules = NewRules(ofModel, s.Names); r.Usual = other }},
			{"by a rule", func(s *Snapshot, r *Request) { s.Rules = NewRules(ofRule, s.Names); r.Usual = other }},
			{"in the header", func(s *Snapshot, r *Request) { r.Mode, r.Usual = mode, other }},
			{"after the virtual model's name", func(s *Snapshot, r *Request) { r.Model, r.Mode, r.Usual = "any:"+string(mode), other, other }},
			{"after a model's name", func(s *Snapshot, r *Request) { r.Model, r.Mode = "ma:"+string(mode), other }},
		} {
			of, with := *s, r
			of.Mode = other
			c.set(&of, &with)
			if d := decide(t, &of, with); d.Mode != mode {
				t.Errorf("%s set %s, and %s counts", mode, c.name, d.Mode)
			}
		}
	}
}
