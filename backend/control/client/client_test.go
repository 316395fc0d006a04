package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"metapi/backend/control"
	"metapi/backend/control/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial is a client of a handler behind a server, as of an instance with the token "admin-token".
func dial(t *testing.T, h http.Handler) (*client.Client, string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"instance":"i"}`) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	addr := strings.TrimPrefix(server.URL, "http://")
	if err := control.WriteRuntime(dir, control.Runtime{Addresses: []string{addr}, Token: "admin-token", Instance: "i"}); err != nil {
		t.Fatal(err)
	}
	c, _, err := client.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c, addr
}

// What a handler writes in process can be read while it still writes.
func TestInProcessStreams(t *testing.T) {
	read, gone := make(chan struct{}), make(chan struct{})
	h := client.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		io.WriteString(w, `data: {"type":"resync"}`+"\n\n")
		<-read // the first event was there before the second was written
		io.WriteString(w, `data: {"type":"show"}`+"\n\n")
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	var seen []control.EventType
	err := h.Events(ctx, client.EventsOptions{}, func(e control.Event) {
		seen = append(seen, e.Type)
		if len(seen) == 1 {
			close(read)
		} else {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(seen) != 2 || seen[1] != control.EventShow {
		t.Errorf("%v %v", err, seen)
	}
	<-gone
}

// A call in process that panics fails as it would over a connection, and takes nobody with it.
func TestInProcessPanic(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"at once":       func(http.ResponseWriter, *http.Request) { panic("a fault of ours") },
		"in the answer": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{"); panic("a fault of ours") },
	} {
		if _, err := client.InProcess(h).Status(t.Context()); err == nil || !strings.Contains(err.Error(), "a fault of ours") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Pages use the API through a client without knowing its token, and nothing that their browser adds goes on.
func TestHandler(t *testing.T) {
	var seen *http.Request
	var body string
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen, body = r, string(b)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, `{"ok":true}`)
	})
	far, addr := dial(t, api)
	for _, c := range []struct {
		name  string
		c     *client.Client
		token string
	}{{"in process", client.InProcess(api), ""}, {"over loopback", far, "Bearer admin-token"}} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("PATCH", "http://wails.localhost/api/accounts/a%2Fb?x=1", strings.NewReader(`{"name":"x"}`))
			for name, v := range map[string]string{"Content-Type": "application/json", "Origin": "http://wails.localhost", "Referer": "http://wails.localhost/",
				"Cookie": "c=1", "Authorization": "Bearer of-the-page", "Sec-Fetch-Site": "cross-site", "X-Forwarded-For": "10.0.0.1"} {
				r.Header.Set(name, v)
			}
			w := httptest.NewRecorder()
			c.c.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusTeapot || w.Body.String() != `{"ok":true}` || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("the answer became %d %s", w.Code, w.Body)
			}
			if seen.Method != "PATCH" || seen.URL.EscapedPath() != "/api/accounts/a%2Fb" || seen.URL.RawQuery != "x=1" || body != `{"name":"x"}` ||
				seen.Header.Get("Content-Type") != "application/json" {
				t.Errorf("the request became %s %s %s", seen.Method, seen.URL, body)
			}
			for _, name := range []string{"Origin", "Referer", "Cookie", "Sec-Fetch-Site", "X-Forwarded-For"} {
				if v := seen.Header.Get(name); v != "" {
					t.Errorf("%s went on: %q", name, v)
				}
			}
			if got := seen.Header.Get("Authorization"); got != c.token {
				t.Errorf("the token is %q", got)
			}
			if c.token != "" && seen.Host != addr {
				t.Errorf("the Host is %q", seen.Host)
			}
		})
	}
}

// The token goes to its instance and nowhere else, wherever that may point.
func TestTokenStays(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s came, with %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	c, _ := dial(t, http.RedirectHandler(elsewhere.URL+"/api/accounts", http.StatusTemporaryRedirect))
	if _, err := c.Accounts(t.Context()); err == nil {
		t.Error("a redirect was taken for an answer")
	}
	if err := c.Events(t.Context(), client.EventsOptions{}, func(control.Event) {}); err == nil {
		t.Error("a redirect was taken for events")
	}
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://page.example//"+strings.TrimPrefix(elsewhere.URL, "http://")+"/api/status", nil))
	if w.Code == 200 {
		t.Errorf("a path led to another host: %d", w.Code)
	}
	w = httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/api/accounts", nil))
	if w.Code != http.StatusTemporaryRedirect {
		t.Errorf("a page got %d: a redirect is its own affair", w.Code)
	}
}

// Pages stream through a client, too, and learn in the API's own words that nobody answers.
func TestHandlerStreamsAndFails(t *testing.T) {
	goOn := make(chan struct{})
	c, _ := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
	}))
	page := httptest.NewServer(c.Handler())
	defer page.Close()
	resp, err := page.Client().Get(page.URL + "/api/events")
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 9)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "data: 1\n\n" {
		t.Errorf("%q %v", first, err)
	}
	close(goOn)
	resp.Body.Close()

	other := httptest.NewRecorder()
	broken := client.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("nobody there") }))
	broken.Handler().ServeHTTP(other, httptest.NewRequest("GET", "/api/accounts", nil))
	var p control.Problem
	if err := json.Unmarshal(other.Body.Bytes(), &p); err != nil || other.Code != 502 || p.Status != 502 || p.Code != control.Unavailable ||
		!strings.HasPrefix(p.Detail, "Metapi does not answer: ") || p.Hint == "" {
		t.Errorf("%d %s %v", other.Code, other.Body, err)
	}
}
