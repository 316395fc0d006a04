package snapshot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// Snapshot is one state of everything that serving a request depends on.
type Snapshot struct {
	routing.Snapshot
	Targets []*provider.Target  // by place in Accounts; nil where the account is blocked
	Ways    []http.RoundTripper // likewise: who makes its calls
	Clients []account.Client    // those whose key is in force
	Paused  bool
}

// Sources is where a snapshot is built from.
type Sources struct {
	Accounts *account.Accounts
	Offers   *catalog.Offers
	Catalog  func() *catalog.Catalog // the one in force
	Live     *live.Registry
	Mode     func() (routing.Mode, error)
	Paused   func() (bool, error)
	Worth    func() (routing.Worth, error)                                  // nil: the usual
	Opinions *live.Opinions                                                 // nil: none
	Settings func() routing.Settings                                        // nil: none
	Spent    func(account string, since time.Time) (usd float64, err error) // what an account has cost; nil: that is not known
	Way      func(context.Context, account.Account) (http.RoundTripper, error)
	Log      *slog.Logger
}

// Builder builds snapshots and publishes the newest.
type Builder struct {
	Sources
	now     atomic.Pointer[Snapshot]
	mu      sync.Mutex // serialises builds, guards targets
	targets map[string]prepared

	waiting sync.Mutex // guards next
	next    *build     // waits for its turn; nil: none does
}

// build is one that has not begun: whoever wants one until then shares it.
type build struct {
	done chan struct{}
	err  error // once done
}

// prepared is a target, and what it was made of: as long as that is the same, the keychain is not asked again.
type prepared struct {
	account account.Account
	target  *provider.Target
}

// NewBuilder returns a builder whose snapshot is empty until the first [Builder.Rebuild].
func NewBuilder(s Sources) *Builder {
	b := &Builder{Sources: s, targets: map[string]prepared{}}
	b.now.Store(&Snapshot{Snapshot: routing.Snapshot{Mode: routing.Failover, Names: catalog.NewIndex(nil, nil)}})
	return b
}

// Load returns the newest snapshot. It takes no lock.
func (b *Builder) Load() *Snapshot { return b.now.Load() }

// Rebuild builds and publishes a snapshot. On an error the one before stays. An account whose key cannot be read is in
// it all the same, blocked, with the reason. Where many change something at once, as when all accounts are scanned, they
// share a build that begins after their change.
func (b *Builder) Rebuild(ctx context.Context) error {
	b.waiting.Lock()
	mine := b.next
	if mine != nil {
		b.waiting.Unlock()
		<-mine.done
		return mine.err
	}
	mine = &build{done: make(chan struct{})}
	b.next = mine
	b.waiting.Unlock()
	defer close(mine.done)

	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting.Lock()
	b.next = nil // what changes from here on may come too late for this one
	b.waiting.Unlock()
	mine.err = b.rebuild(ctx)
	return mine.err
}

func (b *Builder) rebuild(ctx context.Context) error {
	s := &Snapshot{}
	var err error
	if s.Mode, err = b.Mode(); err != nil {
		return fmt.Errorf("read the mode: %w", err)
	}
	if s.Paused, err = b.Paused(); err != nil {
		return fmt.Errorf("read whether Metapi is paused: %w", err)
	}
	if b.Worth != nil {
		w, err := b.Worth()
		if err != nil {
			return fmt.Errorf("read what answers are worth: %w", err)
		}
		s.Worth = &w
	}
	accounts, err := b.Accounts.List()
	if err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	offers := make([][]catalog.Offer, len(accounts))
	clients, err := b.Accounts.Clients()
	if err != nil {
		return fmt.Errorf("read the local keys: %w", err)
	}
	for _, c := range clients {
		if c.Live() {
			s.Clients = append(s.Clients, c)
		}
	}
	b.addAccounts(ctx, s, accounts)
	for i, a := range accounts {
		if offers[i], err = b.Offers.Get(a.ID); err != nil {
			return fmt.Errorf("read the models on offer: %w", err)
		}
	}
	var set routing.Settings
	if b.Settings != nil {
		set = b.Settings()
	}
	if err := b.limit(s, &set); err != nil {
		return err
	}
	b.addDeployments(s, accounts, offers, &set)
	s.Rules = routing.NewRules(&set, s.Names)
	b.now.Store(s)
	return nil
}

// addAccounts prepares the accounts, in the user's order.
func (b *Builder) addAccounts(ctx context.Context, s *Snapshot, accounts []account.Account) {
	account.Sort(accounts)
	kept := make(map[string]prepared, len(accounts))
	s.Accounts = make([]routing.Account, len(accounts))
	s.Targets = make([]*provider.Target, len(accounts))
	s.Ways = make([]http.RoundTripper, len(accounts))
	for i, a := range accounts {
		ra := &s.Accounts[i]
		*ra = routing.Account{ID: a.ID, Slug: a.Slug, Provider: a.Provider, Pool: a.Pool}
		target, err := b.target(ctx, a)
		if err == nil {
			s.Ways[i], err = b.Way(ctx, a)
		}
		if err != nil {
			ra.Blocked = err.Error()
			b.Log.Warn("account cannot be used", "account", a.Slug, "error", err)
			continue
		}
		kept[a.ID] = prepared{a, target}
		ra.Host = target.Host()
		if a.Paused {
			ra.Blocked = "the account is paused"
			continue
		}
		s.Targets[i] = target
	}
	b.targets = kept
}

