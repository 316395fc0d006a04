package backend

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/control"
	"metapi/backend/gateway"
	"metapi/backend/keychain"
	"metapi/backend/ledger"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// DefaultPort is where Serve listens unless told otherwise.
const DefaultPort = gateway.DefaultPort

// DefaultGrace is the grace of a serve that was told none.
const DefaultGrace = 30 * time.Second

// unlockEvery is how often accounts whose key could not be read are tried again.
const unlockEvery = 10 * time.Second

// portEvery is how often a patient instance tries to get its port.
const portEvery = 2 * time.Second

// ServeOptions says how to serve. Zero values mean the default told with each field.
type ServeOptions struct {
	Port        int                  // 0: any that is free
	Origins     []string             // web origins that may call; none
	Grace       time.Duration        // how long running requests may go on after the end has been asked for; not at all
	KeepEvery   time.Duration        // how often what was learned of accounts and clients is written; a minute
	FirstEvent  time.Duration        // how long an upstream may take to its first event; the gateway's own
	Interactive bool                 // somebody sits there who can answer a dialog of the keychain
	Pages       fs.FS                // the window's pages, for browsers that come with a link; none
	Ready       func(control.Status) // called when clients are served, and again after a move to another port; nothing

	// Patient serves the user's port of [Backend.Port] in place of Port, and where that is taken, or the secrets are not
	// open yet, does not give up: a window is there to tell the user, and to help. While the port is taken it serves at
	// another one, so that commands and a second start reach the instance.
	Patient bool
}

// serving is the part of a Backend that is there while it serves.
type serving struct {
	on    atomic.Bool
	again chan struct{} // holds one when a patient instance should look at its port at once

	mu      sync.Mutex // guards trouble
	trouble string
}

// Trouble says why tools are not served, or not where they look; "" where they are.
func (s *serving) Trouble() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

func (s *serving) setTrouble(t string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
}

// Serve makes b the running instance, until ctx ends or a shutdown is asked for; then it lets running requests end
// within the grace. Errors are [*control.Problem]s.
func (b *Backend) Serve(ctx context.Context, o ServeOptions) error {
	listeners, err := b.listen(o)
	if err == nil {
		err = b.serveOn(ctx, listeners, o)
	}
	if err != nil {
		p := explain(err)
		b.serving.setTrouble("no tool is served: " + p.Error())
		if o.Patient { // else the caller ends, and says it
			b.notices.gateway("No tool is served", p.Error(), "/")
		}
		return p
	}
	return nil
}

// listen opens the port.
func (b *Backend) listen(o ServeOptions) ([]net.Listener, error) {
	if !o.Patient {
		return gateway.Listen(o.Port)
	}
	port, err := b.Port()
	if err != nil {
		return nil, err
	}
	if listeners, err := gateway.Listen(port); err == nil {
		return listeners, nil
	}
	return gateway.Listen(0)
}

