package tray

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

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
