package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

// The buckets, and what is in them:
//
//	requests     id -> row: the format, the state, and the JSON of the record
//	requests_by  c, m, a or s; client, model, account or state; 0; id -> nothing
//	rollups      h hour -> Totals
//	             g hour client 0 account 0 model -> Totals
//	             s hour client 0 session -> Totals
//	             p hour client 0 session -> Totals, of rows that were pruned and that an older Metapi had made
//	             e hour model -> Misses
//	pins         r kind 0 id -> sequence, account
//	             s sequence -> kind 0 id
//	             meta -> where the fold is, how many pins there are
const (
	rowsBucket    = "requests"
	indexBucket   = "requests_by"
	rollupsBucket = "rollups"
	pinsBucket    = "pins"
)

const (
	byClient  = 'c'
	byModel   = 'm'
	byAccount = 'a'
	byState   = 's'

	wholeHour   = 'h'
	groupHour   = 'g'
	missHour    = 'e'
	sessionHour = 's'
	prunedHour  = 'p'
)

var metaKey = []byte("meta")

// meta changes in the transaction of what it speaks of.
type meta struct {
	Folded position `json:"folded"`
	Pins   int      `json:"pins"`

	Sessions uint32 `json:"sessions,omitempty"` // the first hour of which there are sums by session
	Pruned   uint32 `json:"pruned,omitempty"`   // the first hour whose requests are still kept one by one
}

// tables are the ledger's buckets within a transaction.
type tables struct{ rows, index, rollups, pins *bolt.Bucket }

