package gateway_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// No request of a web page, and none without a valid local key, reaches an upstream.
func TestTheDoor(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "only")
	w := newWorld(t, []*imitation.Vendor{v}, func(o *gateway.Options, _ *snapshot.Snapshot) {
		o.Origins = []string{"https://allowed.example"}
		o.Control = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "control") })
		o.MaxBody = 1 << 20
	})
	chat := asks()[0]
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
		says   string
	}{
		{"foreign Host", func(r *http.Request) { r.Host = "metapi.example" }, 403, "Host"},
		{"foreign Host with our port", func(r *http.Request) { r.Host = "rebound.example:4747" }, 403, "Host"},
		{"loopback look-alike", func(r *http.Request) { r.Host = "127.0.0.1.example" }, 403, "Host"},
		{"foreign Origin", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "web pages"},
		{"Origin null", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403, "web pages"},
		{"Origin of another port here", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8080") }, 403, "web pages"},
		{"empty Origin", func(r *http.Request) { r.Header["Origin"] = []string{""} }, 403, "web pages"},
		{"two Origins", func(r *http.Request) {
			r.Header["Origin"] = []string{"https://allowed.example", "https://evil.example"}
		}, 403, "web pages"},
		{"cross-site fetch without Origin", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "web pages"},
		{"preflight", func(r *http.Request) {
			r.Method = "OPTIONS"
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", "POST")
		}, 403, "web pages"},
		{"no key", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "keys add"},
		{"wrong key", func(r *http.Request) { r.Header.Set("Authorization", "Bearer mp-wrong") }, 401, "local key"},
		{"the upstream's key", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+v.Key) }, 401, "local key"},
		{"key of a prefix", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+localKey[:20]) }, 401, "local key"},
		{"basic credentials", func(r *http.Request) { r.SetBasicAuth("x", localKey) }, 401, "local key"},
		{"text/plain", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "application/json"},
		{"a form", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "application/json"},
		{"no content type", func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "application/json"},
		{"compressed", func(r *http.Request) { r.Header.Set("Content-Encoding", "zstd") }, 415, "compressed"},
		{"too large", func(r *http.Request) { setBody(r, bytes.Repeat([]byte(" "), 1<<20+1)) }, 413, "larger than 1 MiB"},
		{"too large, chunked", func(r *http.Request) {
			setBody(r, bytes.Repeat([]byte(" "), 1<<20+1))
			r.ContentLength = -1
		}, 413, "larger than 1 MiB"},
		{"not JSON", func(r *http.Request) { setBody(r, []byte(`{"model":"gpt-4o",}`)) }, 400, ""},
		{"empty", func(r *http.Request) { setBody(r, nil) }, 400, ""},
		{"two models", func(r *http.Request) { setBody(r, []byte(`{"model":"gpt-4o","model":"gpt-5"}`)) }, 400, "model"},
		{"escaped model", func(r *http.Request) { setBody(r, []byte(`{"model":"gpt-4o","m\u006fdel":"gpt-5"}`)) }, 400, "model"},
		{"model in other case", func(r *http.Request) { setBody(r, []byte(`{"model":"gpt-4o","Model":"gpt-5"}`)) }, 400, "model"},
		{"unknown model", func(r *http.Request) { setBody(r, []byte(`{"model":"gpt-4p","messages":[]}`)) }, 404, "gpt-4o"},
		{"another method", func(r *http.Request) { r.Method = "PUT" }, 405, "POST"},
		{"an unknown path", func(r *http.Request) { r.URL.Path = "/v1/assistants" }, 404, "/v1/assistants"},
		{"realtime", func(r *http.Request) { r.URL.Path = "/v1/realtime" }, 404, "/v1/realtime"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.request(chat)
			c.change(r)
			got := w.do(r)
			var e struct {
				Error struct{ Message, Type string }
			}
			if err := json.Unmarshal([]byte(got.body), &e); err != nil || e.Error.Type == "" {
				t.Errorf("not an error of the OpenAI shape: %s", got.body)
			}
			if got.status != c.status || !strings.Contains(e.Error.Message, c.says) {
				t.Errorf("got %d %q; want %d and %q", got.status, e.Error.Message, c.status, c.says)
			}
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("sends %s", name)
				}
			}
		})
	}
	if n := len(v.Requests()); n != 0 {
		t.Fatalf("%d requests reached the upstream", n)
	}
	r := w.request(chat)
	r.Header.Set("Origin", "https://allowed.example")
	w.wantAnswer(chat, w.do(r))

	t.Run("control", func(t *testing.T) {
		for _, c := range []struct {
			name   string
			change func(*http.Request)
			status int
		}{{"from here", func(*http.Request) {}, 200}, {"foreign Host", func(r *http.Request) { r.Host = "x.example" }, 403},
			{"foreign Origin", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403}} {
			for _, path := range []string{"/api/status", "/ui/", "/ui"} {
				r, _ := http.NewRequest("GET", w.url+path, nil)
				c.change(r)
				if got := w.do(r); got.status != c.status {
					t.Errorf("%s at %s: %d %s", c.name, path, got.status, got.body)
				}
			}
		}
	})
}

