package backend_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
)

// probed is a house with an account at a relay, whose models have a price but for one, all of which a client has just asked.
type probed struct {
	*house
	*relay
	id    string
	asked time.Time
}

func newProbed(t *testing.T, proxy string) *probed {
	p := &probed{house: newHouse(t), relay: newRelay(t, "m-one", "m-two", "m-unpriced")}
	prices := "prices: {relay/m-one: {input: 10, output: 20}, relay/m-two: {input: 10, output: 20}}\n"
	if err := os.WriteFile(filepath.Join(p.dir, "routing.yaml"), []byte(prices), 0o600); err != nil {
		t.Fatal(err)
	}
	p.id = must(p.AddAccount(t.Context(), client.AddAccount{Provider: "openai-compatible", BaseURL: p.relay.URL + "/v1", Name: "Relay", Key: "sk-relay-0123456789", Proxy: proxy}))(t).Account.ID
	wait(t, "the prices are in force", func() bool {
		m := must(p.Models(t.Context(), "relay"))(t)
		return m[0].Input != nil && m[1].Input != nil && m[2].Input == nil
	})
	for _, m := range []string{"m-one", "m-two", "m-unpriced"} {
		if status := call(t, p.addr, p.key, m); status != 200 {
			t.Fatalf("%s: status %d", m, status)
		}
	}
	p.asked = time.Now()
	return p
}

// at probes what is due some time after the client's last request, and tells how often the relay was asked for its list, and for a token.
func (p *probed) at(after time.Duration) (lists, calls int64) {
	lists, calls = p.lists.Load(), p.calls.Load()
	p.b0.ProbeAt(p.t.Context(), p.asked.Add(after))
	return p.lists.Load() - lists, p.calls.Load() - calls
}

func (p *probed) set(edit client.EditSettings) {
	p.t.Helper()
	must(p.EditSettings(p.t.Context(), edit))(p.t)
}

func ptr[T any](v T) *T { return &v }

// Nobody is asked who was asked lately, nor while nobody is at work, nor against the user's word; and whoever is due is asked once.
func TestProbesAreFew(t *testing.T) {
	p := newProbed(t, "")
	for _, c := range []struct {
		name         string
		after        time.Duration
		edit         client.EditSettings
		lists, calls int64
	}{
		{"fresh", time.Minute, client.EditSettings{}, 0, 0},
		{"off", 20 * time.Minute, client.EditSettings{Probe: ptr(false)}, 0, 0},
		{"no budget", 20 * time.Minute, client.EditSettings{Probe: ptr(true), ProbesPerDay: ptr(0)}, 0, 0},
		{"nobody is at work", 40 * time.Minute, client.EditSettings{ProbesPerDay: ptr(10)}, 0, 0},
		{"stale", 20 * time.Minute, client.EditSettings{}, 1, 0},
		{"asked just now", 21 * time.Minute, client.EditSettings{}, 0, 0},
	} {
		p.set(c.edit)
		if lists, calls := p.at(c.after); lists != c.lists || calls != c.calls {
			t.Errorf("%s: %d lists and %d tokens were asked for", c.name, lists, calls)
		}
	}
	if n := must(p.Health(t.Context(), ""))(t).Probed; n.Count != 1 || n.USD != 0 {
		t.Errorf("it is told that %+v was probed", n)
	}
}

// Where the user allows it, models whose price is known are asked for one token: it is booked as Metapi's own, and no budget of a client pays for it.
func TestProbesOfModelsAreBookedAsOurOwn(t *testing.T) {
	p := newProbed(t, "")
	must(p.SetBudget(t.Context(), "script", client.SetBudget{Scope: "client", Of: "script", Period: "day", USD: 1, Hard: true}))(t)
	spent := func() float64 { return must(p.Budgets(t.Context()))(t)[0].Spent }
	wait(t, "the client's requests are settled", func() bool { return spent() > 0 })
	before := spent()
	p.set(client.EditSettings{ProbeModels: ptr(true), ProbeUSDPerDay: ptr(0.01)})
	if _, calls := p.at(20 * time.Minute); calls != 2 {
		t.Fatalf("%d models were asked", calls)
	}
	var rows []client.Row
	wait(t, "the probes are in the ledger", func() bool {
		rows = nil
		for _, r := range must(p.Usage(t.Context(), client.UsageQuery{}))(t).Rows {
			if r.Client == "Metapi itself" {
				rows = append(rows, r)
			}
		}
		return len(rows) == 2 && rows[0].State == "ok" && rows[1].State == "ok"
	})
	for _, r := range rows {
		if r.Account != "relay" || !strings.HasPrefix(r.Model, "m-") || r.CostUSD == nil || *r.CostUSD != 8*10e-6+20e-6 || !r.Stream {
			t.Errorf("%+v", r)
		}
	}
	if is := spent(); is != before {
		t.Errorf("the client's budget had %v spent, and has %v", before, is)
	}
	h := must(p.Health(t.Context(), "relay"))(t)
	if h.Probed.Count != 2+1 || h.Probed.USD < 199e-6 || h.Probed.USD > 201e-6 { // the list, too
		t.Errorf("probed: %+v", h.Probed)
	}
	for _, d := range h.Deployments {
		if d.Name != "m-unpriced" && (d.FirstP95 == 0 || d.Attempts < 1.9) {
			t.Errorf("a probe shows nothing: %+v", d)
		}
	}
}

