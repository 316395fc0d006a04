package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/backend/keychain"
	"metapi/backend/ledger/capture"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/store"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// house is a service with accounts and events, and nothing else.
type house struct {
	*control.Service
	store   *store.Store
	hub     *control.Hub
	handler http.Handler
}

func newHouse(t *testing.T) *house {
	t.Helper()
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h := &house{store: st, hub: new(control.Hub)}
	said := capture.New(capture.Options{Dir: t.TempDir()}, capture.Defaults)
	t.Cleanup(func() { said.Close() })
	h.Service = &control.Service{Version: "test", Capture: said, Accounts: account.New(st, keychain.NewMemory()), Events: h.hub,
		Routing: func() routing.Settings { return routing.Settings{} }, Log: slog.New(slog.DiscardHandler)}
	h.handler = control.Handler(h.Service)
	return h
}

// listener is one subscription to the events of a client.
type listener struct {
	t      *testing.T
	events chan control.Event
	ended  chan error
}

// listen subscribes until the test ends, and waits for the first event, which must be resync.
func listen(t *testing.T, c *client.Client, o client.EventsOptions) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{t, make(chan control.Event, 1000), make(chan error, 1)}
	go func() { l.ended <- c.Events(ctx, o, func(e control.Event) { l.events <- e }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-l.ended; err == nil {
			t.Error("the end of the events is no error")
		}
	})
	if e := l.next(); e.Type != control.EventResync {
		t.Fatalf("the first event is %+v", e)
	}
	return l
}

// next waits for one event.
func (l *listener) next() control.Event {
	l.t.Helper()
	select {
	case e := <-l.events:
		return e
	case err := <-l.ended:
		l.ended <- err
		l.t.Fatalf("the events ended: %v", err)
	case <-time.After(patience):
		l.t.Fatal("no event comes")
	}
	return control.Event{}
}

// record is a request as the gateway tells it.
func record(id, client string) *routing.Record {
	return &routing.Record{ID: id, Start: time.Now(), State: routing.Running, Client: client, Asked: "gpt-4o", Model: "gpt-4o"}
}

func TestEvents(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("all", func(t *testing.T) {
		h := newHouse(t)
		who, _, err := h.Accounts.AddClient(t.Context(), "Claude Code")
		if err != nil {
			t.Fatal(err)
		}
		acc, err := h.Accounts.Add(t.Context(), account.Account{Name: "My Work", Provider: "openai"}, "sk-test-0123456789")
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]*client.Client{"in process": client.InProcess(h.handler), "over loopback": overLoopback(t, h.handler)} {
			t.Run(name, func(t *testing.T) {
				l := listen(t, c, client.EventsOptions{})
				h.hub.Changed(control.TopicStatus, control.TopicModels)
				h.hub.Changed(control.TopicStatus)
				// Both may come in one event or in two, but each topic is told.
				told := map[control.Topic]bool{}
				for len(told) < 2 {
					e := l.next()
					if e.Type != control.EventChanged {
						t.Fatalf("a change was told as %+v", e)
					}
					for _, topic := range e.Topics {
						told[topic] = true
					}
				}

				r := record("r1", who.ID)
				h.hub.Request(r)
				r.State, r.End, r.Status = routing.OK, r.Start.Add(time.Second), 200
				r.Attempts = append(r.Attempts, routing.Attempt{Account: acc.ID})
				r.Usage, r.Cost = protocol.Usage{Input: 7}, routing.Cost{USD: 0.25}
				h.hub.Request(r)
				r.State, r.Attempts[0].Account = "spoilt", "spoilt" // the gateway's own again
				rows := []control.Row{*l.request().Request, *l.request().Request}
				if rows[0].ID != "r1" || rows[0].State != routing.Running || rows[0].Client != "Claude Code" || rows[0].Attempts != 0 {
					t.Errorf("begun: %+v", rows[0])
				}
				if rows[1].ID != "r1" || rows[1].State != routing.OK || rows[1].Account != "my-work" || rows[1].Input != 7 ||
					rows[1].CostUSD == nil || *rows[1].CostUSD != 0.25 || rows[1].TookMS != 1000 {
					t.Errorf("settled: %+v", rows[1])
				}
			})
		}
	})
}

// request waits for a row of a request, past changes of topics.
func (l *listener) request() control.Event {
	l.t.Helper()
	for {
		switch e := l.next(); e.Type {
		case control.EventRequest:
			return e
		case control.EventChanged:
		default:
			l.t.Fatalf("waiting for a request: %+v", e)
		}
	}
}

