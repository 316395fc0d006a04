package catalog

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"sync"
	"time"

	"metapi/backend/network"
	"metapi/backend/protocol"
	"metapi/backend/provider"
)

// When accounts are scanned. Each time is moved by up to a tenth either way, so that many accounts at one host do not
// call at once; which way follows from the account and the last scan, and is the same however often it is asked.
const (
	scanEvery   = 6 * time.Hour
	retryFirst  = time.Minute     // after a failure; doubled with each further one, up to scanEvery
	settle      = 2 * time.Second // nothing is scanned sooner after the start, or after an account is first seen
	spread      = 6 * time.Second // over which the first scans are spread
	lookAgain   = 5 * time.Minute // at the latest: timers stand still while a computer sleeps
	scanAtOnce  = 4               // scheduled scans; what a person asks for does not wait
	scanTimeout = 90 * time.Second
)

// Errors of [Refresher.Scan].
var (
	ErrNoAccount  = errors.New("there is no such account; metapi accounts list shows those there are")
	ErrSuperseded = errors.New("the account was changed or removed while it was scanned; scan it again")
	ErrClosed     = errors.New("no scan, since Metapi is shutting down")
)

// ScanAccount is what the Refresher must know of an account.
type ScanAccount struct {
	ID, Provider, BaseURL string
	Paused                bool // not scanned on schedule
}

// Lister asks an account what it offers.
type Lister interface {
	List(ctx context.Context, providerID string, c provider.Credential) provider.Listing
}

// ProviderLister lists through the provider's own adapter, the way that requests go.
type ProviderLister struct {
	Client func(network.Choice) (provider.Doer, error)
}

// List implements [Lister].
func (l ProviderLister) List(ctx context.Context, providerID string, c provider.Credential) provider.Listing {
	p, ok := provider.Get(providerID)
	if !ok {
		return provider.Listing{Outcome: provider.OutcomeUnparsable, At: time.Now(), Err: &protocol.Error{Kind: protocol.Unsupported,
			Message: fmt.Sprintf("This version of Metapi does not know the provider %q: update Metapi, or remove the account.", providerID)}}
	}
	client, trouble := l.client(c)
	if trouble != nil {
		return provider.Listing{Outcome: provider.OutcomeUnreachable, At: time.Now(), Err: trouble}
	}
	return p.List(ctx, client, c)
}

// client is who calls an account's host, by the way that leads there.
func (l ProviderLister) client(c provider.Credential) (provider.Doer, *protocol.Error) {
	client, err := l.Client(c.Way)
	if err != nil {
		return nil, &protocol.Error{Kind: protocol.Network, Message: "The account's proxy cannot be used: " + err.Error() + "."}
	}
	return client, nil
}

// credential is what an account's host is asked with; where it cannot be had, outcome and trouble say why.
func credential(ctx context.Context, a ScanAccount, secret func(context.Context, string) (string, error),
	way func(context.Context, string) (network.Choice, error)) (c provider.Credential, outcome provider.Outcome, trouble *protocol.Error) {
	c.BaseURL = a.BaseURL
	var err error
	if c.Secret, err = secret(ctx, a.ID); err != nil {
		return c, OutcomeNoSecret, &protocol.Error{Kind: protocol.KeyRefused,
			Message: "The account's key could not be read: " + strings.TrimSuffix(err.Error(), ".") + "."}
	}
	if way == nil {
		return c, "", nil
	}
	if c.Way, err = way(ctx, a.ID); err != nil {
		return c, provider.OutcomeUnreachable, &protocol.Error{Kind: protocol.Network,
			Message: "The account was not asked: " + strings.TrimSuffix(err.Error(), ".") + "."}
	}
	return c, "", nil
}

// RefresherConfig is what a [Refresher] works with. All but Way, OnChange and Listed must be given.
type RefresherConfig struct {
	Offers   *Offers
	Accounts func() ([]ScanAccount, error)                                     // all accounts
	Secret   func(ctx context.Context, account string) (string, error)         // by account id
	Way      func(ctx context.Context, account string) (network.Choice, error) // how it is reached; nil: as the system says
	Lister   Lister
	OnChange func()               // called after each scan that changed what is on offer, from any goroutine
	Listed   func(account string) // nil or called after each scan that went through, likewise
}

// Refresher keeps the offers of all accounts up to date: on a schedule while [Refresher.Run] runs, and on demand through
// [Refresher.Scan]. An account is never scanned twice at once. Safe for concurrent use.
type Refresher struct {
	RefresherConfig
	life  context.Context
	end   context.CancelFunc
	wake  chan struct{}
	slots chan struct{}
	all   sync.WaitGroup

	mu      sync.Mutex // guards what follows, and that nothing is written for a scan that was dropped
	closed  bool
	flights map[string]*flight
	seen    map[string]time.Time // when the schedule first saw an account
	unkept  map[string]time.Time // when a scan left nothing in the store, so that it is not tried again at once
}

// flight is a scan under way.
type flight struct {
	done    chan struct{} // closed when the next two are set
	scan    Scan
	err     error
	cancel  context.CancelFunc
	dropped bool
}

