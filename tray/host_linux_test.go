package tray

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"metapi/tray/snitest"
)

// startBus starts a session bus for a test, and returns its address and what ends it.
func startBus(t *testing.T) (address string, end func()) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed (apt-get install dbus-daemon)")
	}
	dir, err := os.MkdirTemp("/tmp", "metapi-tray-*") // sockets need short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1", "--address=unix:dir="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(end)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the bus does not come up: %v", err)
	}
	return strings.TrimSpace(line), end
}

func TestHostComesAndGoes(t *testing.T) {
	address, end := startBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	t.Setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
	ctx, cancel := context.WithCancel(t.Context())
	hosts, done := make(chan host, 100), make(chan struct{})
	go func() {
		defer close(done)
		watchHost(ctx, func(h host) { hosts <- h })
	}()
	t.Cleanup(func() { next(t, "the watch ends", done) })
	t.Cleanup(cancel)
	expect := func(what string, there bool, why string) {
		t.Helper()
		if h := next(t, what, hosts); h.there != there || !strings.Contains(h.why, why) {
			t.Errorf("%s: %+v", what, h)
		}
	}
	expect("no panel", false, "AppIndicator")
	panel, err := snitest.NewHost(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(panel.Close)
	expect("a panel", true, "")
	register := func(name string) *dbus.Conn {
		t.Helper()
		conn, err := dbus.Connect(address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.Object(watcherName, watcherPath).Call(watcherName+".RegisterStatusNotifierItem", 0, name).Err; err != nil {
			t.Fatal(err)
		}
		return conn
	}
	icon := func(what string, has bool) {
		t.Helper()
		h := next(t, what, hosts)
		if !h.there || h.vague || h.has(os.Getpid()) != has || h.has(1) {
			t.Errorf("%s: %+v", what, h)
		}
	}
	item := register("/org/ayatana/NotificationItem/systray")
	icon("an icon comes", true)
	item.Close()
	icon("it goes", false)
	panel.Lose(1)
	register("/lost")
	register("/org/ayatana/NotificationItem/systray")
	icon("one is lost, and one comes", true)
	icons, _ := panel.Icons()
	panel.Forget(icons[len(icons)-1])
	icon("it is forgotten", false)
	for _, yes := range []bool{false, true} {
		if err := panel.SetRegistered(yes); err != nil {
			t.Fatal(err)
		}
		expect("the panel says whether it shows icons", yes, "")
	}
	panel.Close()
	expect("the panel is gone", false, "AppIndicator")
	end()
	expect("the bus is gone", false, "bus")
}

func TestNoBusIsNoHost(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	ctx, cancel := context.WithCancel(t.Context())
	watchHost(ctx, func(h host) {
		if h.there || !strings.Contains(h.why, "session bus") {
			t.Errorf("%+v", h)
		}
		cancel()
	})
}

func TestWhereTheBusIs(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	for variable, want := range map[string]string{"disabled:": "", "unix:path=/x": "unix:path=/x"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", variable)
		if got := sessionBus(); got != want {
			t.Errorf("with %q: %q, want %q", variable, got, want)
		}
	}
	if err := os.WriteFile(dir+"/bus", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, variable := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", variable)
		if got := sessionBus(); got != "unix:path="+dir+"/bus" {
			t.Errorf("with %q: %q", variable, got)
		}
	}
}

func TestWordsForADesktop(t *testing.T) {
	if got := noHost("XFCE"); strings.Contains(got, "GNOME") || got == "" {
		t.Error(got)
	}
}

// TestWhoseIcons has the forms in which watchers list icons.
func TestWhoseIcons(t *testing.T) {
	address, _ := startBus(t)
	connect := func() *dbus.Conn {
		conn, err := dbus.Connect(address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	conn, watcher := connect(), connect()
	unique, name := conn.Names()[0], "org.kde.StatusNotifierItem-7-1"
	if _, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	var items atomic.Pointer[any]
	get := func(_, property string) (dbus.Variant, *dbus.Error) {
		if property == hostProperty {
			return dbus.MakeVariant(true), nil
		}
		v := *items.Load()
		if v == nil {
			return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
		}
		return dbus.MakeVariant(v), nil
	}
	if err := watcher.ExportMethodTable(map[string]any{"Get": get}, watcherPath, properties); err != nil {
		t.Fatal(err)
	}
	if _, err := watcher.RequestName(watcherName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		items      any
		has, vague bool
	}{
		{[]string{}, false, false},
		{[]string{unique + "/org/ayatana/NotificationItem/systray"}, true, false},
		{[]string{unique + "@/StatusNotifierItem"}, true, false},
		{[]string{unique}, true, false},
		{[]string{name + "/StatusNotifierItem", name, unique}, true, false},
		{[]string{":1.99/StatusNotifierItem", "org.example.Gone"}, false, false},
		{[]string{"/StatusNotifierItem"}, false, true},
		{[]string{"/StatusNotifierItem", name}, true, true},
		{[]string{"what is this", name + "/"}, true, false},
		{[]string{""}, false, true},
		{"nonsense", false, true},
		{nil, false, true},
	} {
		items.Store(&c.items)
		h := readHost(t.Context(), conn)
		if !h.there || h.has(os.Getpid()) != c.has || h.vague != c.vague || len(h.pids) > 1 {
			t.Errorf("%q: %+v", c.items, h)
		}
	}
}

// TestIconThatIsLost has a panel that loses the registration of a helper, as happens now and then.
func TestIconThatIsLost(t *testing.T) {
	address, _ := startBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	panel, err := snitest.NewHost(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(panel.Close)
	panel.Lose(2)
	b := newFakeAPI()
	t.Setenv(fakeVariable, "listed")
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	standing, log := make(chan Standing, 1000), &lockedBuffer{}
	tr := newTray(Options{API: b, Dir: t.TempDir(), Standing: func(s Standing) { standing <- s }, Log: slog.New(slog.NewTextHandler(log, nil))})
	tr.listing = 100 * time.Millisecond
	r := newRunner()
	r.find = os.Executable
	r.backoff.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	tr.with(r)
	born := make(chan string, 1000)
	r.click = func(id string) {
		if strings.HasPrefix(id, "born ") {
			born <- id
		}
		if strings.HasPrefix(id, "not registered") {
			t.Error(id)
		}
	}
	tr.start()
	t.Cleanup(tr.Stop)
	shown := func() {
		t.Helper()
		for !next(t, "the icon is shown", standing).Shown {
		}
	}
	shown()
	if n := len(born); n < 3 {
		t.Errorf("it is shown with the helper number %d, and two were lost", n)
	}
	if !strings.Contains(log.String(), errMissing.Error()) {
		t.Errorf("the log says %q", log)
	}
	icons, _ := panel.Icons()
	panel.Forget(icons[0])
	if s := next(t, "the panel forgets it", standing); s.Shown || s.Why == "" {
		t.Errorf("forgotten: %+v", s)
	}
	shown()
}

// lockedBuffer is a buffer that a log may write while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
