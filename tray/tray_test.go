package tray

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/control/client"
	"metapi/tray/menu"
)

// fakeAPI is an API in memory. It notes what it is asked.
type fakeAPI struct {
	mu     sync.Mutex
	status client.Status
	mode   client.ModeInfo
	usage  client.Figures
	since  time.Time
	fails  error // what calls answer
	asked  []string

	clients []client.Key
	failed  []client.Row // today
	desktop client.Desktop

	events chan client.Event
	lost   chan error // ends a subscription

	language string // of the settings
}

func newFakeAPI() *fakeAPI {
	s := running(nil)
	return &fakeAPI{status: s.Status, mode: s.Mode, usage: *s.Today, desktop: client.Desktop{Window: true}, events: make(chan client.Event), lost: make(chan error)}
}

func (b *fakeAPI) note(what string) error {
	b.asked = append(b.asked, what)
	return b.fails
}

func (b *fakeAPI) Status(context.Context) (client.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	st := b.status
	st.Accounts = slices.Clone(st.Accounts) // an answer is never changed afterwards
	return st, b.note("status")
}

func (b *fakeAPI) Mode(context.Context) (client.ModeInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mode, b.note("mode")
}

func (b *fakeAPI) Settings(context.Context) (client.Settings, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return client.Settings{Language: b.language}, nil
}

func (b *fakeAPI) Usage(_ context.Context, q client.UsageQuery) (client.UsageReport, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since = q.Since
	return client.UsageReport{Totals: b.usage}, b.note("usage")
}

func (b *fakeAPI) SetMode(_ context.Context, mode string) (client.ModeInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.note("set " + mode)
	for _, w := range b.mode.Modes {
		if err == nil && string(w.Mode) == mode {
			b.mode.Mode = w.Mode
		}
	}
	return b.mode, err
}

func (b *fakeAPI) Pause(context.Context) (client.Paused, error)  { return b.pause(true, "pause") }
func (b *fakeAPI) Resume(context.Context) (client.Paused, error) { return b.pause(false, "resume") }

func (b *fakeAPI) pause(yes bool, what string) (client.Paused, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.note(what)
	if err == nil {
		b.status.Paused = yes
	}
	return client.Paused{Paused: b.status.Paused}, err
}

func (b *fakeAPI) Events(ctx context.Context, _ client.EventsOptions, fn func(client.Event)) error {
	fn(client.Event{Type: client.EventResync})
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-b.lost:
			return err
		case e := <-b.events:
			fn(e)
		}
	}
}

func (b *fakeAPI) Budgets(context.Context) ([]client.BudgetStanding, error) { return nil, nil }

func (b *fakeAPI) Requests(_ context.Context, q client.RequestsQuery) (client.Requests, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q.State == "failed" {
		return client.Requests{Rows: slices.Clone(b.failed)}, b.note("failed")
	}
	return client.Requests{}, b.fails
}

func (b *fakeAPI) Clients(context.Context) ([]client.Key, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.clients), b.fails
}

func (b *fakeAPI) AddClient(_ context.Context, name string) (client.KeyText, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := client.Key{ID: "cli_" + name, Name: name}
	b.clients = append(b.clients, c)
	return client.KeyText{Client: c, Key: "mp-new"}, b.note("add " + name)
}

func (b *fakeAPI) ClientKey(_ context.Context, ref string) (client.KeyText, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return client.KeyText{Key: "mp-known"}, b.note("key " + ref)
}

func (b *fakeAPI) EditClient(_ context.Context, ref string, in client.EditKey) (client.Key, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.clients {
		if b.clients[i].ID == ref {
			b.clients[i].Pin, b.clients[i].PinSlug = *in.Pin, strings.TrimPrefix(*in.Pin, "id-")
		}
	}
	return client.Key{}, b.note("pin " + ref + " to " + *in.Pin)
}

func (b *fakeAPI) EditAccount(_ context.Context, ref string, in client.EditAccount) (client.Account, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return client.Account{}, b.note(fmt.Sprint(ref, " paused: ", *in.Paused))
}

