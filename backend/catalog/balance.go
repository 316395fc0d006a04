package catalog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"metapi/backend/network"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/store"
)

// When balances are asked for. Nobody is asked while nothing is used: an account's balance is asked for when its models are, and when it is used
// and what is known is old.
const (
	balanceEvery   = 15 * time.Minute // while an account is used
	balanceNever   = 6 * time.Hour    // where the vendor does not tell: it may be another key by then, or another version of us
	balanceSoon    = 10 * time.Second // a question that was just answered is not asked again
	brokeFirst     = time.Minute      // after an account was refused for want of money, doubled each time, up to balanceEvery
	brokeAtMost    = 16               // times: some hours
	balancesAtOnce = 4
	balanceTimeout = 30 * time.Second
)

// Balance is what an account has left, as it was last told.
type Balance struct {
	Account string            `json:"account"`
	Amounts []provider.Amount `json:"amounts,omitempty"` // none: never told
	At      time.Time         `json:"at,omitzero"`       // when they were told
	Outcome provider.Outcome  `json:"outcome"`           // of the last time it was asked for; what was told before stays
	Message string            `json:"message,omitempty"` // for a person, where that did not go well
	Asked   time.Time         `json:"asked"`
}

var balancesBucket = store.NewBucket[Balance]("balances") // by account id

// Teller asks what an account has left.
type Teller interface {
	Balance(ctx context.Context, providerID string, c provider.Credential) provider.Balance
}

// Balance implements [Teller].
func (l ProviderLister) Balance(ctx context.Context, providerID string, c provider.Credential) provider.Balance {
	p, ok := provider.Get(providerID)
	if !ok {
		return provider.Balance{Outcome: provider.OutcomeNotOffered, At: time.Now(), Err: &protocol.Error{Kind: protocol.Unsupported,
			Message: fmt.Sprintf("This version of Metapi does not know the provider %q.", providerID)}}
	}
	client, trouble := l.client(c)
	if trouble != nil {
		return provider.Balance{Outcome: provider.OutcomeUnreachable, At: time.Now(), Err: trouble}
	}
	return p.Balance(ctx, client, c)
}

// BalancesConfig is what [Balances] work with.
type BalancesConfig struct {
	Store    *store.Store
	Accounts func() ([]ScanAccount, error)                                     // all accounts
	Secret   func(ctx context.Context, account string) (string, error)         // by account id
	Way      func(ctx context.Context, account string) (network.Choice, error) // how it is reached; nil: as the system says
	Teller   Teller
	Broke    func(account string) bool    // whether it is still left out for want of money
	Told     func(b Balance, richer bool) // called after each answer that was kept, from any goroutine; richer: there is money, and more than before
}

// Balances keeps in the store what accounts have left, and asks anew when there is a reason to. Safe for concurrent use.
type Balances struct {
	BalancesConfig
	life  context.Context
	end   context.CancelFunc
	slots chan struct{}
	all   sync.WaitGroup

	mu     sync.Mutex // guards what follows, and that nothing is written for a question that was dropped
	closed bool
	purses map[string]*purse
}

// purse is what is going on about one account's balance.
type purse struct {
	due    time.Time      // when its use is a reason to ask again
	asked  time.Time      // when it was last answered
	flight *balanceFlight // nil: nobody is asking
	poor   int            // how often it was asked since it was refused for want of money
	timer  *time.Timer    // asks again then; nil where nothing is wrong
}

type balanceFlight struct {
	done   chan struct{} // closed when the next two are set
	told   Balance
	err    error
	cancel context.CancelFunc
}

// NewBalances makes Balances. They do nothing until they are asked; Close them in the end.
func NewBalances(c BalancesConfig) *Balances {
	b := &Balances{BalancesConfig: c, slots: make(chan struct{}, balancesAtOnce), purses: map[string]*purse{}}
	b.life, b.end = context.WithCancel(context.Background())
	return b
}

