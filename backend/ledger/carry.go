package ledger

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"metapi/backend/store"
)

// What Carry writes: a beginning, then entries of a kind, a key and a value, each with its length before it.
const (
	carriedFormat = 1
	carriedRow    = 'r'
	carriedRollup = 'u'
	carriedSpan   = 'm'       // meta.Sessions and meta.Pruned
	heldBeside    = 128       // what holding one takes beside its key and value, about
	mostCarried   = 4 << 20   // of one key or value: far more than any record has
	mostSums      = 512 << 20 // of all rollups, which are held until they are written
)

// Carry writes all requests and sums, for [Ledger.Fill] of another.
func (l *Ledger) Carry(to io.Writer) error {
	w := bufio.NewWriter(to)
	_ = w.WriteByte(carriedFormat) // its errors come with Flush
	put := func(kind byte, key, value []byte) {
		_ = w.WriteByte(kind)
		for _, part := range [][]byte{key, value} {
			_, _ = w.Write(binary.AppendUvarint(nil, uint64(len(part))))
			_, _ = w.Write(part)
		}
	}
	err := l.view(func(t tables) error {
		m, err := t.meta()
		if err != nil {
			return err
		}
		put(carriedSpan, nil, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, m.Sessions), m.Pruned))
		_ = t.rows.ForEach(func(k, v []byte) error { put(carriedRow, k, v); return nil })
		_ = t.rollups.ForEach(func(k, v []byte) error { put(carriedRollup, k, v); return nil })
		return nil
	})
	return errors.Join(err, w.Flush())
}

// Empty reports whether nothing was ever recorded.
func (l *Ledger) Empty() (empty bool, err error) {
	empty = true
	err = l.view(func(t tables) error {
		k, _ := t.rollups.Cursor().First()
		empty = k == nil
		return nil
	})
	return empty, err
}

// ErrNotEmpty is returned by Fill where there is a record already: two ledgers cannot become one.
var ErrNotEmpty = errors.New("there are records already")

var errCarried = errors.New("the records in it are damaged")

// carried is one entry of what Carry writes.
type carried struct {
	kind       byte
	key, value []byte
}

// CheckCarried reads what Carry has written, and says whether all of it can be taken, and how many requests there are.
func CheckCarried(from io.Reader) (requests int, err error) {
	err = eachCarried(from, func(c carried) error {
		if c.kind == carriedRow {
			requests++
		}
		return nil
	})
	return requests, err
}

// eachCarried reads what Carry has written. Each entry is looked at before it is handed on: what comes from a file may be anything.
func eachCarried(from io.Reader, take func(carried) error) error {
	r := bufio.NewReader(from)
	if format, err := r.ReadByte(); err != nil || format != carriedFormat {
		return errCarried
	}
	part := func() ([]byte, error) {
		n, err := binary.ReadUvarint(r)
		if err != nil || n > mostCarried {
			return nil, errCarried
		}
		b, err := io.ReadAll(io.LimitReader(r, int64(n))) // grows with what is there, not with what is promised
		if err != nil || uint64(len(b)) != n {
			return nil, errCarried
		}
		return b, nil
	}
	for sums := 0; ; {
		kind, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		key, wrong := part()
		if err = errors.Join(err, wrong); err != nil {
			return err
		}
		value, err := part()
		if err != nil {
			return err
		}
		c := carried{kind, key, value}
		if err := c.check(); err != nil {
			return err
		}
		if kind == carriedRollup {
			sums += len(key) + len(value) + heldBeside
		}
		if sums > mostSums {
			return errCarried
		}
		if err := take(c); err != nil {
			return err
		}
	}
}

func (c *carried) check() error {
	var (
		sum    Totals
		misses Misses
	)
	switch {
	case c.kind == carriedRow:
		_, text, err := parseRow(c.value)
		if err != nil {
			return errCarried
		}
		r, err := decodeRecord(text)
		if err != nil || r.ID != string(c.key) || r.ID == "" {
			return fmt.Errorf("%w: request %.40q", errCarried, c.key)
		}
		return nil
	case c.kind == carriedSpan && len(c.value) == 8:
		return nil
	case c.kind != carriedRollup || len(c.key) < 5 || len(c.key) > 2048:
	case c.key[0] == missHour && misses.parse(c.value) == nil:
		return nil
	case (c.key[0] == wholeHour || c.key[0] == groupHour || c.key[0] == sessionHour || c.key[0] == prunedHour) && sum.parse(c.value) == nil &&
		!math.IsNaN(sum.CostUSD) && !math.IsInf(sum.CostUSD, 0):
		return nil
	}
	return errCarried
}

// Fill takes what [Ledger.Carry] of another has written into this one, which must be empty. The rows come first, a few in a transaction, and the sums
// last, so that after a kill it is still empty, and can be filled again.
func (l *Ledger) Fill(from io.Reader) error {
	if empty, err := l.Empty(); err != nil || !empty {
		return errors.Join(err, ErrNotEmpty)
	}
	l.folding.Lock()
	defer l.folding.Unlock()
	var rows, sums []carried
	var span carried
	size := 0 // of the rows
	flush := func() error {
		defer func() { rows, size = rows[:0], 0 }()
		return l.inFold(func(f *fold) error {
			for _, c := range rows {
				if err := f.rows.Put(c.key, c.value); err != nil {
					return err
				}
				_, text, _ := parseRow(c.value)
				r, err := decodeRecord(text)
				if err != nil {
					return err
				}
				of := factOf(r)
				for _, k := range of.places() {
					if err := f.index.Put(k, nil); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	err := eachCarried(from, func(c carried) error {
		switch c.kind {
		case carriedSpan:
			span = c
		case carriedRollup:
			sums = append(sums, c)
		case carriedRow:
			rows, size = append(rows, c), size+len(c.value)
			if len(rows) >= chunk || size >= mostCarried {
				return flush()
			}
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return l.inFold(func(f *fold) error {
		if f.anyOf(wholeHour) {
			return ErrNotEmpty // the first request has come meanwhile
		}
		for _, c := range sums {
			if err := f.rollups.Put(c.key, c.value); err != nil {
				return err
			}
		}
		if span.value != nil {
			f.meta.Sessions, f.meta.Pruned = binary.BigEndian.Uint32(span.value), binary.BigEndian.Uint32(span.value[4:])
		}
		return f.interrupt() // what ran when it was written
	})
}

// inFold runs do in a transaction of its own. folding is held.
func (l *Ledger) inFold(do func(*fold) error) error {
	return l.update(func(tx *store.Tx) error {
		f, err := newFold(tx, l.pins.limit)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
		return f.done()
	})
}