// limit adds how much of each account the user wants used.
func (b *Builder) limit(s *Snapshot, set *routing.Settings) (err error) {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		spent := func(since time.Time) (float64, error) {
			if b.Spent == nil {
				return 0, nil
			}
			return b.Spent(a.ID, since)
		}
		if a.Limits, err = routing.NewLimits(set, a.Slug, b.Live.Meter(a.ID), time.Now(), spent); err != nil {
			return fmt.Errorf("the caps of %s: %w", a.Slug, err)
		}
	}
	return nil
}

// target prepares an account for calls, from memory where nothing has changed.
func (b *Builder) target(ctx context.Context, a account.Account) (*provider.Target, error) {
	p, ok := provider.Get(a.Provider)
	if !ok {
		return nil, fmt.Errorf("no provider %q is known", a.Provider)
	}
	if old, ok := b.targets[a.ID]; ok && old.target.Provider() == p && old.account.BaseURL == a.BaseURL && old.account.KeyChanged.Equal(a.KeyChanged) {
		return old.target, nil
	}
	secret, err := b.Accounts.Secret(ctx, a.ID)
	if err != nil {
		return nil, fmt.Errorf("its key cannot be read: %w", err)
	}
	return p.Target(provider.Credential{BaseURL: a.BaseURL, Secret: secret})
}

// addDeployments joins what the accounts offer with what the catalog knows.
func (b *Builder) addDeployments(s *Snapshot, accounts []account.Account, offers [][]catalog.Offer, set *routing.Settings) {
	n := len(accounts)
	for _, list := range offers {
		n += len(list)
	}
	known := b.Catalog()
	entries := make([]catalog.Entry, 0, n)
	s.Deployments = make([]routing.Deployment, 0, n)
	for i := range s.Accounts {
		a := &s.Accounts[i]
		var quirks map[string]bool
		var counts protocol.Set
		if t := s.Targets[i]; t != nil {
			quirks, counts = t.Quirks(), t.Counts()
		}
		for _, o := range offers[i] {
			if !o.Offered() {
				continue
			}
			id := deploymentID(a.ID, o.Name)
			d := routing.Deployment{ID: id, Account: a, Order: i, Upstream: o.Name, Protocols: o.Protocols, Display: o.Display,
				Created: o.Created, Context: o.Context, MaxOutput: o.MaxOutput, Live: b.Live.Deployment(id, a.ID, a.Host), Quirks: quirks, Counts: counts}
			describe(&d, known, accounts[i], o)
			if own := set.Own(a.Slug, d.Upstream, d.Model); own != nil {
				d.Price = own
			}
			d.Price = d.Price.At(set.Worth)
			d.Scored = set.Scored(a.Slug, d.Upstream, d.Model)
			if b.Opinions != nil {
				d.Opinion = b.Opinions.Of(d.Model)
			}
			entries = append(entries, catalog.Entry{Ref: int32(len(s.Deployments)), Account: a.Slug, Name: o.Name})
			s.Deployments = append(s.Deployments, d)
		}
		if t := s.Targets[i]; t != nil && t.Speaks()&routing.Filed != 0 { // its files and batches are no model's: a deployment without a name stands for them
			id := deploymentID(a.ID, "")
			s.Deployments = append(s.Deployments, routing.Deployment{ID: id, Account: a, Order: i, Protocols: t.Speaks() & routing.Filed,
				Live: b.Live.Deployment(id, a.ID, a.Host)})
		}
	}
	s.Names = known.NewIndex(entries, set.Aliases)
}

// describe adds what the catalog knows of the model to what the account said of it.
func describe(d *routing.Deployment, known *catalog.Catalog, a account.Account, o catalog.Offer) {
	m, price := known.Offered(a.Provider, a.BaseURL, o)
	d.Price, d.Model = price, o.Model
	if m != nil {
		d.Model, d.Reasons, d.Described, d.AtMaker = m.ID, m.Reasons, m.Described, m.AtMaker
		d.Context = cmp.Or(d.Context, m.Context)
		d.Display = cmp.Or(d.Display, m.Name)
	}
	d.Display = cmp.Or(d.Display, d.Upstream)
}

// deploymentID is opaque, so that clients may see it, and the same as long as account and model are.
func deploymentID(account, upstream string) string {
	sum := sha256.Sum256([]byte(account + "\x00" + upstream))
	return "dep_" + hex.EncodeToString(sum[:8])
}
