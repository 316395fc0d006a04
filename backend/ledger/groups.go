package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"metapi/backend/routing"
)

// By is what [Ledger.Group] tells requests apart by.
type By string

const (
	ByModel   By = "model"
	ByAccount By = "account" // tokens and money at the account where they were spent, the request at the one that had the last word
	ByClient  By = "client"
	ByDay     By = "day" // an hour that two days share, in zones that are not whole hours from UTC, goes to the one that it begins in
	ByHour    By = "hour"
	BySession By = "session"

	ByDayAccount By = "day-account" // for pictures of days by what they are made of
	ByDayModel   By = "day-model"
)

// Row is one group.
type Row struct {
	Key    string `json:"key"`              // a model, account, client or session id, "" where there was none; a day "2006-01-02"; the beginning of an hour in RFC 3339
	Client string `json:"client,omitempty"` // of a session
	Day    string `json:"day,omitempty"`    // of an account or a model by day
	Totals
}

// Totals sums up the requests begun in [since, until), to the millisecond. A zero time is no bound.
func (l *Ledger) Totals(since, until time.Time) (sum Totals, err error) {
	err = l.view(func(t tables) error {
		sum = Totals{}
		return t.sums(since, until, wholeHour, func(_ uint32, _ names, part *Totals) { sum.add(part, 1) })
	})
	return sum, err
}

// Group sums up the requests begun in [since, until) by what they have in common: days and hours in order of time, as
// they are counted in zone (nil: UTC), all others with the dearest and then the busiest first. The groups add up to [Ledger.Totals].
func (l *Ledger) Group(by By, since, until time.Time, zone *time.Location) ([]Row, error) {
	if zone == nil {
		zone = time.UTC
	}
	var key func(hour uint32, n names) []byte
	at := func(hour uint32) time.Time { return time.Unix(int64(hour)*3600, 0).In(zone) }
	switch by {
	case ByClient:
		key = func(_ uint32, n names) []byte { return n[0] }
	case ByAccount:
		key = func(_ uint32, n names) []byte { return n[1] }
	case ByModel:
		key = func(_ uint32, n names) []byte { return n[2] }
	case ByDay:
		key = func(hour uint32, _ names) []byte { return at(hour).AppendFormat(nil, time.DateOnly) }
	case ByHour:
		key = func(hour uint32, _ names) []byte { return at(hour).AppendFormat(nil, time.RFC3339) }
	case ByDayAccount:
		key = func(hour uint32, n names) []byte {
			return slices.Concat(at(hour).AppendFormat(nil, time.DateOnly), []byte{0}, n[1])
		}
	case ByDayModel:
		key = func(hour uint32, n names) []byte {
			return slices.Concat(at(hour).AppendFormat(nil, time.DateOnly), []byte{0}, n[2])
		}
	case BySession:
		key = func(_ uint32, n names) []byte { return slices.Concat(n[0], []byte{0}, n[1]) }
	default:
		return nil, fmt.Errorf("requests cannot be grouped by %q: use model, account, client, session, day, hour, day-account or day-model", by)
	}
	inTime := by == ByDay || by == ByHour
	kind := byte(groupHour)
	if inTime {
		kind = wholeHour
	} else if by == BySession {
		kind = sessionHour
	}
	var rows []Row
	err := l.view(func(t tables) error {
		groups := make(map[string]*Row)
		rows = nil
		err := t.sums(since, until, kind, func(hour uint32, n names, part *Totals) {
			k := key(hour, n)
			g := groups[string(k)]
			if g == nil {
				g = &Row{Key: string(k)}
				groups[g.Key] = g
				switch by {
				case BySession:
					g.Client, g.Key, _ = strings.Cut(g.Key, "\x00")
				case ByDayAccount, ByDayModel:
					g.Day, g.Key, _ = strings.Cut(g.Key, "\x00")
				}
			}
			g.add(part, 1)
		})
		for _, g := range groups {
			rows = append(rows, *g)
		}
		return err
	})
	slices.SortFunc(rows, func(a, b Row) int {
		if inTime { // keys of one zone; where clocks are put back an hour, the offset tells the two apart
			return cmp.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(b.CostUSD, a.CostUSD), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Key, b.Key))
	})
	return rows, err
}

// names are the client, account and model of a part, or its client and session.
type names [3][]byte

// visitor is called with parts of a sum. It keeps neither the names nor the part.
type visitor func(hour uint32, n names, part *Totals)

