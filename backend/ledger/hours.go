package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"metapi/backend/routing"
)

// Hour is how many requests of a choice began in an hour.
type Hour struct {
	Start    int64 `json:"start" doc:"When it began, in seconds since 1970"`
	Requests int64 `json:"requests"`
}

// Hours counts the requests of a choice by the hour that they began in, oldest first, hours without any left out. Whoever
// has the counts can open a page anywhere among all requests: Since the hour, Skip the rows before it there.
//
// Nothing is kept for this but what is there anyway. The rollups tell, but of choices by account, since a rollup counts a
// request where it ended, not wherever it was tried: of those the index is counted.
func (l *Ledger) Hours(q Query) (hours []Hour, err error) {
	err = l.view(func(t tables) error {
		c := counter{tables: t, q: q, hours: map[uint32]int64{}}
		c.q.Oldest = true
		err := c.count()
		hours = make([]Hour, 0, len(c.hours))
		for at, n := range c.hours {
			hours = append(hours, Hour{int64(at) * 3600, n})
		}
		return err
	})
	slices.SortFunc(hours, func(a, b Hour) int { return cmp.Compare(a.Start, b.Start) })
	return hours, err
}

// counter is one run of [Ledger.Hours].
type counter struct {
	tables
	q     Query
	hours map[uint32]int64
}

func (c *counter) count() error {
	low, high := c.q.bounds()
	if c.q.Account != "" || c.q.State == routing.Running {
		return c.ids(c.q, low, high)
	}
	m, err := c.meta()
	if err != nil {
		return err
	}
	// Whole hours are [first, end). Rollups outlive their rows: where rows were pruned, those that are left are counted.
	first, end := m.Pruned, ^uint32(0)
	if !c.q.Since.IsZero() {
		first = max(first, hourOf(c.q.Since.Add(time.Hour-1)))
	}
	if !c.q.Until.IsZero() {
		end = hourOf(c.q.Until)
	}
	if first >= end {
		return c.ids(c.q, low, high)
	}
	if err := c.ids(c.q, low, idFloor(hourStart(first))); err != nil {
		return err
	}
	if err := c.sums(first, end); err != nil {
		return err
	}
	from, to := idFloor(hourStart(first)), high
	if !c.q.Until.IsZero() {
		to = idFloor(hourStart(end))
		if err := c.ids(c.q, to, high); err != nil {
			return err
		}
	}
	if c.q.State != "" {
		return nil
	}
	running := c.q // they are in no rollup
	running.State = routing.Running
	return c.ids(running, from, to)
}

// ids counts the ids within [low, high), which come in order.
func (c *counter) ids(q Query, low, high string) error {
	var at uint32
	var n int64
	past := "" // the least id of the next hour
	flush := func() {
		if n > 0 {
			c.hours[at] += n
		}
	}
	err := c.join(q, low, high, func(id []byte) (bool, error) {
		if string(id) >= past {
			flush()
			when, _ := idTime(string(id))
			at, n = hourOf(when), 0
			past = idFloor(hourStart(at + 1))
		}
		n++
		return true, nil
	})
	flush()
	return err
}

// sums counts by the rollups of the hours [first, end). A rollup begins with its counts by state: the rest is not read.
func (c *counter) sums(first, end uint32) error {
	kind := byte(wholeHour)
	if c.q.Client+c.q.Model != "" {
		kind = groupHour
	}
	var part Totals
	client, model := []byte(clean(c.q.Client)), []byte(clean(c.q.Model))
	rollup := c.rollups.Cursor()
	for k, raw := rollup.Seek(binary.BigEndian.AppendUint32([]byte{kind}, first)); len(k) >= 5 && k[0] == kind; k, raw = rollup.Next() {
		at := binary.BigEndian.Uint32(k[1:])
		if at >= end {
			break
		}
		whose, rest, _ := bytes.Cut(k[5:], []byte{0})
		_, of, _ := bytes.Cut(rest, []byte{0})
		if len(client) > 0 && !bytes.Equal(whose, client) || len(model) > 0 && !bytes.Equal(of, model) {
			continue
		}
		if err := part.parseFirst(raw, states); err != nil {
			return err
		}
		if n := ended(&part, c.q.State); n > 0 {
			c.hours[at] += n
		}
	}
	return nil
}

// ended is how many requests of a state, "" for any, are in a rollup.
func ended(t *Totals, s routing.State) int64 {
	switch s {
	case routing.OK:
		return t.OK
	case routing.Failed:
		return t.Failed
	case routing.Cancelled:
		return t.Cancelled
	case routing.Interrupted:
		return t.Interrupted
	}
	return t.Requests
}
