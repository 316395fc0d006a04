package backend

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/control"
	"metapi/backend/gateway"
	"metapi/backend/kept"
	"metapi/backend/keychain"
	"metapi/backend/ledger"
	"metapi/backend/ledger/budget"
	"metapi/backend/ledger/capture"
	"metapi/backend/network"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/settings"
	"metapi/backend/snapshot"
	"metapi/backend/store"
)

// Options says which data to open, and how. Fields that may be left out say so.
type Options struct {
	Dir     string
	Version string

	// Passphrase asks for the passphrase of the encrypted file, when it is needed; fresh says that a new one is to be
	// chosen. Nil: there is nobody to ask.
	Passphrase func(fresh bool) (string, error)

	Log io.Writer // log lines go here too, beside DIR/metapi.log; nil: to the file alone
}

// Backend is one open data folder. It is safe for concurrent use.
type Backend struct {
	Options
	log     *slog.Logger
	logFile *logWriter
	lock    *flock.Flock
	store   *store.Store
	ledger  *ledger.Ledger
	kept    *kept.Kept
	capture *capture.Store
	secrets *secretStore
	rules   *settings.File[routing.Settings]
	own     *settings.Folder[provider.Definitions] // providers of the user's

	accounts  *account.Accounts
	offers    *catalog.Offers
	balances  *catalog.Balances
	budgets   budgets
	guard     guard
	notices   notices
	stirred   chan struct{} // holds one when how accounts stand may have changed
	tidyNow   chan struct{} // holds one when old requests should be forgotten at once
	thumbs    thumbs
	refresher *catalog.Refresher
	lists     *catalog.Lists
	live      *live.Registry
	learned   learned
	probes    *probes
	builder   *snapshot.Builder
	network   *network.Network
	service   *control.Service
	handler   http.Handler
	events    control.Hub
	meter     control.Meter
	hedge     atomic.Bool // the setting

	serving serving
}

// Open opens a data folder, and makes it where it is missing. Errors are [*control.Problem]s.
func Open(o Options) (*Backend, error) {
	b := &Backend{Options: o, tidyNow: make(chan struct{}, 1), stirred: make(chan struct{}, 1)}
	b.notices.b = b
	b.serving.again = make(chan struct{}, 1)
	if err := b.open(); err != nil {
		b.Close()
		return nil, explain(err)
	}
	return b, nil
}