func tablesOf(tx *store.Tx) (t tables, err error) {
	for name, b := range map[string]**bolt.Bucket{rowsBucket: &t.rows, indexBucket: &t.index, rollupsBucket: &t.rollups, pinsBucket: &t.pins} {
		if *b, err = bucketOf(tx, name); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t tables) meta() (m meta, err error) {
	if raw := t.pins.Get(metaKey); raw != nil {
		err = json.Unmarshal(raw, &m)
	}
	if m.Sessions == 0 && t.anyOf(wholeHour) && !t.anyOf(sessionHour) { // an older Metapi has filled them
		m.Sessions = hourOf(time.Now()) + 1
	}
	return m, err
}

// anyOf reports whether there are rollups of a kind.
func (t tables) anyOf(kind byte) bool {
	k, _ := t.rollups.Cursor().Seek([]byte{kind})
	return len(k) > 0 && k[0] == kind
}

// anyRunning reports whether there are rows to [fold.interrupt].
func (t tables) anyRunning() bool {
	prefix := indexKey(byState, string(routing.Running), "")
	k, _ := t.index.Cursor().Seek(prefix)
	return bytes.HasPrefix(k, prefix)
}

// fold is one transaction's worth of moving entries into the tables. Its effect is the same however often and in
// whatever portions the same entries are folded: a row only ever rises, from running to interrupted to settled,
// and the rollups move with the row and never without it.
type fold struct {
	tables
	meta    meta
	maxPins int
	changes map[string]*Totals // of rollups, gathered so that each is written once
	misses  map[string]*Misses
	key     []byte // scratch
}

func newFold(tx *store.Tx, maxPins int) (*fold, error) {
	t, err := tablesOf(tx)
	if err != nil {
		return nil, err
	}
	t.rows.FillPercent = 0.9 // keys come nearly in order: full pages instead of half-empty ones
	f := &fold{tables: t, maxPins: maxPins, changes: make(map[string]*Totals), misses: make(map[string]*Misses)}
	f.meta, err = t.meta()
	return f, err
}

// rank orders the states in the way that a row may go.
func rank(s routing.State) int {
	switch s {
	case routing.Running:
		return 1
	case routing.Interrupted:
		return 2
	}
	return 3
}

// entry folds one line.
func (f *fold) entry(e *entry) error {
	old := f.rows.Get([]byte(e.id))
	if old != nil {
		state, text, err := parseRow(old)
		if err != nil {
			return err
		}
		if rank(state) >= rank(e.state) {
			return nil // folded before
		}
		if err := f.index.Delete(indexKey(byState, string(state), e.id)); err != nil {
			return err
		}
		if state != routing.Running { // counted as interrupted, and now it turns out that it was not
			r, err := decodeRecord(text)
			if err != nil {
				return fmt.Errorf("request %s: %w", e.id, err)
			}
			was := factOf(r)
			f.count(&was, -1)
		}
	}
	if err := f.rows.Put([]byte(e.id), e.row); err != nil {
		return err
	}
	keys := []struct {
		dim   byte
		value string
	}{{byState, string(e.state)}, {byClient, e.client}, {byModel, e.model}}
	for _, k := range keys {
		if k.value != "" {
			if err := f.list(k.dim, k.value, e.id); err != nil {
				return err
			}
		}
	}
	for i := range e.shares {
		if account := e.shares[i].account; account != "" {
			if err := f.list(byAccount, account, e.id); err != nil {
				return err
			}
		}
	}
	if e.state == routing.Running {
		return nil // counted when it has come to something
	}
	f.count(&e.fact, 1)
	for _, ref := range e.issued {
		if err := f.pin(ref, e.account()); err != nil {
			return err
		}
	}
	return nil
}

// list puts a row into an index.
func (f *fold) list(dim byte, value, id string) error {
	f.key = appendIndexKey(f.key[:0], dim, value, id)
	return f.index.Put(f.key, nil) // which copies the key
}

func (f *fold) count(e *fact, sign int64) {
	hour := binary.BigEndian.AppendUint32(nil, hourOf(e.when))
	f.key = append(append(f.key[:0], wholeHour), hour...)
	sum := e.sum()
	f.add(&sum, sign)
	f.session(sessionHour, hourOf(e.when), e, &sum, sign)
	for i := range e.shares {
		s := &e.shares[i]
		f.key = append(append(f.key[:0], groupHour), hour...)
		f.key = append(append(f.key, clean(e.client)...), 0)
		f.key = append(append(f.key, clean(s.account)...), 0)
		f.key = append(f.key, clean(e.model)...)
		f.add(&s.totals, sign)
	}
	if e.miss.known {
		f.key = append(append(f.key[:0], missHour), hour...)
		f.key = append(f.key, clean(e.model)...)
		sum := f.misses[string(f.key)]
		if sum == nil {
			sum = new(Misses)
			f.misses[string(f.key)] = sum
		}
		sum.count(&e.miss, sign)
	}
}

// add adds to the rollup whose key is in f.key.
func (f *fold) add(t *Totals, sign int64) {
	sum := f.changes[string(f.key)]
	if sum == nil {
		sum = new(Totals)
		f.changes[string(f.key)] = sum
	}
	sum.add(t, sign)
}

// session adds what a request came to to the rollup of its session.
func (f *fold) session(kind byte, hour uint32, e *fact, sum *Totals, sign int64) {
	f.key = binary.BigEndian.AppendUint32(append(f.key[:0], kind), hour)
	f.key = append(append(f.key, clean(e.client)...), 0)
	f.key = append(f.key, clean(e.session)...)
	f.add(sum, sign)
}

// done writes what the fold has gathered.
func (f *fold) done() error {
	for key, change := range f.changes {
		var sum Totals
		if raw := f.rollups.Get([]byte(key)); raw != nil {
			if err := sum.parse(raw); err != nil {
				return err
			}
		}
		sum.add(change, 1)
		if err := f.rollups.Put([]byte(key), sum.append(nil)); err != nil {
			return err
		}
	}
	for key, change := range f.misses {
		var sum Misses
		if err := sum.parse(f.rollups.Get([]byte(key))); err != nil {
			return err
		}
		sum.Add(change)
		if err := f.rollups.Put([]byte(key), sum.append(nil)); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(f.meta)
	if err != nil {
		return err
	}
	return f.pins.Put(metaKey, raw)
}

// interrupt turns every running row into an interrupted one. It runs after what earlier runs left has been folded, and
// before anything of this run is: whatever is running then has nobody left to settle it.
func (f *fold) interrupt() error {
	var ids []string
	prefix := indexKey(byState, string(routing.Running), "")
	c := f.index.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		ids = append(ids, string(k[len(prefix):]))
	}
	for _, id := range ids {
		row := f.rows.Get([]byte(id))
		if row == nil {
			continue
		}
		_, text, err := parseRow(row)
		if err != nil {
			return err
		}
		r, err := decodeRecord(text)
		if err != nil {
			return fmt.Errorf("request %s: %w", id, err)
		}
		r.State = routing.Interrupted
		if text, err = json.Marshal(r); err != nil {
			return err
		}
		if err := f.entry(&entry{fact: factOf(r), row: rowOf(r.State, text)}); err != nil {
			return err
		}
	}
	return nil
}

// pin notes which account issued a piece of state, and drops the oldest beyond the limit.
func (f *fold) pin(ref protocol.Ref, account string) error {
	if account == "" {
		return nil
	}
	name := pinName(ref)
	key := append([]byte{'r'}, name...)
	if old := f.pins.Get(key); len(old) >= 8 {
		if err := f.pins.Delete(append([]byte{'s'}, old[:8]...)); err != nil {
			return err
		}
		f.meta.Pins--
	}
	n, err := f.pins.NextSequence()
	if err != nil {
		return err
	}
	seq := binary.BigEndian.AppendUint64(nil, n)
	if err := f.pins.Put(key, append(bytes.Clone(seq), account...)); err != nil {
		return err
	}
	if err := f.pins.Put(append([]byte{'s'}, seq...), []byte(name)); err != nil {
		return err
	}
	for f.meta.Pins++; f.meta.Pins > f.maxPins; f.meta.Pins-- {
		c := f.pins.Cursor()
		k, oldest := c.Seek([]byte{'s'})
		if len(k) != 9 {
			return errors.New("the pins are out of step with their count")
		}
		k, oldest = bytes.Clone(k), bytes.Clone(oldest)
		if err := f.pins.Delete(append([]byte{'r'}, oldest...)); err != nil {
			return err
		}
		if err := f.pins.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// rowFormat is the first byte of a row; the second is the state, so that it can be read without the JSON.
const (
	rowFormat = 1
	rowHead   = 2
)

var rowStates = [...]routing.State{routing.Running, routing.OK, routing.Failed, routing.Cancelled, routing.Interrupted}

func rowOf(s routing.State, text []byte) []byte {
	return append(appendRowHead(make([]byte, 0, rowHead+len(text)), s), text...)
}

// appendRow appends the row of r. The error is errNotFinite.
func appendRow(b []byte, r *routing.Record) ([]byte, error) {
	return appendRecord(appendRowHead(b, r.State), r)
}

func appendRowHead(b []byte, s routing.State) []byte {
	return append(b, rowFormat, byte(max(slices.Index(rowStates[:], s), 0)))
}

// textOf is the JSON within a row.
func textOf(row []byte) []byte { return row[rowHead:] }

func parseRow(row []byte) (routing.State, []byte, error) {
	if len(row) < rowHead || row[0] != rowFormat || int(row[1]) >= len(rowStates) {
		return "", nil, errors.New("a damaged row in the database")
	}
	return rowStates[row[1]], textOf(row), nil
}

// indexKey is the place of a row in an index; without an id, the prefix of all rows of that value.
func indexKey(dim byte, value, id string) []byte {
	return appendIndexKey(make([]byte, 0, 2+len(value)+len(id)), dim, value, id)
}

func appendIndexKey(k []byte, dim byte, value, id string) []byte {
	k = append(append(k, dim), clean(value)...)
	return append(append(k, 0), id...)
}

// clean makes a value fit to stand before a zero byte in a key. What it changes are names nobody has; a row is
// compared with the filter itself before it is returned.
func clean(v string) string {
	if len(v) > 256 {
		v = v[:256]
	}
	if strings.IndexByte(v, 0) >= 0 {
		v = strings.ReplaceAll(v, "\x00", " ")
	}
	return v
}

func hourOf(t time.Time) uint32 { return uint32(max(t.Unix(), 0) / 3600) }
