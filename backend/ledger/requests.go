package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"metapi/backend/routing"
)

const (
	defaultLimit = 50
	maxLimit     = 1000
)

// Query chooses requests. Zero fields do not narrow the choice.
type Query struct {
	Limit  int    // rows to a page: 50 where it is 0, at most 1,000
	Cursor string // where the page before ended: the next that Requests returned
	After  string // the id of a request: the page begins behind it, as after a page that ended with it
	Oldest bool   // oldest first, not newest first
	Skip   int    // rows of the choice to pass over first: cheap within an hour, see Hours

	Client  string        // a client id
	Account string        // an account id: requests that were tried there, whichever account served them in the end
	Model   string        // a canonical model
	State   routing.State //
	Since   time.Time     // begun at or after, to the millisecond
	Until   time.Time     // begun before
}

// ErrCursor is a cursor that no earlier page with the same order has returned.
var ErrCursor = errors.New("this cursor is not one that the list of requests has given out: begin again without a cursor")

// Requests returns a page of records in the order of their beginning, and the cursor of the page after it, "" where
// there is none. A cursor stays good while requests are added.
func (l *Ledger) Requests(q Query) (rows []routing.Record, next string, err error) {
	switch {
	case q.Limit <= 0:
		q.Limit = defaultLimit
	case q.Limit > maxLimit:
		q.Limit = maxLimit
	}
	last, err := q.parseCursor()
	if err != nil {
		return nil, "", err
	}
	err = l.view(func(t tables) error {
		rows, next = nil, ""
		low, high := q.bounds()
		if last != "" {
			if q.Oldest {
				low = max(low, last+"\x00")
			} else if high == "" || last < high {
				high = last
			}
		}
		skip := q.Skip
		return t.join(q, low, high, func(id []byte) (bool, error) {
			if skip > 0 {
				skip--
				return true, nil
			}
			_, text, err := parseRow(t.rows.Get(id))
			if err != nil {
				return false, err
			}
			r, err := decodeRecord(text)
			if err != nil {
				return false, fmt.Errorf("request %s: %w", id, err)
			}
			if !q.matches(r) {
				return true, nil
			}
			if len(rows) == q.Limit {
				next = q.cursor(rows[len(rows)-1].ID)
				return false, nil
			}
			rows = append(rows, *r)
			return true, nil
		})
	})
	return rows, next, err
}

// Request returns one record by its id.
func (l *Ledger) Request(id string) (r routing.Record, ok bool, err error) {
	err = l.view(func(t tables) error {
		raw := t.rows.Get([]byte(id))
		if raw == nil {
			return nil
		}
		_, text, err := parseRow(raw)
		if err != nil {
			return err
		}
		found, err := decodeRecord(text)
		if err == nil {
			r, ok = *found, true
		}
		return err
	})
	return r, ok, err
}

func (q *Query) matches(r *routing.Record) bool {
	return (q.Client == "" || q.Client == r.Client) && (q.Model == "" || q.Model == r.Model) && (q.State == "" || q.State == r.State) &&
		(q.Account == "" || slices.ContainsFunc(r.Attempts, func(a routing.Attempt) bool { return a.Account == q.Account }))
}

// bounds are the ids that the query's times allow: [low, high), where "" is no bound.
func (q *Query) bounds() (low, high string) {
	if !q.Since.IsZero() {
		low = idFloor(q.Since)
	}
	if !q.Until.IsZero() {
		high = idFloor(q.Until)
	}
	return low, high
}

// cursor is opaque to callers: the order, and the id that the page ended with.
func (q *Query) cursor(id string) string {
	order := "n"
	if q.Oldest {
		order = "o"
	}
	return base64.RawURLEncoding.EncodeToString([]byte(order + id))
}

func (q *Query) parseCursor() (id string, err error) {
	if q.Cursor == "" {
		return q.After, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(raw) < 2 || len(raw) > 1+maxID || (raw[0] == 'o') != q.Oldest || (raw[0] != 'o' && raw[0] != 'n') {
		return "", ErrCursor
	}
	return string(raw[1:]), nil
}

// join visits the ids within [low, high) that the indexes of the query's filters have in common, without reading any
// row: each list of ids is moved forward to where the furthest of the others stands, until all stand at the same id.
func (t tables) join(q Query, low, high string, visit func(id []byte) (more bool, err error)) error {
	var lists []*list
	for _, f := range []struct {
		dim   byte
		value string
	}{{byState, string(q.State)}, {byAccount, q.Account}, {byModel, q.Model}, {byClient, q.Client}} {
		if f.value != "" {
			lists = append(lists, &list{cursor: t.index.Cursor(), prefix: indexKey(f.dim, f.value, ""), back: !q.Oldest})
		}
	}
	if len(lists) == 0 {
		lists = []*list{{cursor: t.rows.Cursor(), back: !q.Oldest}}
	}
	at := []byte(low)
	if !q.Oldest {
		at = []byte(high)
	}
	id, ok := lists[0].from(at, !q.Oldest)
	for ok && (q.Oldest && (high == "" || string(id) < high) || !q.Oldest && string(id) >= low) {
		agreed := true
		for _, other := range lists[1:] {
			there, found := other.from(id, false)
			if !found {
				return nil
			}
			if !bytes.Equal(there, id) {
				id, agreed = there, false
				break
			}
		}
		if !agreed {
			id, ok = lists[0].from(id, false)
			continue
		}
		if more, err := visit(id); !more || err != nil {
			return err
		}
		id, ok = lists[0].next()
	}
	return nil
}

// near is how far a list looks step by step before it searches: a search costs as much as some ten steps, and in lists that
// are dense and have little in common the next id is a few steps away.
const near = 16

// list is a sorted list of ids within a bucket: the keys with one prefix, forwards or backwards.
type list struct {
	cursor *bolt.Cursor
	prefix []byte
	back   bool
	id     []byte // where it stands; nil before the beginning
}

// from moves the list to id, or to the next one in its direction where id is not in it or is to be left out. An empty id is
// the list's beginning.
func (l *list) from(id []byte, without bool) ([]byte, bool) {
	if l.id != nil && !without {
		for range near {
			if order := bytes.Compare(l.id, id); order == 0 || order < 0 == l.back {
				return l.id, true
			}
			if at, ok := l.next(); !ok {
				return at, ok
			}
		}
	}
	if !l.back {
		k, _ := l.cursor.Seek(append(slices.Clip(l.prefix), id...))
		return l.stand(k)
	}
	var k []byte
	if len(id) == 0 { // after all ids: no byte of an id is 0xff
		k, _ = l.cursor.Seek(append(slices.Clip(l.prefix), 0xff))
	} else {
		k, _ = l.cursor.Seek(append(slices.Clip(l.prefix), id...))
		if !without && k != nil && bytes.Equal(k[min(len(l.prefix), len(k)):], id) && bytes.HasPrefix(k, l.prefix) {
			return l.stand(k)
		}
	}
	if k == nil {
		k, _ = l.cursor.Last()
	} else {
		k, _ = l.cursor.Prev()
	}
	return l.stand(k)
}

func (l *list) next() ([]byte, bool) {
	var k []byte
	if l.back {
		k, _ = l.cursor.Prev()
	} else {
		k, _ = l.cursor.Next()
	}
	return l.stand(k)
}

func (l *list) stand(key []byte) ([]byte, bool) {
	if key == nil || !bytes.HasPrefix(key, l.prefix) {
		return nil, false
	}
	l.id = key[len(l.prefix):]
	return l.id, true
}
