package backend_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// listener is one subscription to the events of an instance.
type listener struct {
	t      *testing.T
	events chan client.Event
	ended  chan error
}

// listen subscribes until the test ends, past the resync that comes first.
func listen(t *testing.T, c *client.Client) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{t, make(chan client.Event, 1000), make(chan error, 1)}
	go func() { l.ended <- c.Events(ctx, client.EventsOptions{}, func(e client.Event) { l.events <- e }) }()
	t.Cleanup(func() { cancel(); <-l.ended })
	l.until("the first event", func(e client.Event) bool {
		if e.Type != client.EventResync {
			t.Fatalf("the first event is %+v", e)
		}
		return true
	})
	return l
}

// until reads events up to the one that is meant.
func (l *listener) until(what string, ok func(client.Event) bool) client.Event {
	l.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e := <-l.events:
			if ok(e) {
				return e
			}
		case <-late:
			l.t.Fatalf("%s was not told", what)
		}
	}
}

// topics waits until each of the topics was told.
func (l *listener) topics(what string, topics ...client.Topic) {
	l.t.Helper()
	l.until(what, func(e client.Event) bool {
		topics = slices.DeleteFunc(topics, func(t client.Topic) bool { return slices.Contains(e.Topics, t) })
		return len(topics) == 0
	})
}

// rows waits for a number of rows.
func (l *listener) rows(n int) (rows []client.Row) {
	l.t.Helper()
	for len(rows) < n {
		e := l.until("a request", func(e client.Event) bool { return e.Type == client.EventRequest })
		rows = append(rows, *e.Request)
	}
	return rows
}

// end waits until the events have ended.
func (l *listener) end() {
	l.t.Helper()
	select {
	case err := <-l.ended:
		if !errors.Is(err, io.EOF) {
			l.t.Errorf("the events ended with %v", err)
		}
		l.ended <- err
	case <-time.After(patience):
		l.t.Fatal("the events do not end")
	}
}

