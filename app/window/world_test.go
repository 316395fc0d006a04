package window

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
	"metapi/build/freeport"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// newData makes a data folder whose instance serves at a port that is free, and needs no keychain.
func newData(t *testing.T) Options {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	t.Setenv(passphraseVariable, "correct horse")
	o := Options{Dir: t.TempDir(), Version: "v0.0.0-test"}
	in, err := openLocal(o)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	port := freeport.New(t)
	if _, err := client.InProcess(in.Handler()).EditSettings(t.Context(), client.EditSettings{Port: &port}); err != nil {
		t.Fatal(err)
	}
	return o
}

// running is a host at work.
type running struct {
	*host
	t      *testing.T
	api    *client.Client
	stop   context.CancelFunc
	done   chan struct{} // closed when it has ended
	how    outcome       // then
	events chan client.Event
	lost   chan struct{}
}

// start runs a host to the end of the test, or to its own.
func start(t *testing.T, o Options) *running {
	t.Helper()
	return newRunning(t, func() (instance, error) { return openLocal(o) }, o.Dir).run()
}

// newRunning returns a host that opens the data as given.
func newRunning(t *testing.T, open func() (instance, error), dir string) *running {
	r := &running{t: t, done: make(chan struct{}), events: make(chan client.Event, 100), lost: make(chan struct{}, 100)}
	r.host = newDataHost(Options{Dir: dir}, func(e client.Event) { r.events <- e }, func() { r.lost <- struct{}{} }, testLog(t))
	r.host.open = open
	return r
}

func (r *running) run() *running {
	r.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.api = stop, client.InProcess(r.host)
	go func() {
		r.how = r.host.run(ctx)
		close(r.done)
	}()
	r.t.Cleanup(func() {
		stop()
		<-r.done
	})
	return r
}

// ends waits for the end of the host.
func (r *running) ends(how outcome) {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		r.t.Fatal("the host has not ended")
	}
	if r.how != how {
		r.t.Fatalf("the host has ended with %d, not %d", r.how, how)
	}
}

// hears waits for an event of a type.
func (r *running) hears(want client.EventType) {
	r.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e := <-r.events:
			if e.Type == want {
				return
			}
		case <-late:
			r.t.Fatalf("no event of type %q", want)
		}
	}
}

// status waits until the API says what is wanted.
func (r *running) status(what string, good func(client.Status) bool) client.Status {
	r.t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		st, err := r.api.Status(r.t.Context())
		if err == nil && good(st) {
			return st
		}
		if time.Now().After(late) {
			r.t.Fatalf("not %s: %+v, %v", what, st, err)
		}
	}
}

// dial waits until the instance can be reached as the CLI does it, which is a moment after it says that it runs.
func dial(t *testing.T, o Options) *client.Client {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, _, err := client.Dial(t.Context(), o.Dir)
		if err == nil {
			return c
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
	}
}

func serving(st client.Status) bool { return st.Running }

// serve runs a headless instance on the data, and returns what ends it.
func serve(t *testing.T, o Options) (end func()) {
	t.Helper()
	b, err := backend.Open(backend.Options{Dir: o.Dir, Version: "v0.0.0-headless", Passphrase: func(bool) (string, error) { return "correct horse", nil }})
	if err != nil {
		t.Fatal(err)
	}
	port, err := b.Port()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := b.Serve(ctx, backend.ServeOptions{Port: port, Ready: func(client.Status) { close(ready) }}); err != nil {
			t.Error(err)
		}
		b.Close()
	}()
	<-ready
	end = sync.OnceFunc(func() {
		stop()
		<-done
	})
	t.Cleanup(end)
	return end
}

// testLog shows the log of a test that fails.
func testLog(t *testing.T) *slog.Logger {
	var mu sync.Mutex
	var said bytes.Buffer
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if t.Failed() {
			t.Logf("log:\n%s", said.String())
		}
	})
	return slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return said.Write(b)
	}), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
