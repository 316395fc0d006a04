package conformance

import (
	"context"
	"crypto/sha256"

	"log/slog"
	"net/http"

	"slices"
	"sync"
	"testing"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// localKey is the client's key in all tests.
const localKey = "mp-local-key-of-the-client-under-test-0123456789"

// world is a gateway with one account, at an imitated vendor.
type world struct {
	url string

	mu      sync.Mutex
	cond    *sync.Cond
	settled []routing.Record
}

// Begin and Settle make the world its own Recorder.
func (w *world) Begin(*routing.Record) {}
func (w *world) Ask(*routing.Record)   {}

func (w *world) Settle(r *routing.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled = append(w.settled, *r)
	w.cond.Broadcast()
}

// Account and Pin make it its own Pins: nothing is pinned.
func (w *world) Account(protocol.Ref) (string, bool) { return "", false }
func (w *world) Pin([]protocol.Ref, string)          {}
func (w *world) send(c client, a ask) heard          { return c.send(w.url, localKey, a) }
func quiet() *slog.Logger                            { return slog.New(slog.DiscardHandler) }
func target(p *provider.Provider, base, key string) (*provider.Target, error) {
	return p.Target(provider.Credential{BaseURL: base, Secret: key})
}

// record waits for the record of the n-th request, counted from 1.
func (w *world) record(t *testing.T, n int) routing.Record {
	t.Helper()
	late := false
	timer := time.AfterFunc(20*time.Second, func() { w.mu.Lock(); late = true; w.cond.Broadcast(); w.mu.Unlock() })
	defer timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.settled) < n {
		if late {
			t.Fatalf("only %d of %d requests settled", len(w.settled), n)
		}
		w.cond.Wait()
	}
	return w.settled[n-1]
}

// last waits for the record of the request that was answered last.
func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.settled)
}

// newWorld serves a gateway before one account of a provider: models are what it lists, and those reached by the given protocols only.
func newWorld(t *testing.T, p *provider.Provider, v *imitation.Relative, key string, models []provider.Listed, only protocol.Set) *world {
	t.Helper()
	w := &world{}
	w.cond = sync.NewCond(&w.mu)
	to, err := target(p, v.BaseURL, key)
	if err != nil {
		t.Fatal(err)
	}
	registry := live.NewRegistry()
	snap := &snapshot.Snapshot{Clients: []account.Client{{ID: "cli_test", Hash: sha256.Sum256([]byte(localKey))}}, Targets: []*provider.Target{to}}
	snap.Mode = routing.Failover
	snap.Accounts = []routing.Account{{ID: "acc_0", Slug: "account", Host: to.Host()}}
	var entries []catalog.Entry
	for i, m := range models {
		id := "dep_" + m.Name
		snap.Deployments = append(snap.Deployments, routing.Deployment{ID: id, Account: &snap.Accounts[0], Upstream: m.Name, Model: m.Name, Display: m.Name,
			Protocols: m.Protocols & only, Counts: to.Counts(), Quirks: to.Quirks(), Live: registry.Deployment(id, "acc_0", to.Host())})
		entries = append(entries, catalog.Entry{Ref: int32(i), Account: "account", Name: m.Name})
	}
	snap.Names = catalog.NewIndex(entries, nil)
	g := gateway.New(gateway.Options{Snapshot: func() *snapshot.Snapshot { return snap }, Recorder: w, Pins: w, Log: quiet()})
	ls, err := gateway.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + ls[0].Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx, ls, time.Second) }()
	t.Cleanup(func() { stop(); <-done })
	return w
}

// listing asks the vendor for its models, as the program does.
func listing(p *provider.Provider, v *imitation.Relative, key string) provider.Listing {
	return p.List(context.Background(), &http.Client{}, provider.Credential{BaseURL: v.BaseURL, Secret: key})
}

func names(l provider.Listing) (all []string) {
	for _, m := range l.Models {
		all = append(all, m.Name)
	}
	slices.Sort(all)
	return all
}