// dial is a client of the instance on a folder, over loopback.
func dial(t *testing.T, dir string) *client.Client {
	t.Helper()
	c, _, err := client.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must is for calls that do not fail.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// add adds an account at an imitated vendor.
func add(t *testing.T, c *client.Client, v *imitation.Vendor, name string) client.Account {
	t.Helper()
	return must(c.AddAccount(t.Context(), client.AddAccount{Provider: string(v.Kind), BaseURL: v.BaseURL, Name: name, Key: v.Key}))(t).Account
}

// Whatever a user sees is told when it changes, and by then it can be read; over both carriers.
func TestEventsTellChanges(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	serve(t, b, backend.ServeOptions{})
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	near, far := client.InProcess(b.Handler()), dial(t, dir)
	for name, c := range map[string]*client.Client{"in process": near, "over loopback": far} {
		t.Run(name, func(t *testing.T) {
			l, ctx := listen(t, c), t.Context()
			must(c.SetMode(ctx, "balance"))(t)
			l.topics("a mode", client.TopicStatus)
			must(c.Pause(ctx))(t)
			l.topics("a pause", client.TopicStatus)
			must(c.Resume(ctx))(t)
			l.topics("the end of a pause", client.TopicStatus)
			theme := "dark"
			if name == "in process" {
				theme = "light"
			}
			must(c.EditSettings(ctx, client.EditSettings{Theme: &theme}))(t)
			l.topics("a setting", client.TopicSettings)
			must(c.AddClient(ctx, name))(t)
			l.topics("a local key", client.TopicClients)

			offered := func(n int) func(client.Event) bool {
				return func(e client.Event) bool {
					return slices.Contains(e.Topics, client.TopicModels) && len(must(c.Models(ctx, ""))(t)) == n
				}
			}
			a := add(t, c, v, "A")
			l.until("an account with its models", offered(1))
			paused := true
			must(c.EditAccount(ctx, a.ID, client.EditAccount{Paused: &paused}))(t)
			l.topics("a paused account", client.TopicAccounts, client.TopicStatus)
			must(c.OrderAccounts(ctx, []string{a.ID}))(t)
			l.topics("an order", client.TopicAccounts)
			must(c.TestAccount(ctx, a.ID))(t)
			l.topics("a test", client.TopicAccounts)
			must(c.RemoveAccount(ctx, a.ID))(t)
			l.until("a removed account, without its models", offered(0))
			must(c.RestoreAccount(ctx, a.ID))(t)
			l.until("an account that is back, with its models", offered(1))
			must(c.RemoveAccount(ctx, a.ID))(t)
		})
	}
}

// Each request is told when it begins and when it has settled, with names and cost, in order.
func TestEventsTellRequests(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	near, far := client.InProcess(b.Handler()), dial(t, dir)
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	add(t, near, v, "My Work")
	key := must(near.AddClient(t.Context(), "Claude Code"))(t)
	listeners := []*listener{listen(t, near), listen(t, far)}
	for range 2 {
		if got := call(t, st.Addresses[0], key.Key, "gpt-4o"); got != 200 {
			t.Fatalf("got %d", got)
		}
	}
	for _, l := range listeners {
		rows := l.rows(4)
		for i, r := range rows {
			want := []routing.State{routing.Running, routing.OK}[i%2]
			if r.State != want || r.ID != rows[i/2*2].ID || r.Client != "Claude Code" || r.Model != "gpt-4o" {
				t.Errorf("row %d: %+v", i, r)
			}
			if want == routing.OK && (r.Account != "my-work" || r.Status != 200 || r.CostUSD == nil || *r.CostUSD <= 0 || r.Input == 0 || r.Attempts != 1) {
				t.Errorf("settled: %+v", r)
			}
		}
		if rows[0].ID == rows[2].ID {
			t.Error("two requests have one id")
		}
		kept := must(near.Request(t.Context(), rows[1].ID))(t).Row
		told, _ := json.Marshal(rows[1])
		if k, _ := json.Marshal(kept); string(k) != string(told) {
			t.Errorf("told %s\nkept %s", told, k)
		}
	}
}

// A browser that listens does not hold the end of the instance up.
func TestEventsEndWithTheInstance(t *testing.T) {
	for _, how := range []string{"asked", "signalled"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			b := open(t, dir)
			_, stop := serve(t, b, backend.ServeOptions{Grace: time.Hour}) // it would be waited for to the end
			near, far := client.InProcess(b.Handler()), dial(t, dir)
			listeners := []*listener{listen(t, near), listen(t, far)}
			if how == "asked" {
				must(far.Shutdown(t.Context()))(t)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			for _, l := range listeners {
				l.end()
			}
		})
	}
}

// The events need the token like all else of the API, and come to no page from elsewhere.
func TestEventsNeedTheToken(t *testing.T) {
	dir := t.TempDir()
	st, _ := serve(t, open(t, dir), backend.ServeOptions{})
	rt := must(control.ReadRuntime(dir))(t)
	for _, c := range []struct {
		name, auth, origin string
		status             int
	}{{"no token", "", "", 401}, {"wrong token", "Bearer x" + rt.Token, "", 401}, {"foreign origin", "Bearer " + rt.Token, "https://evil.example", 403}} {
		r := must(http.NewRequestWithContext(t.Context(), "GET", "http://"+st.Addresses[0]+"/api/events?token="+rt.Token, nil))(t)
		if c.auth != "" {
			r.Header.Set("Authorization", c.auth)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		resp := must(http.DefaultClient.Do(r))(t)
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.status || strings.Contains(string(body), "resync") {
			t.Errorf("%s: %d %s", c.name, resp.StatusCode, body)
		}
	}
}

// holds reports the file of a folder that holds a text; "" where none does.
func holds(t *testing.T, dir, text string) (file string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil // a temporary file that had its time
		}
		if err == nil && strings.Contains(string(raw), text) {
			file = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// While a request runs, whoever watches sees which account is asked, and which could not serve.
func TestEventsTellFailover(t *testing.T) {
	h := newHouse(t)
	l := listen(t, h.Client)
	h.va.Fault(imitation.Fault{Kind: imitation.Status500, Times: 1})
	if got := call(t, h.addr, h.key, "gpt-4o"); got != 200 {
		t.Fatalf("got %d", got)
	}
	var told []string
	for _, r := range l.rows(3) {
		told = append(told, fmt.Sprint(r.State, r.Struck, r.Account))
	}
	if want := []string{"running[]first", "running[first]second", "ok[first]second"}; !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
}
