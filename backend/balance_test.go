package backend_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
)

// purse is a vendor that tells what is left, and serves only while there is something.
type purse struct {
	*httptest.Server
	mu    sync.Mutex
	left  float64
	broke bool
}

func newPurse(t *testing.T, left float64) *purse {
	p := &purse{left: left}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/models":
			fmt.Fprint(w, `{"object":"list","data":[{"id":"gpt-4o","object":"model","created":1,"owned_by":"purse","cost":{"in":"0.00001","out":"0.00004"}},`+
				`{"id":"gpt-4o:free","object":"model","cost":{"in":"0","out":"0"}}]}`)
		case "/v1/credits":
			fmt.Fprintf(w, `{"left":"%v"}`, p.left)
		case "/v1/chat/completions":
			io.Copy(io.Discard, r.Body)
			if p.broke {
				w.WriteHeader(http.StatusPaymentRequired)
				fmt.Fprint(w, `{"error":{"message":"Insufficient credits. Add more","code":402}}`)
				return
			}
			fmt.Fprint(w, `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],`+
				`"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *purse) set(left float64, broke bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.broke = left, broke
}

// knows writes a provider of the user's that tells its balance into a data folder.
func (p *purse) knows(t *testing.T, dir string) {
	t.Helper()
	folder := filepath.Join(dir, "providers.d")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "- {id: purse, name: Purse, format: openai, base_url: " + p.URL + "/v1, protocols: [openai-chat],\n" +
		"   balance: [{path: /credits, remaining: left, currency: USD}], models: {prices: {tokens: 1, input: cost.in, output: cost.out}}}\n"
	if err := os.WriteFile(filepath.Join(folder, "purse.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A person sees what is left, with its age and a hint where it is little; and an account that is out of money is in use again by itself once it
// has some.
func TestBalance(t *testing.T) {
	p := newPurse(t, 0.5)
	dir := t.TempDir()
	p.knows(t, dir)
	b := open(t, dir)
	c := client.InProcess(b.Handler())
	a := must(c.AddAccount(t.Context(), client.AddAccount{Provider: "purse", Key: "sk-purse-0123456789"}))(t).Account
	if a.Balance == nil || len(a.Balance.Amounts) != 1 || a.Balance.Amounts[0] != (client.Amount{Currency: "USD", Value: 0.5}) || !a.Balance.Low || a.Balance.At.IsZero() {
		t.Fatalf("%+v", a.Balance)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	p.set(20, true) // it was topped up, and the vendor's door has not noticed yet
	b = open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c = client.InProcess(b.Handler())
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	if status := call(t, st.Addresses[0], key, "gpt-4o"); status == 200 {
		t.Fatalf("status %d", status)
	}
	p.set(20, false)
	wait(t, "the account is ready again", func() bool {
		s := must(c.Status(t.Context()))(t)
		list := must(c.Accounts(t.Context()))(t)
		return s.Accounts[0].State == "ready" && list[0].Balance != nil && list[0].Balance.Amounts[0].Value == 20 && !list[0].Balance.Low
	})
	if status := call(t, st.Addresses[0], key, "gpt-4o"); status != 200 {
		t.Errorf("status %d", status)
	}

	removed := must(c.RemoveAccount(t.Context(), a.ID))(t)
	if back := must(c.RestoreAccount(t.Context(), a.ID))(t); !removed.Undo || back.Balance == nil || back.Balance.Amounts[0].Value != 20 {
		t.Errorf("brought back without its balance: %+v", back.Balance)
	}
}

// What a vendor lists as the price of a model is what a request is reckoned at, and is told with where it is from.
func TestListedPrice(t *testing.T) {
	p := newPurse(t, 5)
	dir := t.TempDir()
	p.knows(t, dir)
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	must(c.AddAccount(t.Context(), client.AddAccount{Provider: "purse", Key: "sk-purse-0123456789"}))(t)
	today := time.Now().UTC().Format(time.DateOnly)
	for _, m := range must(c.Models(t.Context(), ""))(t) {
		want := map[string]float64{"gpt-4o": 10, "gpt-4o:free": 0}[m.Name]
		if m.Input == nil || *m.Input != want || m.PriceSource != "the list of models of Purse" || m.PriceAsOf < today {
			t.Errorf("%+v", m)
		}
	}
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	for i, x := range []struct {
		model string
		cost  float64
	}{{"gpt-4o", 5*10e-6 + 40e-6}, {"gpt-4o:free", 0}} {
		if status := call(t, st.Addresses[0], key, x.model); status != 200 {
			t.Fatalf("%s: status %d", x.model, status)
		}
		wait(t, x.model+" is settled at its price", func() bool {
			rows := must(c.Usage(t.Context(), client.UsageQuery{Limit: 10}))(t).Rows
			return len(rows) == i+1 && rows[0].State == "ok" && rows[0].CostUSD != nil && math.Abs(*rows[0].CostUSD-x.cost) < 1e-12 && !rows[0].CostEstimated
		})
	}
}
