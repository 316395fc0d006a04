package ledger

import (
	"time"

	"metapi/backend/routing"
	"metapi/backend/store"
)

// pruneAtOnce is how many requests one transaction forgets: others wait for it.
const pruneAtOnce = 500

// Prune forgets some of the requests that were begun before the hour of a time, oldest first, and reports whether there are more. What they came
// to stays in the sums; only a cut through such an hour counts the whole of it. What runs is kept.
func (l *Ledger) Prune(before time.Time) (more bool, err error) {
	if err := l.fold(); err != nil {
		return false, err
	}
	hour := hourOf(before)
	err = l.update(func(tx *store.Tx) error {
		f, err := newFold(tx, l.pins.limit)
		if err != nil {
			return err
		}
		if more, err = f.prune(idFloor(hourStart(hour))); err != nil {
			return err
		}
		f.meta.Pruned = max(f.meta.Pruned, hour)
		return f.done()
	})
	return more, err
}

// prune deletes rows below an id, and their places in the indexes.
func (f *fold) prune(below string) (more bool, err error) {
	var old []*routing.Record
	c := f.rows.Cursor()
	for k, raw := c.First(); k != nil && string(k) < below; k, raw = c.Next() {
		if len(old) == pruneAtOnce {
			more = true
			break
		}
		state, text, err := parseRow(raw)
		if err != nil {
			return false, err
		}
		if state == routing.Running {
			continue
		}
		r, err := decodeRecord(text)
		if err != nil {
			return false, err
		}
		r.State = state
		old = append(old, r)
	}
	for _, r := range old {
		of := factOf(r)
		if err := f.rows.Delete([]byte(r.ID)); err != nil {
			return false, err
		}
		for _, k := range of.places() {
			if err := f.index.Delete(k); err != nil {
				return false, err
			}
		}
		if hour := hourOf(of.when); hour < f.meta.Sessions { // what sessions came to was in the rows alone
			sum := of.sum()
			f.session(prunedHour, hour, &of, &sum, 1)
		}
	}
	return more, nil
}

// places are the keys of a record in the indexes.
func (f *fact) places() (keys [][]byte) {
	add := func(dim byte, value string) {
		if value != "" {
			keys = append(keys, indexKey(dim, value, f.id))
		}
	}
	add(byState, string(f.state))
	add(byClient, f.client)
	add(byModel, f.model)
	for _, s := range f.shares {
		add(byAccount, s.account)
	}
	return keys
}

// Oldest is when the oldest request began that is still kept; zero where there is none.
func (l *Ledger) Oldest() (at time.Time, err error) {
	err = l.view(func(t tables) error {
		if k, _ := t.rows.Cursor().First(); k != nil {
			at, _ = idTime(string(k))
		}
		return nil
	})
	return at, err
}

// Busiest is how many tokens each client has taken in its busiest hour since a time, but for those read from a cache: they are nearly free, and many.
func (l *Ledger) Busiest(since time.Time) (map[string]int64, error) {
	most := map[string]int64{}
	err := l.view(func(t tables) error {
		clear(most)
		hours := map[string]int64{}
		last := uint32(0)
		flush := func() {
			for client, n := range hours {
				most[client] = max(most[client], n)
			}
			clear(hours)
		}
		err := t.hourSums(hourOf(since), ^uint32(0), groupHour, func(hour uint32, n names, part *Totals) {
			if hour != last {
				flush()
				last = hour
			}
			hours[string(n[0])] += Fresh(part)
		})
		flush()
		return err
	})
	return most, err
}

// Fresh is how many tokens were taken, but for those read from a cache.
func Fresh(t *Totals) int64 {
	return t.Usage.Input + t.Usage.CacheWrite + t.Usage.CacheWrite1h + t.Usage.Output
}