// serveOn serves on listeners, and on others where the user chooses another port, until ctx ends or a shutdown is asked
// for.
func (b *Backend) serveOn(ctx context.Context, listeners []net.Listener, o ServeOptions) error {
	defer closeAll(listeners) // again, where the server has been
	if _, err := b.secrets.use(); err != nil {
		if !o.Patient {
			return err
		}
		b.log.Warn("secrets cannot be reached yet", "error", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	i := newInstance(ctx, stop, b)
	var web *control.Web
	if o.Pages != nil {
		web = &control.Web{Pages: o.Pages, Sessions: new(control.Sessions)}
		i.sessions = web.Sessions
	}
	g := gateway.New(gateway.Options{
		Snapshot: b.builder.Load, Recorder: recorder{b.ledger, &b.events, b.balances, b.probes, &b.meter, &b.notices}, Pins: b.ledger, Kept: b.kept, Budgets: &b.budgets, Watch: b.guard.watch, Capture: b.capture, Hedge: b.hedge.Load, Moves: i.moves,
		Control: control.Guard(b.handler, i.rt.Token, web), Origins: o.Origins, FirstEvent: o.FirstEvent, Log: b.log,
		Memory: &b.learned.memory, Learned: &b.learned.corrections,
	})
	b.probes.call = g.Probe
	i.inFlight, i.refusals, i.decide, i.play = g.InFlight, g.Refusals, g.Explain, g.Play

	b.serving.on.Store(true)
	defer b.serving.on.Store(false)
	keys := ctx
	if o.Interactive {
		keys = keychain.Interactive(ctx)
	}
	if err := b.builder.Rebuild(keys); err != nil {
		return fmt.Errorf("the accounts and models cannot be read: %w", err)
	}
	defer i.close()
	if err := i.at(listeners); err != nil {
		return err
	}

	tuneMemory()
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { b.refresher.Run(ctx) })
	background.Go(func() { b.lists.Run(ctx) })
	background.Go(func() { b.mend(ctx) })
	background.Go(func() { b.tidy(ctx) })
	background.Go(func() { b.kept.Run(ctx) })
	background.Go(func() { b.learned.run(ctx, cmp.Or(o.KeepEvery, keepEvery)) })
	background.Go(func() {
		b.live.Watch(ctx, func() {
			b.events.Changed(control.TopicStatus)
			b.stir()
		})
	})
	background.Go(func() { b.notices.watch(ctx) })
	background.Go(func() { b.probes.run(ctx) })
	background.Go(func() { b.capture.Run(ctx) })
	b.serving.setTrouble("")
	if o.Patient {
		background.Go(i.toPort)
	}
	if o.Ready != nil {
		st, err := b.service.Status()
		if err != nil {
			return err
		}
		o.Ready(st) // the listeners take connections already
		background.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-i.moved:
				}
				if st, err := b.service.Status(); err == nil {
					o.Ready(st)
				}
			}
		})
	}
	err := g.Serve(ctx, listeners, o.Grace)
	b.learned.save(time.Now()) // what the last requests have taught, too
	b.log.Info("ended", "pid", i.rt.PID)
	return err
}

// recorder is the ledger, and who listens to it.
type recorder struct {
	*ledger.Ledger
	events   *control.Hub
	balances *catalog.Balances
	probes   *probes
	meter    *control.Meter
	notices  *notices
}

// Begin implements [gateway.Recorder].
func (r recorder) Begin(rec *routing.Record) {
	r.probes.begun(rec)
	r.Ledger.Begin(rec)
	r.events.Request(rec)
}

// Ask implements [gateway.Recorder].
func (r recorder) Ask(rec *routing.Record) { r.events.Request(rec) }

// Settle implements [gateway.Recorder].
func (r recorder) Settle(rec *routing.Record) {
	r.Ledger.Settle(rec)
	r.events.Request(rec)
	r.meter.Count(rec)
	r.notices.settled(rec)
	for i := range rec.Attempts {
		switch a := &rec.Attempts[i]; a.Kind {
		case protocol.OutOfMoney:
			r.balances.Spent(a.Account)
		case "":
			r.balances.Used(a.Account)
		}
	}
}

// tuneMemory gives back what the start has used and nobody needs again (deriving a key from a passphrase takes 19 MiB),
// and lets garbage grow to 16 MB before it is collected: what is live is a few megabytes, and at Go's own 4 MB a busy
// gateway with 100 KB bodies would collect every twenty requests.
func tuneMemory() {
	debug.FreeOSMemory()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// mend deletes secrets that a kill has left behind, and tries again, while there are any, the accounts whose key could
// not be read: a keychain is often unlocked only after Metapi has started.
func (b *Backend) mend(ctx context.Context) {
	sweeping := b.accounts.Sweep(ctx)
	if sweeping != nil {
		b.log.Warn("secrets of removed accounts are still in the keychain", "error", sweeping)
	}
	tick := time.NewTicker(unlockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if sweeping != nil {
			sweeping = b.accounts.Sweep(ctx)
		}
		snap := b.builder.Load()
		for i, target := range snap.Targets {
			if target != nil || paused(b.accounts, snap.Accounts[i].ID) {
				continue
			}
			_, err := b.accounts.Secret(ctx, snap.Accounts[i].ID)
			if err == nil {
				_, err = b.wayOf(ctx, snap.Accounts[i].ID)
			}
			if err == nil {
				b.changed()
				b.events.Changed(control.TopicStatus)
				break
			}
		}
	}
}

func paused(accounts *account.Accounts, id string) bool {
	a, err := accounts.Get(id)
	return err == nil && a.Paused
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}
