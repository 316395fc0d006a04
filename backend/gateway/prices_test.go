package gateway_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// serving answers each chat completion with a usage, served as the service that it says.
func serving(t *testing.T, usage, service string) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := ""
		if service != "" {
			said = fmt.Sprintf(`,"service_tier":%q`, service)
		}
		if !strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]%s,"usage":%s}`, said, usage)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]%s}\n\n", said)
		fmt.Fprintf(w, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-4o\",\"choices\":[]%s,\"usage\":%s}\n\ndata: [DONE]\n\n", said, usage)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// soldBy puts what serves, and what it costs, in the place of the first account.
func soldBy(t *testing.T, srv *httptest.Server, price *catalog.Price) setting {
	p, _ := provider.Get("openai")
	target, err := p.Target(provider.Credential{BaseURL: srv.URL + "/v1", Secret: "sk-serving-0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	return func(_ *gateway.Options, s *snapshot.Snapshot) {
		s.Targets[0] = target
		for i := range s.Deployments {
			s.Deployments[i].Protocols, s.Deployments[i].Price = protocol.SetOf(protocol.OpenAIChat), price
		}
	}
}

// The service that a reply says it was served by decides what it costs, whatever was asked for; where it does not say, the one that was asked for
// does, as an estimate. What sound costs is told by the parts of the usage, whole and streamed.
func TestServiceAndSoundArePriced(t *testing.T) {
	const usage = `{"prompt_tokens":110,"completion_tokens":60,"prompt_tokens_details":{"audio_tokens":100},"completion_tokens_details":{"audio_tokens":50}}`
	price := &catalog.Price{Services: catalog.Services{Flex: 0.5, Priority: 2}, Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(1), Output: catalog.USD(10),
		Audio: catalog.PartRates{Input: catalog.USD(100), Output: catalog.USD(1000)}}}}
	const usual = (10*1 + 100*100 + 10*10 + 50*1000) / 1e6
	for name, c := range map[string]struct {
		asked, told string
		want        routing.Cost
	}{
		"nothing is said":          {"", "", routing.Cost{USD: usual}},
		"flex, as asked":           {"flex", "flex", routing.Cost{USD: usual / 2}},
		"flex was asked, not had":  {"flex", "default", routing.Cost{USD: usual}},
		"flex was asked, not told": {"flex", "", routing.Cost{USD: usual / 2, Estimated: true}},
		"priority by the account":  {"auto", "priority", routing.Cost{USD: usual * 2}},
		"paid for beforehand":      {"", "scale", routing.Cost{USD: usual, Estimated: true, Unknown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, []*imitation.Vendor{imitation.New(t, imitation.OpenAI)}, soldBy(t, serving(t, usage, c.told), price))
			for n, stream := range []bool{false, true} {
				body := m{"model": "gpt-4o", "stream": stream, "messages": []any{user("hi")}}
				if c.asked != "" {
					body["service_tier"] = c.asked
				}
				if got := w.send(ask{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", stream: stream, body: body}); got.status != 200 {
					t.Fatalf("%d %s", got.status, got.body)
				}
				got := w.records(n + 1)[n].Cost
				if math.Abs(got.USD-c.want.USD) > 1e-12 || got.Estimated != c.want.Estimated || got.Unknown != c.want.Unknown {
					t.Errorf("stream %v costs %+v, want %+v", stream, got, c.want)
				}
			}
		})
	}
}

// Whose price nobody knows comes last in cost mode, and its record says so and why.
func TestUnknownPriceComesLastAndSaysWhy(t *testing.T) {
	known := &catalog.Price{Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(500), Output: catalog.USD(1000)}}}
	yuan := &catalog.Price{Currency: "CNY", Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(0.001), Output: catalog.USD(0.001)}}}
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B"), vendor(t, imitation.OpenAI, "C")},
		func(_ *gateway.Options, s *snapshot.Snapshot) {
			for i := range s.Deployments {
				s.Deployments[i].Price = map[string]*catalog.Price{"acc_1": yuan, "acc_2": known}[s.Deployments[i].Account.ID]
			}
		})
	if got := w.do(inMode(w.request(asks()[0]), "cost")); got.status != 200 || got.header.Get("X-Metapi-Deployment") != "dep_2_gpt-4o" {
		t.Errorf("%d, by %s", got.status, got.header.Get("X-Metapi-Deployment"))
	}
	c := w.records(1)[0].Candidates
	if len(c) != 3 || c[0].Unknown != "" || c[1].Unknown != "nobody tells its price" || !strings.Contains(c[2].Unknown, "CNY") {
		t.Errorf("%+v", c)
	}
}

// held is what a gateway would have its budgets hold back.
type held struct{ usd float64 }

func (h *held) Any() bool { return true }
func (h *held) Hold(_, _, _ string, _ time.Time, most func() float64) (gateway.Hold, *protocol.Error) {
	h.usd = most()
	return h, nil
}
func (h *held) End(float64)                                               {}
func (h *held) Settle(_ *routing.Record, record func(), _ []gateway.Hold) { record() }
func (h *held) Refuses(_, _, _ string, _ float64) *protocol.Error         { return nil }
func (h *held) Spare(_, _, _ string) string                               { return "" }

// What a budget holds back is by the dearer of two sources that are in dispute, and by the service that is asked for; what is booked is not.
func TestDisputedPriceHoldsTheDearer(t *testing.T) {
	price := func(usd float64) *catalog.Price {
		return &catalog.Price{Terms: catalog.Terms{PerCall: usd, Rates: catalog.Rates{Input: catalog.USD(0), Output: catalog.USD(usd)}}, Services: catalog.Services{Priority: 2}}
	}
	both := price(1)
	both.Other = price(1000)
	h := new(held)
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A")}, func(o *gateway.Options, s *snapshot.Snapshot) {
		o.Budgets = h
		for i := range s.Deployments {
			s.Deployments[i].Price = both
		}
	})
	a := asks()[0]
	a.body["max_completion_tokens"] = 1_000_000
	for service, want := range map[string]float64{"default": 1000 + 1000, "priority": 1000 + 2*1000} {
		a.body["service_tier"] = service
		if got := w.send(a); got.status != 200 || h.usd != want {
			t.Errorf("%s: %d, $%v are held back, not %v", service, got.status, h.usd, want)
		}
	}
	if usd := w.records(2)[0].Cost.USD; usd > 2 {
		t.Errorf("$%v are booked", usd)
	}
}
