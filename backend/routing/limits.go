package routing

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing/live"
)

// Limits is an account's [Use] made ready for decisions. What has been used of it is in atomics: a decision only looks, and an attempt takes its
// part with one exchange, so that no number of requests at once can take more than there is.
type Limits struct {
	caps     []limit
	reserve  Reserve
	schedule []Hours
	zone     *time.Location
	meter    *live.Meter
	phase    atomic.Pointer[phase] // of the schedule; may be of the past
}

// limit is one cap, in whole requests, tokens or billionths of a dollar.
type limit struct {
	gauge live.Gauge
	most  int64
	kept  int64 // of it, by the reserve
	words string
}

// phase is a time for which the schedule says the same.
type phase struct {
	from, until time.Time
	open        bool
}

const nano = 1e9

// NewLimits are those of an account by its slug; nil: there are none. spent tells what the account has cost since a moment.
func NewLimits(s *Settings, slug string, meter *live.Meter, now time.Time, spent func(since time.Time) (float64, error)) (*Limits, error) {
	u := s.Accounts[slug]
	l := &Limits{reserve: u.Reserve, schedule: u.Schedule, zone: s.Location(), meter: meter}
	share := func(most int64) int64 { return int64(math.Ceil(float64(most) * u.Reserve.Percent / 100)) }
	dollars := func(v float64) int64 { return int64(min(v, 1e9) * nano) }
	for _, c := range []limit{
		{live.Requests, u.Caps.Requests, max(share(u.Caps.Requests), u.Reserve.Requests), fmt.Sprintf("%d requests a minute", u.Caps.Requests)},
		{live.Concurrent, u.Caps.Concurrent, share(u.Caps.Concurrent), fmt.Sprintf("%d requests at once", u.Caps.Concurrent)},
		{live.Tokens, u.Caps.Tokens, share(u.Caps.Tokens), fmt.Sprintf("%d tokens a minute", u.Caps.Tokens)},
		{live.Daily, dollars(u.Caps.PerDay), max(share(dollars(u.Caps.PerDay)), dollars(u.Reserve.Dollars)), fmt.Sprintf("$%.2f a day", u.Caps.PerDay)},
		{live.Monthly, dollars(u.Caps.PerMonth), max(share(dollars(u.Caps.PerMonth)), dollars(u.Reserve.Dollars)), fmt.Sprintf("$%.2f a month", u.Caps.PerMonth)},
	} {
		paid := c.gauge == live.Daily || c.gauge == live.Monthly
		if c.most == 0 {
			meter.Forget(c.gauge) // what is used meanwhile is not counted
			continue
		}
		if from, _ := live.Span(c.gauge, now.In(l.zone)); paid && !meter.Counts(c.gauge, from) && spent != nil {
			usd, err := spent(from)
			if err != nil {
				return nil, fmt.Errorf("what has been spent since %s is not known: %w", from.Format(time.DateOnly), err)
			}
			meter.Begin(c.gauge, from, dollars(usd))
		}
		l.caps = append(l.caps, c)
	}
	if len(l.caps) == 0 && len(l.schedule) == 0 {
		return nil, nil
	}
	return l, nil
}

// full says why no more of the account may be used by a request now, or "".
func (l *Limits) full(c *Candidate, r *Request, rules []string) (reason string, until time.Time) {
	if len(l.schedule) > 0 {
		if p := l.phaseAt(r.At); !p.open {
			return outside + " until " + l.clock(r.At, p.until), p.until
		}
	}
	for i := range l.caps {
		bound := &l.caps[i]
		need, most := need(bound.gauge, c, r), l.share(bound, r, rules)
		from, to := live.Span(bound.gauge, r.At.In(l.zone))
		if l.meter.Used(bound.gauge, from)+need <= most {
			continue
		}
		switch {
		case need > bound.most:
			return tooMuch + bound.words, time.Time{}
		case to.IsZero():
			return atCap + bound.words, r.At.Add(time.Second)
		case most < bound.most && l.meter.Used(bound.gauge, from)+need <= bound.most:
			return keptBack + bound.words + " is kept for others until " + l.clock(r.At, to), to
		}
		return atCap + bound.words + " until " + l.clock(r.At, to), to
	}
	return "", time.Time{}
}

// share is how much of a cap a request may use: all of it, or what the reserve leaves.
func (l *Limits) share(c *limit, r *Request, rules []string) int64 {
	kept := func(rule string) bool { return slices.Contains(l.reserve.Rules, rule) }
	if c.kept == 0 || slices.Contains(l.reserve.Clients, r.Client) || slices.ContainsFunc(rules, kept) {
		return c.most
	}
	return c.most - c.kept
}

