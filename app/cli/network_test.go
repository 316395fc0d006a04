//go:build unix

package cli_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	const word = "hunter2-hunter2"
	var calls atomic.Int32
	pass := &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}}
	p := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("me:"+word)) {
			rw.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		calls.Add(1)
		pass.ServeHTTP(rw, r)
	}))
	t.Cleanup(p.Close)
	named := strings.Replace(p.URL, "//", "//me@", 1)
	masked := strings.Replace(p.URL, "//", "//me:***@", 1)
	w := newWorld(t)
	v := imitation.New(t, imitation.OpenAI)
	w.account(v, "Work")

	// An account's own.
	w.run("accounts", "edit", "work").ends(2).says("nothing to change")
	w.run("accounts", "edit", "work", "--proxy", "gopher://x").ends(2).says("proxy")
	w.run("accounts", "edit", "nobody", "--proxy", "direct").ends(4)
	w.with(word, "accounts", "edit", "work", "--proxy", p.URL, "--password-stdin").ends(2).says("name")
	w.with(word, "accounts", "edit", "work", "--password-stdin").ends(2).says("--proxy")
	w.run("accounts", "edit", "work", "--proxy", named).ends(0)
	w.run("accounts", "test", "work").ends(6).says("the proxy "+p.URL+" asks for a user name and password", "in the account's network settings")
	w.with(word, "accounts", "edit", "work", "--proxy", named, "--password-stdin").ends(0).says(masked)
	w.with(word, "accounts", "edit", "work", "--proxy", strings.TrimPrefix(named, "http://"), "--password-stdin").ends(0).says(masked)
	w.run("accounts", "show", "work").ends(0).says(masked)
	w.run("accounts", "test", "work").ends(0)
	if calls.Load() == 0 {
		t.Error("nothing went through the proxy")
	}
	var report client.NetworkReport
	w.run("network", "--json").ends(0).json(&report)
	if len(report.Ways) != 1 || report.Ways[0].Way != "the account's own: "+p.URL {
		t.Errorf("got %+v", report)
	}
	w.run("accounts", "edit", "work", "--proxy", "", "--name", "Office").ends(0).says("Office", "as the settings say")

	// For all.
	w.run("network", "https://api.example.com", "--proxy", "socks5://127.0.0.1:1").ends(0).says("Settings: socks5://127.0.0.1:1")
	w.run("network").ends(0).says("Settings: direct, since this machine")
	w.run("network", "--ca-file", filepath.Join(t.TempDir(), "none.pem")).ends(2).says("no such file")
	w.run("network", "--proxy", "direct").ends(0).says("direct")
	w.run("network", "nonsense").ends(2).says("https://host")

	// Added through one.
	w.with(w.secret(v.Key), "accounts", "add", "--provider", "openai-compatible", "--base-url", v.BaseURL, "--proxy", "http://127.0.0.1:1", "--key-stdin").ends(6).
		says("the proxy http://127.0.0.1:1 could not be reached")
}