// What they may cost on a day is never passed, nor forgotten by a restart.
func TestProbesKeepTheirBudget(t *testing.T) {
	p := newProbed(t, "")
	p.set(client.EditSettings{ProbeModels: ptr(true), ProbeUSDPerDay: ptr(0.0006)}) // one costs 0.0001, but might cost 0.00052
	if _, calls := p.at(20 * time.Minute); calls != 1 {
		t.Errorf("%d models were asked for a token, not the one that there was room for", calls)
	}
	probed := must(p.Health(t.Context(), ""))(t).Probed
	if probed.Count != 2 || probed.USD <= 0 || probed.USD > 0.0006 {
		t.Errorf("probed: %+v", probed)
	}
	p.set(client.EditSettings{ProbeUSDPerDay: ptr(1.0), ProbesPerDay: ptr(2)})
	if lists, calls := p.at(22 * time.Minute); lists+calls != 0 {
		t.Errorf("of two probes on a day there were %d more", lists+calls)
	}
	p.stop()
	p.b0.Close()
	b := open(t, p.dir)
	serve(t, b, backend.ServeOptions{})
	if again := must(client.InProcess(b.Handler()).Health(t.Context(), ""))(t).Probed; again != probed {
		t.Errorf("%+v was probed, and after a restart %+v", probed, again)
	}
}

// An account that has had a refused key or a dead host is tried by a probe, so that no client need find out.
func TestProbeEndsACooldown(t *testing.T) {
	p := newProbed(t, "")
	p.set(client.EditSettings{ProbeModels: ptr(true)})
	p.answers(refuses(401, "Incorrect API key", ""))
	call(t, p.addr, p.key, "relay/m-one")
	p.answers(nil)
	p.asked = time.Now()
	if lists, _ := p.at(time.Minute); lists != 0 {
		t.Errorf("while it cools it is asked for %d lists", lists)
	}
	if s := p.standing(p.id).State; s != "cooling" {
		t.Fatalf("it is %s", s)
	}
	if lists, calls := p.at(11 * time.Minute); lists != 1 || calls != 0 { // ten minutes are over, by the clock of the probe
		t.Errorf("half-open it is asked for %d lists and %d tokens", lists, calls)
	}
	if s := p.standing(p.id).State; s != "ready" {
		t.Errorf("after an answer it is %s", s)
	}
	p.answers(refuses(429, "slow down", "1"))
	call(t, p.addr, p.key, "relay/m-one")
	p.answers(nil)
	wait(t, "a model is half-open", func() bool { return must(p.Health(t.Context(), p.id))(t).Deployments[0].State == "half-open" })
	p.asked = time.Now()
	if _, calls := p.at(2 * time.Minute); calls != 1 {
		t.Errorf("of a model that is half-open %d tokens are asked for", calls)
	}
	p.lies(refuses(401, "Incorrect API key", ""))
	p.at(20 * time.Minute)
	if s := p.standing(p.id).State; s != "cooling" {
		t.Errorf("after a probe whose key was refused it is %s", s)
	}
}

// A probe goes by the account's proxy.
func TestProbesGoTheWayOfRequests(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied.Add(1)
		r.RequestURI = ""
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(502)
			return
		}
		defer res.Body.Close()
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.StatusCode)
		buf := make([]byte, 1<<16)
		for n, err := res.Body.Read(buf); ; n, err = res.Body.Read(buf) {
			w.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(proxy.Close)
	p := newProbed(t, proxy.URL)
	p.set(client.EditSettings{ProbeModels: ptr(true)})
	before := proxied.Load()
	lists, calls := p.at(20 * time.Minute)
	if n := proxied.Load() - before; n != lists+calls || lists != 1 || calls != 2 {
		t.Errorf("%d lists and %d tokens were asked for, %d by the proxy", lists, calls, n)
	}
}

// Its key goes to no other host, wherever the answer points.
func TestProbesFollowNobodyElsewhere(t *testing.T) {
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	t.Cleanup(stranger.Close)
	p := newProbed(t, "")
	p.set(client.EditSettings{ProbeModels: ptr(true)})
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}
	p.answers(elsewhere)
	p.lies(elsewhere)
	if lists, calls := p.at(20 * time.Minute); lists != 1 || calls != 1 { // after which the account cools
		t.Errorf("%d lists and %d tokens were asked for", lists, calls)
	}
	if n := strangers.Load(); n != 0 {
		t.Errorf("another host was asked %d times", n)
	}
}
