package control_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"metapi/backend/control"
)

var testPages = fstest.MapFS{
	"index.html":        {Data: []byte("<!doctype html><title>Metapi</title>")},
	"assets/app-123.js": {Data: []byte("start()")},
	"icon.svg":          {Data: []byte("<svg/>")},
	".keep":             {Data: []byte("kept")},
}

// browser is the guarded API as a browser sees it.
type browser struct {
	http.Handler
	sessions *control.Sessions
	reached  int // calls that came in
}

func newBrowser() *browser {
	b := &browser{sessions: new(control.Sessions)}
	inner := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { b.reached++ })
	b.Handler = control.Guard(inner, "admin", &control.Web{Pages: testPages, Sessions: b.sessions})
	return b
}

func (b *browser) open(code string) *httptest.ResponseRecorder {
	return ask(b, "POST", "/api/session", "application/json", fmt.Sprintf(`{"code":%q}`, code))
}

// session opens a link that must be good.
func (b *browser) session(t *testing.T, code string) string {
	t.Helper()
	w := b.open(code)
	var s control.Session
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 200 || len(s.Token) < 43 {
		t.Fatalf("a good link gave %d %s", w.Code, w.Body)
	}
	if c := w.Header().Get("Cache-Control"); c != "no-store" {
		t.Errorf("a token may be kept by a cache: %q", c)
	}
	if len(w.Result().Cookies()) > 0 {
		t.Error("a cookie goes to every port of this machine")
	}
	return s.Token
}

// comesIn reports whether a token opens the API.
func (b *browser) comesIn(token string) bool {
	before := b.reached
	w := ask(b, "GET", "/api/status", "", "", "Authorization", "Bearer "+token)
	return w.Code == 200 && b.reached == before+1
}

func TestSession(t *testing.T) {
	b := newBrowser()
	code := b.sessions.Link()
	token := b.session(t, code)
	if !b.comesIn(token) || !b.comesIn("admin") {
		t.Error("a token of a session, or the admin's own, does not come in")
	}
	for _, wrong := range []string{"", code, token[1:], token + "x", "null"} {
		if b.comesIn(wrong) {
			t.Errorf("%q came in", wrong)
		}
	}
	for _, header := range []string{"Basic " + token, token} {
		if w := ask(b, "GET", "/api/status", "", "", "Authorization", header); w.Code != 401 {
			t.Errorf("%.6q came in", header)
		}
	}
	for _, query := range []string{"token", "access_token", "code", "key"} {
		if w := ask(b, "GET", "/api/status?"+query+"="+token, "", ""); w.Code != 401 {
			t.Errorf("a token in the query %q must not count: addresses end up in logs", query)
		}
	}
	if w := ask(b, "GET", "/api/status", "", "", "Cookie", "session="+token); w.Code != 401 {
		t.Error("a token in a cookie must not count")
	}

	// Good once, and a wrong one never; no answer repeats it.
	for _, given := range []string{code, "wrong", ""} {
		w := b.open(given)
		if p := problem(t, w); p.Code != control.Unauthorised || w.Code != 401 || p.Hint == "" {
			t.Errorf("%.6q: %d %+v", given, w.Code, p)
		}
		if given != "" && strings.Contains(w.Body.String(), given) {
			t.Error("the answer repeats the code")
		}
	}
	if !b.comesIn(token) {
		t.Error("a session ended because another could not be opened")
	}
	if newBrowser().comesIn(token) {
		t.Error("a token of one instance opens another")
	}
}

func TestSessionWantsJSON(t *testing.T) {
	b := newBrowser()
	code := b.sessions.Link()
	body := fmt.Sprintf(`{"code":%q}`, code)
	for _, c := range []struct {
		name, method, contentType, body string
		status                          int
	}{
		{"text", "POST", "text/plain", body, 415},
		{"a form", "POST", "application/x-www-form-urlencoded", "code=" + code, 415},
		{"no type", "POST", "", body, 415},
		{"no body", "POST", "", "", 422},
		{"not JSON", "POST", "application/json", code, 422},
		{"another form", "POST", "application/json", `{"code":["` + code + `"]}`, 422},
		{"too large", "POST", "application/json", `{"code":"` + strings.Repeat(" ", 2000) + code + `"}`, 422},
		{"read", "GET", "", "", 401},
	} {
		w := ask(b, c.method, "/api/session", c.contentType, c.body)
		if w.Code != c.status {
			t.Errorf("%s: %d, not %d", c.name, w.Code, c.status)
		}
		if problem(t, w); strings.Contains(w.Body.String(), code) {
			t.Errorf("%s: the answer repeats the code", c.name)
		}
	}
	b.session(t, code) // none of these has used it up
	if w := ask(control.Guard(b, "admin", nil), "POST", "/api/session", "application/json", `{"code":"x"}`); w.Code != 401 {
		t.Errorf("a session where there are no pages: %d", w.Code)
	}
}

func TestLinksExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser()
		early, late := b.sessions.Link(), b.sessions.Link()
		time.Sleep(10*time.Minute - time.Second)
		token := b.session(t, early)
		time.Sleep(time.Second)
		if w := b.open(late); w.Code != 401 {
			t.Errorf("a link of ten minutes ago gave %d", w.Code)
		}
		time.Sleep(30 * 24 * time.Hour)
		if !b.comesIn(token) {
			t.Error("a session lasts as long as the instance")
		}
	})
}

// However many links are made, there is an end to what is held, and the newest works.
func TestLinksAreBounded(t *testing.T) {
	b := newBrowser()
	first := b.sessions.Link()
	for range 100 {
		b.sessions.Link()
	}
	if w := b.open(first); w.Code != 401 {
		t.Error("links pile up")
	}
	old := b.session(t, b.sessions.Link())
	var last string
	for range 100 {
		last = b.session(t, b.sessions.Link())
	}
	if b.comesIn(old) || !b.comesIn(last) {
		t.Error("sessions pile up, or the newest does not work")
	}
}

func TestPages(t *testing.T) {
	b := newBrowser()
	const immutable = "private, max-age=31536000, immutable"
	for _, c := range []struct {
		path          string
		status        int
		kind, caching string
		says          string
	}{
		{"/ui/", 200, "text/html", "no-store", "<title>Metapi"},
		{"/ui/accounts", 404, "application/problem+json", "no-store", ""},
		{"/ui/icon.svg", 200, "image/svg+xml", "no-store", "<svg"},
		{"/ui/assets/app-123.js", 200, "text/javascript", immutable, "start()"},
		{"/ui/assets/app-122.js", 404, "application/problem+json", "no-store", ""},
		{"/ui/favicon.ico", 404, "application/problem+json", "no-store", ""},
		{"/ui/assets/", 404, "application/problem+json", "no-store", ""}, // no list of what there is
		{"/ui/assets", 404, "application/problem+json", "no-store", ""},
		{"/ui/%2e%2e/go.mod", 404, "application/problem+json", "", ""},
		{"/ui/..%2f..%2fgo.mod", 404, "application/problem+json", "", ""},
		{"/ui/assets/..%5c..%5cgo.mod", 404, "application/problem+json", "", ""},
	} {
		w := ask(b, "GET", c.path, "", "")
		if strings.Contains(c.path, "%") && (w.Code == 301 || w.Code == 307) { // made clean first, which leads out of the pages
			w = ask(b, "GET", w.Header().Get("Location"), "", "")
			if w.Code != 401 {
				t.Errorf("%s led to %d", c.path, w.Code)
			}
			continue
		}
		kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		if w.Code != c.status || kind != c.kind || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %q %s", c.path, w.Code, kind, w.Body)
		}
		if got := w.Header().Get("Cache-Control"); c.caching != "" && got != c.caching {
			t.Errorf("%s: Cache-Control %q", c.path, got)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Access-Control-Allow-Origin": ""} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", c.path, name, got)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe-eval") {
			t.Errorf("%s: the policy is %q", c.path, policy)
		}
	}
	if w := ask(b, "GET", "/ui", "", ""); w.Header().Get("Location") != "/ui/" {
		t.Errorf("/ui leads to %q (%d)", w.Header().Get("Location"), w.Code)
	}
	if w := ask(b, "POST", "/ui/", "application/json", "{}"); w.Code != 401 {
		t.Errorf("a page was posted to: %d", w.Code)
	}
	if b.reached != 0 {
		t.Error("a page led to the API without a token")
	}
}

// Where the pages are not served there are none, whoever asks.
func TestNoPages(t *testing.T) {
	h := control.Guard(http.NotFoundHandler(), "admin", nil)
	for _, path := range []string{"/ui/", "/ui/index.html", "/ui/assets/app-123.js"} {
		w := ask(h, "GET", path, "", "")
		if p := problem(t, w); w.Code != 404 || !strings.Contains(p.Hint, "--ui") {
			t.Errorf("%s: %d %+v", path, w.Code, p)
		}
	}
}