func (b *Backend) open() (err error) {
	if b.lock, err = lock(b.Dir); err != nil {
		return err
	}
	control.RemoveRuntime(b.Dir) // of an instance that was killed: nobody else can have written it now
	b.logFile = openLog(b.Dir)
	out := lines{b.logFile}
	if b.Log != nil {
		out = append(out, b.Log)
	}
	b.log = newLog(out)

	if b.store, err = store.Open(b.Dir); err != nil {
		return err
	}
	if b.ledger, err = ledger.Open(b.Dir, b.store); err != nil {
		return err
	}
	b.budgets.st, b.budgets.ledger = b.store, b.ledger
	b.budgets.keeper.Tell = func(n budget.Notice) { go b.budgetNotice(n) } // it is told while a request settles
	b.guard.Raise, b.guard.Usual = b.runAway, b.guard.busiest
	if err := b.budgets.load(); err != nil {
		return err
	}
	b.thumbs.st = b.store
	if err := b.thumbs.load(); err != nil {
		return err
	}
	set, err := b.switches().Settings()
	if err != nil {
		return err
	}
	b.hedge.Store(set.Hedge)
	b.kept = kept.New(kept.Options{Dir: b.Dir, Off: !set.KeepResponses, Log: b.log})
	if err := b.openCapture(); err != nil {
		return err
	}
	if b.rules, err = settings.Open[routing.Settings](filepath.Join(b.Dir, routing.SettingsFile), b.reread); err != nil {
		return err
	}
	if err = b.openProviders(); err != nil {
		return err
	}
	b.secrets = &secretStore{opts: keychain.Options{Dir: b.Dir, Sealed: b.store.Blobs()}, from: keychain.Open}
	if ask := b.Passphrase; ask != nil {
		b.secrets.opts.Passphrase = func() (string, error) { return ask(!keychain.HasFile(b.Dir)) }
	}
	b.accounts = account.New(b.store, b.secrets)
	b.offers = catalog.NewOffers(b.store)
	b.live = live.NewRegistry()
	b.learned.st, b.learned.live, b.learned.log = b.store, b.live, b.log
	b.learned.load(time.Now())
	b.network = network.New(network.Options{Wrap: gateway.NewTransport, OnWake: b.woke, OnChange: func() { b.events.Changed(control.TopicStatus) }, Log: b.log})
	if err := b.network.Trust(set.CAFile); err != nil { // told as trouble
		b.log.Warn("certificates cannot be used", "file", set.CAFile, "error", err)
	}
	lister := catalog.ProviderLister{Client: func(way network.Choice) (provider.Doer, error) {
		c, err := b.network.Caller(way)
		return &http.Client{Transport: c}, err
	}}
	b.balances = catalog.NewBalances(catalog.BalancesConfig{
		Store: b.store, Accounts: b.scanAccounts, Secret: b.accounts.Secret, Way: b.wayOf, Teller: lister, Broke: b.live.Broke, Told: b.told,
	})
	b.refresher = catalog.NewRefresher(catalog.RefresherConfig{
		Offers: b.offers, Accounts: b.scanAccounts, Secret: b.accounts.Secret, Way: b.wayOf, Lister: lister, OnChange: b.discovered, Listed: b.balances.Listed,
	})
	if b.lists, err = catalog.NewLists(catalog.ListsConfig{Store: b.store, Setting: b.priceSetting, OnChange: b.discovered, Client: func(ctx context.Context) (provider.Doer, error) {
		c, err := b.way(ctx, account.Account{}) // as accounts are reached that have no word of their own
		return &http.Client{Transport: c, CheckRedirect: catalog.CheckListRedirect}, err
	}}); err != nil {
		return err
	}
	sw := b.switches()
	b.builder = snapshot.NewBuilder(snapshot.Sources{
		Accounts: b.accounts, Offers: b.offers, Catalog: b.lists.Catalog, Live: b.live, Mode: sw.Mode, Paused: sw.Paused, Way: b.way,
		Worth: sw.worth, Opinions: &b.thumbs.opinions,
		Settings: b.rules.Value, Log: b.log, Spent: func(account string, since time.Time) (float64, error) {
			return b.budgets.spent(budget.Budget{Scope: budget.Account, Of: account}, since)
		},
	})
	b.accounts.OnChange(func() {
		b.changed()
		b.events.Changed(control.TopicStatus, control.TopicAccounts, control.TopicModels, control.TopicClients)
	})
	b.probes = newProbes(b)
	b.service = &control.Service{
		Version: b.Version, Dir: b.Dir, LogFile: filepath.Join(b.Dir, logFile),
		Accounts: b.accounts, Offers: b.offers, Balances: b.balances, Refresh: b.refresher, Lists: b.lists, Ledger: b.ledger, Store: b.store, Live: b.live,
		Snapshot: b.builder.Load, Routing: b.rules.Value, Reread: func() { b.rules.Reload(); b.reread() }, Switches: sw, Keychain: b.secrets, Lister: lister, Events: &b.events, Network: b.network,
		Locked: b.secrets.locked, Unlock: b.secrets.unlock,
		Probes: b.probes.Today, Thumbs: &b.thumbs,
		Budgets: &b.budgets.keeper, Meter: &b.meter, Capture: b.capture, SetCapture: b.setCapture, SetBudgets: b.budgets.set, Tidy: b.tidySoon,
		Changed: b.changed, Trouble: b.trouble, Check: b.store.Check, Explain: explain, Log: b.log,
	}
	b.handler = control.Handler(b.service)
	return nil
}

func (b *Backend) switches() switches { return switches{b.store, b.kept, &b.hedge} }

// Handler is the control API for use in process: it asks for no token.
func (b *Backend) Handler() http.Handler { return b.handler }

// Close lets go of the data folder, once Serve has returned. It may be called twice.
func (b *Backend) Close() error {
	var err error
	if b.service != nil {
		b.service.Close()
	}
	if b.rules != nil {
		err = errors.Join(err, b.rules.Close())
	}
	if b.own != nil {
		err = errors.Join(err, b.own.Close())
	}
	if b.refresher != nil {
		b.refresher.Close()
	}
	if b.balances != nil {
		b.balances.Close()
	}
	if b.network != nil {
		b.network.Close()
	}
	if b.ledger != nil {
		err = errors.Join(err, b.ledger.Close())
	}
	if b.kept != nil {
		err = errors.Join(err, b.kept.Close())
	}
	if b.capture != nil {
		err = errors.Join(err, b.capture.Close())
	}
	if b.store != nil {
		err = errors.Join(err, b.store.Close())
	}
	if b.logFile != nil {
		err = errors.Join(err, b.logFile.Close())
	}
	if b.lock != nil {
		err = errors.Join(err, b.lock.Close())
	}
	return err
}