// sums visits parts that add up to the requests begun in [since, until): rollups for whole hours, rows for the parts
// of an hour at either end, and what is running. Of whole hours the names are empty.
func (t tables) sums(since, until time.Time, kind byte, visit visitor) error {
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return nil
	}
	m, err := t.meta()
	if err != nil {
		return err
	}
	since, until = m.whole(since), m.whole(until)
	low, high := "", ""
	first, end := uint32(0), ^uint32(0) // whole hours: [first, end)
	if !since.IsZero() {
		low, first = idFloor(since), hourOf(since)
		if hourStart(first).Before(since) && t.any(idFloor(hourStart(first)), low) {
			if err := t.rowSums(low, earlier(idFloor(hourStart(first+1)), until), kind, visit); err != nil {
				return err
			}
			first++
		}
	}
	if !until.IsZero() {
		high, end = idFloor(until), hourOf(until)
		if hourStart(end).Before(until) && end >= first {
			if next := idFloor(hourStart(end + 1)); t.any(high, next) {
				if err := t.rowSums(max(low, idFloor(hourStart(end))), high, kind, visit); err != nil {
					return err
				}
			} else {
				end++ // the rest of that hour is empty
			}
		}
	}
	if kind == sessionHour && first < m.Sessions { // an older Metapi kept no sums of sessions
		before := min(m.Sessions, end)
		if err := t.rowSums(max(low, idFloor(hourStart(first))), idFloor(hourStart(before)), kind, visit); err != nil {
			return err
		}
		if err := t.hourSums(first, before, prunedHour, visit); err != nil {
			return err
		}
		first = m.Sessions
	}
	if err := t.hourSums(first, end, kind, visit); err != nil {
		return err
	}
	// What is running is in no rollup, and few enough to be counted.
	q := Query{State: routing.Running, Oldest: true}
	return t.join(q, low, high, func(id []byte) (bool, error) { return true, visitRow(t.rows.Get(id), true, kind, visit) })
}

// whole takes a cut through an hour whose requests are no longer kept one by one back to its beginning.
func (m *meta) whole(cut time.Time) time.Time {
	if !cut.IsZero() && hourOf(cut) < m.Pruned {
		return hourStart(hourOf(cut))
	}
	return cut
}

func hourStart(h uint32) time.Time { return time.Unix(int64(h)*3600, 0) }

func earlier(id string, until time.Time) string {
	if until.IsZero() {
		return id
	}
	return min(id, idFloor(until))
}

// any reports whether there are rows in [low, high).
func (t tables) any(low, high string) bool {
	k, _ := t.rows.Cursor().Seek([]byte(low))
	return k != nil && string(k) < high
}

// hourSums visits the rollups of the hours [first, end).
func (t tables) hourSums(first, end uint32, kind byte, visit visitor) error {
	var part Totals
	c := t.rollups.Cursor()
	for k, raw := c.Seek(binary.BigEndian.AppendUint32([]byte{kind}, first)); len(k) >= 5 && k[0] == kind; k, raw = c.Next() {
		hour := binary.BigEndian.Uint32(k[1:])
		if hour >= end {
			break
		}
		var n names
		if kind != wholeHour {
			var ok1, ok2 bool
			n[0], n[1], ok1 = bytes.Cut(k[5:], []byte{0})
			n[1], n[2], ok2 = bytes.Cut(n[1], []byte{0})
			if !ok1 || !ok2 && kind == groupHour {
				return errTotals
			}
		}
		if err := part.parse(raw); err != nil {
			return err
		}
		visit(hour, n, &part)
	}
	return nil
}

// rowSums visits what the rows in [low, high) that have ended came to.
func (t tables) rowSums(low, high string, kind byte, visit visitor) error {
	c := t.rows.Cursor()
	for k, raw := c.Seek([]byte(low)); k != nil && string(k) < high; k, raw = c.Next() {
		if err := visitRow(raw, false, kind, visit); err != nil {
			return err
		}
	}
	return nil
}

func visitRow(raw []byte, running bool, kind byte, visit visitor) error {
	state, text, err := parseRow(raw)
	if err != nil || (state == routing.Running) != running {
		return err
	}
	r, err := decodeRecord(text)
	if err != nil {
		return errors.Join(errTotals, err)
	}
	f := factOf(r)
	if kind != groupHour {
		sum, n := f.sum(), names{}
		if kind == sessionHour {
			n[0], n[1] = []byte(clean(f.client)), []byte(clean(f.session))
		}
		visit(hourOf(f.when), n, &sum)
		return nil
	}
	for i := range f.shares {
		s := &f.shares[i]
		visit(hourOf(f.when), names{[]byte(clean(f.client)), []byte(clean(s.account)), []byte(clean(f.model))}, &s.totals)
	}
	return nil
}
