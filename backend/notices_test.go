package backend_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
	"metapi/build/freeport"
	"metapi/build/imitation"
)

// ear hears the notices that are told.
type ear struct {
	t    *testing.T
	mu   sync.Mutex
	told []client.Notice
}

func listenForNotices(t *testing.T, c *client.Client) *ear {
	t.Helper()
	e := &ear{t: t}
	ctx, stop := context.WithCancel(t.Context())
	listening, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var once sync.Once
		c.Events(ctx, client.EventsOptions{}, func(ev client.Event) {
			once.Do(func() { close(listening) })
			if ev.Type == client.EventNotice {
				e.mu.Lock()
				defer e.mu.Unlock()
				e.told = append(e.told, *ev.Notice)
			}
		})
	}()
	t.Cleanup(func() { stop(); <-done })
	<-listening
	return e
}

// hears waits for a notice with a title, and takes all that were told until then.
func (e *ear) hears(title string) (n client.Notice) {
	e.t.Helper()
	var told []client.Notice
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		e.mu.Lock()
		told = e.told
		i := slices.IndexFunc(told, func(n client.Notice) bool { return n.Title == title })
		if i >= 0 {
			n, e.told = told[i], slices.Delete(slices.Clone(told), i, i+1)
			e.mu.Unlock()
			return n
		}
		e.mu.Unlock()
	}
	e.t.Fatalf("%q was not told, but %+v", title, told)
	return n
}

// all is what was told and not taken.
func (e *ear) all() (titles []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range e.told {
		titles = append(titles, n.Title)
	}
	return titles
}

// fallOver has n requests go on from the first account to the second.
func (h *house) fallOver(n int) {
	h.t.Helper()
	for range n {
		must(h.ClearCooldown(h.t.Context(), "first"))(h.t)
		h.va.Fault(imitation.Fault{Kind: imitation.Status500})
		if got := h.serves(); got != "b" {
			h.t.Fatalf("%q serves", got)
		}
	}
}

// TestNotices tells what wants the person at once, each kind as long as they want to hear of it, and the same not again and again.
func TestNotices(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	e := listenForNotices(t, h.Client)

	h.fallOver(4)
	h.fallOver(1)
	if n := e.hears("First keeps failing"); n.Kind != "failover" || n.Page != "/accounts/"+h.a.ID || n.Text != "5 requests went on to other accounts within 5 minutes, the last after a server error." {
		t.Errorf("%+v", n)
	}
	h.fallOver(5) // the same, and it was told just now
	h.va.Fault(imitation.Fault{Kind: imitation.Status401})
	must(h.ClearCooldown(ctx, "first"))(t)
	if got := h.serves(); got != "b" {
		t.Errorf("%q serves", got)
	}
	if n := e.hears("First refuses its key"); n.Kind != "key" || n.Page != "/accounts/"+h.a.ID || n.Text == "" {
		t.Errorf("%+v", n)
	}
	h.vb.Fault(imitation.Fault{Kind: imitation.Status401})
	if got := h.serves(); got != "" {
		t.Errorf("%q serves", got)
	}
	e.hears("Second refuses its key")
	if n := e.hears("No account can serve"); n.Kind != "gateway" || n.Page != "/accounts" || !strings.Contains(n.Text, "cooling after a refused key") {
		t.Errorf("%+v", n)
	}
	if list := e.all(); len(list) > 0 {
		t.Errorf("told, too: %q", list)
	}

	must(h.EditSettings(ctx, client.EditSettings{NotifyQuiet: new(0), NotifyKey: new(false)}))(t)
	must(h.ClearCooldown(ctx, "second"))(t)
	h.va.Fault(imitation.Fault{Kind: imitation.Status401})
	must(h.ClearCooldown(ctx, "first"))(t)
	if got := h.serves(); got != "b" {
		t.Errorf("%q serves", got)
	}
	h.fallOver(5)
	e.hears("First keeps failing") // again
	if list := e.all(); slices.Contains(list, "First refuses its key") {
		t.Errorf("what was switched off is told: %q", list)
	}
}

// TestNoticeOfATakenPort tells that tools will not find Metapi.
func TestNoticeOfATakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b := open(t, t.TempDir())
	c := client.InProcess(b.Handler())
	port := l.Addr().(*net.TCPAddr).Port
	must(c.EditSettings(t.Context(), client.EditSettings{Port: &port}))(t)
	e := listenForNotices(t, c)
	serve(t, b, backend.ServeOptions{Patient: true})
	if n := e.hears("Port " + strings.TrimPrefix(l.Addr().String(), "127.0.0.1:") + " is taken"); n.Kind != "gateway" || n.Page != "/settings" {
		t.Errorf("%+v", n)
	}
}

// TestNoticeOfLockedKeys tells that there is a passphrase to give, since nobody can serve until then.
func TestNoticeOfLockedKeys(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	add(t, client.InProcess(b.Handler()), imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o")), "First")
	b.Close()
	b, err := backend.Open(backend.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	c := client.InProcess(b.Handler())
	must(c.EditSettings(t.Context(), client.EditSettings{Port: new(freeport.New(t))}))(t)
	e := listenForNotices(t, c)
	serve(t, b, backend.ServeOptions{Patient: true})
	if n := e.hears("The keys of your accounts are locked"); n.Kind != "gateway" {
		t.Errorf("%+v", n)
	}
	if list := e.all(); len(list) > 0 {
		t.Errorf("told, too: %q", list)
	}
}
