package backend_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/imitation"
	"metapi/build/settled"
)

func TestMain(m *testing.M) {
	os.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // no keychain of the machine's: the encrypted file
	if dir := os.Getenv(learnDir); dir != "" {
		serveToBeKilled(dir)
	}
	http.DefaultClient = settled.Client()
	os.Exit(m.Run())
}

func options(dir string) backend.Options {
	return backend.Options{Dir: dir, Version: "test", Passphrase: func(bool) (string, error) { return "correct horse", nil }}
}

// open opens a folder until the end of the test.
func open(t *testing.T, dir string) *backend.Backend {
	t.Helper()
	b, err := backend.Open(options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// serve serves until stop is called, which returns what Serve has.
func serve(t *testing.T, b *backend.Backend, o backend.ServeOptions) (st client.Status, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan client.Status, 1), make(chan error, 1)
	o.Ready = func(st control.Status) {
		select {
		case ready <- st:
		default: // after a move: nobody waits for it here
		}
	}
	go func() { ended <- b.Serve(ctx, o) }()
	select {
	case st = <-ready:
	case err := <-ended:
		t.Fatalf("it does not serve: %v", err)
	}
	stopped := false
	stop = func() error {
		cancel()
		if stopped {
			return nil
		}
		stopped = true
		return <-ended
	}
	t.Cleanup(func() { stop() })
	return st, stop
}

func code(err error) control.Code {
	var p *control.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestOneInstance(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	if _, err := backend.Open(options(dir)); code(err) != control.Held {
		t.Errorf("a second one opened the folder: %v", err)
	}
	if free, err := backend.Free(dir); free || err != nil {
		t.Errorf("Free: %v %v", free, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if free, err := backend.Free(dir); !free || err != nil {
		t.Errorf("Free after the end: %v %v", free, err)
	}
	open(t, dir)
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	err = open(t, dir).Serve(t.Context(), backend.ServeOptions{Port: l.Addr().(*net.TCPAddr).Port})
	if code(err) != control.PortTaken {
		t.Errorf("on a taken port: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "runtime.json")); err == nil {
		t.Error("there is a runtime.json of an instance that never served")
	}
}

// The control API over the network: who has no token, or comes from elsewhere, gets nowhere.
func TestControlDoor(t *testing.T) {
	dir := t.TempDir()
	st, _ := serve(t, open(t, dir), backend.ServeOptions{Origins: []string{"https://allowed.example"}})
	rt, err := control.ReadRuntime(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(rt.Token) < 43 {
		t.Errorf("the admin token has %d characters; 256 bits need 43", len(rt.Token))
	}
	bearer := "Bearer " + rt.Token
	wrong := "Bearer A" + rt.Token[1:]
	if wrong == bearer {
		wrong = "Bearer B" + rt.Token[1:]
	}
	for _, c := range []struct {
		name                                    string
		method, path, auth, host, origin, media string
		status                                  int
	}{
		{"right", "GET", "/api/status", bearer, "", "", "", 200},
		{"localhost", "GET", "/api/status", bearer, "localhost:4747", "", "", 200},
		{"description", "GET", "/api/openapi.json", bearer, "", "", "", 200},
		{"allowed origin", "GET", "/api/status", bearer, "", "https://allowed.example", "", 200},
		{"no token", "GET", "/api/status", "", "", "", "", 401},
		{"wrong token", "GET", "/api/status", wrong, "", "", "", 401},
		{"no token for the description", "GET", "/api/openapi.json", "", "", "", "", 401},
		{"no token for what is not there", "GET", "/api/nothing", "", "", "", "", 401},
		{"no token to stop it", "POST", "/api/shutdown", "", "", "", "", 401},
		{"foreign host", "GET", "/api/status", bearer, "evil.example", "", "", 403},
		{"foreign host with our port", "GET", "/api/status", bearer, "evil.example:4747", "", "", 403},
		{"foreign origin", "GET", "/api/status", bearer, "", "https://evil.example", "", 403},
		{"null origin", "GET", "/api/status", bearer, "", "null", "", 403},
		{"preflight", "OPTIONS", "/api/status", "", "", "https://evil.example", "", 403},
		{"simple request of a page", "POST", "/api/pause", bearer, "", "", "text/plain", 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := io.Reader(http.NoBody)
			if c.media != "" {
				body = strings.NewReader("{}")
			}
			r, err := http.NewRequest(c.method, "http://"+st.Addresses[0]+c.path, body)
			if err != nil {
				t.Fatal(err)
			}
			for name, v := range map[string]string{"Authorization": c.auth, "Origin": c.origin, "Content-Type": c.media} {
				if v != "" {
					r.Header.Set(name, v)
				}
			}
			r.Host = c.host
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != c.status {
				t.Errorf("%d, not %d: %s", resp.StatusCode, c.status, b)
			}
			if resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("a CORS header came back")
			}
			if strings.Contains(string(b), rt.Token) {
				t.Error("the admin token came back")
			}
		})
	}
}

// Both ways to the control API tell the same, and change the same.
func TestTwoWaysOneAPI(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	near := client.InProcess(b.Handler())
	if _, _, err := client.Dial(t.Context(), dir); !errors.Is(err, client.ErrNotRunning) {
		t.Errorf("Dial where nobody serves: %v", err)
	}
	_, stop := serve(t, b, backend.ServeOptions{})
	far, rt, err := client.Dial(t.Context(), dir)
	if err != nil || rt.PID != os.Getpid() {
		t.Fatalf("Dial: %v %+v", err, rt)
	}
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	d, err := far.AddAccount(t.Context(), client.AddAccount{Provider: "openai", BaseURL: v.BaseURL, Name: "A b/c", Key: v.Key})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{d.Account.ID, d.Account.Slug, "A b/c", "a B/C"} { // a name with a slash in it, too
		if a, err := near.Account(t.Context(), ref); err != nil || a.ID != d.Account.ID {
			t.Errorf("%q: %v %+v", ref, err, a)
		}
	}
	if _, err := near.SetMode(t.Context(), "balance"); err != nil {
		t.Fatal(err)
	}
	if m, err := far.Mode(t.Context()); err != nil || m.Mode != "balance" {
		t.Errorf("mode: %v %+v", err, m)
	}
	for _, c := range []*client.Client{near, far} {
		_, err := c.Account(t.Context(), "nobody")
		if code(err) != control.NotFound {
			t.Errorf("an unknown account: %v", err)
		}
	}
	if _, err := near.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Shutdown(t.Context()); code(err) != control.Unavailable {
		t.Errorf("shutdown where nobody serves: %v", err)
	}
	// What was set is there after a restart.
	b.Close()
	if m, err := client.InProcess(open(t, dir).Handler()).Mode(t.Context()); err != nil || m.Mode != "balance" {
		t.Errorf("mode after a restart: %v %+v", err, m)
	}
}

// Whoever took the port of an instance that was killed is not taken for it.
func TestImpostor(t *testing.T) {
	impostor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(control.Status{Running: true, Instance: "something", Version: "test"})
	}))
	defer impostor.Close()
	dir := t.TempDir()
	rt := control.Runtime{Addresses: []string{strings.TrimPrefix(impostor.URL, "http://")}, PID: 1, Token: "t", Instance: "i", Started: time.Now()}
	if err := control.WriteRuntime(dir, rt); err != nil {
		t.Fatal(err)
	}
	var unanswering *client.Unanswering
	if _, _, err := client.Dial(t.Context(), dir); !errors.As(err, &unanswering) {
		t.Errorf("the impostor was believed: %v", err)
	}
	open(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "runtime.json")); err == nil {
		t.Error("who takes the lock must remove what a killed instance has left")
	}
}

