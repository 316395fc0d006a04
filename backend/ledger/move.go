package ledger

import (
	"errors"
	"slices"

	bolt "go.etcd.io/bbolt"

	"metapi/backend/routing"
	"metapi/backend/store"
)

// fold moves everything accepted so far into the database, a transaction at a time, and then deletes the segments
// that are no longer needed. First it writes to the journal what could not be written before.
func (l *Ledger) fold() error {
	l.folding.Lock()
	defer l.folding.Unlock()
	steps, upTo, current := l.steps()
	for _, s := range steps {
		for more := true; more; {
			err := l.update(func(tx *store.Tx) (err error) {
				more, err = l.run(tx, s)
				return err
			})
			if err != nil {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.folded.note(err)
				return err
			}
		}
		if s.then != nil {
			s.then()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.folded.note(nil)
	n := 0
	for n < len(l.queue) && l.queue[n].seq <= upTo {
		n++
	}
	l.written = max(l.written-n, 0)
	left := copy(l.queue, l.queue[n:]) // to the front: the queue grows once, and not again after each fold
	clear(l.queue[left:])
	l.queue = l.queue[:left]
	keep := current
	if l.written > 0 {
		keep = min(keep, l.queue[0].at.Segment)
	}
	if len(l.overflow) > 0 {
		keep = min(keep, l.overflow[0])
	}
	l.journal.forget(keep)
	return nil
}

// chunk is how many entries go into one transaction: bbolt splits pages only when it commits, so that the cost of very
// large transactions grows with their square.
const chunk = 1000

// step is a part of a fold. do works through it a transaction at a time, until there is no more; it remembers how far it
// came, and after an error it is not used again.
type step struct {
	do   func(*fold) (more bool, err error)
	then func() // once it is committed
}

func (l *Ledger) run(tx *store.Tx, s step) (more bool, err error) {
	f, err := newFold(tx, l.pins.limit)
	if err != nil {
		return false, err
	}
	if more, err = s.do(f); err != nil {
		return false, err
	}
	return more, f.done()
}

// steps are what has to be done to have everything in the database, in order: what earlier runs left, their end, what
// the queue had no room for, the queue. They cover the entries up to number upTo, and the closed segments below
// current. folding is held.
func (l *Ledger) steps() (steps []step, upTo, current uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal.gone() {
		l.journal.roll()
		l.written = 0 // what is in a file without a name dies with the process
	}
	l.append()
	l.left = append(l.left, l.overflow...)
	l.overflow = nil
	batch := l.queue[:len(l.queue):len(l.queue)]
	upTo = l.accepted
	current = l.journal.number
	if l.journal.file == nil {
		current++
	}

	orphans := func() {
		if l.orphans {
			steps = append(steps, step{
				do:   func(f *fold) (bool, error) { return false, f.interrupt() },
				then: func() { l.orphans = false },
			})
		}
	}
	ended := false
	for _, n := range l.left {
		if n >= l.first && !ended {
			orphans()
			ended = true
		}
		steps = append(steps, l.segment(n))
	}
	if !ended {
		orphans()
	}
	for some := range slices.Chunk(withoutSettled(batch), chunk) {
		folded := lastWritten(some)
		steps = append(steps, step{do: func(f *fold) (bool, error) { return false, f.batch(some, folded) }})
	}
	return steps, upTo, current
}

// append writes to the journal what is not there yet, in order, as far as it goes; what is left is tried again. mu is held.
func (l *Ledger) append() {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	for l.written < len(l.queue) {
		b.b = b.b[:0]
		end := l.written
		for room := l.journal.room(); end < len(l.queue) && len(b.b) < room; end++ {
			b.b = appendLine(b.b, textOf(l.queue[end].row))
		}
		at, err := l.journal.append(b.b)
		l.journaled.note(err)
		if err != nil {
			l.pen.Reset(l.journaled.wait)
			return
		}
		at.Offset -= int64(len(b.b))
		for ; l.written < end; l.written++ {
			e := &l.queue[l.written]
			at.Offset += lineLen(textOf(e.row))
			e.at = at
		}
	}
}

// segment is the step that folds one file of the journal. One that cannot be read must not hold up the rest: it is
// left out, and kept.
func (l *Ledger) segment(n uint64) step {
	var s *segment
	var unread error
	return step{
		do: func(f *fold) (more bool, err error) {
			if s == nil {
				if s, unread = readSegment(l.journal.path(n), f.meta.Folded.after(n)); unread != nil {
					s = new(segment)
				}
			}
			for range chunk {
				e, ok := s.next()
				if !ok {
					break
				}
				if err := f.entry(&e); err != nil {
					return false, err
				}
			}
			if n >= f.meta.Folded.Segment {
				f.meta.Folded = position{n, s.at}
			}
			return s.at < int64(len(s.data)), nil
		},
		then: func() {
			l.left = l.left[1:]
			l.mu.Lock()
			defer l.mu.Unlock()
			l.damage.add(s.damage)
			if unread != nil {
				l.unread = unread
				l.journal.closed = slices.DeleteFunc(l.journal.closed, func(c uint64) bool { return c == n })
			}
		},
	}
}

// lastWritten is where the journal has the last of the entries that it has. mu is held.
func lastWritten(entries []*entry) (at position) {
	for i := len(entries) - 1; i >= 0 && at.Segment == 0; i-- {
		at = entries[i].at
	}
	return at
}

// withoutSettled leaves out the beginnings of requests that have settled among the same entries: their rows are written once.
func withoutSettled(entries []entry) []*entry {
	settled := make(map[string]bool, len(entries)/2)
	for i := range entries {
		if entries[i].state != routing.Running {
			settled[entries[i].id] = true
		}
	}
	kept := make([]*entry, 0, len(entries)-len(settled))
	for i := range entries {
		if e := &entries[i]; e.state != routing.Running || !settled[e.id] {
			kept = append(kept, e)
		}
	}
	return kept
}

// batch folds entries from memory, and with them the journal up to folded.
func (f *fold) batch(entries []*entry, folded position) error {
	for _, e := range entries {
		if err := f.entry(e); err != nil {
			return err
		}
	}
	if folded.Segment != 0 {
		f.meta.Folded = folded
	}
	return nil
}

// errEmpty is a database that no ledger has written to yet.
var errEmpty = errors.New("the ledger is empty")

// bucketOf opens a bucket, and makes it where the transaction can write.
func bucketOf(tx *store.Tx, name string) (*bolt.Bucket, error) {
	if tx.Bolt().Writable() {
		return tx.Bolt().CreateBucketIfNotExists([]byte(name))
	}
	if b := tx.Bolt().Bucket([]byte(name)); b != nil {
		return b, nil
	}
	return nil, errEmpty
}

// errPeek undoes the transaction of a look at what cannot be written.
var errPeek = errors.New("undo")

// view runs a query over everything that has been accepted. Where the database cannot be written, the fold is done in a
// transaction that is undone after the query: what the disk has no room for is still shown.
func (l *Ledger) view(query func(tables) error) error {
	if l.fold() == nil {
		err := l.st.View(func(tx *store.Tx) error {
			t, err := tablesOf(tx)
			if err != nil {
				return err
			}
			return query(t)
		})
		if errors.Is(err, errEmpty) {
			return nil
		}
		return err
	}
	l.folding.Lock()
	defer l.folding.Unlock()
	steps, _, _ := l.steps()
	err := l.st.Update(func(tx *store.Tx) error {
		for _, s := range steps {
			for more := true; more; {
				var err error
				if more, err = l.run(tx, s); err != nil {
					return err
				}
			}
		}
		t, err := tablesOf(tx)
		if err == nil {
			err = query(t)
		}
		if err == nil {
			err = errPeek
		}
		return err
	})
	if errors.Is(err, errPeek) {
		return nil
	}
	return err
}