// The pages that Metapi serves itself may call the control API, and nobody's pages may call the gateway.
func TestOwnPages(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "only")
	w := newWorld(t, []*imitation.Vendor{v}, func(o *gateway.Options, _ *snapshot.Snapshot) {
		o.Control = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "control") })
	})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	send := func(path, host, origin string) answer {
		r := w.request(asks()[0])
		r.URL.Path, r.Host = path, host
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return w.do(r)
	}
	for _, host := range []string{"127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port, "localhost"} {
		own := "http://" + host
		for _, path := range []string{"/api/session", "/api/nothing", "/ui/"} {
			if got := send(path, host, own); got.status != 200 || got.body != "control" {
				t.Errorf("%s at %s: %d %s", own, path, got.status, got.body)
			}
		}
		for _, path := range []string{"/v1/chat/completions", "/v1/models", "/v1/messages", "/", "/api", "/apix/", "/uix/"} {
			if got := send(path, host, own); got.status != 403 {
				t.Errorf("%s at %s: %d %s", own, path, got.status, got.body)
			}
		}
		for _, origin := range []string{"http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://" + host, "http://" + host + "/", "http://" + host + ".example",
			"http://x." + host, "http://x@" + host, "null", "", "http://"} {
			if got := send("/api/status", host, origin); got.status != 403 {
				t.Errorf("%q at %s: %d %s", origin, host, got.status, got.body)
			}
		}
	}
	// A name of its own that leads here makes no page our own.
	if got := send("/api/status", "rebound.example:"+port, "http://rebound.example:"+port); got.status != 403 {
		t.Errorf("a rebound name: %d %s", got.status, got.body)
	}
	r := w.request(asks()[0])
	r.URL.Path = "/api/status"
	r.Header["Origin"] = []string{w.url, w.url}
	if got := w.do(r); got.status != 403 {
		t.Errorf("two Origins: %d %s", got.status, got.body)
	}
	if n := len(v.Requests()); n != 0 {
		t.Errorf("%d requests reached the upstream", n)
	}
}

func setBody(r *http.Request, b []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
}

// Every place where a client may put its key opens the door, and none of them is passed on (the imitation records that
// as a violation).
func TestKeysWhereverTheyStand(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "only")
	w := newWorld(t, []*imitation.Vendor{v})
	chat := asks()[0]
	for name, put := range map[string]func(*http.Request){
		"bearer":         func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+localKey) },
		"lower case":     func(r *http.Request) { r.Header.Set("Authorization", "bearer "+localKey) },
		"x-api-key":      func(r *http.Request) { r.Header.Set("X-Api-Key", localKey) },
		"x-goog-api-key": func(r *http.Request) { r.Header.Set("X-Goog-Api-Key", localKey) },
		"query":          func(r *http.Request) { r.URL.RawQuery = "key=" + localKey },
		"two, one wrong": func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer x")
			r.Header.Set("X-Api-Key", localKey)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(chat)
			r.Header.Del("Authorization")
			r.Header.Set("Cookie", "session=1")
			r.Header.Set("X-Forwarded-For", "10.0.0.1")
			r.Header.Set("Openai-Organization", "org-of-the-client")
			put(r)
			w.wantAnswer(chat, w.do(r))
		})
	}
	for _, seen := range v.Calls() {
		for _, name := range []string{"Cookie", "X-Forwarded-For", "Openai-Organization", "X-Goog-Api-Key"} {
			if seen.Header.Get(name) != "" {
				t.Errorf("%s reached the upstream", name)
			}
		}
		if strings.Contains(seen.Query.Encode(), "key") {
			t.Errorf("the query reached the upstream: %v", seen.Query)
		}
	}
}

func TestHugeHeaderIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Big: "+strings.Repeat("x", 100<<10))
	answer, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 431") {
		t.Errorf("got %.60q", answer)
	}
}

// A header that does not come to its end does not hold a connection for ever.
func TestSlowHeaderIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second)) // the limit is ten
	io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nX-Half: ")
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("the server does not close the connection: %v", err)
	}
}

func TestPaused(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "only")
	w := newWorld(t, []*imitation.Vendor{v}, func(_ *gateway.Options, s *snapshot.Snapshot) { s.Paused = true })
	got := w.send(asks()[2])
	if got.status != 503 || !strings.Contains(got.body, "resume") || len(v.Requests()) != 0 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
