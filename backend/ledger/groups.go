package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"metapi/backend/routing"
)

// By is what [Ledger.Group] tells requests apart by.
type By string

const (
	ByModel   By = "model"
	ByAccount By = "account" // tokens and money at the account where they were spent, the request at the one that had the last word
	ByClient  By = "client"
	ByDay     By = "day"  // an hour that two days share, in zones that are not whole hours from UTC, goes to the one that it begins in
	ByHour    By = "hour" //
)

// Row is one group.
type Row struct {
	Key string `json:"key"` // a model, account or client id, "" where there was none; a day "2006-01-02"; the beginning of an hour in RFC 3339
	Totals
}

// Totals sums up the requests begun in [since, until), to the millisecond. A zero time is no bound.
func (l *Ledger) Totals(since, until time.Time) (sum Totals, err error) {
	err = l.view(func(t tables) error {
		sum = Totals{}
		return t.sums(since, until, false, func(_ uint32, _ [3]string, part Totals) { sum.Add(part) })
	})
	return sum, err
}

// Group sums up the requests begun in [since, until) by what they have in common: days and hours in order of time, as
// they are counted in zone (nil: UTC), all others with the dearest and then the busiest first. The groups add up to [Ledger.Totals].
func (l *Ledger) Group(by By, since, until time.Time, zone *time.Location) ([]Row, error) {
	if zone == nil {
		zone = time.UTC
	}
	var key func(hour uint32, names [3]string) string
	at := func(hour uint32) time.Time { return time.Unix(int64(hour)*3600, 0).In(zone) }
	switch by {
	case ByClient:
		key = func(_ uint32, names [3]string) string { return names[0] }
	case ByAccount:
		key = func(_ uint32, names [3]string) string { return names[1] }
	case ByModel:
		key = func(_ uint32, names [3]string) string { return names[2] }
	case ByDay:
		key = func(hour uint32, _ [3]string) string { return at(hour).Format(time.DateOnly) }
	case ByHour:
		key = func(hour uint32, _ [3]string) string { return at(hour).Format(time.RFC3339) }
	default:
		return nil, fmt.Errorf("requests cannot be grouped by %q: use model, account, client, day or hour", by)
	}
	inTime := by == ByDay || by == ByHour
	var rows []Row
	err := l.view(func(t tables) error {
		groups := make(map[string]*Row)
		rows = nil
		err := t.sums(since, until, !inTime, func(hour uint32, names [3]string, part Totals) {
			k := key(hour, names)
			if groups[k] == nil {
				groups[k] = &Row{Key: k}
			}
			groups[k].Add(part)
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
		return cmp.Or(cmp.Compare(b.CostUSD, a.CostUSD), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Key, b.Key))
	})
	return rows, err
}

// sums visits parts that add up to the requests begun in [since, until): rollups for whole hours, rows for the parts
// of an hour at either end, and what is running. names are client, account and model, and empty unless detail is set.
func (t tables) sums(since, until time.Time, detail bool, visit func(hour uint32, names [3]string, part Totals)) error {
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return nil
	}
	low, high := "", ""
	first, end := uint32(0), ^uint32(0) // whole hours: [first, end)
	if !since.IsZero() {
		low, first = idFloor(since), hourOf(since)
		if hourStart(first).Before(since) && t.any(idFloor(hourStart(first)), low) {
			if err := t.rowSums(low, earlier(idFloor(hourStart(first+1)), until), detail, visit); err != nil {
				return err
			}
			first++
		}
	}
	if !until.IsZero() {
		high, end = idFloor(until), hourOf(until)
		if hourStart(end).Before(until) && end >= first {
			if next := idFloor(hourStart(end + 1)); t.any(high, next) {
				if err := t.rowSums(max(low, idFloor(hourStart(end))), high, detail, visit); err != nil {
					return err
				}
			} else {
				end++ // the rest of that hour is empty
			}
		}
	}
	if err := t.hourSums(first, end, detail, visit); err != nil {
		return err
	}
	// What is running is in no rollup, and few enough to be counted.
	q := Query{State: routing.Running, Oldest: true}
	return t.join(q, low, high, func(id, raw []byte) (bool, error) { return true, visitRow(raw, true, detail, visit) })
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
func (t tables) hourSums(first, end uint32, detail bool, visit func(uint32, [3]string, Totals)) error {
	kind := byte(wholeHour)
	if detail {
		kind = groupHour
	}
	c := t.rollups.Cursor()
	for k, raw := c.Seek(binary.BigEndian.AppendUint32([]byte{kind}, first)); len(k) >= 5 && k[0] == kind; k, raw = c.Next() {
		hour := binary.BigEndian.Uint32(k[1:])
		if hour >= end {
			break
		}
		var names [3]string
		if detail {
			parts := bytes.SplitN(k[5:], []byte{0}, 3)
			if len(parts) != 3 {
				return errTotals
			}
			for i, p := range parts {
				names[i] = string(p)
			}
		}
		part, err := parseTotals(raw)
		if err != nil {
			return err
		}
		visit(hour, names, part)
	}
	return nil
}

// rowSums visits what the rows in [low, high) that have ended came to.
func (t tables) rowSums(low, high string, detail bool, visit func(uint32, [3]string, Totals)) error {
	c := t.rows.Cursor()
	for k, raw := c.Seek([]byte(low)); k != nil && string(k) < high; k, raw = c.Next() {
		if err := visitRow(raw, false, detail, visit); err != nil {
			return err
		}
	}
	return nil
}

func visitRow(raw []byte, running, detail bool, visit func(uint32, [3]string, Totals)) error {
	state, text, err := parseRow(raw)
	if err != nil || (state == routing.Running) != running {
		return err
	}
	r, err := decodeRecord(text)
	if err != nil {
		return errors.Join(errTotals, err)
	}
	f := factOf(r)
	if !detail {
		visit(hourOf(f.when), [3]string{}, f.sum())
		return nil
	}
	for _, s := range f.shares {
		visit(hourOf(f.when), [3]string{clean(f.client), clean(s.account), clean(f.model)}, s.totals)
	}
	return nil
}
