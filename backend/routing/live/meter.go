package live

import (
	"sync/atomic"
	"time"
)

// Gauge is one thing that is counted of an account.
type Gauge int

const (
	Requests   Gauge = iota // in a minute
	Concurrent              // now
	Tokens                  // in a minute
	Daily                   // billionths of a dollar
	Monthly                 // likewise
	gauges
)

// Meter counts what is used of an account, for the caps that the user has set. The zero value is ready.
//
// Each gauge counts in one span after the other (a minute, a day, a month by the clock): a fresh one takes the place of the last with one
// exchange of a pointer, and what still belongs to the last is booked there, where it no longer matters.
type Meter struct {
	now [gauges]atomic.Pointer[span]
}

type span struct {
	from time.Time
	used atomic.Int64
}

// Span is what a gauge counts together at a moment, in the moment's own time zone; without an end, where it counts what is under way.
func Span(g Gauge, at time.Time) (from, to time.Time) {
	switch g {
	case Requests, Tokens:
		from = at.Truncate(time.Minute)
		return from, from.Add(time.Minute)
	case Daily:
		y, m, d := at.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, at.Location()), time.Date(y, m, d+1, 0, 0, 0, 0, at.Location())
	case Monthly:
		y, m, _ := at.Date()
		return time.Date(y, m, 1, 0, 0, 0, 0, at.Location()), time.Date(y, m+1, 1, 0, 0, 0, 0, at.Location())
	}
	return time.Time{}, time.Time{}
}

// Used is how much a gauge has counted in the span that begins at from.
func (m *Meter) Used(g Gauge, from time.Time) int64 {
	if s := m.now[g].Load(); s != nil && s.from.Equal(from) {
		return s.used.Load()
	}
	return 0
}

// Counts reports whether a gauge has been counting since from.
func (m *Meter) Counts(g Gauge, from time.Time) bool {
	s := m.now[g].Load()
	return s != nil && !s.from.Before(from)
}

// Begin has a gauge count from what is known to have been used.
func (m *Meter) Begin(g Gauge, from time.Time, used int64) { m.at(g, from).used.Add(used) }

// Forget ends the counting of a gauge.
func (m *Meter) Forget(g Gauge) { m.now[g].Store(nil) }

func (m *Meter) at(g Gauge, from time.Time) *span {
	for {
		s := m.now[g].Load()
		if s != nil && !s.from.Before(from) {
			return s
		}
		fresh := &span{from: from}
		if m.now[g].CompareAndSwap(s, fresh) {
			return fresh
		}
	}
}

// Taken is what was taken of a gauge.
type Taken struct {
	span *span
	n    int64
}

// Take takes n of a gauge, if no more than most are used with it.
func (m *Meter) Take(g Gauge, from time.Time, n, most int64) (Taken, bool) {
	s := m.at(g, from)
	for {
		used := s.used.Load()
		if used+n > most {
			return Taken{}, false
		}
		if s.used.CompareAndSwap(used, used+n) {
			return Taken{s, n}, true
		}
	}
}

// Becomes puts what was used in truth in the place of what was taken.
func (t Taken) Becomes(n int64) { t.span.used.Add(n - t.n) }

// Meter returns the meter of an account, made on first use.
func (r *Registry) Meter(account string) *Meter {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.meters[account]
	if m == nil {
		m = new(Meter)
		r.meters[account] = m
	}
	return m
}
