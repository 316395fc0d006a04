package backend

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/account"
	"metapi/backend/control"
	"metapi/backend/gateway"
	"metapi/backend/keychain"
	"metapi/backend/ledger"
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
	on atomic.Bool

	mu      sync.Mutex // guards trouble
	trouble string
}

// Trouble says why a patient instance does not serve; "" where it does.
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
		// Where the passphrase is known, the secrets are open from now on.
		if _, locked := b.secrets.use(); locked != nil && !o.Patient {
			closeAll(listeners)
			err = locked
		}
	}
	for err == nil && listeners != nil {
		listeners, err = b.serveOn(ctx, listeners, o)
	}
	if err != nil {
		p := explain(err)
		b.serving.setTrouble("no tool is served: " + p.Error())
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

// toPort moves to the user's port once it can be had, where at is another one, and tells of it until then.
func (b *Backend) toPort(ctx context.Context, at int, move func(int) (func(bool), error)) {
	for {
		port, err := b.Port()
		if err != nil || port == at {
			return // settings that cannot be read are told of elsewhere
		}
		do, err := move(port)
		if err == nil {
			b.log.Info("the port can be had again", "port", port)
			do(true)
			return
		}
		trouble := fmt.Sprintf("tools are not served at port %d, which cannot be had, but at %d. End what uses it, or choose another port in Settings", port, at)
		if b.serving.Trouble() != trouble {
			b.serving.setTrouble(trouble)
			b.events.Changed(control.TopicStatus)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(portEvery):
		}
	}
}

// serveOn serves on listeners until ctx ends or a shutdown is asked for, or until the user chooses another port: then it
// returns the listeners of that one.
func (b *Backend) serveOn(ctx context.Context, listeners []net.Listener, o ServeOptions) (next []net.Listener, err error) {
	defer closeAll(listeners) // again, where the server has been
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var moving sync.Mutex // guards next, and whether it may still be set
	move := func(port int) (func(bool), error) {
		moved, err := gateway.Listen(port)
		if err != nil {
			return nil, err
		}
		return func(really bool) {
			moving.Lock()
			defer moving.Unlock()
			if !really || ctx.Err() != nil {
				closeAll(moved)
				return
			}
			next = moved
			stop()
		}, nil
	}

	token, instance := secretWord(32), secretWord(16)
	var web *control.Web
	var link func() string
	if o.Pages != nil {
		web = &control.Web{Pages: o.Pages, Sessions: new(control.Sessions)}
		base := "http://" + listeners[0].Addr().String()
		link = func() string { return base + "/ui/#code=" + web.Sessions.Link() }
	}
	g := gateway.New(gateway.Options{
		Snapshot: b.builder.Load, Recorder: recorder{b.ledger, &b.events}, Pins: b.ledger, Transport: b.transport,
		Control: control.Guard(b.handler, token, web), Origins: o.Origins, FirstEvent: o.FirstEvent, Log: b.log,
	})
	rt := control.Runtime{PID: os.Getpid(), Token: token, Instance: instance, Version: b.Version, Started: time.Now().UTC()}
	for _, l := range listeners {
		rt.Addresses = append(rt.Addresses, l.Addr().String())
	}
	b.service.Serving(&control.Server{Addresses: rt.Addresses, PID: rt.PID, Instance: instance, Started: rt.Started, InFlight: g.InFlight,
		Stop: stop, Ended: ctx.Done(), Move: move, Link: link})
	defer b.service.Serving(nil)

	b.serving.on.Store(true)
	defer b.serving.on.Store(false)
	keys := ctx
	if o.Interactive {
		keys = keychain.Interactive(ctx)
	}
	if err := b.builder.Rebuild(keys); err != nil {
		return nil, fmt.Errorf("the accounts and models cannot be read: %w", err)
	}
	if err := control.WriteRuntime(b.Dir, rt); err != nil {
		return nil, control.NewProblem(control.Storage, control.Sentence(fmt.Sprintf("the address of this instance cannot be written to the data folder: %v", err)),
			"Make the folder writable for your user, and free some space if the disk is full.")
	}
	defer control.RemoveRuntime(b.Dir)
	b.log.Info("serving", "version", b.Version, "pid", rt.PID, "addresses", rt.Addresses, "keychain", b.secrets.Describe())

	tuneMemory()
	b.serving.setTrouble("")
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { b.refresher.Run(ctx) })
	background.Go(func() { b.mend(ctx) })
	if o.Patient {
		background.Go(func() { b.toPort(ctx, listeners[0].Addr().(*net.TCPAddr).Port, move) })
	}
	b.events.Changed(control.TopicStatus)
	if o.Ready != nil {
		st, err := b.service.Status()
		if err != nil {
			return nil, err
		}
		o.Ready(st) // the listeners take connections already
	}
	err = g.Serve(ctx, listeners, o.Grace)
	b.log.Info("ended", "pid", rt.PID)
	moving.Lock()
	defer moving.Unlock()
	if err != nil {
		closeAll(next)
		return nil, err
	}
	return next, nil
}

// recorder is the ledger, and who listens to it.
type recorder struct {
	*ledger.Ledger
	events *control.Hub
}

// Begin implements [gateway.Recorder].
func (r recorder) Begin(rec *routing.Record) {
	r.Ledger.Begin(rec)
	r.events.Request(rec)
}

// Settle implements [gateway.Recorder].
func (r recorder) Settle(rec *routing.Record) {
	r.Ledger.Settle(rec)
	r.events.Request(rec)
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

// mend deletes secrets that a kill has left behind, then tries again, while there are any, the accounts whose key
// could not be read: a keychain is often unlocked only after Metapi has started.
func (b *Backend) mend(ctx context.Context) {
	if err := b.accounts.Sweep(ctx); err != nil {
		b.log.Warn("secrets of removed accounts are still in the keychain", "error", err)
	}
	tick := time.NewTicker(unlockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		snap := b.builder.Load()
		for i, target := range snap.Targets {
			if target != nil || paused(b.accounts, snap.Accounts[i].ID) {
				continue
			}
			if _, err := b.accounts.Secret(ctx, snap.Accounts[i].ID); err == nil {
				b.changed()
				break
			}
		}
	}
}

func paused(accounts *account.Accounts, id string) bool {
	a, err := accounts.Get(id)
	return err == nil && a.Paused
}

// secretWord is n random bytes in letters.
func secretWord(n int) string {
	raw := make([]byte, n)
	rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}