// Get returns what was last told of an account; one with a zero Asked where it was never asked for.
func (b *Balances) Get(account string) (told Balance, err error) {
	err = b.Store.View(func(tx *store.Tx) error {
		told, _, err = balancesBucket.Get(tx, account)
		return err
	})
	return told, err
}

// All returns what was last told of each account.
func (b *Balances) All() (all map[string]Balance, err error) {
	all = map[string]Balance{}
	err = b.Store.View(func(tx *store.Tx) error {
		return balancesBucket.Each(tx, "", func(account string, told Balance) error {
			all[account] = told
			return nil
		})
	})
	return all, err
}

// Refresh asks now, and waits for the answer. The error is that of a [Refresher.Scan].
func (b *Balances) Refresh(ctx context.Context, account string) (Balance, error) {
	b.mu.Lock()
	f := b.ask(ctx, account)
	b.mu.Unlock()
	if f == nil {
		return Balance{}, ErrClosed
	}
	select {
	case <-f.done:
		return f.told, f.err
	case <-ctx.Done():
		return Balance{}, ctx.Err()
	}
}

// Listed says that an account's models were just listed: a good time to ask, since whoever listed them may look at it.
func (b *Balances) Listed(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.purse(account); time.Since(p.asked) >= balanceSoon {
		b.ask(b.life, account)
	}
}

// Used says that an account has served a request. It costs a look into a map, and never waits: while something is being written, the next use will do.
func (b *Balances) Used(account string) {
	if !b.mu.TryLock() {
		return
	}
	defer b.mu.Unlock()
	if !time.Now().Before(b.purse(account).due) {
		b.ask(b.life, account)
	}
}

// Spent says that an account was refused for want of money. It is asked at once, and again, ever less often, while it is left out for that.
func (b *Balances) Spent(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.purse(account)
	p.poor = 1
	if time.Since(p.asked) >= balanceSoon {
		b.ask(b.life, account)
	} else {
		b.again(account, p)
	}
}

// again sets the clock for the next question about an account that has no money.
func (b *Balances) again(account string, p *purse) {
	p.stop()
	if p.poor == 0 || p.poor > brokeAtMost {
		return
	}
	wait := min(brokeFirst<<(p.poor-1), balanceEvery)
	p.timer = time.AfterFunc(wait, func() {
		broke := b.Broke(account)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.purses[account] != p || p.poor == 0 {
			return
		}
		if p.poor++; !broke {
			p.poor = 0
			return
		}
		b.ask(b.life, account)
	})
}

func (p *purse) stop() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}

// purse is an account's, made on first use. b.mu is held.
func (b *Balances) purse(account string) *purse {
	p := b.purses[account]
	if p == nil {
		p = &purse{}
		b.purses[account] = p
	}
	return p
}

// Forget drops what was told of an account, and a question that may be under way: its key has changed, or it is removed.
func (b *Balances) Forget(account string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.purses[account]; p != nil {
		p.stop()
		if p.flight != nil {
			p.flight.cancel()
		}
		delete(b.purses, account)
	}
	return b.Store.Update(func(tx *store.Tx) error { return balancesBucket.Delete(tx, account) })
}

// Restore puts back what [Balances.Forget] has dropped.
func (b *Balances) Restore(told Balance) error {
	if told.Asked.IsZero() {
		return nil
	}
	return b.Store.Update(func(tx *store.Tx) error { return balancesBucket.Put(tx, told.Account, told) })
}

// Close ends the questions under way, and waits for them.
func (b *Balances) Close() {
	b.mu.Lock()
	b.closed = true
	for _, p := range b.purses {
		p.stop()
	}
	b.mu.Unlock()
	b.end()
	b.all.Wait()
}

