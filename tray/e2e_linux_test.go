package tray

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/tray/menu"
	"metapi/tray/snitest"
)

// These tests use the real helper: METAPI_TRAY_BIN names it. They want an X display and a session bus of their own: see build/lib/display.sh.
const helperBinary = "METAPI_TRAY_BIN"

// panel is a panel on the session bus, in which the real helper has its icon.
func panel(t *testing.T) *snitest.Host {
	t.Helper()
	path, address := os.Getenv(helperBinary), os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if path == "" {
		t.Skip(helperBinary + " does not name a built metapi-tray")
	}
	if os.Getenv("DISPLAY") == "" || address == "" || address == "disabled:" {
		t.Skip("there is no display and session bus of the test's own: run it by with_display of build/lib/display.sh")
	}
	t.Setenv(helperVariable, path)
	h, err := snitest.NewHost(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// icon waits for the n-th icon of the panel, counted from 1.
func icon(t *testing.T, h *snitest.Host, n int) *snitest.Icon {
	t.Helper()
	for {
		icons, changed := h.Icons()
		if len(icons) >= n {
			return icons[n-1]
		}
		next(t, "an icon comes", changed)
	}
}

// seen writes what the panel shows of a menu, as sketch does but for names.
func seen(i *snitest.Icon) string {
	list, err := i.Menu()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range list {
		if !e.Visible {
			continue
		}
		b.WriteString(strings.Repeat("  ", e.Level))
		switch {
		case e.Separator:
			b.WriteString("--\n")
			continue
		case e.Submenu:
			fmt.Fprintf(&b, "%s >\n", e.Label)
			continue
		case e.Check && e.Checked:
			b.WriteString("(*) ")
		case e.Check:
			b.WriteString("( ) ")
		}
		if e.Enabled {
			fmt.Fprintln(&b, e.Label)
		} else {
			fmt.Fprintf(&b, "[%s]\n", e.Label)
		}
	}
	return b.String()
}

// plainly is sketch without the first line and the names.
func plainly(m menu.Menu) string {
	var b strings.Builder
	for l := range strings.Lines(sketch(m)) {
		if strings.HasPrefix(l, "<") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(l, "\n"), " {")
		fmt.Fprintln(&b, name)
	}
	return b.String()
}

func shows(t *testing.T, i *snitest.Icon, m menu.Menu) {
	t.Helper()
	want := plainly(m)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := seen(i)
		if got == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the panel shows\n%s\nwant\n%s", got, want)
		}
	}
}

func picture(t *testing.T, i *snitest.Icon, m menu.Menu) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("helper", "icons", string(m.Icon)+".png"))
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the icon is that of the state "+string(m.Icon), func() bool {
		got, err := i.Picture()
		return err == nil && bytes.Equal(got, want)
	})
}

// realRig is a runner with the real helper.
func realRig(t *testing.T) *rig {
	t.Helper()
	g := newRig(t, "")
	g.find = FindHelper
	return g
}

func TestRealMenus(t *testing.T) {
	h := panel(t)
	g := realRig(t)
	states := []State{
		{},
		running(nil),
		running(func(s *State) {
			s.Status.InFlight = 3
			s.Mode.Mode = "failover"
			s.Status.Accounts[0] = stands("relay_b", "blocked", "key refused")
			s.Status.Trouble = []string{"Q & A: <b>not</b> a tag, _not_ a mnemonic"}
		}),
		running(func(s *State) { s.Status.Paused = true }),
		running(func(s *State) {
			s.Clients = []client.Key{{ID: "c", Name: "Codex", Pin: "id-openai", PinSlug: "openai"}}
			s.Budgets = make([]client.BudgetStanding, 1)
			s.Desktop.Window = true
		}),
		running(nil),
		{},
	}
	g.show(Layout(states[0]))
	g.start()
	i := icon(t, h, 1)
	for _, s := range states {
		m := Layout(s)
		g.show(m)
		shows(t, i, m)
		picture(t, i, m)
	}
	for property, want := range map[string]string{"Status": "Active", "Title": "Metapi"} {
		if got, err := i.Property(property); err != nil || got != want {
			t.Errorf("the icon's %s is %v (%v), want %s", property, got, err, want)
		}
	}
	files, err := os.ReadDir(g.temp)
	if err != nil || len(files) != 1 {
		t.Errorf("the folder for temporary files has %v (%v), want the icon alone", files, err)
	}
	g.stop()
	within(t, "the icon goes", func() bool { gone, err := i.Gone(); return err == nil && gone })
	if _, err := os.Stat(g.temp); !os.IsNotExist(err) {
		t.Errorf("the folder for temporary files: %v", err)
	}
}