// What reasons of limits begin with.
const (
	outside  = "outside its hours"
	atCap    = "at its cap of "
	keptBack = "the last of its "
	tooMuch  = "this request would take more than its cap of "
)

func limited(reason string) bool {
	return slices.ContainsFunc([]string{outside, atCap, keptBack}, func(s string) bool { return strings.HasPrefix(reason, s) })
}

// Held is what an attempt has taken of its account's limits. It is settled once.
type Held struct {
	l     *Limits
	taken []live.Taken // as caps
}

// Take takes what an attempt is expected to need. reason says why it may not.
func (l *Limits) Take(d *Deployment, r *Request, rules []string) (h *Held, reason string, until time.Time) {
	if l == nil {
		return nil, "", time.Time{}
	}
	c := Candidate{Deployment: d}
	if reason, until = l.full(&c, r, rules); reason != "" {
		return nil, reason, until
	}
	h = &Held{l, make([]live.Taken, 0, len(l.caps))}
	for i := range l.caps {
		bound := &l.caps[i]
		from, _ := live.Span(bound.gauge, r.At.In(l.zone))
		taken, ok := l.meter.Take(bound.gauge, from, need(bound.gauge, &c, r), l.share(bound, r, rules))
		if !ok { // another was quicker
			h.Abandon()
			reason, until = l.full(&c, r, rules)
			if reason == "" {
				reason, until = atCap+bound.words, r.At.Add(time.Second)
			}
			return nil, reason, until
		}
		h.taken = append(h.taken, taken)
	}
	return h, "", time.Time{}
}

// Abandon gives back everything: nobody was asked.
func (h *Held) Abandon() {
	if h == nil {
		return
	}
	for _, t := range h.taken {
		t.Becomes(0)
	}
	h.taken = nil
}

// Settle books what was used in truth. What follows the first end does nothing.
func (h *Held) Settle(u protocol.Usage, usd float64) {
	if h == nil || h.taken == nil {
		return
	}
	for i, t := range h.taken {
		switch h.l.caps[i].gauge {
		case live.Concurrent:
			t.Becomes(0)
		case live.Tokens:
			t.Becomes(u.Prompt() + u.Output)
		case live.Daily, live.Monthly:
			t.Becomes(int64(usd * nano))
		}
	}
	h.taken = nil
}

// need is what a request is expected to take of a cap.
func need(g live.Gauge, c *Candidate, r *Request) int64 {
	switch {
	case g == live.Requests || g == live.Concurrent:
		return 1
	case r.Weigh == nil:
		return 1 // where all is used up, there is none for what nothing is known of either
	case g == live.Tokens:
		w := r.Weigh(c.Deployment)
		return max(w.Prompt+w.Output, 1)
	}
	expected := *c
	expected.expect(r)
	return max(int64(expected.Cost*nano), 1)
}

// phaseAt is what the schedule says now: worked out once for each time that it changes.
func (l *Limits) phaseAt(at time.Time) *phase {
	if p := l.phase.Load(); p != nil && !at.Before(p.from) && at.Before(p.until) {
		return p
	}
	p := &phase{from: at}
	p.open, p.until = next(l.schedule, at.In(l.zone))
	l.phase.Store(p)
	return p
}

// clock is until when, in words.
func (l *Limits) clock(now, until time.Time) string {
	now, until = now.In(l.zone), until.In(l.zone)
	layout := "Monday 15:04"
	switch days := until.Sub(now) / (24 * time.Hour); {
	case days >= 6:
		layout = "2 January"
	case now.YearDay() == until.YearDay():
		layout = "15:04"
	}
	return until.Format(layout)
}

// Standing says how much of each cap is used, in words.
func (l *Limits) Standing(now time.Time) (words []string) {
	if l == nil {
		return nil
	}
	if p := l.phaseAt(now); len(l.schedule) > 0 && !p.open {
		words = append(words, outside+" until "+l.clock(now, p.until))
	}
	for _, c := range l.caps {
		from, _ := live.Span(c.gauge, now.In(l.zone))
		used := strconv.FormatInt(l.meter.Used(c.gauge, from), 10)
		if c.gauge == live.Daily || c.gauge == live.Monthly {
			used = fmt.Sprintf("$%.2f", float64(l.meter.Used(c.gauge, from))/nano)
		}
		words = append(words, used+" used of "+c.words)
	}
	return words
}