// ask begins to ask, or joins who does. Nil: it is too late for that. b.mu is held.
func (b *Balances) ask(ctx context.Context, account string) *balanceFlight {
	p := b.purse(account)
	if b.closed || p.flight != nil {
		return p.flight
	}
	p.stop()
	f := &balanceFlight{done: make(chan struct{})}
	p.flight = f
	ctx, f.cancel = context.WithTimeout(context.WithoutCancel(ctx), balanceTimeout) // as with scans, others may join
	stop := context.AfterFunc(b.life, f.cancel)
	b.all.Go(func() {
		defer f.cancel()
		defer stop()
		b.fly(ctx, account, p, f)
	})
	return f
}

func (b *Balances) fly(ctx context.Context, account string, p *purse, f *balanceFlight) {
	var answer provider.Balance
	select {
	case b.slots <- struct{}{}:
		answer, f.err = b.tell(ctx, account)
		<-b.slots
	case <-ctx.Done():
		f.err = ctx.Err()
	}
	richer, kept := false, false
	b.mu.Lock()
	switch {
	case b.closed:
		f.err = ErrClosed
	case b.purses[account] != p:
		f.err = ErrSuperseded
	case f.err != nil:
	case answer.Outcome == provider.OutcomeNotOffered && answer.Err == nil: // nobody was asked: nothing to keep
		f.told = Balance{Account: account, Outcome: answer.Outcome, Asked: answer.At}
	default:
		f.told, richer, f.err = b.record(account, answer)
		kept = f.err == nil
	}
	p.flight, p.asked = nil, time.Now()
	p.due = p.asked.Add(time.Duration(float64(balanceEvery) * (0.9 + 0.2*chance(account, p.asked))))
	if answer.Outcome == provider.OutcomeNotOffered {
		p.due, p.poor = p.asked.Add(balanceNever), 0
	}
	if richer {
		p.poor = 0
	}
	if b.purses[account] == p && !b.closed {
		b.again(account, p)
	}
	b.mu.Unlock()
	if kept && b.Told != nil {
		b.Told(f.told, richer)
	}
	close(f.done)
}

// tell asks the account. The error means that there was nothing to ask.
func (b *Balances) tell(ctx context.Context, account string) (provider.Balance, error) {
	accounts, err := b.Accounts()
	if err != nil {
		return provider.Balance{}, err
	}
	for _, a := range accounts {
		if a.ID != account {
			continue
		}
		if p, ok := provider.Get(a.Provider); ok && !p.TellsBalance(a.BaseURL) { // the keychain need not be asked for it
			return provider.Balance{Outcome: provider.OutcomeNotOffered, At: time.Now()}, nil
		}
		c, outcome, trouble := credential(ctx, a, b.Secret, b.Way)
		if trouble != nil {
			return provider.Balance{Outcome: outcome, At: time.Now(), Err: trouble}, nil
		}
		return b.Teller.Balance(ctx, a.Provider, c), nil
	}
	return provider.Balance{}, ErrNoAccount
}

// record keeps an answer; one without amounts leaves those that were told before.
func (b *Balances) record(account string, answer provider.Balance) (told Balance, richer bool, err error) {
	told = Balance{Account: account, Outcome: answer.Outcome, Asked: answer.At}
	if answer.Err != nil {
		told.Message = answer.Err.Message
	}
	err = b.Store.Update(func(tx *store.Tx) error {
		before, _, err := balancesBucket.Get(tx, account)
		if err != nil {
			return err
		}
		told.Amounts, told.At = before.Amounts, before.At
		if answer.Outcome == provider.OutcomeOK {
			told.Amounts, told.At = answer.Amounts, answer.At
			richer = more(before.Amounts, answer.Amounts)
		}
		return balancesBucket.Put(tx, account, told)
	})
	return told, richer, err
}

// more reports whether there is money in a currency, and more of it than there was.
func more(before, now []provider.Amount) bool {
	for _, n := range now {
		for _, b := range before {
			if n.Currency == b.Currency && n.Value > 0 && n.Value > b.Value {
				return true
			}
		}
	}
	return false
}
