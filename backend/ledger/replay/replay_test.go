package replay

import (
	"fmt"
	"math"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// request is a record of a request that a had served in failover mode, where b would have been cheaper.
func request(n int) *routing.Record {
	start := t0.Add(time.Duration(n) * time.Minute)
	usage := protocol.Usage{Input: 10_000, Output: 100}
	return &routing.Record{ID: fmt.Sprintf("%020d", n), Start: start, End: start.Add(2 * time.Second), State: routing.OK, Client: "cl", Asked: "m", Model: "m", Bytes: 40_000,
		Mode: routing.Failover, Operation: protocol.Generate, Protocol: protocol.OpenAIChat,
		Candidates: []routing.Figure{{Deployment: "a", Account: "acc_a", Would: 0.03, WouldKnown: true}, {Deployment: "b", Account: "acc_b", Order: 1, Would: 0.01, WouldKnown: true}},
		Attempts:   []routing.Attempt{{Deployment: "a", Account: "acc_a", Took: 2 * time.Second, Status: 200, Usage: usage, Cost: routing.Cost{USD: 0.03}}},
		Usage:      usage, Cost: routing.Cost{USD: 0.03}}
}

// failedFirst has b asked in vain before a served.
func failedFirst(r *routing.Record) *routing.Record {
	r.Candidates[0], r.Candidates[1] = r.Candidates[1], r.Candidates[0]
	r.Candidates[0].Order, r.Candidates[1].Order = 0, 1
	failed := routing.Attempt{Deployment: "b", Account: "acc_b", Took: time.Second, Kind: protocol.Overloaded, Status: 529, Cost: routing.Cost{USD: 0.001}}
	r.Attempts = []routing.Attempt{failed, r.Attempts[0]}
	r.Cost.USD += failed.Cost.USD
	r.End = r.End.Add(time.Second)
	return r
}

// inSession makes r a turn of a session that a's cache has held since the first.
func inSession(r *routing.Record, turn int) *routing.Record {
	r.Session = "s"
	if turn > 0 {
		r.Usage.Input, r.Usage.CacheRead = 0, 10_000
		r.Attempts[0].Usage, r.Attempts[0].Cost.USD, r.Cost.USD = r.Usage, 0.003, 0.003
	}
	r.Candidates[0].Cold, r.Candidates[0].Warm = 0.03, 0.003
	r.Candidates[1].Cold, r.Candidates[1].Warm = 0.02, 0.018
	return r
}

func play(modes []routing.Mode, records ...*routing.Record) Comparison {
	p := New(modes, &routing.Usual, t0)
	for _, r := range records {
		p.Add(r)
	}
	return p.Report()
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestAModeThatMovesCostsWhatItsChoiceWould(t *testing.T) {
	r := play([]routing.Mode{routing.Failover, routing.Cheapest}, request(0), request(1))
	if !near(r.Real.USD, 0.06) || r.Real.TypicalMS < 1900 || r.Real.TypicalMS > 2100 || r.Compared != 2 {
		t.Fatalf("what really happened: %+v", r.Real)
	}
	if same := r.Modes[0]; !near(same.USD, 0.06) || !near(same.Measured, 0.06) || same.Moved != 0 || same.TypicalMS != r.Real.TypicalMS {
		t.Errorf("the mode that was in force: %+v", same)
	}
	if cheap := r.Modes[1]; !near(cheap.USD, 0.02) || cheap.Measured != 0 || cheap.Moved != 2 || cheap.Unheard != 2 {
		t.Errorf("the cheapest: %+v", cheap)
	}
}

// What fails in reality fails in a replay too, as often as its mode asks it.
func TestFailuresHappenAgain(t *testing.T) {
	r := play([]routing.Mode{routing.Failover, routing.Cheapest}, failedFirst(request(0)))
	for _, m := range r.Modes {
		if !near(m.USD, 0.031) || m.Tries != 1 || m.Moved != 0 {
			t.Errorf("%+v", m)
		}
	}
	dear := failedFirst(request(1))
	dear.Candidates[0].Would = 0.1 // who fails is not asked first by who looks at prices
	if m := play([]routing.Mode{routing.Cheapest}, dear).Modes[0]; !near(m.USD, 0.03) || m.Tries != 0 || m.TypicalMS < 1900 || m.TypicalMS > 2100 {
		t.Errorf("%+v", m)
	}
}

// A session that is moved is paid for anew, and one that stays is read from the cache: cost mode stays.
func TestMovingASessionLosesItsCache(t *testing.T) {
	var turns []*routing.Record
	for n := range 5 {
		turns = append(turns, inSession(request(n), n))
	}
	r := play([]routing.Mode{routing.Cheapest, routing.Failover}, turns...)
	if !near(r.Real.USD, 0.03+4*0.003) || !near(r.Modes[1].USD, r.Real.USD) || r.Modes[0].Moved != 0 || !near(r.Modes[0].USD, r.Real.USD) {
		t.Errorf("%+v", r)
	}
	// Balance draws: each move is paid for.
	for _, r := range turns {
		r.Candidates[0].InFlight = 9 // b is always the less busy
	}
	if m := play([]routing.Mode{routing.Balance}, turns...).Modes[0]; m.Moved != 5 || !near(m.USD, 0.02+4*0.018) {
		t.Errorf("%+v", m)
	}
	gone := []*routing.Record{turns[0], inSession(request(60), 0)} // an hour later no cache holds it
	gone[1].Candidates[0].InFlight = 9
	if m := play([]routing.Mode{routing.Balance}, gone...).Modes[0]; !near(m.USD, 0.02+0.02) {
		t.Errorf("%+v", m)
	}
}

// What others waited somewhere is what is expected there.
func TestWaitsAreThoseMeasuredThere(t *testing.T) {
	var all []*routing.Record
	for n := range 200 {
		r := request(n)
		if n%2 == 1 { // b serves, in half a second
			r.Candidates[0], r.Candidates[1] = r.Candidates[1], r.Candidates[0]
			r.Attempts[0].Deployment, r.Attempts[0].Account, r.Attempts[0].Took, r.End = "b", "acc_b", 500*time.Millisecond, r.Start.Add(500*time.Millisecond)
			r.Mode = routing.Balance
		}
		all = append(all, r)
	}
	m := play([]routing.Mode{routing.Fastest}, all...).Modes[0]
	if m.TypicalMS < 400 || m.TypicalMS > 650 || m.SlowMS > 1500 || m.Unheard > 2 {
		t.Errorf("%+v", m)
	}
}

func TestWhatCannotBeComparedIsToldWithItsReason(t *testing.T) {
	change := []struct {
		reason string
		change func(*routing.Record)
	}{
		{unended, func(r *routing.Record) { r.State = routing.Interrupted }},
		{unasked, func(r *routing.Record) { r.State, r.Attempts, r.Usage = routing.Failed, nil, protocol.Usage{} }},
		{unmetered, func(r *routing.Record) { r.Usage = protocol.Usage{} }},
		{unordered, func(r *routing.Record) { r.Mode, r.Candidates[1].Order = routing.Balance, 0 }},
		{unpriced, func(r *routing.Record) { r.Cost.Unknown = true }},
		{unpriced, func(r *routing.Record) {
			r.Candidates[0].WouldKnown = false
			r.Candidates[1].WouldKnown = false
			r.Candidates[0].Order = 1
			r.Candidates[1].Order = 0
		}},
	}
	for n, c := range change {
		r := request(n)
		c.change(r)
		got := play([]routing.Mode{routing.Cheapest}, r)
		if got.Compared != 0 || got.Real.USD != 0 || len(got.LeftOut) != 1 || got.LeftOut[0].Reason != c.reason || !near(got.LeftOut[0].USD, 0.03) {
			t.Errorf("%s: %+v", c.reason, got)
		}
	}
	dark := request(0) // whose price is not known is chosen by nobody who looks at prices
	dark.Candidates[1].WouldKnown, dark.Candidates[1].Would = false, 0
	if got := play([]routing.Mode{routing.Cheapest, routing.Failover}, dark); got.Compared != 1 || got.Modes[0].Moved != 0 {
		t.Errorf("%+v", got)
	}
	early, fixed, alone, cut := request(-10), request(0), request(1), request(2)
	fixed.Nearer = true
	alone.Candidates = alone.Candidates[:1]
	cut.Ranked = 12
	got := play([]routing.Mode{routing.Cheapest}, early, fixed, alone, cut)
	if got.Requests != 3 || got.Fixed != 1 || got.Alone != 1 || got.Cut != 1 || got.Modes[0].Moved != 1 || !near(got.Modes[0].USD, 0.03+0.03+0.01) {
		t.Errorf("%+v", got)
	}
}

func BenchmarkAdd(b *testing.B) {
	p := New([]routing.Mode{routing.Failover, routing.Balance, routing.Fastest, routing.Cheapest}, &routing.Usual, t0)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		r := inSession(request(n), 1)
		r.Session = fmt.Sprint(n / 20)
		p.Add(r)
		n++
	}
}