// NewRefresher makes a Refresher. It does nothing until it is run or asked; Close it in the end.
func NewRefresher(c RefresherConfig) *Refresher {
	r := &Refresher{RefresherConfig: c, wake: make(chan struct{}, 1), slots: make(chan struct{}, scanAtOnce),
		flights: map[string]*flight{}, seen: map[string]time.Time{}, unkept: map[string]time.Time{}}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// Scan lists an account's models now, paused or not, and returns how that went; where the account is being scanned
// already, it waits for that scan. A scan that failed is no error: its outcome and message say so. The error is
// ErrNoAccount, ErrSuperseded, ErrClosed, that of ctx, or the store's. When ctx ends the scan itself goes on.
func (r *Refresher) Scan(ctx context.Context, account string) (Scan, error) {
	f, err := r.start(ctx, account, func() {})
	if err != nil {
		return Scan{}, err
	}
	select {
	case <-f.done:
		return f.scan, f.err
	case <-ctx.Done():
		return Scan{}, ctx.Err()
	}
}

// Forget drops the scan of an account that may be under way, so that nothing of it is stored after Forget returns. Call it
// when an account's key or base URL has changed (then Scan it), and before Offers.Remove when it is removed.
func (r *Refresher) Forget(account string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.flights[account]; f != nil {
		f.dropped = true
		f.cancel()
		delete(r.flights, account)
	}
	delete(r.seen, account)
	delete(r.unkept, account)
}

// Kick makes the schedule look at the accounts again. Call it when one was added, changed or resumed.
func (r *Refresher) Kick() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run keeps the schedule until ctx ends.
func (r *Refresher) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-r.wake:
		}
		timer.Reset(r.round(ctx))
	}
}

// Close ends the scans under way, and waits for them. Nothing of them is stored.
func (r *Refresher) Close() {
	r.mu.Lock()
	r.closed = true
	for _, f := range r.flights {
		f.dropped = true
	}
	r.mu.Unlock()
	r.end()
	r.all.Wait()
}

// round starts the scans that are due, as far as there are slots, and says how long nothing will be. An account that had
// to wait for a slot gets it through the wake-up at the end of a scan.
func (r *Refresher) round(ctx context.Context) time.Duration {
	accounts, err := r.Accounts()
	if err != nil {
		return retryFirst
	}
	scans, err := r.Offers.Scans()
	if err != nil {
		return retryFirst
	}
	now := time.Now()
	wait := lookAgain
	for _, a := range accounts {
		if a.Paused {
			continue
		}
		due, flying := r.due(a.ID, scans[a.ID], now)
		if flying {
			continue
		}
		if left := due.Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		select {
		case r.slots <- struct{}{}:
		default:
			return wait
		}
		free := func() { <-r.slots; r.Kick() }
		if _, err := r.start(ctx, a.ID, free); err != nil {
			free()
		}
	}
	return wait
}

// due says when an account is to be scanned next, and whether it is being scanned.
func (r *Refresher) due(account string, last Scan, now time.Time) (due time.Time, flying bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first, ok := r.seen[account]
	if !ok {
		first = now
		r.seen[account] = now
	}
	due = first.Add(settle + time.Duration(chance(account, first)*float64(spread)))
	if !last.At.IsZero() && !last.At.After(now.Add(time.Minute)) { // a scan in the future: the clock was set back
		if next := last.At.Add(jitter(account, last)); next.After(due) {
			due = next
		}
	}
	if failed, ok := r.unkept[account]; ok {
		if next := failed.Add(lookAgain); next.After(due) {
			due = next
		}
	}
	return due, r.flights[account] != nil
}

// jitter is the time from a scan to the next one.
func jitter(account string, last Scan) time.Duration {
	every := scanEvery
	if !last.Good() {
		every = min(scanEvery, time.Duration(float64(retryFirst)*math.Pow(2, float64(min(last.Failures, 20)-1))))
	}
	return time.Duration(float64(every) * (0.9 + 0.2*chance(account, last.At)))
}

// chance is a figure from 0 to 1 that follows from an account and a time.
func chance(account string, t time.Time) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, account, t.UnixNano())
	return float64(h.Sum64()>>11) / (1 << 53)
}

// start begins a scan, or joins the one under way; then after is called at once.
func (r *Refresher) start(ctx context.Context, account string, after func()) (*flight, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if f := r.flights[account]; f != nil {
		defer after()
		return f, nil
	}
	f := &flight{done: make(chan struct{})}
	// The scan outlives the caller who asked for it, since others may join; what the caller says about the keychain
	// (whether a person may be asked) goes with it.
	ctx, f.cancel = context.WithTimeout(context.WithoutCancel(ctx), scanTimeout)
	stop := context.AfterFunc(r.life, f.cancel)
	r.flights[account] = f
	r.all.Go(func() {
		defer after()
		defer stop()
		defer f.cancel()
		r.fly(ctx, account, f)
	})
	return f, nil
}

func (r *Refresher) fly(ctx context.Context, account string, f *flight) {
	l, err := r.list(ctx, account)

	r.mu.Lock()
	switch {
	case f.dropped && r.closed:
		f.err = ErrClosed
	case f.dropped:
		f.err = ErrSuperseded
	case err != nil:
		f.err = err
	default:
		f.scan, f.err = r.Offers.Record(account, l, time.Now())
	}
	if f.err != nil && !f.dropped {
		r.unkept[account] = time.Now()
	}
	if r.flights[account] == f {
		delete(r.flights, account)
	}
	r.mu.Unlock()

	if f.err == nil && f.scan.Changed && r.OnChange != nil {
		r.OnChange() // before anyone is told, so that who waited for the scan finds its models in use
	}
	if f.err == nil && f.scan.Good() && r.Listed != nil {
		r.Listed(account)
	}
	close(f.done)
}

// list asks the account. The error means that there was nothing to ask.
func (r *Refresher) list(ctx context.Context, account string) (provider.Listing, error) {
	accounts, err := r.Accounts()
	if err != nil {
		return provider.Listing{}, err
	}
	for _, a := range accounts {
		if a.ID != account {
			continue
		}
		c, outcome, trouble := credential(ctx, a, r.Secret, r.Way)
		if trouble != nil {
			return provider.Listing{Outcome: outcome, At: time.Now(), Err: trouble}, nil
		}
		return r.Lister.List(ctx, a.Provider, c), nil
	}
	return provider.Listing{}, ErrNoAccount
}
