package ledger

import (
	"math"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// fact is what the fold must know of a record beside its JSON. It shares no memory with the record that a caller
// may go on to change.
type fact struct {
	id      string
	when    time.Time // the time in the id, see idTime; the record's start where the id has none
	state   routing.State
	client  string
	model   string
	session string
	shares  []share // one for each account that was tried; the last is the one that served. One with no account where none was tried
	issued  []protocol.Ref
	miss    miss
}

// share is the part of a request that is booked on one account: tokens and money where they were spent, the
// request itself at the account that had the last word. The shares of a request add up to its record exactly.
type share struct {
	account string
	totals  Totals
}

func factOf(r *routing.Record) fact {
	f := headOf(r)
	f.book(r)
	return f
}

// headOf is the fact of a record of which nothing is to be counted.
func headOf(r *routing.Record) fact {
	f := fact{id: r.ID, when: r.Start, state: r.State, client: r.Client, model: r.Model, session: r.Session}
	if t, ok := idTime(r.ID); ok {
		f.when = t
	}
	return f
}

// book adds what is to be counted.
func (f *fact) book(r *routing.Record) {
	if r.State != routing.Running {
		f.issued = append(f.issued, r.Issued...)
	}
	f.shares = sharesOf(r)
	f.miss = missOf(r)
}

func sharesOf(r *routing.Record) []share {
	last := share{account: r.Account(), totals: Totals{Requests: 1, Usage: r.Usage, CostUSD: r.Cost.USD}}
	last.totals.Usage.Estimated = false
	switch r.State {
	case routing.OK:
		last.totals.OK = 1
	case routing.Failed:
		last.totals.Failed = 1
	case routing.Cancelled:
		last.totals.Cancelled = 1
	case routing.Interrupted:
		last.totals.Interrupted = 1
	default:
		last.totals.Running = 1
	}
	var others []share
	for _, a := range r.Attempts {
		if a.Account == last.account {
			continue
		}
		s := find(&others, a.Account)
		s.totals.Usage = s.totals.Usage.Add(a.Usage)
		s.totals.Usage.Estimated = false
		s.totals.CostUSD += a.Cost.USD
	}
	if rest, ok := without(last.totals, others); ok {
		last.totals = rest
	} else { // the attempts claim more than the request came to: the request's own figure stands
		for i := range others {
			others[i].totals = Totals{}
		}
	}
	save(&last.totals, r)
	shares := append(others, last)

	// A doubt is counted once a request, at the account where it arose.
	mark := func(doubt bool, of func(a routing.Attempt) bool, count func(t *Totals) *int64) {
		if !doubt {
			return
		}
		at := &shares[len(shares)-1]
		for _, a := range r.Attempts {
			if of(a) {
				at = find(&shares, a.Account)
				break
			}
		}
		*count(&at.totals) = 1
		at.totals.Usage.Estimated = at.totals.UsageEstimated > 0
	}
	mark(r.Usage.Estimated, func(a routing.Attempt) bool { return a.Usage.Estimated }, func(t *Totals) *int64 { return &t.UsageEstimated })
	mark(r.Cost.Estimated, func(a routing.Attempt) bool { return a.Cost.Estimated }, func(t *Totals) *int64 { return &t.CostEstimated })
	mark(r.Cost.Unknown, func(a routing.Attempt) bool { return a.Cost.Unknown }, func(t *Totals) *int64 { return &t.CostUnknown })
	return shares
}

// save books what the request cost less than each baseline that is known. It is the doing of the account that served.
func save(t *Totals, r *routing.Record) {
	switch {
	case r.State == routing.Running || r.Cost.Unknown:
	case r.Cost == routing.Cost{} && r.Usage == protocol.Usage{}:
		for _, b := range routing.Baselines {
			t.Against(b.Baseline).Compared++ // nothing was used, and nothing would have been
		}
	default:
		for _, a := range r.Against {
			if s := t.Against(a.Baseline); s.Compared == 0 {
				*s = Saving{int64(math.Round(min(max(a.USD-r.Cost.USD, -mostSaved), mostSaved) * 1e9)), 1}
			}
		}
	}
}

// mostSaved bounds what one request counts for, in dollars: prices are whatever somebody wrote.
const mostSaved = 1e6

// find returns the share of an account, added in front of nothing if it is new.
func find(shares *[]share, account string) *share {
	for i := range *shares {
		if (*shares)[i].account == account {
			return &(*shares)[i]
		}
	}
	*shares = append(*shares, share{account: account})
	return &(*shares)[len(*shares)-1]
}

// without takes the parts out of the whole, and reports whether nothing went below zero.
func without(whole Totals, parts []share) (Totals, bool) {
	for _, p := range parts {
		whole.add(&p.totals, -1)
	}
	for _, n := range whole.counts() {
		if *n < 0 {
			return whole, false
		}
	}
	if whole.CostUSD < 0 && whole.CostUSD > -1e-9 {
		whole.CostUSD = 0 // a rounding error, not a debt
	}
	return whole, whole.CostUSD >= 0
}

// sum is the whole request.
func (f *fact) sum() (t Totals) {
	for i := range f.shares {
		t.add(&f.shares[i].totals, 1)
	}
	return t
}

// idDigits are the digits of [routing.NewID].
const idDigits = "0123456789abcdefghjkmnpqrstvwxyz"

var digitOf = func() (of [256]int8) {
	for i := range of {
		of[i] = -1
	}
	for i := range len(idDigits) {
		of[idDigits[i]] = int8(i)
	}
	return of
}()

// idTime is the time within an id of [routing.NewID], to the millisecond. Since/until, cursors and rollups all go by
// it and not by the record's start, so that they agree with each other even where the clock was set back between
// two requests.
func idTime(id string) (time.Time, bool) {
	if len(id) != 20 {
		return time.Time{}, false
	}
	var v uint64
	for i := range 13 {
		d := digitOf[id[i]]
		if d < 0 {
			return time.Time{}, false
		}
		v = v<<5 | uint64(d)
	}
	return time.UnixMilli(int64(v >> 16)).UTC(), true
}

// idFloor is the least id that a request begun at t can have.
func idFloor(t time.Time) string {
	v := uint64(min(max(t.UnixMilli(), 0), 1<<48-1)) << 16
	var id [13]byte
	for i := 12; i >= 0; i-- {
		id[i] = idDigits[v&31]
		v >>= 5
	}
	return string(id[:])
}
