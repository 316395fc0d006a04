package backend_test

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/imitation"
)

const word = "hunter2-hunter2"

// aProxy is an HTTP proxy with a password that counts what goes through it.
type aProxy struct {
	*httptest.Server
	calls atomic.Int32
}

func newProxy(t *testing.T) *aProxy {
	p := &aProxy{}
	pass := &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.calls.Add(1)
		if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("me:"+word)) {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// url is how the proxy is entered, with a password or without one.
func (p *aProxy) url(password string) string {
	return strings.Replace(p.URL, "//", "//me:"+password+"@", 1)
}

// An account that names a proxy is listed and called through it, and its password is shown to nobody.
func TestAccountsOwnProxy(t *testing.T) {
	h := newHouse(t)
	p := newProxy(t)
	edit := func(proxy string) (client.Account, error) {
		return h.EditAccount(t.Context(), h.a.ID, client.EditAccount{Proxy: &proxy})
	}
	through := func(want bool, what string) {
		t.Helper()
		before := p.calls.Load()
		if got := h.serves(); got != "a" {
			t.Errorf("%s: %q serves", what, got)
		}
		if d := must(h.TestAccount(t.Context(), h.a.ID))(t); !d.OK {
			t.Errorf("%s: the test says %s %s", what, d.Message, d.Hint)
		}
		if got := p.calls.Load() - before; (got == 2) != want || (got == 0) == want {
			t.Errorf("%s: %d of 2 calls went through the proxy", what, got)
		}
	}
	through(false, "at first")
	a := must(edit(p.url(word)))(t)
	if masked := p.url("***"); a.Proxy != masked {
		t.Errorf("it is shown as %q, want %q", a.Proxy, masked)
	}
	through(true, "with the proxy")
	if w := must(h.Network(t.Context(), ""))(t).Ways; len(w) != 2 || w[0].Way != "the account's own: "+p.URL || w[0].Proxy != p.URL || w[1].Proxy != "" {
		t.Errorf("the ways are %+v", w)
	}

	// The form is saved as it was shown: nothing changes. Another host or name does not get the password.
	if b := must(edit(a.Proxy))(t); b.Proxy != a.Proxy {
		t.Errorf("saved as shown, it is %q", b.Proxy)
	}
	through(true, "saved as shown")
	for _, bad := range []string{strings.Replace(a.Proxy, "127.0.0.1", "evil.example", 1), strings.Replace(a.Proxy, "me:", "you:", 1), "ftp://x", "http://x/" + word} {
		if _, err := edit(bad); code(err) != control.Invalid || strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	through(true, "after refused edits")

	// Removed and brought back it has its proxy again.
	must(h.RemoveAccount(t.Context(), h.a.ID))(t)
	if b := must(h.RestoreAccount(t.Context(), h.a.ID))(t); b.Proxy != a.Proxy {
		t.Errorf("brought back, it is %q", b.Proxy)
	}
	through(true, "brought back")

	// A wrong password is told as what it is, and bars nobody else.
	must(edit(p.url("wrong-" + word)))(t)
	d := must(h.TestAccount(t.Context(), h.a.ID))(t)
	if said := d.Message + " " + d.Hint; d.OK || !strings.Contains(said, "the proxy "+p.URL+" did not take its user name and password") ||
		!strings.Contains(said, "in the account's network settings") || !strings.Contains(said, "stay on offer") || strings.Contains(said, word) {
		t.Errorf("the test says %q", said)
	}
	says(t, checkOf(t, must(h.Doctor(t.Context(), nil))(t), "first"), "fail", "The proxy "+p.Listener.Addr().String()+" wants a user name", "name:password")
	if got := h.serves(); got != "b" {
		t.Errorf("with a wrong password %q serves", got)
	}
	if s := h.standing(h.a.ID); s.State != "cooling" || !strings.Contains(s.Reason, "connection") {
		t.Errorf("it stands so: %+v", s)
	}
	if s := h.standing(h.b.ID); s.State != "ready" {
		t.Errorf("the other stands so: %+v", s)
	}
	must(edit(""))(t)
	through(false, "without a proxy again")
	if f := holds(t, h.dir, word); f != "" {
		t.Errorf("the password is in %s", f)
	}
}

func TestAccountIsAddedThroughAProxy(t *testing.T) {
	b := open(t, t.TempDir())
	c := client.InProcess(b.Handler())
	p := newProxy(t)
	v := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-aaaa-0123456789"))
	in := client.AddAccount{Provider: "openai-compatible", BaseURL: v.BaseURL, Key: v.Key, Proxy: p.url("wrong")}
	if _, err := c.AddAccount(t.Context(), in); code(err) != control.Unproven || !strings.Contains(err.Error(), "did not take its user name and password") {
		t.Errorf("with a wrong password: %v", err)
	}
	if len(v.Calls()) != 0 {
		t.Error("the vendor was called past the proxy")
	}
	in.Proxy = p.url(word)
	before := p.calls.Load()
	d := must(c.AddAccount(t.Context(), in))(t)
	if !d.OK || d.Account.Proxy != p.url("***") || p.calls.Load() == before {
		t.Errorf("got %+v after %d calls through the proxy", d, p.calls.Load()-before)
	}
}

// What the settings name is for all accounts but those with a word of their own, and not for this machine.
func TestDefaultProxy(t *testing.T) {
	h := newHouse(t)
	p := newProxy(t)
	set := func(proxy string) (client.Settings, error) {
		return h.EditSettings(t.Context(), client.EditSettings{Proxy: &proxy})
	}
	way := func(url, want string) {
		t.Helper()
		if r := must(h.Network(t.Context(), url))(t); len(r.Ways) != 1 || r.Ways[0].Way != want {
			t.Errorf("%s: got %+v, want %q", url, r.Ways, want)
		}
	}
	if s := must(h.Settings(t.Context()))(t); s.Proxy != "system" {
		t.Errorf("at first it is %q", s.Proxy)
	}
	if s := must(set(p.url(word)))(t); s.Proxy != p.url("***") {
		t.Errorf("it is shown as %q", s.Proxy)
	}
	if s := must(h.Settings(t.Context()))(t); s.Proxy != p.url("***") {
		t.Errorf("read again it is shown as %q", s.Proxy)
	}
	theme := "dark"
	must(h.EditSettings(t.Context(), client.EditSettings{Theme: &theme}))(t) // keeps it
	way("https://api.openai.com", "Settings: "+p.URL)
	way("http://localhost:11434", "Settings: direct, since this machine is reached through a proxy only where an account itself names one")
	if got := h.serves(); got != "a" || p.calls.Load() != 0 {
		t.Errorf("%q serves, after %d calls through the proxy", got, p.calls.Load())
	}
	for _, bad := range []string{"gopher://x", strings.Replace(p.url("***"), "127.0.0.1", "evil.example", 1)} {
		if _, err := set(bad); code(err) != control.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	must(set("direct"))(t)
	way("https://api.openai.com", "Settings: direct")
	if f := holds(t, h.dir, word); f != "" {
		t.Errorf("the password is in %s", f)
	}
}

// A proxy outlives a restart, with its password.
func TestProxyAfterRestart(t *testing.T) {
	dir := t.TempDir()
	p := newProxy(t)
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"), imitation.WithKey("sk-proj-aaaa-0123456789"))
	b := open(t, dir)
	c := client.InProcess(b.Handler())
	must(c.AddAccount(t.Context(), client.AddAccount{Provider: "openai-compatible", BaseURL: v.BaseURL, Key: v.Key, Proxy: p.url(word)}))(t)
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	before := p.calls.Load()
	if got := call(t, st.Addresses[0], key, "gpt-4o"); got != 200 || p.calls.Load() == before {
		t.Errorf("status %d, after %d calls through the proxy", got, p.calls.Load()-before)
	}
}

func TestCertificateSetting(t *testing.T) {
	h := newHouse(t)
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"object":"list","data":[{"id":"gpt-4o","object":"model"}]}`))
	}))
	tls.StartTLS()
	t.Cleanup(tls.Close)
	add := client.AddAccount{Provider: "openai-compatible", BaseURL: tls.URL + "/v1", Key: "sk-proj-cccc-0123456789"}
	if _, err := h.AddAccount(t.Context(), add); code(err) != control.Unproven || !strings.Contains(err.Error(), "does not know: ") || !strings.Contains(err.Error(), "Settings, Network") {
		t.Errorf("an unknown authority: %v", err)
	}
	set := func(file string) error {
		_, err := h.EditSettings(t.Context(), client.EditSettings{CAFile: &file})
		return err
	}
	file := filepath.Join(t.TempDir(), "corp.pem")
	for name, want := range map[string]string{"corp.pem": "whole path", file: "no such file"} {
		if err := set(name); code(err) != control.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := set(file); err != nil {
		t.Fatal(err)
	}
	if d := must(h.AddAccount(t.Context(), add))(t); !d.OK {
		t.Errorf("with its authority: %+v", d)
	}
}
