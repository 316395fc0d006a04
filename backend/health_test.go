package backend_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// relay is a server of some models that does what it is told.
type relay struct {
	*httptest.Server
	lists, calls atomic.Int64
	mu           sync.Mutex
	answer       http.HandlerFunc // to a call; nil: hi
	list         http.HandlerFunc // nil: its models
}

func newRelay(t *testing.T, models ...string) *relay {
	r := &relay{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		answer, list := r.answer, r.list
		r.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch req.URL.Path {
		case "/v1/models":
			r.lists.Add(1)
			if list != nil {
				list(w, req)
				return
			}
			fmt.Fprint(w, `{"object":"list","data":[{"id":"`+strings.Join(models, `","object":"model"},{"id":"`)+`","object":"model"}]}`)
		case "/v1/chat/completions":
			r.calls.Add(1)
			switch {
			case answer != nil:
				answer(w, req)
			case strings.Contains(string(body), `"stream":true`):
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprint(w, `data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"}}]}`+"\n\n"+
					`data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}`+"\n\ndata: [DONE]\n\n")
			default:
				fmt.Fprint(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":20,"total_tokens":28}}`)
			}
		default:
			http.NotFound(w, req)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *relay) answers(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *relay) lies(list http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = list
}

// refuses answers with a status and an error of the usual shape.
func refuses(status int, message, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":%q,"type":"x","code":null}}`, message)
	}
}

// A person sees how each model at each account has done, and why one is left out.
func TestHealth(t *testing.T) {
	h := newHouse(t)
	all := must(h.Health(t.Context(), ""))(t)
	if len(all.Accounts) != 2 || len(all.Deployments) != 0 || all.Accounts[0].Available != nil {
		t.Errorf("before anything was asked: %+v", all)
	}
	for range 3 {
		h.serves()
	}
	h.va.Fault(imitation.Fault{Kind: imitation.Status429, Times: 1})
	h.serves()
	all = must(h.Health(t.Context(), ""))(t)
	first, second := all.Accounts[0], all.Accounts[1]
	if first.Available == nil || *first.Available < 0.74 || *first.Available > 0.76 || first.TookP50 == 0 || first.TookP95 < first.TookP50 || first.InFlight != 0 {
		t.Errorf("the first account: %+v", first)
	}
	if len(first.Errors) != 1 || first.Errors[0].Why != "a rate limit" || first.Errors[0].Share < 0.24 || first.LastError == nil || first.LastError.Message == "" {
		t.Errorf("what failed at it: %+v, the last %+v", first.Errors, first.LastError)
	}
	if second.Available == nil || *second.Available != 1 || len(second.Cooling) != 0 {
		t.Errorf("the second account: %+v", second)
	}
	if len(first.Cooling) != 1 || first.Cooling[0].Scope != "model" || first.Cooling[0].Name != "gpt-4o" || first.Cooling[0].Until.Before(time.Now()) {
		t.Errorf("what cools: %+v", first.Cooling)
	}
	one := must(h.Health(t.Context(), "second"))(t)
	if len(one.Accounts) != 1 || len(one.Deployments) != 1 || one.Deployments[0].Account != "second" || one.Deployments[0].State != "healthy" {
		t.Errorf("of one account: %+v", one)
	}
	if _, err := h.Health(t.Context(), "nobody"); code(err) != control.NotFound {
		t.Errorf("of nobody: %v", err)
	}
}

// Who has topped up need not wait: the cooldown is cleared by hand, and its words say what it was.
func TestClearCooldown(t *testing.T) {
	for _, c := range []struct {
		fault imitation.FaultKind
		words []string // of what cooled
	}{
		{imitation.Status402, []string{"the account for another", "an empty balance"}},
		{imitation.Status401, []string{"the account for another", "a refused key"}},
		{imitation.Status429, []string{"gpt-4o for another", "a rate limit"}},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			h := newHouse(t)
			h.va.Fault(imitation.Fault{Kind: c.fault, Times: 1})
			if got := h.serves(); got != "b" {
				t.Fatalf("%q serves", got)
			}
			if got := h.serves(); got != "b" {
				t.Fatalf("while the first cools %q serves", got)
			}
			message := must(h.ClearCooldown(t.Context(), "first"))(t).Message
			for _, w := range append(c.words, "First may be chosen again at once") {
				if !strings.Contains(message, w) {
					t.Errorf("%q lacks %q", message, w)
				}
			}
			if got := h.serves(); got != "a" {
				t.Errorf("afterwards %q serves", got)
			}
			if again := must(h.ClearCooldown(t.Context(), "first"))(t).Message; again != "Nothing of First was cooling: it may be chosen." {
				t.Errorf("%q", again)
			}
			if _, err := h.ClearCooldown(t.Context(), "nobody"); code(err) != control.NotFound {
				t.Errorf("of nobody: %v", err)
			}
		})
	}
}