// overLoopback is a client of the handler behind a real server, found as any command finds one.
func overLoopback(t *testing.T, h http.Handler) *client.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", control.Guard(h, "token", nil))
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"instance":"i"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	if err := control.WriteRuntime(dir, control.Runtime{Addresses: []string{strings.TrimPrefix(server.URL, "http://")}, Token: "token", Instance: "i"}); err != nil {
		t.Fatal(err)
	}
	c, _, err := client.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lister lists one model, whoever asks.
type lister struct{}

func (lister) List(context.Context, string, provider.Credential) provider.Listing {
	return provider.Listing{Outcome: provider.OutcomeOK, At: time.Now(), Models: []provider.Listed{{Name: "gpt-4o"}}}
}

// What an account offers is told once it is there, or gone: who has read it because the account itself was told, which
// comes first, reads it again.
func TestOffersAreToldWhenTheyAreThere(t *testing.T) {
	h := newHouse(t)
	h.Offers, h.Live, h.Lister = catalog.NewOffers(h.store), live.NewRegistry(), lister{}
	h.Balances = catalog.NewBalances(catalog.BalancesConfig{Store: h.store, Accounts: func() ([]catalog.ScanAccount, error) { return nil, nil }})
	t.Cleanup(h.Balances.Close)
	lists, err := catalog.NewLists(catalog.ListsConfig{Store: h.store})
	if err != nil {
		t.Fatal(err)
	}
	h.Lists, h.Changed = lists, func() {}
	h.Refresh = catalog.NewRefresher(catalog.RefresherConfig{Offers: h.Offers, Accounts: func() ([]catalog.ScanAccount, error) { return nil, nil }, Lister: lister{}})
	t.Cleanup(h.Refresh.Close)
	c := client.InProcess(h.handler)
	l := listen(t, c, client.EventsOptions{})
	h.Accounts.OnChange(func() {
		h.hub.Changed(control.TopicAccounts)
		<-l.events // has read everything by now
	})
	told := func(what string, models int) {
		t.Helper()
		if e := l.next(); !slices.Contains(e.Topics, control.TopicModels) || !slices.Contains(e.Topics, control.TopicAccounts) {
			t.Errorf("%s was told as %+v", what, e)
		}
		if list, err := c.Models(t.Context(), ""); err != nil || len(list) != models {
			t.Errorf("%s, and there are %d models, not %d (%v)", what, len(list), models, err)
		}
	}
	d, err := c.AddAccount(t.Context(), client.AddAccount{Provider: "openai", Key: "sk-proj-0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	told("an account that was added", 1)
	if _, err := c.RemoveAccount(t.Context(), d.Account.ID); err != nil {
		t.Fatal(err)
	}
	told("an account that was removed", 0)
	if _, err := c.RestoreAccount(t.Context(), d.Account.ID); err != nil {
		t.Fatal(err)
	}
	told("an account that is back", 1)
}

// The window that is asked for is told; how many were asked is known.
func TestShow(t *testing.T) {
	h := newHouse(t)
	c := client.InProcess(h.handler)
	shown := func() bool {
		t.Helper()
		s, err := c.ShowWindow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.Shown
	}
	browser := listen(t, c, client.EventsOptions{})
	if shown() {
		t.Error("a browser was taken for a window")
	}
	window := listen(t, c, client.EventsOptions{Window: true})
	if !shown() {
		t.Error("the window was not found")
	}
	if e := window.next(); e.Type != control.EventShow {
		t.Errorf("the window was told %+v", e)
	}
	listen(t, c, client.EventsOptions{Window: true})
	if n := h.hub.Show(); n != 2 {
		t.Errorf("%d windows, not 2", n)
	}
	h.hub.Changed(control.TopicClients)
	if e := browser.next(); e.Type != control.EventChanged {
		t.Errorf("the browser was told %+v", e)
	}
}

// stuck is a client that takes the first part of an answer and then reads nothing until it is let go.
type stuck struct {
	*httptest.ResponseRecorder
	mu      sync.Mutex
	taken   strings.Builder
	waiting chan struct{} // gets one when a write waits
	let     chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	select {
	case s.waiting <- struct{}{}:
		<-s.let
	case <-s.let:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken.Write(b)
}

func (s *stuck) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken.String()
}

// Who does not read delays nobody, loses events, and is told so.
func TestSlowListener(t *testing.T) {
	h := newHouse(t)
	s := &stuck{httptest.NewRecorder(), sync.Mutex{}, strings.Builder{}, make(chan struct{}), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		h.handler.ServeHTTP(s, httptest.NewRequestWithContext(ctx, "GET", "/api/events", nil))
		close(ended)
	}()
	<-s.waiting
	const n = 1000
	for i := range n { // would not end if publishing waited
		h.hub.Request(record(fmt.Sprintf("r%04d", i), ""))
	}
	close(s.let)
	for deadline := time.Now().Add(patience); !strings.Contains(s.text(), fmt.Sprintf("r%04d", n-1)); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the last request is not told: %.300s", s.text())
		}
	}
	cancel()
	<-ended
	var types []string
	for line := range strings.SplitSeq(s.text(), "\n") {
		if strings.HasPrefix(line, "data: ") {
			kind, _, _ := strings.Cut(strings.TrimPrefix(line, `data: {"type":"`), `"`)
			types = append(types, kind)
		}
	}
	if len(types) > n/2 || types[0] != "resync" || types[1] != "resync" || slices.Contains(types[2:], "resync") {
		t.Errorf("%d events of %d requests, and first of all %v", len(types), n, types[:min(5, len(types))])
	}
}

