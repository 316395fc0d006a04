package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"metapi/backend/routing"
	"metapi/backend/store"
)

// The cost to a request: its line, its place in the queue, its share of a write. The worker's own work is BenchmarkFold.
func BenchmarkAccept(b *testing.B) {
	for name, call := range map[string]func(*Ledger, *routing.Record){"begin": (*Ledger).Begin, "settle": (*Ledger).Settle} {
		b.Run(name, func(b *testing.B) {
			l := openLedger(b, b.TempDir())
			l.folding.Lock() // nothing is folded
			defer l.folding.Unlock()
			r := settled(0)
			b.ReportAllocs()
			for b.Loop() {
				call(l, r)
				if len(l.queue) == maxQueue-1 {
					l.write()
					l.mu.Lock()
					l.queue, l.written = l.queue[:0], 0
					l.mu.Unlock()
				}
			}
			call(l, r)
			b.ReportMetric(float64(len(l.queue[0].line)), "bytes/line")
		})
	}
}

func BenchmarkFold(b *testing.B) {
	l := openLedger(b, b.TempDir())
	n := 0
	for b.Loop() {
		for range 500 {
			l.Settle(settled(n))
			n++
		}
		if err := l.fold(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "us/record")
}

// fill writes n settled requests of 30 days, over 4 clients, 8 accounts and 12 models.
func fill(b testing.TB, l *Ledger, n int) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var entries []entry
	for i := range n {
		r := settledAt(i, t0.Add(time.Duration(i)*(30*24*time.Hour/time.Duration(n))))
		r.Client = fmt.Sprint("client-", random.IntN(4))
		r.Model = fmt.Sprint("model-", random.IntN(12))
		r.Attempts[0].Account = fmt.Sprint("account-", random.IntN(8))
		r.Issued = nil
		switch {
		case i%1000 == 0:
			r.State = routing.Failed
		case i == n/3 || i == n/2:
			r.Client, r.Model = "client-1", "rare"
		case r.Client == "client-3" && r.Model == "model-0":
			r.Client = "client-2"
		}
		line := lineBuffers.Get().(*lineBuffer)
		if err := line.encode(r); err != nil {
			b.Fatal(err)
		}
		entries = append(entries, entry{fact: factOf(r), text: append([]byte(nil), textOf(line.Bytes())...)})
		lineBuffers.Put(line)
		if len(entries) == 5000 || i == n-1 {
			err := l.st.Update(func(tx *store.Tx) error {
				f, err := newFold(tx, maxPins)
				if err == nil {
					err = f.batch(entries, position{})
				}
				if err == nil {
					err = f.done()
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			entries = nil
		}
	}
}

// Every page of a million requests is there before a person notices: the newest, one in the middle, the last, of any choice, of one that
// hardly anything matches, and of one that nothing does though each half of it is common; and so are the counts by hour, by which
// a scroll bar knows where it is.
//
//	go test -run - -bench Query -benchtime 20x ./backend/ledger
func BenchmarkQuery(b *testing.B) {
	l := openLedger(b, b.TempDir())
	const n = 1_000_000
	fill(b, l, n)
	middle := t0.Add(15*24*time.Hour + 20*time.Minute)
	last := t0.Add(30*24*time.Hour - time.Hour).Truncate(time.Hour)
	for _, p := range []struct {
		name string
		q    Query
	}{
		{"newest", Query{}},
		{"oldest", Query{Oldest: true}},
		{"middle", Query{Until: middle}},
		{"row 1,000 of an hour", Query{Since: middle.Truncate(time.Hour), Skip: 1000, Oldest: true}},
		{"client", Query{Client: "client-1"}},
		{"account", Query{Account: "account-3", Until: middle}},
		{"model", Query{Model: "model-7", Until: last}},
		{"account client model", Query{Account: "account-3", Client: "client-1", Model: "model-7"}},
		{"failed", Query{State: routing.Failed}},
		{"failed, oldest", Query{State: routing.Failed, Oldest: true}},
		{"failed at account", Query{State: routing.Failed, Account: "account-3", Oldest: true}},
		{"twice in a million", Query{Model: "rare", Client: "client-1"}},
		{"never together", Query{Client: "client-3", Model: "model-0"}},
		{"no such model", Query{Model: "none", Client: "client-1"}},
	} {
		p.q.Limit = 100
		b.Run("page "+p.name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := l.Requests(p.q); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("hours "+p.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Hours(p.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("totals", func(b *testing.B) {
		for b.Loop() {
			if sum, err := l.Totals(time.Time{}, time.Time{}); err != nil || sum.Requests != n {
				b.Fatal(sum, err)
			}
		}
	})
	b.Run("totals cut", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Totals(middle, middle.Add(25*time.Hour)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, by := range []By{ByModel, ByDay} {
		b.Run("group by "+string(by), func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Group(by, time.Time{}, time.Time{}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