func (b *fakeAPI) ClearCooldown(_ context.Context, ref string) (client.Done, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return client.Done{}, b.note("clear " + ref)
}

func (b *fakeAPI) Desktop(context.Context) (client.Desktop, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.desktop, b.note("desktop")
}

func (b *fakeAPI) EditDesktop(_ context.Context, in client.EditDesktop) (client.Desktop, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.desktop.StartAtLogin = in.StartAtLogin
	return b.desktop, b.note(fmt.Sprint("login: ", in.StartAtLogin))
}

func (b *fakeAPI) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// took returns what was asked since it was last called.
func (b *fakeAPI) took() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := strings.Join(b.asked, " ")
	b.asked = nil
	return s
}

// screen is a display in memory.
type screen struct {
	mu       sync.Mutex
	shown    []menu.Menu
	restarts []int
}

func (s *screen) run(ctx context.Context) { <-ctx.Done() }

func (s *screen) show(m menu.Menu) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = append(s.shown, m)
}

func (s *screen) restart(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restarts = append(s.restarts, pid)
}

// restarted says which helpers were to be restarted since it was last called.
func (s *screen) restarted() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.restarts
	s.restarts = nil
	return list
}

// count says how many menus were shown since it was last called.
func (s *screen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.shown)
	s.shown = s.shown[n-min(n, 1):]
	return n - 1
}

func (s *screen) last() menu.Menu {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown[len(s.shown)-1]
}

func (s *screen) state() string { return s.last().Items[1].Title }

func (s *screen) checked() string {
	for _, it := range s.last().Items {
		if it.Checked && strings.HasPrefix(it.ID, idMode) {
			return it.ID
		}
	}
	return ""
}

// inTray runs a test with a tray that has a backend and a screen in memory, under a clock of its own.
func inTray(t *testing.T, test func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, told func() string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, s := newFakeAPI(), &screen{}
		var mu sync.Mutex
		var did []string
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			did = append(did, what)
		}
		told := func() string {
			mu.Lock()
			defer mu.Unlock()
			all := strings.Join(did, "; ")
			did = nil
			return all
		}
		tr := newTray(Options{
			API:  b,
			Open: func(page string) { note("open " + page) },
			Quit: func() { note("quit") },
			Copy: func(text string) { note("copy " + text) },
			Standing: func(st Standing) {
				if st.Shown {
					note("shown")
				} else {
					note("not shown: " + st.Why)
				}
			},
			Log: slog.New(slog.DiscardHandler),
		})
		tr.display = s
		tr.host = func(ctx context.Context, _ func(host)) { <-ctx.Done() }
		tr.start()
		defer tr.Stop()
		synctest.Wait()
		test(t, tr, b, s, told)
	})
}

func TestChangesAreShown(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, _ func() string) {
		if got := s.state(); got != "Running on 127.0.0.1:4747" || s.checked() != "mode:balance" {
			t.Fatalf("after the start: %q, %q", got, s.checked())
		}
		y, m, d := time.Now().Date()
		if b.set(func() {}); !b.since.Equal(time.Date(y, m, d, 0, 0, 0, 0, time.Local)) {
			t.Errorf("use since %v, at %v", b.since, time.Now())
		}
		b.took()
		s.count()

		b.set(func() { b.mode.Mode = "failover" })
		b.events <- client.Event{Type: client.EventChanged, Topics: []client.Topic{client.TopicStatus}}
		time.Sleep(soon)
		synctest.Wait()
		if got := b.took(); s.checked() != "mode:failover" || s.count() != 1 || got != "status mode" {
			t.Errorf("another mode: %q is checked; asked: %s", s.checked(), got)
		}

		b.events <- client.Event{Type: client.EventChanged, Topics: []client.Topic{client.TopicModels}}
		time.Sleep(soon)
		synctest.Wait()
		if n := s.count(); n != 0 {
			t.Errorf("%d menus were sent though nothing changed that they show", n)
		}

		b.events <- client.Event{Type: client.EventShow}
		time.Sleep(later)
		synctest.Wait()
		b.took()
		b.set(func() { b.status.InFlight = 2 })
		time.Sleep(tick)
		synctest.Wait()
		if got := b.took(); got != "status mode usage failed desktop" || s.state() != "Running on 127.0.0.1:4747 · 2 in flight" {
			t.Errorf("after half a minute: %q; asked: %s", s.state(), got)
		}
	})
}