// priceSetting is whether and from where the user wants prices to be refreshed.
func (b *Backend) priceSetting() (on bool, from string) {
	s, err := b.switches().Settings()
	return err == nil && s.RefreshPrices, s.PricesURL
}

// scanAccounts is what the refresher must know.
func (b *Backend) scanAccounts() ([]catalog.ScanAccount, error) {
	list, err := b.accounts.List()
	out := make([]catalog.ScanAccount, len(list))
	for i, a := range list {
		out[i] = catalog.ScanAccount{ID: a.ID, Provider: a.Provider, BaseURL: a.BaseURL, Paused: a.Paused}
	}
	return out, err
}

// way is who makes an account's calls.
func (b *Backend) way(ctx context.Context, a account.Account) (http.RoundTripper, error) {
	choice, err := b.accounts.Choice(ctx, a)
	if err != nil {
		return nil, err
	}
	return b.network.Caller(choice)
}

// wayOf is how an account is reached.
func (b *Backend) wayOf(ctx context.Context, id string) (network.Choice, error) {
	a, err := b.accounts.Get(id)
	if err != nil {
		return network.Choice{}, err
	}
	return b.accounts.Choice(ctx, a)
}

// woke is called when this machine has slept: what was due in the meantime is looked at.
func (b *Backend) woke() {
	if b.serving.on.Load() {
		b.refresher.Kick()
	}
}

// changed puts a change of accounts, offers or switches in force for the next request, and wakes who waits for a port.
// Where nobody serves there is nothing else to do, and the keychain is left alone.
func (b *Backend) changed() {
	select {
	case b.serving.again <- struct{}{}:
	default:
	}
	if !b.serving.on.Load() {
		return
	}
	if err := b.builder.Rebuild(context.Background()); err != nil {
		b.log.Error("a change is not in force: the last good state stays", "error", err)
	}
	b.refresher.Kick()
	b.stir()
}

// discovered puts what a scan has found in force.
func (b *Backend) discovered() {
	b.changed()
	b.events.Changed(control.TopicStatus, control.TopicAccounts, control.TopicModels)
}

// told ends the time-out of an account that had no money and has some now, and tells who listens.
func (b *Backend) told(balance catalog.Balance, richer bool) {
	if richer && b.live.Funded(balance.Account) {
		b.log.Info("an account that had no money is in use again", "account", balance.Account)
		b.events.Changed(control.TopicStatus)
	}
	b.events.Changed(control.TopicAccounts)
}

// reread puts a file that the user has written in force.
func (b *Backend) reread() {
	b.changed()
	b.events.Changed(control.TopicStatus, control.TopicModels, control.TopicRouting)
}

// Port is where the user wants clients to be served.
func (b *Backend) Port() (int, error) {
	s, err := b.switches().Settings()
	if err != nil {
		return 0, explain(err)
	}
	return s.Port, nil
}

// trouble is what is wrong with the data folder now, a sentence each.
func (b *Backend) trouble() []string {
	var list []string
	for _, t := range []string{b.serving.Trouble(), b.store.Trouble(), b.ledger.Trouble(), b.kept.Trouble()} {
		if t != "" {
			list = append(list, control.Sentence(t))
		}
	}
	if fault := b.rules.Fault(); fault != nil {
		list = append(list, control.Sentence(fault.Error())+" What was there before stays in force.")
	}
	for _, missing := range b.builder.Load().Rules.Lacks() {
		list = append(list, control.Sentence(routing.SettingsFile+": "+missing))
	}
	list = append(list, b.network.Trouble()...)
	for _, fault := range b.own.Faults() {
		list = append(list, control.Sentence(fault.Error())+" What was there before stays in force.")
	}
	return list
}

// explain is control.Explain with the errors that only the backend may know.
func explain(err error) *control.Problem {
	var (
		problem *control.Problem
		stored  *store.Error
		port    *gateway.PortTaken
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &stored):
		detail := strings.TrimSuffix(err.Error(), ". "+stored.Hint)
		return control.NewProblem(control.Storage, control.Sentence(detail), stored.Hint)
	case errors.As(err, &port):
		detail, hint, _ := strings.Cut(port.Error(), "; ")
		return control.NewProblem(control.PortTaken, control.Sentence(detail), control.Sentence(hint))
	}
	return control.Explain(err)
}
