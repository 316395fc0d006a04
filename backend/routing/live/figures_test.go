package live

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever has been seen, the figures can be ranked by.
func TestFiguresAreAlwaysNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRegistry()
		d := r.Deployment("d", "a", "h")
		now := t0
		for range rapid.IntRange(0, 50).Draw(t, "n") {
			now = now.Add(time.Duration(rapid.Int64Range(-1e9, 1e14).Draw(t, "later"))) // clocks go back, too
			d.Observe(Sample{Bytes: rapid.Int64Range(0, 1<<40).Draw(t, "bytes"), Failed: rapid.Bool().Draw(t, "failed"),
				First: time.Duration(rapid.Int64Range(0, 1e13).Draw(t, "first")), Whole: time.Duration(rapid.Int64Range(0, 1e13).Draw(t, "whole"))}, now)
		}
		for _, stream := range []bool{false, true} {
			if p := d.P95(rapid.Int64Range(0, 1<<40).Draw(t, "size"), stream, now); p <= 0 || p > time.Duration(1e15) {
				t.Fatalf("P95 is %v", p)
			}
		}
		if p := d.Failing(now); math.IsNaN(p) || p <= 0 || p >= 1 {
			t.Fatalf("failing is %v", p)
		}
	})
}

func TestFailuresFade(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	for range 10 {
		d.Observe(Sample{Failed: true}, t0)
	}
	at, later := d.Failing(t0), d.Failing(t0.Add(time.Hour))
	if at < 0.4 || later > 0.3 || later >= at {
		t.Errorf("after ten failures %v, an hour later %v", at, later)
	}
}

// A deployment that nothing is known of is taken to be like its neighbours at the host.
func TestHostIsTheFirstGuess(t *testing.T) {
	r := NewRegistry()
	d := r.Deployment("d", "a", "slow.test")
	for range 20 {
		d.Observe(Sample{First: 5 * time.Second}, t0)
	}
	neighbour, stranger := r.Deployment("d2", "b", "slow.test"), r.Deployment("d3", "c", "other.test")
	if n, s := neighbour.P95(0, true, t0), stranger.P95(0, true, t0); n < 2*s {
		t.Errorf("the neighbour is expected to take %v, a stranger %v", n, s)
	}
}

func TestSizesAreToldApart(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	for range 20 {
		d.Observe(Sample{Bytes: 1 << 20, First: 20 * time.Second}, t0)
	}
	if small, large := d.P95(1000, true, t0), d.P95(1<<20, true, t0); small > time.Second || large < 5*time.Second {
		t.Errorf("small %v, large %v", small, large)
	}
}

func TestHabits(t *testing.T) {
	var h Habits
	if got := h.Output("c", "m"); got != usualOutput {
		t.Errorf("of nobody known %v", got)
	}
	for range 100 {
		h.Wrote("c", "m", 2000)
		h.Wrote("c", "short", 10)
	}
	if got := h.Output("c", "m"); got < 1800 || got > 2000 {
		t.Errorf("2000 tokens are expected to be %v", got)
	}
	if got := h.Output("c", "short"); got > 100 {
		t.Errorf("10 tokens are expected to be %v", got)
	}
	if other := h.Output("c", "new"); other < usualOutput {
		t.Errorf("the client's other models write much, a new one is expected to write %v", other)
	}
	for range 200 {
		h.Asked("agent", true)
		h.Asked("script", false)
	}
	if a, s := h.Turns("agent"), h.Turns("script"); a != mostTurns || s > 0.1 {
		t.Errorf("an agent's session is expected to go on for %v turns, a script's for %v", a, s)
	}
}

func TestCaches(t *testing.T) {
	var c Caches
	c.Note(session{id: "s"}, "d", 1000, t0.Add(time.Minute))
	c.Note(session{id: "s"}, "e", 500, t0.Add(time.Minute))
	if d, e := c.Warm(session{id: "s"}, "d", t0), c.Warm(session{id: "s"}, "e", t0); d != 1000 || e != 500 {
		t.Errorf("%d and %d tokens", d, e)
	}
	if n := c.Warm(session{id: "s"}, "d", t0.Add(time.Minute)); n != 0 {
		t.Errorf("%d tokens in a cache that has expired", n)
	}
	for i := range 2 * mostSessions {
		c.Note(session{id: string(rune(i))}, "d", 1, t0.Add(time.Hour))
	}
	if len(c.sessions) > mostSessions || len(c.oldest) > mostSessions || c.Known(session{id: "s"}) {
		t.Errorf("%d sessions are held", len(c.sessions))
	}
}

func BenchmarkObserve(b *testing.B) {
	d := NewRegistry().Deployment("d", "a", "h")
	b.ReportAllocs()
	for b.Loop() {
		d.Observe(Sample{Bytes: 1000, First: time.Second}, t0)
	}
}