func TestBurstsAreGathered(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, _ func() string) {
		burst := func(e client.Event) (menus, looks int) {
			time.Sleep(tick / 2)
			synctest.Wait()
			b.took()
			s.count()
			for i := range 1000 { // over a second
				b.set(func() { b.status.InFlight = int64(i) + 1 })
				b.events <- e
				time.Sleep(time.Millisecond)
			}
			time.Sleep(later)
			synctest.Wait()
			if want := "Running on 127.0.0.1:4747 · 1.0 K in flight"; s.state() != want {
				t.Errorf("the last of a burst is not shown: %q", s.state())
			}
			return s.count(), strings.Count(b.took(), "status")
		}
		if menus, looks := burst(client.Event{Type: client.EventRequest, Request: &client.Row{}}); menus > 3 || looks > 3 {
			t.Errorf("1000 requests in a second: %d menus, %d looks", menus, looks)
		}
		if menus, looks := burst(client.Event{Type: client.EventChanged}); menus > 6 || looks > 6 {
			t.Errorf("1000 changes in a second: %d menus, %d looks", menus, looks)
		}
	})
}

func TestBackendIsLostAndFound(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, _ func() string) {
		b.lost <- io.EOF
		synctest.Wait()
		if s.state() != "Not running" || s.last().Icon != menu.Down {
			t.Errorf("without a backend: %q", s.state())
		}
		b.took()
		b.set(func() { b.status.InFlight = 7 })
		time.Sleep(tr.retry.first)
		synctest.Wait()
		if got := b.took(); got != "status mode usage failed desktop" || s.state() != "Running on 127.0.0.1:4747 · 7 in flight" {
			t.Errorf("with it again: %q; asked: %s", s.state(), got)
		}
	})
}

func TestBackendThatDoesNotAnswer(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, _ func() string) {
		b.set(func() { b.fails = errors.New("the database is on fire") })
		time.Sleep(tick)
		synctest.Wait()
		if got := s.state(); got != "No answer from Metapi: the database is on fire" {
			t.Errorf("state: %q", got)
		}
		b.set(func() { b.fails = nil })
		time.Sleep(failureShown)
		synctest.Wait()
		if got := s.state(); got != "Running on 127.0.0.1:4747" {
			t.Errorf("when it answers again: %q", got)
		}
	})
}

func TestClicks(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, told func() string) {
		for _, c := range []struct {
			click, asks, tells string
		}{
			{idOpen, "", "open "},
			{idMode + "failover", "set failover", ""},
			{idMode + "failover", "set failover", ""},
			{idAccount + "id-relay-b", "", "open /accounts/id-relay-b"},
			{idAccount + "a/b c?d", "", "open /accounts/a%2Fb%20c%3Fd"},
			{idAccounts, "", "open /accounts"},
			{idTrouble, "", "open /"},
			{idProblem + "r1", "", "open /requests/r1"},
			{idTools, "", "open /tools"},
			{idSettings, "", "open /settings"},
			{idCopy + "openai", "", "copy http://127.0.0.1:4747/v1"},
			{idCopy + "anthropic", "", "copy http://127.0.0.1:4747"},
			{idCopy + "shell", "add Shell", "copy " + variables("export %s=%s\n", "127.0.0.1:4747", "mp-new")},
			{idCopy + "shell", "key cli_Shell", "copy " + variables("export %s=%s\n", "127.0.0.1:4747", "mp-known")},
			{idPin + "cli_x:id-relay-b", "pin cli_x to id-relay-b", ""},
			{idPin + "cli_x:", "pin cli_x to ", ""},
			{idCool + "id-a", "clear id-a", ""},
			{idLeave + "id-a", "id-a paused: true", ""},
			{idTake + "id-a", "id-a paused: false", ""},
			{idLogin, "login: true", ""},
			{idNoLogin, "login: false", ""},
			{idPause, "pause", ""},
			{idResume, "resume", ""},
			{idQuit, "", "quit"},
		} {
			b.took()
			s.count()
			tr.clicked(c.click)
			synctest.Wait()
			asks := strings.TrimPrefix(c.asks+" status mode desktop", " ")
			if got, tells := b.took(), told(); got != asks || tells != c.tells {
				t.Errorf("a click on %q: asked %q, want %q; told %q, want %q", c.click, got, asks, tells, c.tells)
			}
			if n := s.count(); n < 1 {
				t.Errorf("after a click on %q no menu was sent", c.click)
			}
		}
		if s.checked() != "mode:failover" {
			t.Errorf("checked: %q", s.checked())
		}
		tr.clicked(idPause)
		synctest.Wait()
		if s.state() != "Paused" || s.last().Icon != menu.Paused {
			t.Errorf("paused: %q", s.state())
		}
	})
}

