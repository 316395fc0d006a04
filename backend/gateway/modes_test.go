package gateway_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// prices sets what the deployments cost per million tokens of input, output ten times as much.
func prices(usd ...float64) setting {
	return func(_ *gateway.Options, s *snapshot.Snapshot) {
		for i := range s.Deployments {
			d := &s.Deployments[i]
			v := usd[d.Order]
			d.Price = &catalog.Price{Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(v), CacheRead: catalog.USD(v / 10), Output: catalog.USD(10 * v)}}}
		}
	}
}

func inMode(r *http.Request, mode string) *http.Request {
	r.Header.Set("X-Metapi-Mode", mode)
	return r
}

func TestCostModeGoesToTheCheapest(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 1))
	a := asks()[0]
	if got := w.send(a); got.header.Get("X-Metapi-Deployment") != "dep_0_gpt-4o" {
		t.Fatalf("in failover it went to %s", got.header.Get("X-Metapi-Deployment"))
	}
	got := w.do(inMode(w.request(a), "cost"))
	if got.status != 200 || got.header.Get("X-Metapi-Deployment") != "dep_1_gpt-4o" {
		t.Fatalf("%d %s, served by %s", got.status, got.body, got.header.Get("X-Metapi-Deployment"))
	}
	rec := w.records(2)[1]
	if rec.Mode != routing.Cheapest || len(rec.Candidates) != 2 || !rec.Candidates[0].Priced || rec.Candidates[0].Cost >= rec.Candidates[1].Cost {
		t.Errorf("the record does not show why: %+v", rec.Candidates)
	}
}

// Load is spread, but a conversation goes on where its prompt is cached.
func TestBalanceKeepsAConversationTogether(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 3))
	a := asks()[0]
	a.body["messages"] = []any{map[string]any{"role": "user", "content": strings.Repeat("The report is about the third quarter. ", 300)}}
	began := map[string]int{}
	for session := range 20 {
		served := map[string]int{}
		for turn := range 3 {
			r := inMode(w.request(a), "balance")
			r.Header.Set("X-Session-Id", fmt.Sprint("session ", session))
			by := w.do(r).header.Get("X-Metapi-Deployment")
			served[by]++
			if turn == 0 {
				began[by]++
			}
		}
		if len(served) != 1 {
			t.Errorf("a conversation is torn apart: %v", served)
		}
	}
	if len(began) != 2 {
		t.Errorf("conversations are not spread: %v", began)
	}
}

// What has been written is learned, so that an estimate comes near to what is billed.
func TestEstimatesComeNear(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 1))
	a := asks()[0]
	a.body["messages"] = []any{map[string]any{"role": "user", "content": strings.Repeat("The report is about the third quarter. ", 100)}}
	for range 20 {
		w.do(inMode(w.request(a), "cost"))
	}
	last := w.records(20)[19]
	expected, billed := last.Candidates[0].Cost, last.Cost.USD
	if off := math.Abs(expected-billed) / billed; off > 0.15 {
		t.Errorf("expected %v, billed %v: %.0f %% off", expected, billed, 100*off)
	}
}

// Before a request is sent it is known what it will come to, in every mode: the record has it beside what it came to. After twenty replies the
// prompt is known to a twentieth.
func TestExpectedBesideWhatItWas(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A")}, prices(3))
	for i := range 22 {
		a := asks()[i%2*4]
		a.body["messages"] = []any{map[string]any{"role": "user", "content": strings.Repeat("The report is about the third quarter. ", 40+17*(i%5))}}
		w.send(a)
	}
	for i, r := range w.records(22) {
		e, was := r.Attempts[0].Expected, r.Attempts[0]
		if e.Prompt == 0 || e.Output == 0 || !e.Priced || e.USD == 0 {
			t.Fatalf("request %d: nothing was expected: %+v", i, r.Attempts[0])
		}
		if off := math.Abs(float64(e.Prompt)/float64(was.Usage.Prompt()) - 1); i >= 20 && off > .05 {
			t.Errorf("request %d: a prompt of %d tokens was expected to have %d", i, was.Usage.Prompt(), e.Prompt)
		}
		if off := math.Abs(e.USD/was.Cost.USD - 1); i >= 20 && off > .15 {
			t.Errorf("request %d: it was expected to cost %v, and cost %v", i, e.USD, was.Cost.USD)
		}
	}
}

// What failed, and what nobody told the tokens of, has nothing to be compared with.
func TestNothingExpectedOfWhatFailed(t *testing.T) {
	first := vendor(t, imitation.OpenAI, "A")
	first.Fault(imitation.Fault{Kind: imitation.Status500})
	w := newWorld(t, []*imitation.Vendor{first, vendor(t, imitation.OpenAI, "B")}, prices(3, 3))
	w.send(asks()[0])
	r := w.records(1)[0]
	if len(r.Attempts) != 2 || r.Attempts[0].Expected != (routing.Estimate{}) || r.Attempts[1].Expected.Prompt == 0 {
		t.Errorf("%+v", r.Attempts)
	}
}

func TestLatencyModeLeavesTheSlow(t *testing.T) {
	slow, fast := vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")
	slow.Pace(imitation.Pace{First: 500 * time.Millisecond})
	w := newWorld(t, []*imitation.Vendor{slow, fast})
	a := asks()[4]
	w.do(inMode(w.request(a), "latency"))
	for range 5 {
		if got := w.do(inMode(w.request(a), "latency")); got.header.Get("X-Metapi-Deployment") != "dep_1_gpt-4o" {
			t.Fatalf("served by %s", got.header.Get("X-Metapi-Deployment"))
		}
	}
	if rec := w.records(6)[5]; rec.Candidates[0].Wait == 0 || rec.Candidates[0].Wait >= rec.Candidates[1].Wait {
		t.Errorf("the record does not show why: %+v", rec.Candidates)
	}
}

func TestModeThatThereIsNot(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A")})
	got := w.do(inMode(w.request(asks()[0]), "cheap"))
	if got.status != 400 || !strings.Contains(got.body, "X-Metapi-Mode") || !strings.Contains(got.body, "cost") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// How soon tokens are counted says nothing of how soon a model replies.
func TestCountsAreNoReplies(t *testing.T) {
	slow, fast := vendor(t, imitation.Anthropic, "A"), vendor(t, imitation.Anthropic, "B")
	w := newWorld(t, []*imitation.Vendor{slow, fast}, rules(t, "models: {coder: {models: [claude-sonnet-4-5]}}"))
	before := w.snap.Deployments[0].Live.P95(0, false, time.Now())
	for range 5 {
		a := countAsks(false)[1]
		a.body["model"] = "coder"
		if got := w.send(a); got.status != 200 || !strings.Contains(got.body, "input_tokens") {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if after := w.snap.Deployments[0].Live.P95(0, false, time.Now()); after != before {
		t.Errorf("replies are expected within %v, not %v any more", after, before)
	}
}

// A virtual model's tokens are estimated where nobody counts them, like any other's.
func TestCountOfAVirtualModel(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A")}, rules(t, "models: {coder: {models: [gpt-4o]}}"),
		func(_ *gateway.Options, s *snapshot.Snapshot) {
			for i := range s.Deployments {
				s.Deployments[i].Counts = 0
			}
		})
	a := countAsks(false)[1]
	a.body["model"] = "coder"
	if got := w.send(a); got.status != 200 || got.header.Get("X-Metapi-Estimated") != "tokens" {
		t.Errorf("%d %s", got.status, got.body)
	}
}