// A request costs nothing while nobody listens.
func TestNobodyListens(t *testing.T) {
	var h control.Hub
	r := record("r", "c")
	r.Attempts = make([]routing.Attempt, 3)
	if n := testing.AllocsPerRun(1000, func() { h.Request(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The events end with the instance, and a handler does not outlive who asked for them.
func TestEventsEnd(t *testing.T) {
	h := newHouse(t)
	stop := make(chan struct{})
	h.Serving(&control.Server{Ended: stop})
	c := client.InProcess(h.handler)
	l := listen(t, c, client.EventsOptions{})
	close(stop)
	select {
	case err := <-l.ended:
		l.ended <- err
		if !errors.Is(err, io.EOF) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the events go on after the end of the instance")
	}
	h.Serving(nil)

	gone := make(chan struct{})
	c = client.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "data: nonsense\n\n")
		<-r.Context().Done()
		close(gone)
	}))
	if err := c.Events(t.Context(), client.EventsOptions{}, func(control.Event) {}); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("nonsense: %v", err)
	}
	select {
	case <-gone:
	case <-time.After(patience):
		t.Error("the handler goes on for nobody")
	}
}

// deaf is a connection whose other end reads nothing: a write ends when its deadline passes.
type deaf struct {
	*httptest.ResponseRecorder
	writing chan struct{} // closed when a write waits
	once    sync.Once
	passed  chan struct{} // closed when a deadline of now or before was set
}

func (d *deaf) Write([]byte) (int, error) {
	d.once.Do(func() { close(d.writing) })
	<-d.passed
	return 0, os.ErrDeadlineExceeded
}

func (d *deaf) SetWriteDeadline(at time.Time) error {
	if !at.IsZero() && !at.After(time.Now()) {
		close(d.passed)
	}
	return nil
}

// A browser that has stopped reading does not hold the end of the instance up.
func TestDeafListenerEnds(t *testing.T) {
	h := newHouse(t)
	stop := make(chan struct{})
	h.Serving(&control.Server{Ended: stop})
	d := &deaf{ResponseRecorder: httptest.NewRecorder(), writing: make(chan struct{}), passed: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		h.handler.ServeHTTP(d, httptest.NewRequestWithContext(t.Context(), "GET", "/api/events", nil))
		close(ended)
	}()
	<-d.writing
	close(stop)
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the events wait for who does not read")
	}
}

// A refusal of the events says what any other call of the API says.
func TestEventsRefused(t *testing.T) {
	c := client.InProcess(control.Guard(newHouse(t).handler, "token", nil))
	err := c.Events(t.Context(), client.EventsOptions{}, func(e control.Event) { t.Errorf("told without a token: %+v", e) })
	var p *control.Problem
	if !errors.As(err, &p) || p.Code != control.Unauthorised {
		t.Errorf("without a token: %v", err)
	}
	_, want := c.Status(t.Context())
	if err == nil || want == nil || err.Error() != want.Error() {
		t.Errorf("%q, and elsewhere %q", err, want)
	}
}
