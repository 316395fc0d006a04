package ledger

import (
	"time"

	"metapi/backend/routing"
)

// Walk visits the records of requests begun at or after a time, oldest first, until visit returns an error. It reads a page at a time: the database
// is not held, and no more than a page is in memory.
func (l *Ledger) Walk(since time.Time, visit func(*routing.Record) error) error {
	q := Query{Since: since, Oldest: true, Limit: maxLimit}
	for {
		rows, next, err := l.Requests(q)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := visit(&rows[i]); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.Cursor = next
	}
}
