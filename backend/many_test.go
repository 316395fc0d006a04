package backend_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
)

// hub is one server with many accounts: each key is offered models of its own, and as many that all are offered.
func hub(t *testing.T, models int) *httptest.Server {
	names := []string{"gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "deepseek-chat"}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/v1/models" {
			io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],`+
				`"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`)
			return
		}
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer sk-many-")
		var b strings.Builder
		b.WriteString(`{"object":"list","data":[`)
		for i := range models {
			name := fmt.Sprintf("shared/model-%d-instruct", i)
			if i%2 == 1 {
				name = fmt.Sprintf("model-%d-of-%s", i, key[:3])
			} else if i/2 < len(names) {
				name = names[i/2]
			}
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"%s","object":"model","created":1700000000,"owned_by":"hub","supported_endpoint_types":["openai"]}`, name)
		}
		b.WriteString("]}")
		io.WriteString(w, b.String())
	}))
	t.Cleanup(srv.Close)
	return srv
}

// A hundred accounts with three hundred models each, half of which all offer, are discovered within seconds, and everything stays quick with
// them. `go test -run ManyAccounts -v ./backend` prints how quick; what is asserted of it is far above what any machine takes.
func TestManyAccounts(t *testing.T) {
	accounts, models := 100, 300
	if raced {
		accounts = 10
	}
	srv := hub(t, models)
	b := open(t, t.TempDir())
	c := client.InProcess(b.Handler())
	clock := func(what string, f func()) (took time.Duration) {
		start := time.Now()
		f()
		took = time.Since(start)
		t.Logf("%-36s %v", what, took.Round(time.Millisecond/10))
		return took
	}
	var ids []string
	clock("add all", func() {
		for i := range accounts {
			in := client.AddAccount{Provider: "openai-compatible", BaseURL: srv.URL + "/v1", Name: fmt.Sprintf("Hub %d", i), Key: fmt.Sprintf("sk-many-%03d-0123456789", i)}
			ids = append(ids, must(c.AddAccount(t.Context(), in))(t).Account.ID)
		}
	})
	st, _ := serve(t, b, backend.ServeOptions{})
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	took := clock("discover all", func() {
		var all sync.WaitGroup
		next := make(chan string)
		for range 8 {
			all.Go(func() {
				for id := range next {
					if d, err := c.TestAccount(t.Context(), id); err != nil || !d.OK {
						t.Errorf("%+v %v", d, err)
					}
				}
			})
		}
		for _, id := range ids {
			next <- id
		}
		close(next)
		all.Wait()
	})
	if took > time.Minute && !raced {
		t.Errorf("discovery took %v", took)
	}
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	t.Logf("%-36s %.1f MB", "heap after a collection", float64(mem.HeapAlloc)/1e6)

	name := "Renamed"
	clock("rename one", func() { must(c.EditAccount(t.Context(), ids[0], client.EditAccount{Name: &name}))(t) })
	clock("GET /api/accounts", func() {
		for _, a := range must(c.Accounts(t.Context()))(t) {
			if a.Models != models || a.Scan.Outcome != "ok" {
				t.Errorf("%+v", a)
			}
		}
	})
	clock("GET /api/status", func() {
		if s := must(c.Status(t.Context()))(t); len(s.Accounts) != accounts || s.Accounts[accounts-1].State != "ready" || s.Models < models/2*accounts {
			t.Errorf("%d accounts, %d models, %+v", len(s.Accounts), s.Models, s.Accounts[accounts-1])
		}
	})
	clock("GET /api/models", func() {
		if list := must(c.Models(t.Context(), ""))(t); len(list) != accounts*models {
			t.Errorf("%d models", len(list))
		}
	})
	clock("GET /v1/models", func() {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+st.Addresses[0]+"/v1/models", nil)
		r.Header.Set("Authorization", "Bearer "+key)
		res := must(http.DefaultClient.Do(r))(t)
		defer res.Body.Close()
		var list struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		if err := json.NewDecoder(res.Body).Decode(&list); err != nil || len(list.Data) < models/2*(accounts+1) {
			t.Errorf("%d models are listed, %v", len(list.Data), err)
		}
	})
	for _, model := range []string{"gpt-4o", "shared/model-20-instruct", fmt.Sprintf("model-7-of-%03d", accounts-1)} {
		clock("ask "+model, func() {
			if status := call(t, st.Addresses[0], key, model); status != 200 {
				t.Errorf("%s: status %d", model, status)
			}
		})
	}
}
