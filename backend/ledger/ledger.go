package ledger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

const (
	writeAfter = 10 * time.Millisecond  // how long a record may wait for others to be written with
	foldEvery  = 5 * time.Second        // how long a record may wait for its fold
	foldAt     = 2000                   // records that are folded at once, without waiting
	maxQueue   = 10_000                 // records held in memory, written or not
	retryFirst = 100 * time.Millisecond // after a failed write; doubles up to retryMost
	retryMost  = 5 * time.Second
)

// Ledger is the durable record of requests. All methods are safe for concurrent use.
type Ledger struct {
	st     *store.Store
	update func(func(*store.Tx) error) error // st.Update
	pins   pins

	// folding is held by whoever moves entries from the queue to the database; it is taken before mu.
	folding sync.Mutex
	left    []uint64 // segments that must be folded from disk: an earlier run's, or ones the queue had no room for
	orphans bool     // rows of earlier runs may still be running
	first   uint64   // segments below are of earlier runs

	mu        sync.Mutex // guards what follows
	journal   journal
	queue     []entry  // accepted and not yet folded, in order; folds read it without mu, but not an entry's at
	written   int      // queue[:written] are in the journal
	overflow  []uint64 // segments of written entries that the queue had no room for
	accepted  uint64   // entries ever accepted
	room      int      // most entries in the queue
	lost      int64    // entries dropped because nothing could be written for too long
	damage    damage   // met in segments
	unread    error    // why a segment could not be read; it stays where it is
	journaled failure
	folded    failure
	closed    bool
	pen       *time.Timer // runs write; set while something waits in the queue for the journal

	wake chan struct{} // something waits in an empty queue, or the worker should look again
	full chan struct{} // foldAt entries wait
	stop chan struct{}
	done chan struct{}
}

// entry is one record on its way: accepted, perhaps in the journal, not yet in the database.
type entry struct {
	fact
	row []byte   // as the database will have it
	seq uint64   // counts the entries accepted, from 1
	at  position // where its line ends in the journal; zero while it is not there
}

// failure is a kind of write that does not work at the moment.
type failure struct {
	err   error
	wait  time.Duration
	retry time.Time
}

func (f *failure) note(err error) {
	if err == nil {
		*f = failure{}
		return
	}
	f.err, f.wait = err, min(max(2*f.wait, retryFirst), retryMost)
	f.retry = time.Now().Add(f.wait)
}

// Open opens the ledger in the data folder dir: rows and rollups in st, the journal in dir/journal. What an earlier
// run left in the journal is folded, and what it had begun and not settled becomes interrupted. A disk that is full
// or read-only is no error, but trouble: see [Ledger.Trouble]. Only one process may have a ledger open at a time.
func Open(dir string, st *store.Store) (*Ledger, error) {
	return open(dir, st, limits{segmentSize, maxPins, maxQueue})
}

// limits are smaller in tests.
type limits struct {
	segment int64 // bytes
	pins    int
	queue   int // records
}

