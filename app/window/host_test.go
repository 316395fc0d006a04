package window

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"metapi/backend/control/client"
)

func TestHostOwnsData(t *testing.T) {
	o := newData(t)
	h := start(t, o)
	h.hears(client.EventResync)
	h.status("serving", serving)
	if _, err := h.api.SetMode(t.Context(), "balance"); err != nil {
		t.Fatal(err)
	}
	h.hears(client.EventChanged)
	if m, err := dial(t, o).Mode(t.Context()); err != nil || m.Mode != "balance" {
		t.Errorf("over loopback: %+v, %v", m, err)
	}
	h.stop()
	h.ends(stopped)
	in, err := openLocal(o) // the lock is free, and what was set is there
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if m, err := client.InProcess(in.Handler()).Mode(t.Context()); err != nil || m.Mode != "balance" {
		t.Errorf("afterwards: %+v, %v", m, err)
	}
}

func TestHostIsAskedToEnd(t *testing.T) {
	o := newData(t)
	h := start(t, o)
	if _, err := dial(t, o).Shutdown(t.Context()); err != nil { // as `metapi stop` does
		t.Fatal(err)
	}
	h.ends(ended)
}

// TestOneWindow has two windows start at once: one gets the data, and shows itself since the other wanted to.
func TestOneWindow(t *testing.T) {
	for range 5 {
		o := newData(t)
		a, b := start(t, o), start(t, o)
		first, second := a, b
		select {
		case <-a.done:
			first, second = b, a
		case <-b.done:
		case <-time.After(patience):
			t.Fatal("there are two windows")
		}
		second.ends(elsewhere)
		first.hears(client.EventShow)
		first.status("serving", serving)
		first.stop()
		first.ends(stopped)
	}
}

func TestHostAttaches(t *testing.T) {
	o := newData(t)
	end := serve(t, o)
	h := start(t, o)
	h.hears(client.EventResync)
	if st := h.status("attached", serving); st.Version != "v0.0.0-headless" {
		t.Fatalf("the status is not of the headless instance: %+v", st)
	}
	if _, err := h.api.SetMode(t.Context(), "balance"); err != nil {
		t.Fatal(err)
	}
	h.hears(client.EventChanged)

	end()
	h.hears(client.EventResync)
	h.status("the instance itself", func(st client.Status) bool { return st.Running && st.Version == o.Version })
	if m, err := h.api.Mode(t.Context()); err != nil || m.Mode != "balance" {
		t.Errorf("after the change: %+v, %v", m, err)
	}

	// A second start finds it as any other window.
	second := start(t, o)
	second.ends(elsewhere)
	h.hears(client.EventShow)
}

// TestHostAttachesAgain has the headless instance start again before the window can take its place.
func TestHostAttachesAgain(t *testing.T) {
	o := newData(t)
	end := serve(t, o)
	var may atomic.Bool
	h := newRunning(t, func() (instance, error) {
		if !may.Load() {
			return nil, client.NewProblem(client.Held, "Another Metapi uses the data folder.", "")
		}
		return openLocal(o)
	}, o.Dir).run()
	h.hears(client.EventResync)
	end()
	end = serve(t, o)
	h.hears(client.EventResync)
	h.status("attached again", func(st client.Status) bool { return st.Version == "v0.0.0-headless" })
	may.Store(true)
	end()
	h.status("the instance itself", func(st client.Status) bool { return st.Running && st.Version == o.Version })
}

func TestAttachedWindowIsFound(t *testing.T) {
	o := newData(t)
	serve(t, o)
	h := start(t, o)
	h.hears(client.EventResync)
	start(t, o).ends(elsewhere)
	h.hears(client.EventShow)
}

// TestHostTellsWhy has data that cannot be opened, until it can.
func TestHostTellsWhy(t *testing.T) {
	o := newData(t)
	good := o.Dir
	o.Dir = filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(o.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := start(t, o)
	<-h.settled
	_, err := h.api.Status(t.Context())
	var p *client.Problem
	if !errors.As(err, &p) || p.Code != client.Storage || p.Hint == "" {
		t.Fatalf("the reason is not told: %v", err)
	}
	<-h.lost // told once
	if err := errors.Join(os.Remove(o.Dir), os.Rename(good, o.Dir)); err != nil {
		t.Fatal(err)
	}
	h.status("serving", serving)
	if len(h.lost) > 0 {
		t.Error("told again that there is no instance")
	}
}

// TestHostWaitsForCommand has a short command hold the data when the window starts.
func TestHostWaitsForCommand(t *testing.T) {
	o := newData(t)
	command, err := openLocal(o)
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, o)
	_, err = h.api.Status(t.Context())
	var p *client.Problem
	if !errors.As(err, &p) || p.Code != client.Held {
		t.Errorf("not told who holds the data: %v", err)
	}
	command.Close()
	h.status("serving", serving)
}

// made is an instance of a test's own making.
type made struct {
	api   http.HandlerFunc
	serve func(context.Context) error
	close func()
}

func (m made) Handler() http.Handler           { return m.api }
func (m made) Serve(ctx context.Context) error { return m.serve(ctx) }
func (m made) Close() error                    { m.close(); return nil }

// TestCallsEndBeforeClose has a call run while the host ends: what it uses must not be closed under it.
func TestCallsEndBeforeClose(t *testing.T) {
	calling, called := make(chan struct{}), atomic.Bool{}
	r := newRunning(t, func() (instance, error) {
		return made{
			api: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/events" {
					w.Write([]byte("data: {\"type\":\"resync\"}\n\n"))
					w.(http.Flusher).Flush()
				} else {
					close(calling)
				}
				<-r.Context().Done()
				if r.URL.Path != "/api/events" {
					called.Store(true)
				}
			},
			serve: func(ctx context.Context) error {
				<-ctx.Done()
				return nil
			},
			close: func() {
				if !called.Load() {
					t.Error("the data was closed while a call used it")
				}
			},
		}, nil
	}, t.TempDir()).run()
	go r.api.Status(context.Background())
	<-calling
	r.stop()
	r.ends(stopped)
}

// TestHostServesAgain has an instance fail to serve, once.
func TestHostServesAgain(t *testing.T) {
	times, closed := 0, false
	r := newRunning(t, func() (instance, error) {
		return made{
			api: func(w http.ResponseWriter, r *http.Request) {
				w.Write([]byte("data: {\"type\":\"resync\"}\n\n"))
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			},
			serve: func(context.Context) error {
				if times++; times == 1 {
					return errors.New("the disk is full")
				}
				return nil // asked to end
			},
			close: func() { closed = true },
		}, nil
	}, t.TempDir()).run()
	r.ends(ended)
	if times != 2 || !closed {
		t.Errorf("served %d times, closed: %t", times, closed)
	}
}