// A new key, and the user's word, end a cooldown at once.
func TestReAddedAccountIsNotCooling(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	add := client.AddAccount{Provider: "openai", BaseURL: v.BaseURL, Name: "A", Key: v.Key}
	if _, err := c.AddAccount(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	key, err := c.AddClient(t.Context(), "script")
	if err != nil {
		t.Fatal(err)
	}
	call := func() int { return call(t, st.Addresses[0], key.Key, "gpt-4o") }
	v.Fault(imitation.Fault{Kind: imitation.Status401})
	call()
	if got := call(); got == 200 {
		t.Fatal("this test wants an account that cools")
	}
	if _, err := c.RemoveAccount(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddAccount(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	if got := call(); got != 200 {
		t.Errorf("after the account was added anew: %d", got)
	}
	v.Fault(imitation.Fault{Kind: imitation.Status401})
	call()
	if _, err := c.TestAccount(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got := call(); got != 200 {
		t.Errorf("after the account was tested: %d", got)
	}
}

// routing.yaml is in force while it is good, without a restart; a bad edit is told, and changes nothing.
func TestAliases(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	if _, err := c.AddAccount(t.Context(), client.AddAccount{Provider: "openai", BaseURL: v.BaseURL, Key: v.Key}); err != nil {
		t.Fatal(err)
	}
	key, err := c.AddClient(t.Context(), "script")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "routing.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The file is watched: nobody tells when it was read.
	await := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	served := func() bool { return call(t, st.Addresses[0], key.Key, "house-model") == 200 }

	if served() {
		t.Fatal("the alias is there before the file")
	}
	write("aliases:\n  house-model: gpt-4o\n")
	await("an alias is not in force", served)
	write("aliases: [nonsense\n")
	await("a bad edit is not told", func() bool {
		st, err := c.Status(t.Context())
		return err == nil && strings.Contains(strings.Join(st.Trouble, " "), "routing.yaml")
	})
	if !served() {
		t.Error("a bad edit took the alias away")
	}
}

// call asks for one completion, and returns the status.
func call(t *testing.T, addr, key, model string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/v1/chat/completions",
		strings.NewReader(`{"model":"`+model+`","messages":[{"role":"user","content":"hi"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}
