package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

func spent(n int, at time.Time, usd float64, against ...routing.Against) *routing.Record {
	r := settledAt(n, at)
	r.Cost.USD, r.Attempts[0].Cost.USD, r.Against = usd, usd, against
	return r
}

// What was saved is summed for each baseline, and what cannot be compared is counted, not taken for nothing.
func TestSavings(t *testing.T) {
	l := openLedger(t, t.TempDir())
	l.Settle(spent(0, t0, 0.25, routing.Against{Baseline: routing.AtVendor, USD: 1}, routing.Against{Baseline: routing.First, USD: 0.1}))
	l.Settle(spent(1, t0.Add(time.Hour), 0.5, routing.Against{Baseline: routing.AtVendor, USD: 2}))
	unknown := spent(2, t0.Add(2*time.Hour), 0, routing.Against{Baseline: routing.AtVendor, USD: 5})
	unknown.Cost.Unknown = true
	l.Settle(unknown)
	refused := spent(3, t0.Add(3*time.Hour), 0)
	refused.State, refused.Attempts, refused.Usage = routing.Failed, nil, protocol.Usage{}
	l.Settle(refused)
	sum, err := l.Totals(time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for b, want := range map[routing.Baseline]Saving{
		routing.AtVendor: {2_250_000_000, 3}, // the refused request used nothing, and would have used nothing
		routing.First:    {-150_000_000, 2},
		routing.Dearest:  {0, 1},
	} {
		if got := *sum.Against(b); got != want {
			t.Errorf("against %s: %+v, want %+v", b, got, want)
		}
	}
}

// The saving is the doing of the account that served, less what was lost at others.
func TestSavingOfAnAccount(t *testing.T) {
	l := openLedger(t, t.TempDir())
	r := spent(0, t0, 0.75, routing.Against{Baseline: routing.AtVendor, USD: 1})
	r.Attempts[0].Cost.USD = 0.5
	lost := r.Attempts[0]
	lost.Account, lost.Kind, lost.Cost.USD, lost.Usage = "ac_two", protocol.Timeout, 0.25, protocol.Usage{}
	r.Attempts = []routing.Attempt{lost, r.Attempts[0]}
	l.Settle(r)
	rows, err := l.Group(ByAccount, time.Time{}, time.Time{}, nil)
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	for _, g := range rows {
		want := map[string]float64{"ac_one": 0.25}[g.Key]
		if got := g.AgainstVendor.USD(); got != want {
			t.Errorf("%s saved %v, want %v", g.Key, got, want)
		}
	}
}

// A day is the user's, be it 23 or 25 hours long.
func TestDaysOfAZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	l := openLedger(t, t.TempDir())
	n := 0
	for _, day := range []time.Time{time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), time.Date(2026, 10, 25, 0, 0, 0, 0, berlin)} {
		for at := day.Add(-time.Hour); at.Before(day.AddDate(0, 0, 1).Add(time.Hour)); at = at.Add(time.Hour) {
			l.Settle(settledAt(n, at.Add(30*time.Minute)))
			n++
		}
	}
	want := map[string]int64{"2026-03-28": 1, "2026-03-29": 23, "2026-03-30": 1, "2026-10-24": 1, "2026-10-25": 25, "2026-10-26": 1}
	rows, err := l.Group(ByDay, time.Time{}, time.Time{}, berlin)
	if err != nil || len(rows) != len(want) {
		t.Fatal(rows, err)
	}
	for _, g := range rows {
		if g.Requests != want[g.Key] {
			t.Errorf("%s had %d requests, want %d", g.Key, g.Requests, want[g.Key])
		}
	}
}

