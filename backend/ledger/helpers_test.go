package ledger

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

func settledRef(id string) protocol.Ref { return protocol.Ref{Kind: protocol.ResponseRef, ID: id} }

type fataler interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// all reads every page of a query.
func all(t fataler, l *Ledger, q Query) (rows []routing.Record) {
	t.Helper()
	for {
		page, next, err := l.Requests(q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		rows = append(rows, page...)
		if next == "" {
			return rows
		}
		q.Cursor = next
	}
}

// summed adds rows up by the simplest means.
func summed(rows []routing.Record) (t Totals) {
	for _, r := range rows {
		t.Requests++
		switch r.State {
		case routing.OK:
			t.OK++
		case routing.Failed:
			t.Failed++
		case routing.Cancelled:
			t.Cancelled++
		case routing.Interrupted:
			t.Interrupted++
		case routing.Running:
			t.Running++
		}
		t.Usage = t.Usage.Add(r.Usage)
		t.CostUSD += r.Cost.USD
		if r.Usage.Estimated {
			t.UsageEstimated++
		}
		if r.Cost.Estimated {
			t.CostEstimated++
		}
		if r.Cost.Unknown {
			t.CostUnknown++
		}
		for _, b := range routing.Baselines {
			usd, known := savedBy(&r, b.Baseline)
			if known {
				s := t.Against(b.Baseline)
				s.Nano, s.Compared = s.Nano+int64(math.Round(usd*1e9)), s.Compared+1
			}
		}
	}
	return t
}

// savedBy is what a request cost less than a baseline.
func savedBy(r *routing.Record, b routing.Baseline) (usd float64, known bool) {
	if r.State == routing.Running || r.Cost.Unknown {
		return 0, false
	}
	if r.Usage.Prompt()+r.Usage.Output == 0 && !r.Usage.Estimated && r.Cost.USD == 0 {
		return 0, true
	}
	for _, a := range r.Against {
		if a.Baseline == b {
			return a.USD - r.Cost.USD, true
		}
	}
	return 0, false
}

func equalTotals(a, b Totals) bool {
	near := math.Abs(a.CostUSD-b.CostUSD) < 1e-9*(1+math.Abs(b.CostUSD))
	a.CostUSD, b.CostUSD = 0, 0
	return near && a == b
}

// checkSums compares Totals and every Group with what the rows add up to, over all time and over cut hours.
func checkSums(t fataler, l *Ledger, rows []routing.Record) {
	t.Helper()
	spans := [][2]time.Time{{}}
	if len(rows) > 2 {
		cut := func(i int) time.Time { at, _ := idTime(rows[i].ID); return at }
		a, b := cut(len(rows)-len(rows)/4-1), cut(len(rows)/4)
		spans = append(spans, [2]time.Time{a, {}}, [2]time.Time{{}, b}, [2]time.Time{a, b}, [2]time.Time{b.Truncate(time.Hour), b.Add(time.Hour)},
			[2]time.Time{b, a})
	}
	for _, s := range spans {
		var within []routing.Record
		for _, r := range rows {
			at, _ := idTime(r.ID)
			if !at.Before(s[0]) && (s[1].IsZero() || at.Before(s[1])) {
				within = append(within, r)
			}
		}
		want := summed(within)
		got, err := l.Totals(s[0], s[1])
		if err != nil || !equalTotals(got, want) {
			t.Errorf("totals of %v:\n got %+v %v\nwant %+v", s, got, err, want)
		}
		for _, by := range []By{ByModel, ByAccount, ByClient, BySession, ByDay, ByHour, ByDayAccount, ByDayModel} {
			groups, err := l.Group(by, s[0], s[1], nil)
			var sum Totals
			for _, g := range groups {
				sum.Add(g.Totals)
			}
			if err != nil || !equalTotals(sum, want) {
				t.Errorf("by %s of %v:\n got %+v %v\nwant %+v", by, s, sum, err, want)
			}
		}
		listed := all(t, l, Query{Since: s[0], Until: s[1], Oldest: true, Limit: max(2, len(rows)/5)})
		slices.Reverse(listed)
		if !slices.EqualFunc(listed, within, func(a, b routing.Record) bool { return a.ID == b.ID }) {
			t.Errorf("requests of %v: %d listed, %d wanted", s, len(listed), len(within))
		}
	}
}

// crash ends a ledger as a kill would, some while after the last record: nothing is folded any more.
func crash(l *Ledger) {
	l.write()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	<-l.done
	l.folding.Lock()
	l.update = func(func(*store.Tx) error) error { return fmt.Errorf("crashed") }
	l.folding.Unlock()
}

// block makes the database fail, or work again.
func block(l *Ledger, blocked bool) {
	l.folding.Lock()
	defer l.folding.Unlock()
	l.update = l.st.Update
	if blocked {
		l.update = func(func(*store.Tx) error) error { return fmt.Errorf("no space left on device") }
	}
}

func segments(t testing.TB, dir string) []os.DirEntry {
	t.Helper()
	files, err := os.ReadDir(dir + "/journal")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}
