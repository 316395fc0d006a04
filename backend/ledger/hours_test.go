package ledger

import (
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metapi/backend/routing"
	"metapi/backend/store"
)

// drawQuery is any choice of what drawRecord draws.
func drawQuery(t *rapid.T) (q Query) {
	q.Oldest = rapid.Bool().Draw(t, "oldest")
	q.Client = rapid.SampledFrom([]string{"", "c1", "c2", "none"}).Draw(t, "client")
	q.Account = rapid.SampledFrom([]string{"", "a1", "a2", "a3"}).Draw(t, "account")
	q.Model = rapid.SampledFrom([]string{"", "m1", "m\x002"}).Draw(t, "model")
	q.State = rapid.SampledFrom([]routing.State{"", routing.OK, routing.Failed, routing.Running, routing.Interrupted}).Draw(t, "state")
	for _, at := range []*time.Time{&q.Since, &q.Until} {
		if rapid.Bool().Draw(t, "bounded") {
			*at = t0.Add(time.Duration(rapid.IntRange(-1800, 5*3600).Draw(t, "bound")) * time.Second)
		}
	}
	return q
}

// chosen are the records of a choice, by the simplest means; records are newest first.
func (q *Query) chosen(records []routing.Record) (list []routing.Record) {
	for _, r := range records {
		at, _ := idTime(r.ID)
		if q.matches(&r) && !at.Before(q.Since) && (q.Until.IsZero() || at.Before(q.Until)) {
			list = append(list, r)
		}
	}
	if q.Oldest {
		slices.Reverse(list)
	}
	return list
}

// checkHours compares the counts of a choice with what a naive filter finds, and opens a page anywhere by them.
func checkHours(t *rapid.T, l *Ledger, q Query, records []routing.Record) {
	t.Helper()
	q.Oldest = true
	want := q.chosen(records)
	var hours []Hour
	for _, r := range want {
		at, _ := idTime(r.ID)
		start := int64(hourOf(at)) * 3600
		if n := len(hours); n == 0 || hours[n-1].Start != start {
			hours = append(hours, Hour{Start: start})
		}
		hours[len(hours)-1].Requests++
	}
	got, err := l.Hours(q)
	if err != nil || !slices.Equal(got, hours) {
		t.Fatalf("hours of %+v:\n got %v %v\nwant %v", q, got, err, hours)
	}
	if len(want) == 0 {
		return
	}
	i := rapid.IntRange(0, len(want)-1).Draw(t, "position")
	beside := q
	beside.After, beside.Limit = want[i].ID, 1
	if next, _, err := l.Requests(beside); err != nil || !slices.EqualFunc(next, want[i+1:min(i+2, len(want))], sameRecord) {
		t.Fatalf("after %s by %+v: %+v %v", want[i].ID, beside, next, err)
	}
	q.Skip, q.Limit = i, 2
	for _, h := range got {
		if int64(q.Skip) < h.Requests {
			if at := time.Unix(h.Start, 0); at.After(q.Since) {
				q.Since = at
			}
			break
		}
		q.Skip -= int(h.Requests)
	}
	page, _, err := l.Requests(q)
	if err != nil || !slices.EqualFunc(page, want[i:min(i+2, len(want))], sameRecord) {
		t.Fatalf("row %d by %+v: %+v %v", i, q, page, err)
	}
}

// Whatever was begun, settled, interrupted and forgotten: hours and pages of any choice are those of a naive filter.
func TestHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "hours")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		st, err := store.Open(dir, store.WithBackupEvery(0))
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		l, err := Open(dir, st)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { l.Close() }()
		var records []routing.Record
		for n := range rapid.IntRange(0, 40).Draw(t, "records") {
			r := drawRecord(t, n)
			if n%3 == 0 {
				l.Begin(r)
			}
			if n%6 != 0 || rapid.Bool().Draw(t, "settled") {
				l.Settle(r)
				records = append(records, *r)
				continue
			}
			records = append(records, routing.Record{ID: r.ID, Start: r.Start, State: routing.Running, Client: r.Client, Model: r.Model})
		}
		if rapid.Bool().Draw(t, "killed") {
			crash(l)
			if l, err = Open(dir, st); err != nil {
				t.Fatal(err)
			}
			for i := range records {
				if records[i].State == routing.Running {
					records[i].State = routing.Interrupted
				}
			}
		}
		if rapid.Bool().Draw(t, "pruned") {
			before := t0.Add(time.Duration(rapid.IntRange(0, 4*3600).Draw(t, "before")) * time.Second)
			for more := true; more; {
				if more, err = l.Prune(before); err != nil {
					t.Fatal(err)
				}
			}
			records = slices.DeleteFunc(records, func(r routing.Record) bool {
				at, _ := idTime(r.ID)
				return hourOf(at) < hourOf(before) && r.State != routing.Running
			})
		}
		slices.SortFunc(records, func(a, b routing.Record) int { return -compareIDs(a.ID, b.ID) })
		for range 8 {
			q := drawQuery(t)
			q.Limit = 3
			if got, want := all(t, l, q), q.chosen(records); !slices.EqualFunc(got, want, sameRecord) {
				t.Fatalf("%+v:\n got %d\nwant %d", q, len(got), len(want))
			}
			checkHours(t, l, q, records)
		}
	})
}
