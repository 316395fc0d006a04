package window

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"metapi/backend/control/client"
)

// page is what a page in the window would fetch with.
type page struct {
	t   *testing.T
	api http.Handler
}

// fetch calls as the web views do, which give no length, whether there is a body or not.
func (p page) fetch(method, path, body string) *httptest.ResponseRecorder {
	p.t.Helper()
	var in io.Reader = http.NoBody
	if body != "" {
		in = io.NopCloser(strings.NewReader(body))
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, "wails://wails"+path, in)
	if err != nil {
		p.t.Fatal(err)
	}
	r.URL.Scheme, r.URL.Host, r.RequestURI, r.ContentLength = "", "", path, -1
	r.Header.Set("Origin", "wails://wails")
	r.Header.Set("If-None-Match", "*")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	p.api.ServeHTTP(w, r)
	return w
}

// reads fails the test where the answer is not good, and decodes it.
func (p page) reads(w *httptest.ResponseRecorder, v any) {
	p.t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		p.t.Fatalf("answered %d: %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		p.t.Fatal(err)
	}
}

// refused fails the test where the answer is not a problem with a code.
func (p page) refused(w *httptest.ResponseRecorder, code client.Code) {
	p.t.Helper()
	var problem client.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Code != code || w.Code != problem.Status || problem.Detail == "" {
		p.t.Fatalf("answered %d: %s", w.Code, w.Body)
	}
}

// fakeLogin is what starts at login in a test.
type fakeLogin struct {
	on  bool
	err error
}

func (l *fakeLogin) enabled() (bool, error) { return l.on, l.err }
func (l *fakeLogin) enable() error          { return l.set(true) }
func (l *fakeLogin) disable() error         { return l.set(false) }

func (l *fakeLogin) set(on bool) error {
	if l.err == nil {
		l.on = on
	}
	return l.err
}

var files = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "file "+r.URL.Path) })

// TestPagesReachInstance fetches from the instance in this process, and from another one.
func TestPagesReachInstance(t *testing.T) {
	for name, headless := range map[string]bool{"own": false, "attached": true} {
		t.Run(name, func(t *testing.T) {
			o := newData(t)
			if headless {
				serve(t, o)
			}
			h := start(t, o)
			h.status("serving", serving)
			p := page{t, pagesAPI(h.host, &desktop{login: new(fakeLogin), changed: func() {}}, files)}
			var mode client.ModeInfo
			p.reads(p.fetch(http.MethodPut, "/api/mode", `{"mode":"balance"}`), &mode)
			if mode.Mode != "balance" {
				t.Errorf("the mode is %q", mode.Mode)
			}
			p.refused(p.fetch(http.MethodPut, "/api/mode", `{"mode":"`+strings.Repeat("x", maxBody)+`"}`), client.Invalid)
			p.refused(p.fetch(http.MethodGet, "/api/nothing", ""), client.NotFound)
			if w := p.fetch(http.MethodGet, "/accounts", ""); w.Body.String() != "file /accounts" {
				t.Errorf("a file is answered with %d: %s", w.Code, w.Body)
			}
			var d client.Desktop // not what the instance says
			if p.reads(p.fetch(http.MethodGet, "/api/desktop", ""), &d); !d.Window {
				t.Errorf("desktop: %+v", d)
			}
		})
	}
}

func TestDesktop(t *testing.T) {
	login, quit, changed := new(fakeLogin), 0, 0
	d := &desktop{login: login, quit: func() { quit++ }, changed: func() { changed++ }, reason: "The tray program is missing."}
	p := page{t, pagesAPI(http.NotFoundHandler(), d, files)}
	read := func(want client.Desktop) {
		t.Helper()
		var got client.Desktop
		if p.reads(p.fetch(http.MethodGet, "/api/desktop", ""), &got); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	read(client.Desktop{Window: true, Tray: "missing", TrayReason: "The tray program is missing."})
	d.setTray(true, "")
	read(client.Desktop{Window: true, Tray: "shown"})

	var got client.Desktop
	if p.reads(p.fetch(http.MethodPatch, "/api/desktop", `{"start_at_login":true}`), &got); !got.StartAtLogin || !login.on {
		t.Errorf("it does not start at login: %+v", got)
	}
	if p.reads(p.fetch(http.MethodPatch, "/api/desktop", `{"start_at_login":false}`), &got); got.StartAtLogin || login.on {
		t.Errorf("it starts at login: %+v", got)
	}
	if changed != 2 {
		t.Errorf("%d changes were told of, not 2", changed)
	}
	for _, bad := range []string{"", "{", "{}", `{"start_at_login":"yes"}`, `{"start":true}`} {
		p.refused(p.fetch(http.MethodPatch, "/api/desktop", bad), client.Invalid)
	}
	login.err = errors.New("open /home/me/.config/autostart/metapi.desktop: permission denied")
	p.refused(p.fetch(http.MethodGet, "/api/desktop", ""), client.Storage)
	p.refused(p.fetch(http.MethodPatch, "/api/desktop", `{"start_at_login":true}`), client.Storage)

	var done client.Done
	if p.reads(p.fetch(http.MethodPost, "/api/desktop/quit", ""), &done); quit != 1 {
		t.Errorf("quit was called %d times", quit)
	}
}