func TestClicksThatFail(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, told func() string) {
		b.set(func() { b.fails = errors.New("it is not to be") })
		tr.clicked(idMode + "failover")
		synctest.Wait()
		if s.checked() != "mode:balance" || !strings.Contains(s.state(), "it is not to be") {
			t.Errorf("checked %q, state %q", s.checked(), s.state())
		}
		b.set(func() { b.fails = nil })
		time.Sleep(failureShown + failureShown)
		synctest.Wait()
		if s.state() != "Running on 127.0.0.1:4747" {
			t.Errorf("later: %q", s.state())
		}
		tr.clicked("wash the dishes")
		synctest.Wait()
		if !strings.HasPrefix(s.state(), "The tray program is of another version") {
			t.Errorf("an unknown click: %q", s.state())
		}
		b.set(func() { b.status.Running = false })
		b.events <- client.Event{Type: client.EventChanged}
		time.Sleep(failureShown)
		synctest.Wait()
		tr.clicked(idCopy + "openai")
		synctest.Wait()
		if got := told(); got != "" || !strings.HasPrefix(s.state(), "Nothing was copied") {
			t.Errorf("an address to copy where there is none: %q, %q", got, s.state())
		}
	})
}

// Quit may stop the tray: the window does when the app ends.
func TestStopFromAClick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr *Tray
		stopped := make(chan struct{})
		tr = newTray(Options{API: newFakeAPI(), Log: slog.New(slog.DiscardHandler), Quit: func() {
			tr.Stop()
			close(stopped)
		}})
		tr.display = &screen{}
		tr.start()
		tr.clicked(idQuit)
		<-stopped
	})
}

func TestStanding(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, _ *fakeAPI, _ *screen, told func() string) {
		var got []string
		for _, step := range []func(){
			func() { tr.hostChanged(host{there: true}) },
			func() { tr.helperChanged(helper{pid: 7}) },
			func() { tr.helperChanged(helper{pid: 7}) },
			func() { tr.hostChanged(host{why: "No panel."}) },
			func() { tr.helperChanged(helper{err: errors.New("the tray program ended: oh")}) },
			func() { tr.hostChanged(host{there: true}) },
		} {
			step()
			got = append(got, told())
		}
		want := []string{"not shown: The tray program is starting.", "shown", "", "not shown: No panel.", "", "not shown: The tray program ended: oh."}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if st := tr.Standing(); st.Shown || st.Why != "The tray program ended: oh." {
			t.Errorf("standing: %+v", st)
		}
	})
}

