package tray

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
)

// TestWithABackend has a real backend in the same process, as the app has.
func TestWithABackend(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // no keychain of the machine's: the encrypted file
	b, err := backend.Open(backend.Options{Dir: t.TempDir(), Version: "test", Passphrase: func(bool) (string, error) { return "correct horse", nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan control.Status, 1), make(chan error, 1)
	go func() { ended <- b.Serve(ctx, backend.ServeOptions{Ready: func(st control.Status) { ready <- st }}) }()
	defer func() {
		stop()
		if err := next(t, "the backend ends", ended); err != nil {
			t.Error(err)
		}
	}()
	st := next(t, "the backend serves", ready)

	api, s, clicked := client.InProcess(b.Handler()), &screen{}, make(chan string, 10)
	tr := newTray(Options{API: api, Log: slog.New(slog.DiscardHandler), Copy: func(text string) { clicked <- text }})
	tr.display = s
	tr.start()
	defer tr.Stop()
	// A second is what a change may take to be shown.
	shown := func(what string, holds func() bool) {
		t.Helper()
		began := time.Now()
		within(t, what, holds)
		if took := time.Since(began); took > time.Second {
			t.Logf("%s: after %v", what, took) // a busy machine
		}
	}
	shown("the state of the backend", func() bool { return strings.HasPrefix(s.state(), "No account yet") })
	if s.checked() != "mode:"+string(st.Mode) {
		t.Errorf("the mode is %s, and %q is checked", st.Mode, s.checked())
	}
	tr.clicked(idCopy + "openai")
	if got, want := next(t, "the address is copied", clicked), "http://"+st.Addresses[0]+"/v1"; got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
	if _, err := api.SetMode(ctx, "balance"); err != nil { // by the CLI, say
		t.Fatal(err)
	}
	shown("another mode", func() bool { return s.checked() == "mode:balance" })
	tr.clicked(idMode + "failover")
	shown("the mode that was clicked", func() bool {
		m, err := api.Mode(ctx)
		return err == nil && m.Mode == "failover" && s.checked() == "mode:failover"
	})
	tr.clicked(idPause)
	shown("the pause", func() bool { return s.state() == "Paused" })
	if _, err := api.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	shown("the end of the pause", func() bool { return s.state() != "Paused" })
}