func open(dir string, st *store.Store, most limits) (*Ledger, error) {
	l := &Ledger{st: st, update: st.Update, journal: journal{dir: filepath.Join(dir, "journal"), limit: most.segment}, pins: pins{limit: most.pins}, room: most.queue,
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	l.pen = time.AfterFunc(writeAfter, l.write)
	found, err := l.journal.scan()
	if err != nil {
		return nil, fmt.Errorf("cannot read the ledger's journal: %w. Make the folder readable for your user", err)
	}
	if len(found) > 0 {
		l.journal.number = found[len(found)-1]
	}
	var folded position
	err = st.View(func(tx *store.Tx) error {
		t, err := tablesOf(tx)
		if err != nil {
			return err
		}
		m, err := t.meta()
		folded = m.Folded
		l.orphans = len(found) > 0 || t.anyRunning()
		l.pins.load(t.pins)
		return err
	})
	if errors.Is(err, errEmpty) {
		l.orphans = len(found) > 0
	} else if err != nil {
		return nil, fmt.Errorf("cannot read the ledger: %w", err)
	}
	l.journal.number = max(l.journal.number, folded.Segment)
	for _, n := range found { // pins are answered from memory, also while the database cannot be written
		s, err := readSegment(l.journal.path(n), folded.after(n))
		if err != nil {
			continue // the fold will tell
		}
		for e, ok := s.next(); ok; e, ok = s.next() {
			l.remember(&e)
		}
	}
	l.left, l.first = found, l.journal.number+1
	l.journal.closed = slices.Clone(found)
	_ = l.fold() // a failure is told by Trouble, and tried again
	go l.work()
	return l, nil
}

// Begin records that a request has begun: as running, without its candidates and attempts, which the settled
// record will have. Soon after it returns, well within 50 ms, the record survives a kill -9 of this process, unless
// [Ledger.Trouble] says otherwise.
func (l *Ledger) Begin(r *routing.Record) {
	b := *r
	b.State = routing.Running
	b.Candidates, b.Excluded, b.Attempts, b.Issued = nil, nil, nil, nil
	b.Usage, b.Cost, b.Parts, b.Against = protocol.Usage{}, routing.Cost{}, routing.Parts{}, nil
	l.accept(&b)
}

// Settle records what a request has come to, with the same promise as Begin. The first settlement of a request stands.
// r may be changed or reused afterwards.
func (l *Ledger) Settle(r *routing.Record) {
	s := *r
	if s.State == routing.Running || s.State == "" {
		s.State = routing.Failed // settled means that it has ended
	}
	l.accept(&s)
}

func (l *Ledger) accept(r *routing.Record) {
	r.Start, r.End = r.Start.UTC(), r.End.UTC()
	if r.ID == "" || len(r.ID) > maxID {
		r.ID = routing.NewID(r.Start) // a record without an id is worth keeping all the same
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	var err error
	if b.b, err = appendRow(b.b[:0], r); err != nil {
		clean := presentable(*r)
		r = &clean
		b.b, err = appendRow(b.b[:0], r)
	}
	e := entry{fact: headOf(r), row: slices.Clone(b.b)}
	if r.State != routing.Running { // else it is counted when it has come to something
		e.book(r)
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.closed {
		l.lost++
		return
	}
	l.accepted++
	e.seq = l.accepted
	l.makeRoom()
	if l.written == len(l.queue) {
		l.pen.Reset(writeAfter)
	}
	l.queue = append(l.queue, e)
	l.remember(&e)
	switch len(l.queue) {
	case 1:
		nudge(l.wake)
	case foldAt:
		nudge(l.full)
	}
}

// makeRoom keeps the queue within its bound while the database cannot be written. Entries that are in the journal are
// safe there: they leave memory. Of the others the oldest is lost. mu is held.
func (l *Ledger) makeRoom() {
	if len(l.queue) < l.room {
		return
	}
	if !time.Now().Before(l.journaled.retry) {
		l.append()
	}
	if l.written > 0 {
		l.spill()
		return
	}
	l.lost++
	l.queue = l.queue[1:]
}

// write appends to the journal what has come since the last time: a write(2) for each record would cost as much as all
// else that the ledger does while somebody waits.
func (l *Ledger) write() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.append()
	}
}

// spill drops the written entries from memory; their segments will be read again. mu is held.
func (l *Ledger) spill() {
	for _, e := range l.queue[:l.written] {
		if n := len(l.overflow); n == 0 || l.overflow[n-1] != e.at.Segment {
			l.overflow = append(l.overflow, e.at.Segment)
		}
	}
	l.journal.roll() // so that what is read again is whole
	l.queue = l.queue[l.written:]
	l.written = 0
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// remember puts the pins of an entry into memory.
func (l *Ledger) remember(e *entry) {
	for _, ref := range e.issued {
		l.pins.put(pinName(ref), e.account())
	}
}

// account is the one that had the last word.
func (f *fact) account() string { return f.shares[len(f.shares)-1].account }

// work folds what is accepted, and tries again what failed, until the ledger is closed. It sleeps while nothing waits.
func (l *Ledger) work() {
	defer close(l.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, idle := l.pause()
		if idle {
			select {
			case <-l.wake:
				continue
			case <-l.stop:
				return
			}
		}
		timer.Reset(wait)
		full := l.full
		if wait > foldEvery {
			full = nil // it failed: more work is no reason to try sooner
		}
		select {
		case <-timer.C:
		case <-full:
		case <-l.stop:
			return
		}
		_ = l.fold()
	}
}

// pause is how long the worker waits before its next fold; idle: until there is something to do.
func (l *Ledger) pause() (wait time.Duration, idle bool) {
	l.folding.Lock()
	behind := len(l.left) > 0
	l.folding.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 && !behind && len(l.overflow) == 0 {
		return 0, true
	}
	return max(foldEvery, l.folded.wait), false
}

// Flush folds everything that has been accepted. It returns the error of a disk that cannot be written; then nothing
// is lost, and the ledger goes on trying by itself.
func (l *Ledger) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.fold()
}

// Close folds what is left and ends the worker. Requests still running will appear as interrupted. The store stays open.
// An error says what could not be saved, where anything could not.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	<-l.done
	err := l.fold()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pen.Stop()
	l.journal.roll()
	if err == nil {
		l.journal.forget(l.journal.number + 1)
		return nil
	}
	if n := len(l.queue) - l.written; n > 0 {
		return fmt.Errorf("%d records of requests are lost: %w", n, err)
	}
	return nil // what the database does not have is in the journal, and the next start will fold it
}

// Trouble says in a few sentences what keeps the ledger from being written or read whole; "" where nothing does.
func (l *Ledger) Trouble() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if l.journaled.err != nil {
		say("The record of requests cannot be written: %v. Free space on that disk, or make the folder writable.", l.journaled.err)
		if n := len(l.queue) - l.written; n > 0 {
			say("%d entries are held in memory, and will be written as soon as it works again.", n)
		}
	}
	if l.folded.err != nil {
		say("The database does not take the record of requests: %v", l.folded.err)
		if l.written > 0 {
			say("Meanwhile it is kept in %s.", l.journal.dir)
		}
	}
	if l.lost > 0 {
		say("%d entries of the record of requests are lost.", l.lost)
	}
	if l.damage.bad > 0 {
		say("%d damaged lines in %s were left out.", l.damage.bad, l.journal.dir)
	}
	if l.unread != nil {
		say("A part of the record of requests cannot be read: %v. It is left where it is, and tried again at the next start.", l.unread)
	}
	return strings.Join(all, " ")
}

// Pin notes in memory that an account issued this state, ahead of the record that will keep it.
func (l *Ledger) Pin(issued []protocol.Ref, account string) {
	for _, ref := range issued {
		l.pins.put(pinName(ref), account)
	}
}

// Account is the id of the account that issued this state, where it is known. It answers from memory.
func (l *Ledger) Account(ref protocol.Ref) (string, bool) { return l.pins.get(ref) }
