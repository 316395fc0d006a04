package routing

import (
	"testing"
	"time"
)

func TestWhyIsASentence(t *testing.T) {
	figures := func(change ...func(a, b, c *Figure)) []Figure {
		list := []Figure{{Deployment: "d_b", Account: "relay B", Upstream: "m"}, {Deployment: "d_a", Account: "A", Upstream: "m", Order: 1}, {Deployment: "d_c", Account: "C", Upstream: "m", Order: 2}}
		for _, f := range change {
			f(&list[0], &list[1], &list[2])
		}
		return list
	}
	costs := func(b, a, c float64) func(_, _, _ *Figure) {
		return func(fb, fa, fc *Figure) {
			for f, usd := range map[*Figure]float64{fb: b, fa: a, fc: c} {
				f.Cost, f.Priced, f.Price = usd, true, usd*100
			}
		}
	}
	for _, c := range []struct {
		record Record
		want   string
	}{
		{Record{}, ""},
		{Record{State: Running}, "It still runs; how it was decided is kept once it has ended."},
		{Record{Excluded: []Excluded{{Account: "A", Reason: "paused"}}}, "Nobody could serve: A: paused."},
		{Record{Asked: "m", Mode: Cheapest, Candidates: figures()[:1]}, "relay B: the only account that offers it."},
		{Record{Asked: "m", Mode: Cheapest, Candidates: figures()[:1], Excluded: []Excluded{{Account: "A", Reason: "cooling after a time-out"}}},
			"relay B: the only one that could serve. Left out: A: cooling after a time-out."},
		{Record{Asked: "m", Mode: Failover, Candidates: figures()}, "relay B: the first in your order."},
		{Record{Asked: "m", Mode: Failover, Candidates: figures(), Excluded: []Excluded{{Account: "D", Reason: "paused"}}},
			"relay B: the first in your order of those that could serve. Left out: D: paused."},
		{Record{Asked: "m", Mode: Failover, Candidates: figures(func(b, a, _ *Figure) { b.Pool, a.Pool, a.InFlight = "Work", "Work", 2 })},
			`relay B: its pool "Work" is the first in your order; of the pool of two drawn at random the less busy, with 0 running; A has 2 running.`},
		{Record{Asked: "m", Mode: Balance, Candidates: figures(func(_, a, c *Figure) { a.InFlight, c.InFlight = 3, 1 })},
			"relay B: of two drawn at random the less busy, with 0 running; A has 3 running; C has 1 running."},
		{Record{Asked: "m", Mode: Balance, Candidates: figures(func(b, a, _ *Figure) { b.InFlight, b.Cached, a.InFlight = 2, 86_000, 1 })},
			"relay B: its cache holds 86k tokens of this session, and it is not much busier than others, with 2 running; A has 1 running; C has 0 running."},
		{Record{Asked: "m", Mode: Fastest, Candidates: figures(func(b, a, c *Figure) {
			b.Wait, a.Wait, c.Wait, c.Failing = 800*time.Millisecond, 1400*time.Millisecond, 700*time.Millisecond, 0.2
		})}, "relay B: 19 of 20 answers within 800 ms; those of A within 1.4 s; C is quicker, with 700 ms, but fails 20 % of the time."},
		{Record{Asked: "m", Mode: Cheapest, Candidates: figures(costs(0.0031, 0.0047, 0.003), func(b, _, _ *Figure) { b.Cached = 86_000 })},
			"relay B: about $0.0031; A would cost $0.0047; C is cheaper but would lose 86k cached tokens."},
		{Record{Asked: "m", Mode: Cheapest, Candidates: figures(costs(0.0031, 0.0030, 0.0029), func(b, a, c *Figure) { a.Later, c.Failing = 1, 0.5 })},
			"relay B: about $0.0031; A would cost $0.003, but more over the turns to come; C would cost $0.0029, but fails 50 % of the time."},
		{Record{Asked: "m", Mode: Cheapest, Candidates: figures(costs(0.0031, 0.0030, 0.0047), func(b, a, _ *Figure) { b.Quality, a.Quality = 0.88, 0.7 })},
			"relay B: about $0.0031; A would cost $0.003, but only 70 % of its answers are expected to be good, not 88 %; C would cost $0.0047."},
		{Record{Asked: "m", Mode: Best, Candidates: figures(costs(0.0031, 0.0047, 0.003), func(b, a, c *Figure) { b.Quality, a.Quality, c.Quality = 0.9, 0.9, 0.72 })},
			"relay B: 90 % of its answers are expected to be good; A would cost $0.0047; 72 % of those of C."},
		{Record{Asked: "m", Mode: Auto, Candidates: figures(func(b, a, c *Figure) { b.Utility, a.Utility, c.Utility = 0.17, 0.16, -0.02 })},
			"relay B: an answer is worth about $0.17, less what it costs and the wait; one of A is worth $0.16; one of C is worth -$0.02."},
		{Record{Asked: "m", Mode: Cheapest, Candidates: figures(func(b, _, _ *Figure) { b.Cost, b.Priced = 0.2, true })[:2], Rules: []string{"budget: all"}},
			`Since the budget "all" is spent, whoever costs least serves. relay B: about $0.20; what A costs is not known.`},
		{Record{Asked: "m", Mode: Failover, Candidates: figures(), Attempts: []Attempt{{Deployment: "d_b", Account: "relay B"}, {Deployment: "d_a", Account: "A"}}},
			"relay B: the first in your order. It could not serve after all; A was asked then."},
		{Record{Asked: "m", Mode: Failover, Candidates: figures(), Attempts: []Attempt{{Deployment: "d_b", Account: "relay B", Kind: Hedged}, {Deployment: "d_a", Account: "A"}}},
			"relay B: the first in your order. It took longer than it nearly ever does; A was asked, too, and answered sooner."},
		{Record{Asked: "m", Mode: Failover, Candidates: figures(func(_, a, _ *Figure) { a.Account, a.Upstream = "relay B", "n" })}, "relay B (m): the first in your order."},
	} {
		if got := c.record.Why(func(account string) string { return account }); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