// TestOnlyWhatIsListedIsShown is Linux, where the panel tells which processes have icons.
func TestOnlyWhatIsListedIsShown(t *testing.T) {
	const (
		notYet = "not shown: The desktop's panel does not show Metapi's icon yet."
		vague  = "not shown: The desktop's panel does not say whether it shows Metapi's icon."
	)
	inTray(t, func(t *testing.T, tr *Tray, _ *fakeAPI, s *screen, told func() string) {
		panel := func(pids ...int) func() {
			return func() { tr.hostChanged(host{there: true, lists: true, pids: pids}) }
		}
		ready := func(pid int) func() { return func() { tr.helperChanged(helper{pid: pid}) } }
		for _, step := range []struct {
			name     string
			do       func()
			after    time.Duration
			tells    string
			restarts []int
		}{
			{"an empty panel", panel(), tr.listing, "not shown: The tray program is starting.", nil},
			{"the helper is ready", ready(7), tr.listing - 1, notYet, nil},
			{"the time is up", nil, 1, "", []int{7}},
			{"it goes on", nil, tr.listing, "", []int{7}},
			{"it has ended", func() { tr.helperChanged(helper{err: errMissing}) }, time.Minute,
				"not shown: The desktop's panel has not taken the icon; the tray program is started again.", nil},
			{"the next one", ready(8), tr.listing - 1, notYet, nil},
			{"its icon comes", panel(1, 8), time.Minute, "shown", nil},
			{"an icon of another's goes", panel(8), time.Minute, "", nil},
			{"its own goes", panel(1, 7), tr.listing - 1, notYet, nil},
			{"and comes", panel(1, 7, 8), time.Minute, "shown", nil},
			{"and goes", panel(), tr.listing, notYet, []int{8}},
			{"the panel goes", func() { tr.hostChanged(host{why: "No panel."}) }, time.Minute, "not shown: No panel.", nil},
			{"a panel comes", panel(), tr.listing - 1, notYet, nil},
			{"it does not tell whose icon it has", func() { tr.hostChanged(host{there: true, lists: true, vague: true}) }, time.Minute, vague, nil},
			{"except for ours", func() { tr.hostChanged(host{there: true, lists: true, vague: true, pids: []int{8}}) }, time.Minute, "shown", nil},
		} {
			if step.do != nil {
				step.do()
			}
			time.Sleep(step.after)
			synctest.Wait()
			if got := told(); got != step.tells {
				t.Errorf("%s: it tells %q, want %q", step.name, got, step.tells)
			}
			if got := s.restarted(); !slices.Equal(got, step.restarts) {
				t.Errorf("%s: restarts %v, want %v", step.name, got, step.restarts)
			}
		}
		panel()() // and Stop leaves no timer
	})
}

// TestToolsAreShown follows who asks, who serves them, and what fails, by the events alone.
func TestToolsAreShown(t *testing.T) {
	inTray(t, func(t *testing.T, tr *Tray, b *fakeAPI, s *screen, _ func() string) {
		b.set(func() { b.clients = []client.Key{{ID: "cli_x", Name: "Codex"}} })
		b.events <- client.Event{Type: client.EventRequest, Request: &client.Row{ID: "r1", Client: "Codex", Account: "relay-b", Model: "gpt-5", Start: time.Now(), State: "failed", Error: "oh"}}
		time.Sleep(time.Second)
		synctest.Wait()
		menu := sketch(s.last())
		for _, want := range []string{"  Codex → relay-b · gpt-5 >", "Codex · oh {problem:r1}"} {
			if !strings.Contains(menu, want) {
				t.Errorf("no %q in\n%s", want, menu)
			}
		}
		tr.clicked(idPin + "cli_x:id-openai")
		synctest.Wait()
		if menu := sketch(s.last()); !strings.Contains(menu, "Codex is pinned to openai >") || !strings.Contains(menu, "(*) Only openai {pin:cli_x:id-openai}") {
			t.Errorf("pinned:\n%s", menu)
		}
		b.set(func() { b.desktop.StartAtLogin = true })
		tr.Again() // the settings page has changed it
		synctest.Wait()
		if menu := sketch(s.last()); !strings.Contains(menu, "(*) Start at login") {
			t.Errorf("at login:\n%s", menu)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if menu := sketch(s.last()); strings.Contains(menu, "Last problem") {
			t.Errorf("yesterday's problem is shown:\n%s", menu)
		}
	})
}