// Within a second of a failure, and of the end of what came of it, whoever shows accounts is told to look again; and then it can be seen.
func TestCoolingIsToldWithinASecond(t *testing.T) {
	h := newHouse(t)
	r := newRelay(t, "only-here")
	a := must(h.AddAccount(t.Context(), client.AddAccount{Provider: "openai-compatible", BaseURL: r.URL + "/v1", Name: "Relay", Key: "sk-relay-0123456789"}))(t).Account
	l := listen(t, h.Client)
	until := func(what, state string) {
		t.Helper()
		l.until(what, func(e client.Event) bool {
			return e.Type == client.EventChanged && h.standing(a.ID).State == state
		})
	}
	r.answers(refuses(429, "slow down", "2"))
	if status := call(t, h.addr, h.key, "only-here"); status != 429 {
		t.Fatalf("status %d", status)
	}
	began := time.Now()
	until("that it cools", "cooling")
	if late := time.Since(began); late > time.Second {
		t.Errorf("told after %v", late)
	}
	until("that it does no more", "ready")
	if took := time.Since(began); took < 1500*time.Millisecond || took > 3*time.Second {
		t.Errorf("two seconds of cooling are told to have ended after %v", took)
	}
	if status := call(t, h.addr, h.key, "only-here"); status != 429 {
		t.Fatalf("status %d", status)
	}
	until("that it cools again", "cooling")
	began = time.Now()
	must(h.ClearCooldown(t.Context(), a.ID))(t)
	until("that it was cleared", "ready")
	if late := time.Since(began); late > time.Second {
		t.Errorf("told after %v", late)
	}
}

// Of fifty requests that come when a time-out is over, one finds out; the others are served elsewhere meanwhile.
func TestHalfOpenIsTriedByOneOfFifty(t *testing.T) {
	h := newHouse(t)
	r := newRelay(t, "gpt-4o")
	a := must(h.AddAccount(t.Context(), client.AddAccount{Provider: "openai-compatible", BaseURL: r.URL + "/v1", Name: "Relay", Key: "sk-relay-0123456789"}))(t).Account
	must(h.OrderAccounts(t.Context(), []string{a.ID, h.a.ID, h.b.ID}))(t)
	r.answers(refuses(429, "slow down", "1"))
	if h.serves() != "a" || r.calls.Load() != 1 {
		t.Fatalf("the relay was asked %d times", r.calls.Load())
	}
	wait(t, "it is half-open", func() bool {
		return must(h.Health(t.Context(), a.ID))(t).Deployments[0].State == "half-open"
	})
	release := make(chan struct{})
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		<-release
		fmt.Fprint(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`)
	})
	var served, elsewhere atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if call(t, h.addr, h.key, "gpt-4o") == 200 && served.Add(1) <= 49 {
				elsewhere.Add(1)
			}
		})
	}
	wait(t, "49 are served elsewhere", func() bool { return elsewhere.Load() == 49 })
	if n := r.calls.Load(); n != 2 {
		t.Errorf("%d requests were let through", n-1)
	}
	close(release)
	all.Wait()
	if served.Load() != 50 {
		t.Errorf("%d of 50 are served", served.Load())
	}
	wait(t, "after an answer it is healthy", func() bool { // the tool has its answer a moment before
		return must(h.Health(t.Context(), a.ID))(t).Deployments[0].State == "healthy"
	})
	r.answers(nil)
	before := r.calls.Load()
	for range 3 {
		call(t, h.addr, h.key, "gpt-4o")
	}
	if n := r.calls.Load() - before; n != 3 {
		t.Errorf("of 3 requests %d reach it again", n)
	}
}

// What is the account's fault leaves out all of the account, what is the host's all of the host, and what is a model's the model alone.
func TestCircuitsRiseToWhoseFaultItIs(t *testing.T) {
	for _, c := range []struct {
		name               string
		answer             http.HandlerFunc
		down               bool
		scope              string
		model, otherOfHost bool // may be chosen afterwards: another model of the account, the same at another account of the host
	}{
		{"a rate limit", refuses(429, "slow down", "60"), false, "model", true, true},
		{"a server error", refuses(500, "oops", ""), false, "model", true, true},
		{"an empty balance", refuses(402, "Insufficient credits", ""), false, "account", false, true},
		{"a refused key", refuses(401, "Incorrect API key", ""), false, "account", false, true},
		{"a dead host", nil, true, "host", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			r := newRelay(t, "m-one", "m-two")
			var ids [2]string
			for i, name := range []string{"One", "Two"} {
				ids[i] = must(h.AddAccount(t.Context(), client.AddAccount{Provider: "openai-compatible", BaseURL: r.URL + "/v1", Name: name, Key: "sk-relay-0123456789-" + name}))(t).Account.ID
			}
			r.answers(c.answer)
			if c.down {
				r.Server.Close()
			}
			if status := call(t, h.addr, h.key, "one/m-one"); status == 200 {
				t.Fatal("it was served")
			}
			health := must(h.Health(t.Context(), ids[0]))(t)
			cools := health.Accounts[0].Cooling
			if len(cools) != 1 || cools[0].Scope != c.scope {
				t.Fatalf("what cools is %+v", cools)
			}
			chosen := func(model string) bool {
				d := must(h.Decide(t.Context(), client.Question{Model: model}))(t)
				return len(d.Record.Candidates) > 0
			}
			if got := chosen("one/m-two"); got != c.model {
				t.Errorf("another model of the account may be chosen: %v", got)
			}
			if got := chosen("two/m-one"); got != c.otherOfHost {
				t.Errorf("another account of the host may be chosen: %v", got)
			}
			if chosen("one/m-one") {
				t.Error("who has failed may be chosen")
			}
		})
	}
}
