package ledger

import (
	"errors"
	"flag"
	"runtime"
	"testing"
	"time"

	"metapi/backend/ledger/replay"
	"metapi/backend/routing"
)

func TestWalkVisitsAllInTheirOrder(t *testing.T) {
	l := openLedger(t, t.TempDir())
	const n = 2*maxLimit + 7
	fill(t, l, n)
	l.Settle(settledAt(n, t0.Add(31*24*time.Hour))) // not folded yet
	var last string
	seen := 0
	since := t0.Add(time.Second)
	err := l.Walk(since, func(r *routing.Record) error {
		if r.ID <= last || r.Start.Before(since) {
			t.Fatalf("%s after %s", r.ID, last)
		}
		last = r.ID
		seen++
		return nil
	})
	if err != nil || seen != n {
		t.Errorf("%d of %d visited: %v", seen, n, err)
	}
	enough := errors.New("enough")
	if err := l.Walk(time.Time{}, func(*routing.Record) error { return enough }); err != enough {
		t.Errorf("it went on: %v", err)
	}
}

var replayed = flag.Int("replayed", 20_000, "rows that BenchmarkReplay walks")

// How long a ledger takes to be replayed under four modes, and how much memory.
func BenchmarkReplay(b *testing.B) {
	l := openLedger(b, b.TempDir())
	fill(b, l, *replayed)
	modes := []routing.Mode{routing.Failover, routing.Balance, routing.Fastest, routing.Cheapest}
	var most uint64
	for b.Loop() {
		p, n := replay.New(modes, &routing.Usual, t0), 0
		err := l.Walk(t0, func(r *routing.Record) error {
			for i := range r.Candidates {
				f := &r.Candidates[i]
				f.Order, f.Would, f.WouldKnown, f.Cold, f.Warm = i, 0.0123, true, 0.015, 0.004
			}
			p.Add(r)
			if n++; n%50_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
			return nil
		})
		if err != nil || p.Report().Compared != *replayed {
			b.Fatal(err, p.Report())
		}
	}
	b.ReportMetric(float64(*replayed)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(most)/1e6, "MB-heap")
}
