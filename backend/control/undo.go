package control

import (
	"context"
	"fmt"
	"sync"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
)

// undoLife is how long a removed account can be brought back. Until then its key is in memory, where it was anyway, and
// nowhere else.
const undoLife = 10 * time.Minute

// removed is an account that can be brought back.
type removed struct {
	at      time.Time
	account account.Account
	secret  string
	proxy   string // the password of its proxy
	offers  []catalog.Offer
	scan    catalog.Scan
	balance catalog.Balance
	pinned  []account.Client // to it
}

// undo holds the accounts that were removed lately. The zero value is ready.
type undo struct {
	mu   sync.Mutex
	held map[string]*removed // by id
}

func (u *undo) hold(r *removed) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held == nil {
		u.held = map[string]*removed{}
	}
	r.at = time.Now()
	u.held[r.account.ID] = r
	time.AfterFunc(undoLife, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.held[r.account.ID] == r { // else it was brought back; and if it is here again, it was removed again
			delete(u.held, r.account.ID)
		}
	})
}

func (u *undo) take(id string) (*removed, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	r, ok := u.held[id]
	delete(u.held, id)
	return r, ok
}

// putBack holds again what was taken and could not be brought back, for as long as it was to be held.
func (u *undo) putBack(r *removed) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(r.at) < undoLife {
		u.held[r.account.ID] = r
	}
}

// restoreAccount brings back an account that was removed in the last ten minutes, as it was.
func (s *Service) restoreAccount(ctx context.Context, in *idInput) (Account, error) {
	r, ok := s.undo.take(in.ID)
	if !ok {
		return Account{}, NewProblem(NotFound, "This account can no longer be brought back.", "Add it anew, with its key.")
	}
	a, err := s.Accounts.Restore(ctx, r.account, r.secret, r.proxy)
	if err != nil {
		s.undo.putBack(r)
		return Account{}, err
	}
	if err := s.Offers.Restore(a.ID, r.offers, r.scan); err != nil {
		return Account{}, fmt.Errorf("the account is back, but not its models: %w", err)
	}
	if err := s.Balances.Restore(r.balance); err != nil {
		return Account{}, fmt.Errorf("the account is back, but not its balance: %w", err)
	}
	if err := s.pinAgain(r.pinned, a.ID); err != nil {
		return Account{}, fmt.Errorf("the account is back, but not what was pinned to it: %w", err)
	}
	s.offersChanged()
	s.Log.Info("account brought back", "account", a.Slug)
	return s.showAccount(a)
}
