package backend_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
)

// localServer answers as a server on one's own machine does: it wants no key, and complains of one.
func localServer(t *testing.T) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth := r.Header.Get("Authorization"); auth != "" {
			t.Errorf("a server that wants no key got one: %q", auth)
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/models":
			fmt.Fprint(w, `{"object":"list","data":[{"id":"qwen3:8b","object":"model","created":1,"owned_by":"library"}]}`)
		case "/v1/chat/completions":
			io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, `{"id":"c","object":"chat.completion","created":1,"model":"qwen3:8b","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],`+
				`"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

// A local server is added without a key, and what it answers costs nothing, for certain.
func TestLocalServer(t *testing.T) {
	srv := localServer(t)
	b := open(t, t.TempDir())
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	d := must(c.AddAccount(t.Context(), client.AddAccount{Provider: "ollama", BaseURL: srv.URL + "/v1"}))(t)
	if !d.OK || d.New != 1 {
		t.Fatalf("%+v", d)
	}
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	if status := call(t, st.Addresses[0], key, "qwen3:8b"); status != 200 {
		t.Fatalf("status %d", status)
	}
	wait(t, "the request is settled", func() bool {
		u := must(c.Usage(t.Context(), client.UsageQuery{Limit: 10}))(t)
		return len(u.Rows) == 1 && u.Rows[0].State == "ok" && u.Rows[0].CostUSD != nil && *u.Rows[0].CostUSD == 0 && !u.Rows[0].CostEstimated
	})
}

// A provider of the user's own is ten lines in a file: it is there at once, and gone with the file. A bad edit is told with its place, and
// leaves the last good one in force.
func TestProvidersOfOnesOwn(t *testing.T) {
	srv := localServer(t)
	dir := t.TempDir()
	b := open(t, dir)
	_, _ = serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	file := filepath.Join(dir, backend.ProvidersDir, "mine.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	known := func() bool {
		return slices.ContainsFunc(providers(t, b), func(p client.ProviderInfo) bool { return p.ID == "my-server" && p.Name == "My server" })
	}
	write("- id: my-server\n  name: My server\n  format: openai\n  base_url: " + srv.URL + "/v1\n  protocols: [openai-chat]\n  keys: {optional: true}\n  quirks: [max_tokens]\n")
	wait(t, "the provider is known", known)
	if d := must(c.AddAccount(t.Context(), client.AddAccount{Provider: "my-server"}))(t); !d.OK || d.Account.BaseURL != srv.URL+"/v1" {
		t.Errorf("%+v", d)
	}
	write("- id: my-server\n  name: My server\n  format: opnai\n")
	wait(t, "the bad edit is told", func() bool {
		return strings.Contains(strings.Join(must(c.Status(t.Context()))(t).Trouble, " "), "mine.yaml:3:3: format: value must be one of 'openai', 'anthropic', 'gemini'")
	})
	write("- id: my-server\n  name: My server\n  format: openai\n  quirks: [sings]\n")
	wait(t, "a quirk that nobody knows is told", func() bool {
		return strings.Contains(strings.Join(must(c.Status(t.Context()))(t).Trouble, " "), `mine.yaml: my-server: quirks: nothing is known of "sings"`)
	})
	if !known() {
		t.Error("a bad edit has taken away what was in force")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	wait(t, "it is gone", func() bool { return !known() })
	st := must(c.Status(t.Context()))(t)
	if len(st.Accounts) != 1 || !strings.Contains(st.Accounts[0].Reason, "my-server") {
		t.Errorf("an account of a provider that is gone stands so: %+v", st.Accounts)
	}
}

// What the README says of adding a provider is so: its ten lines, with the address alone changed, serve a request as soon as they are saved.
func TestProviderInTenLines(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Add a provider in ten lines")
	_, text, _ := strings.Cut(section, "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	if lines := strings.Count(text, "\n"); !found || lines > 10 {
		t.Fatalf("the README has %d lines: %q", lines, text)
	}
	const key = "ex-0123456789abcdef0123456789abcdef"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+key {
			t.Errorf("the vendor got the key %q", r.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/v1/models":
			fmt.Fprint(w, `{"object":"list","data":[{"id":"example-1"}]}`)
		case r.URL.Path == "/v1/chat/completions" && strings.Contains(string(body), `"max_tokens":55`) && !strings.Contains(string(body), "seed"):
			fmt.Fprint(w, `{"id":"c","object":"chat.completion","created":1,"model":"example-1","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`)
		default:
			t.Errorf("the vendor got %s %s", r.URL.Path, body)
		}
	}))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	text = strings.Replace(text, "https://api.example.com", srv.URL, 1)
	if err := os.WriteFile(filepath.Join(dir, backend.ProvidersDir, "example.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	wait(t, "the provider is known", func() bool {
		return slices.ContainsFunc(providers(t, b), func(p client.ProviderInfo) bool { return p.ID == "example" })
	})
	if d := must(c.AddAccount(t.Context(), client.AddAccount{Provider: "example", Key: key}))(t); !d.OK || d.New != 1 {
		t.Fatalf("%+v", d)
	}
	local := must(c.AddClient(t.Context(), "script"))(t).Key
	r, err := http.NewRequest("POST", "http://"+st.Addresses[0]+"/v1beta/models/example-1:generateContent", strings.NewReader(
		`{"contents":[{"role":"user","parts":[{"text":"hello"}]}],"generationConfig":{"seed":7,"maxOutputTokens":55}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Goog-Api-Key", local)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 200 || !strings.Contains(string(body), `"hi"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func providers(t *testing.T, b *backend.Backend) []client.ProviderInfo {
	t.Helper()
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/api/providers", nil))
	var list []client.ProviderInfo
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return list
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}
