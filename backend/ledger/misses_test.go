package ledger

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// How far off estimates were is told by model as a median, over hours and over a restart; what was not answered, or whose tokens nobody told, is
// left out.
func TestMisses(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	n := 0
	settle := func(model string, off float64, change func(*routing.Attempt)) {
		n++
		r := settledAt(n, t0.Add(time.Duration(n)*20*time.Minute))
		r.Model = model
		a := &r.Attempts[0]
		a.Usage, a.Cost = protocol.Usage{Input: 6000, CacheRead: 4000, Output: 1000}, routing.Cost{USD: .02}
		a.Expected = routing.Estimate{Prompt: int64(10_000 * (1 + off)), Output: int64(1000 * (1 - 2*off)), USD: .02 * (1 + off/2), Priced: true}
		change(a)
		r.Usage, r.Cost = a.Usage, a.Cost
		l.Begin(r)
		l.Settle(r)
	}
	for _, off := range []float64{.02, .03, .04, .05, .3} {
		settle("gpt-4o", off, func(*routing.Attempt) {})
		settle("gpt-4o", off*3, func(a *routing.Attempt) { a.Kind = protocol.Timeout })
		settle("gpt-4o", off*3, func(a *routing.Attempt) { a.Usage.Estimated = true })
	}
	settle("claude-sonnet-4-5", .1, func(a *routing.Attempt) { a.Cost.Unknown = true })

	check := func(l *Ledger, since time.Time, requests int64, prompt, output, cost float64) {
		t.Helper()
		rows, err := l.Misses(since, time.Time{})
		if err != nil || len(rows) != 2 {
			t.Fatalf("%v %+v", err, rows)
		}
		slices.SortFunc(rows, func(a, b ModelMisses) int { return strings.Compare(b.Model, a.Model) })
		if rows[0].Prompt.Count() != requests {
			t.Errorf("%d requests, want %d", rows[0].Prompt.Count(), requests)
		}
		for i, want := range []float64{prompt, output, cost} {
			if got := rows[0].all()[i].Median(); math.Abs(got/want-1) > .25 {
				t.Errorf("figure %d: median %.4f, want about %.3f", i, got, want)
			}
		}
		if last := rows[len(rows)-1]; last.Model != "claude-sonnet-4-5" || last.Cost.Count() != 0 || last.Prompt.Count() != 1 {
			t.Errorf("where the price is not known: %+v", last)
		}
	}
	check(l, time.Time{}, 5, .04, .08, .02)
	check(l, t0.Add(4*time.Hour), 1, .3, .6, .15)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.st.Close(); err != nil {
		t.Fatal(err)
	}
	check(openLedger(t, dir), time.Time{}, 5, .04, .08, .02)
}

// The median is near to the true one, whatever the size of the errors.
func TestSpreadMedian(t *testing.T) {
	for _, scale := range []float64{.003, .05, .5, 4} {
		var m Misses
		for i := range 101 {
			m.count(&miss{known: true, prompt: scale * (.5 + float64(i)/100), output: -1, cost: -1}, 1)
		}
		if got := m.Prompt.Median(); math.Abs(got/scale-1) > .12 || m.Output.Count() != 0 {
			t.Errorf("%v: median %v", scale, got)
		}
	}
}