func TestRealClicks(t *testing.T) {
	h := panel(t)
	b := newFakeAPI()
	told := make(chan string, 100)
	standing := make(chan Standing, 100)
	tr := Start(Options{
		API: b, Dir: t.TempDir(),
		Open:     func(page string) { told <- "open " + page },
		Copy:     func(text string) { told <- "copy " + text },
		Quit:     func() { told <- "quit" },
		Standing: func(s Standing) { standing <- s },
	})
	t.Cleanup(tr.Stop)
	i := icon(t, h, 1)
	menuNow := func(change func()) menu.Menu {
		b.set(func() {
			if change != nil {
				change()
			}
		})
		b.mu.Lock()
		defer b.mu.Unlock()
		return Layout(State{Connected: true, Status: b.status, Mode: b.mode, Today: &b.usage, Desktop: b.desktop})
	}
	shows(t, i, menuNow(nil))
	for s := (Standing{}); !s.Shown; {
		s = next(t, "the tray stands", standing)
	}

	for label, want := range map[string]string{
		"Open Metapi": "open ", "OpenAI base URL": "copy http://127.0.0.1:4747/v1", "Settings…": "open /settings", "Quit Metapi": "quit",
	} {
		if err := i.Click(label); err != nil {
			t.Fatal(err)
		}
		if got := next(t, "a click on "+label, told); got != want {
			t.Errorf("a click on %q: %q", label, got)
		}
	}
	// GTK toggles the mark of what is clicked, checked or not. Also where the mode in force is clicked, it must stay checked.
	words := map[string]string{"Failover": "failover", "Load balance": "balance"}
	for _, mode := range []string{"Failover", "Failover", "Load balance", "Load balance", "Load balance", "Failover"} {
		b.took()
		if err := i.Click(mode); err != nil {
			t.Fatal(err)
		}
		within(t, "the click on "+mode+" arrives", func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return slices.Contains(b.asked, "set "+words[mode])
		})
		m := menuNow(nil)
		shows(t, i, m)
		if j := slices.IndexFunc(m.Items, func(it menu.Item) bool { return it.Checked && strings.HasPrefix(it.ID, idMode) }); m.Items[j].Title != mode {
			t.Errorf("%s was clicked, %s is in force", mode, m.Items[j].Title)
		}
	}
	for _, click := range []string{"Pause requests", "Resume requests"} {
		if err := i.Click(click); err != nil {
			t.Fatal(err)
		}
		within(t, "it has "+click, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.status.Paused == (click == "Pause requests") })
		shows(t, i, menuNow(nil))
	}
	m := menuNow(func() { b.status.Accounts[1] = stands("relay-b", "blocked", "key refused") })
	b.events <- client.Event{Type: client.EventChanged}
	shows(t, i, m)
	picture(t, i, m)
	if err := i.Click("Show in Metapi"); err != nil { // that of the first, which is the one in trouble
		t.Fatal(err)
	}
	if got := next(t, "a click on an account", told); got != "open /accounts/id-relay-b" {
		t.Error(got)
	}

	h.Close()
	if s := next(t, "the panel is gone", standing); s.Shown || s.Why == "" {
		t.Errorf("without a panel: %+v", s)
	}
}

func TestRealHelperIsKilled(t *testing.T) {
	h := panel(t)
	g := realRig(t)
	m := Layout(running(nil))
	g.show(m)
	g.start()
	first := icon(t, h, 1)
	shows(t, first, m)
	pid, err := first.PID()
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(int(pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	shows(t, icon(t, h, 2), m)
	if gone, err := first.Gone(); err != nil || !gone {
		t.Errorf("the first icon is still there (%v)", err)
	}
}

// TestRealIconIsLost has a panel to which the helper's registration does not get through: the icon comes with the next helper.
func TestRealIconIsLost(t *testing.T) {
	h := panel(t)
	h.Lose(1)
	standing := make(chan Standing, 100)
	tr := newTray(Options{
		API: newFakeAPI(), Dir: t.TempDir(), Standing: func(s Standing) { standing <- s }, Log: slog.New(slog.DiscardHandler),
	})
	tr.listing = time.Second
	r := newRunner()
	r.backoff.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	tr.with(r)
	tr.start()
	t.Cleanup(tr.Stop)
	again := false
	for {
		s := next(t, "the icon is shown", standing)
		if s.Shown {
			break
		}
		again = again || strings.Contains(s.Why, "started again")
	}
	if !again {
		t.Error("it is shown, and it was lost")
	}
	i := icon(t, h, 1)
	within(t, "it has the menu", func() bool { return strings.Contains(seen(i), "Open Metapi") })
	h.Forget(i)
	if s := next(t, "the panel forgets it", standing); s.Shown {
		t.Error("it is shown, and the panel has forgotten it")
	}
	for !next(t, "the icon is shown again", standing).Shown {
	}
}

// TestRealHelperAlone is how the helper ends when the app does, however that ends, and what it makes of nonsense.
func TestRealHelperAlone(t *testing.T) {
	h := panel(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(helperBinary))
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var errs tail
	cmd.Stderr = &errs
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the helper says: %s", errs.b)
		}
	})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, `{"seq":1,"icon":"ok","items":[{"id":"a","title":"First","enabled":true}]}`)
	i := icon(t, h, 1)
	within(t, "its menu comes", func() bool { return seen(i) == "First\n" })
	fmt.Fprintln(in, "nonsense")
	fmt.Fprintln(in, `{"seq":2,"items":[]}`)
	fmt.Fprintln(in, `{"seq":3,"icon":"of the future","items":[{"id":"a","title":"Second"}]}`)
	within(t, "its menu changes", func() bool { return seen(i) == "[Second]\n" })
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	for _, want := range []string{"no menu", "0 items came after one of 1"} {
		if !strings.Contains(string(errs.b), want) {
			t.Errorf("its stderr has no %q", want)
		}
	}

	byHand := exec.CommandContext(ctx, os.Getenv(helperBinary)) // with no stdin
	out, err := byHand.CombinedOutput()
	if byHand.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "Start Metapi instead") {
		t.Errorf("started by hand: %v, %s", err, out)
	}
}
