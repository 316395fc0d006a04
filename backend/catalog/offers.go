package catalog

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"metapi/backend/provider"
	"metapi/backend/store"
)

// OutcomeNoSecret is the outcome of a scan that never began, because the account's key could not be read from where
// secrets are kept.
const OutcomeNoSecret provider.Outcome = "no-secret"

// Scan is the last attempt to list what an account offers.
type Scan struct {
	Account  string           `json:"account"` // account id
	Outcome  provider.Outcome `json:"outcome"`
	Message  string           `json:"message,omitempty"` // what went wrong and what to do, for a person; empty when all is well
	At       time.Time        `json:"at"`
	LastGood time.Time        `json:"last_good,omitzero"` // the last scan that went through
	Failures int              `json:"failures,omitempty"` // in a row
	Models   int              `json:"models"`             // on offer after it
	Changed  bool             `json:"changed,omitempty"`  // it changed what is on offer
}

// Good reports whether the scan went through.
func (s Scan) Good() bool { return wentThrough(s.Outcome) }

// Words says in a sentence or two how the scan went, and what is still on offer in spite of it.
func (s Scan) Words(now time.Time) string {
	switch {
	case s.At.IsZero():
		return "Not scanned yet."
	case s.Outcome == provider.OutcomeOK:
		return fmt.Sprintf("%s, listed %s.", models(s.Models), ago(now.Sub(s.At)))
	case s.Good():
		return s.Message
	case s.Models > 0 && !s.LastGood.IsZero():
		stay := fmt.Sprintf("%s of %s stay in use.", models(s.Models), ago(now.Sub(s.LastGood)))
		return s.Message + " " + stay
	}
	return s.Message
}

func models(n int) string {
	if n == 1 {
		return "1 model"
	}
	return fmt.Sprintf("%d models", n)
}

func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

var (
	offersBucket = store.NewBucket[[]Offer]("offers") // by account id
	scansBucket  = store.NewBucket[Scan]("scans")     // by account id
)

// Offers keeps in the store what each account offers, and how its last scan went. Safe for concurrent use.
//
// What was read once stays in memory: a hundred accounts with hundreds of models each are megabytes of JSON, which each change and each look
// at the state of things would have to read again.
type Offers struct {
	st *store.Store

	mu      sync.Mutex
	held    map[string][]Offer // by account, as Get gives them out
	changes int                // so that nothing is held that was read before a change
}

// NewOffers keeps offers in a store.
func NewOffers(st *store.Store) *Offers { return &Offers{st: st, held: map[string][]Offer{}} }

// Get returns what an account offers, sorted by name, those that are gone included. The slice is shared and must not be changed.
func (s *Offers) Get(account string) (offers []Offer, err error) {
	s.mu.Lock()
	offers, ok := s.held[account]
	changes := s.changes
	s.mu.Unlock()
	if ok {
		return offers, nil
	}
	err = s.st.View(func(tx *store.Tx) error {
		offers, _, err = offersBucket.Get(tx, account)
		return err
	})
	if err != nil {
		return nil, err
	}
	offers = withModels(offers)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == changes {
		s.held[account] = offers
	}
	return offers, nil
}

// changed forgets what was held of an account. It is called after the store has changed.
func (s *Offers) changed(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	delete(s.held, account)
}

// Put stores an account's offers in place of those before. Discovery uses [Offers.Record], which never loses any.
func (s *Offers) Put(account string, offers []Offer) error {
	defer s.changed(account)
	return s.st.Update(func(tx *store.Tx) error { return offersBucket.Put(tx, account, offers) })
}

// Scan returns how the last scan of an account went; one with a zero At where there was none.
func (s *Offers) Scan(account string) (scan Scan, err error) {
	err = s.st.View(func(tx *store.Tx) error {
		scan, _, err = scansBucket.Get(tx, account)
		return err
	})
	return scan, err
}

// Scans returns the last scan of each account that has had one.
func (s *Offers) Scans() (scans map[string]Scan, err error) {
	scans = map[string]Scan{}
	err = s.st.View(func(tx *store.Tx) error {
		return scansBucket.Each(tx, "", func(account string, scan Scan) error {
			scans[account] = scan
			return nil
		})
	})
	return scans, err
}

// Record merges a listing into what an account offers, and notes the scan, in one transaction.
func (s *Offers) Record(account string, l provider.Listing, now time.Time) (Scan, error) {
	scan := Scan{Account: account, Outcome: l.Outcome, At: now}
	if l.Err != nil {
		scan.Message = l.Err.Message
	}
	defer s.changed(account)
	err := s.st.Update(func(tx *store.Tx) error {
		last, _, err := scansBucket.Get(tx, account)
		if err != nil {
			return err
		}
		old, _, err := offersBucket.Get(tx, account)
		if err != nil {
			return err
		}
		offers := Merge(account, old, l, now)
		scan.Changed, scan.Models = differ(old, offers), 0
		for _, o := range offers {
			if o.Offered() {
				scan.Models++
			}
		}
		scan.LastGood, scan.Failures = now, 0
		if !scan.Good() {
			scan.LastGood, scan.Failures = last.LastGood, last.Failures+1
		}
		if err := offersBucket.Put(tx, account, offers); err != nil {
			return err
		}
		return scansBucket.Put(tx, account, scan)
	})
	return scan, err
}

// Restore puts back what [Offers.Remove] has forgotten.
func (s *Offers) Restore(account string, offers []Offer, scan Scan) error {
	defer s.changed(account)
	return s.st.Update(func(tx *store.Tx) error {
		if err := offersBucket.Put(tx, account, offers); err != nil {
			return err
		}
		return scansBucket.Put(tx, account, scan)
	})
}

// Remove forgets an account.
func (s *Offers) Remove(account string) error {
	defer s.changed(account)
	return s.st.Update(func(tx *store.Tx) error {
		if err := offersBucket.Delete(tx, account); err != nil {
			return err
		}
		return scansBucket.Delete(tx, account)
	})
}

func withModels(offers []Offer) []Offer {
	for i := range offers {
		offers[i].Model = Embedded().ID(offers[i].Name)
	}
	return slices.Clip(offers)
}