// Sessions are those of a client: two clients may use the same word. What an older Metapi kept no sums of is summed from the requests.
func TestSessions(t *testing.T) {
	l := openLedger(t, t.TempDir())
	add := func(n int, client, session string) {
		r := settledAt(n, t0.Add(time.Duration(n)*20*time.Minute))
		r.Client, r.Session = client, session
		l.Settle(r)
	}
	for n, s := range [][2]string{{"a", "x"}, {"a", "x"}, {"b", "x"}, {"a", ""}, {"a", "y"}, {"a", "x"}} {
		add(n, s[0], s[1])
	}
	check := func(what string) {
		t.Helper()
		rows, err := l.Group(BySession, time.Time{}, time.Time{}, nil)
		var got []string
		for _, g := range rows {
			got = append(got, fmt.Sprintf("%s/%s %d", g.Client, g.Key, g.Requests))
		}
		slices.Sort(got)
		if want := []string{"a/ 1", "a/x 3", "a/y 1", "b/x 1"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v, want %v", what, got, err, want)
		}
	}
	check("with sums")
	err := l.st.Update(func(tx *store.Tx) error {
		b, err := bucketOf(tx, rollupsBucket)
		if err != nil {
			return err
		}
		c := b.Cursor()
		for k, _ := c.Seek([]byte{sessionHour}); len(k) > 0 && k[0] == sessionHour; k, _ = c.Seek([]byte{sessionHour}) {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	check("without")
	for _, before := range []time.Duration{time.Hour, time.Hour, 2 * time.Hour} { // now and again
		if _, err := l.Prune(t0.Truncate(time.Hour).Add(before)); err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprint("without, and pruned before ", before))
	}
	if left := len(all(t, l, Query{})); left == 0 || left == 6 {
		t.Errorf("%d requests are left", left)
	}
	add(6, "b", "z") // an older request that comes late
	rows, err := l.Group(BySession, time.Time{}, time.Time{}, nil)
	if err != nil || len(rows) != 5 {
		t.Errorf("%+v %v", rows, err)
	}
}

// What is forgotten is in no list any more, and in every sum; what is young enough, or runs, stays.
func TestPrune(t *testing.T) {
	l := openLedger(t, t.TempDir())
	const n = 2*pruneAtOnce + 100
	for i := range n {
		l.Settle(settledAt(i, t0.Add(time.Duration(i)*time.Minute)))
	}
	runs := settledAt(n, t0)
	l.Begin(runs)
	before, err := l.Totals(time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	cut := t0.Add((n - 100) * time.Minute).Truncate(time.Hour)
	steps := 0
	for more := true; more; steps++ {
		if more, err = l.Prune(cut.Add(20 * time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if steps < 2 {
		t.Errorf("it took %d transactions", steps)
	}
	after, err := l.Totals(time.Time{}, time.Time{})
	if err != nil || !equalTotals(before, after) {
		t.Errorf("the sums were\n%+v, and are\n%+v %v", before, after, err)
	}
	for _, r := range all(t, l, Query{Limit: 1000}) {
		if at, _ := idTime(r.ID); at.Before(cut) && r.ID != runs.ID {
			t.Fatalf("a request of %v is there", at)
		}
	}
	for _, q := range []Query{{Client: "cl_7f3a9b2c"}, {Model: "claude-sonnet-4-5"}, {Account: "ac_one"}, {State: routing.OK}} {
		listed := all(t, l, q)
		if q.Client+q.Model != "" {
			listed = listed[:len(listed)-1] // the one that runs is the oldest
		}
		if at, _ := idTime(listed[len(listed)-1].ID); at.Before(cut) {
			t.Errorf("%+v still lists one of %v", q, at)
		}
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	middle := t0.Add(90 * time.Minute) // within an hour that is known as a whole only
	a, err1 := l.Totals(time.Time{}, middle)
	b, err2 := l.Totals(middle, time.Time{})
	a.Add(b)
	if err1 != nil || err2 != nil || !equalTotals(a, before) {
		t.Errorf("two halves come to %+v (%v, %v), want %+v", a, err1, err2, before)
	}
	if oldest, err := l.Oldest(); err != nil || oldest.IsZero() {
		t.Errorf("the oldest: %v %v", oldest, err)
	}
}

func TestBusiest(t *testing.T) {
	l := openLedger(t, t.TempDir())
	for i := range 5 {
		r := settledAt(i, t0.Add(time.Duration(i)*25*time.Minute))
		r.Usage = protocol.Usage{Input: 100, CacheRead: 1_000_000, CacheWrite: 10, Output: 1}
		r.Attempts[0].Usage = r.Usage
		l.Settle(r)
	}
	got, err := l.Busiest(t0)
	if want := int64(2 * 111); err != nil || got["cl_7f3a9b2c"] != want {
		t.Errorf("%v %v, want %d", got, err, want)
	}
}
