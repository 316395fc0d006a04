package ledger

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

// Whatever the order of beginning, settling, folding, closing, crashing, a database that does not take it and segments
// that are folded again: the rows, rollups and pins are those of a map.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "ledger")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		st, err := store.Open(dir, store.WithBackupEvery(0))
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		start := func() *Ledger {
			l, err := open(dir, st, limits{2000, maxPins, maxQueue}) // one or two records to a segment
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := start()
		defer func() { l.Close() }()

		model := map[string]*routing.Record{}
		var running []string
		kept := map[string][]byte{} // segments as they once were
		n := 0
		begin := func(t *rapid.T) {
			n++
			r := drawRecord(t, n)
			model[r.ID] = &routing.Record{ID: r.ID, Start: r.Start, State: routing.Running, Client: r.Client, Model: r.Model}
			running = append(running, r.ID)
			l.Begin(r)
		}
		over := func() { // the process has ended
			for _, id := range running {
				model[id].State = routing.Interrupted
			}
			running = nil
			files, _ := filepath.Glob(dir + "/journal/*.log")
			for _, f := range files {
				kept[f], _ = os.ReadFile(f)
			}
		}
		check := func(t *rapid.T) {
			want := make([]routing.Record, 0, len(model))
			for _, r := range model {
				want = append(want, *r)
			}
			slices.SortFunc(want, func(a, b routing.Record) int { return -compareIDs(a.ID, b.ID) })
			rows := all(t, l, Query{Limit: 3})
			if !slices.EqualFunc(rows, want, sameRecord) {
				t.Fatalf("rows:\n got %+v\nwant %+v", rows, want)
			}
			checkSums(t, l, want)
			for _, r := range want {
				for _, ref := range r.Issued {
					if a, ok := l.Account(ref); a != r.Account() || ok != (a != "") {
						t.Fatalf("pin of %s: %q", r.ID, a)
					}
				}
			}
			q := drawQuery(t)
			q.Limit = 2
			chosen := q.chosen(want)
			if got := all(t, l, q); !slices.EqualFunc(got, chosen, sameRecord) {
				t.Fatalf("%+v:\n got %d\nwant %d", q, len(got), len(chosen))
			}
			checkHours(t, l, q, want)
		}
		t.Repeat(map[string]func(*rapid.T){
			"begin":  begin,
			"begin2": begin,
			"settle": func(t *rapid.T) {
				if len(running) == 0 {
					t.Skip("nothing runs")
				}
				i := rapid.IntRange(0, len(running)-1).Draw(t, "which")
				r := drawRecord(t, 0)
				r.ID, r.Start, r.Client, r.Model = running[i], model[running[i]].Start, model[running[i]].Client, model[running[i]].Model
				r.Issued = []protocol.Ref{settledRef(r.ID)}
				model[r.ID] = r
				running = slices.Delete(running, i, i+1)
				l.Settle(r)
				if rapid.Bool().Draw(t, "again") {
					l.Settle(r)
				}
			},
			"settle only": func(t *rapid.T) {
				n++
				r := drawRecord(t, n)
				r.Issued = []protocol.Ref{settledRef(r.ID)}
				model[r.ID] = r
				l.Settle(r)
			},
			"write":   func(*rapid.T) { l.write() },
			"fold":    func(*rapid.T) { _ = l.Flush(context.Background()) },
			"block":   func(*rapid.T) { block(l, true) },
			"unblock": func(*rapid.T) { block(l, false) },
			"overflow": func(*rapid.T) {
				l.mu.Lock()
				defer l.mu.Unlock()
				if l.written > 0 {
					l.spill()
				}
			},
			"close": func(*rapid.T) {
				l.Close()
				over()
				l = start()
			},
			"crash": func(*rapid.T) {
				crash(l)
				over()
				l = start()
			},
			"fold again": func(t *rapid.T) {
				if len(kept) == 0 {
					t.Skip("no segments yet")
				}
				crash(l)
				over()
				names := make([]string, 0, len(kept))
				for f := range kept {
					names = append(names, f)
				}
				slices.Sort(names)
				f := rapid.SampledFrom(names).Draw(t, "segment")
				if err := os.WriteFile(l.journal.path(l.journal.number+1), kept[f], 0o600); err != nil {
					t.Fatal(err)
				}
				l = start()
			},
			"check": check,
		})
		check(t)
	})
}

func compareIDs(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func sameRecord(a, b routing.Record) bool {
	return a.ID == b.ID && a.State == b.State && a.Start.Equal(b.Start) && a.Client == b.Client && a.Model == b.Model &&
		a.Usage == b.Usage && a.Cost == b.Cost && len(a.Attempts) == len(b.Attempts) && a.Account() == b.Account()
}

func drawRecord(t *rapid.T, n int) *routing.Record {
	at := t0.Add(time.Duration(rapid.IntRange(0, 4*3600).Draw(t, "second")) * time.Second)
	r := &routing.Record{ID: testID(at, n), Start: at, Client: rapid.SampledFrom([]string{"c1", "c2", ""}).Draw(t, "client"),
		Model: rapid.SampledFrom([]string{"m1", "m\x002", ""}).Draw(t, "model"), Session: rapid.SampledFrom([]string{"s1", "s2", ""}).Draw(t, "session"),
		State: rapid.SampledFrom([]routing.State{routing.OK, routing.Failed, routing.Cancelled}).Draw(t, "state")}
	for range rapid.IntRange(0, 3).Draw(t, "attempts") {
		a := routing.Attempt{Account: rapid.SampledFrom([]string{"a1", "a2", "a3"}).Draw(t, "account"),
			Usage: protocol.Usage{Input: rapid.Int64Range(0, 9).Draw(t, "input"), Output: rapid.Int64Range(0, 9).Draw(t, "output"), Estimated: rapid.Bool().Draw(t, "estimated")},
			Cost:  routing.Cost{USD: rapid.Float64Range(0, 1).Draw(t, "usd"), Unknown: rapid.Bool().Draw(t, "unknown")}}
		r.Attempts = append(r.Attempts, a)
		r.Usage, r.Cost = r.Usage.Add(a.Usage), r.Cost.Add(a.Cost)
	}
	for _, b := range routing.Baselines {
		if rapid.Bool().Draw(t, "known") {
			r.Against = append(r.Against, routing.Against{Baseline: b.Baseline, USD: rapid.Float64Range(0, 2).Draw(t, "against")})
		}
	}
	return r
}
