package gateway_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// billing answers each chat completion with a usage of its own, streamed where that is asked for.
func billing(t *testing.T, usage, header string) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if header != "" {
			w.Header().Set("x-litellm-response-cost", header)
		}
		if !strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":%s}`, usage)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		const chunk = `{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[%s]%s}`
		for _, data := range []string{
			fmt.Sprintf(chunk, `{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}`, ""),
			fmt.Sprintf(chunk, `{"index":0,"delta":{},"finish_reason":"stop"}`, ""),
			fmt.Sprintf(chunk, "", `,"usage":`+usage), "[DONE]",
		} {
			fmt.Fprintf(w, "data: %s\n\n", data)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

// What the upstream says a reply has cost is booked as that, by whom it was told, whole and streamed, in both lanes; where it says nothing that
// can be relied on, the sum of ours stands.
func TestToldCost(t *testing.T) {
	const tokens = `"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100`
	ours := 1000*2.5e-6 + 100*10e-6 // gpt-4o at OpenAI's prices
	for name, c := range map[string]struct {
		usage, header string
		known         bool // for telling its cost
		whole, stream float64
		by            string
	}{
		"OpenRouter":           {usage: `{` + tokens + `,"cost":0.95,"is_byok":false,"cost_details":{"upstream_inference_cost":0.9}}`, known: true, whole: 0.95, stream: 0.95, by: "Teller"},
		"OpenRouter, own keys": {usage: `{"is_byok":true,"cost_details":{"upstream_inference_cost":19},"cost":0.95,` + tokens + `}`, known: true, whole: 19.95, stream: 19.95, by: "Teller"},
		"free of charge":       {usage: `{` + tokens + `,"cost":0}`, known: true, by: "Teller"},
		"Perplexity":           {usage: `{` + tokens + `,"cost":{"input_tokens_cost":0.001,"output_tokens_cost":0.002,"request_cost":0.005,"total_cost":0.008}}`, known: true, whole: 0.008, stream: 0.008, by: "Teller"},
		"DeepInfra":            {usage: `{` + tokens + `,"estimated_cost":2.68e-05}`, known: true, whole: 2.68e-05, stream: 2.68e-05, by: "Teller"},
		"xAI":                  {usage: `{` + tokens + `,"cost_in_usd_ticks":37756000}`, whole: 0.0037756, stream: 0.0037756, by: "OpenAI"},
		"LiteLLM":              {usage: `{` + tokens + `}`, header: "3.45e-05", whole: 3.45e-05, stream: ours, by: "OpenAI"},
		"LiteLLM, unknown":     {usage: `{` + tokens + `}`, header: "None", whole: ours, stream: ours},
		"a relay's own unit":   {usage: `{` + tokens + `,"cost":500000}`, whole: ours, stream: ours},
		"nonsense":             {usage: `{` + tokens + `,"cost":-1,"estimated_cost":"much"}`, known: true, whole: ours, stream: ours},
		"nothing":              {usage: `{` + tokens + `,"cost":null}`, known: true, whole: ours, stream: ours},
	} {
		t.Run(name, func(t *testing.T) {
			srv := billing(t, c.usage, c.header)
			p, _ := provider.Get("openai")
			if c.known {
				if err := provider.Use([]provider.Definition{{ID: "teller", Name: "Teller", Format: "openai", BaseURL: srv.URL + "/v1", TellsCost: true}}); err != nil {
					t.Fatal(err)
				}
				defer provider.Use(nil)
				p, _ = provider.Get("teller")
			}
			target, err := p.Target(provider.Credential{BaseURL: srv.URL + "/v1", Secret: "sk-bill-0123456789"})
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, []*imitation.Vendor{imitation.New(t, imitation.OpenAI)},
				func(_ *gateway.Options, s *snapshot.Snapshot) {
					s.Targets[0] = target
					for i := range s.Deployments {
						s.Deployments[i].Protocols = protocol.SetOf(protocol.OpenAIChat)
					}
				})
			n := 0
			for _, stream := range []bool{false, true} {
				for _, a := range []ask{
					{kind: imitation.OpenAI, proto: protocol.OpenAIChat, path: "/v1/chat/completions", stream: stream, body: m{"model": "gpt-4o", "stream": stream, "messages": []any{user("hi")}}},
					{kind: imitation.Anthropic, proto: protocol.Anthropic, path: "/v1/messages", stream: stream, body: m{"model": "gpt-4o", "stream": stream, "max_tokens": 100, "messages": []any{user("hi")}}},
				} {
					if got := w.send(a); got.status != 200 {
						t.Fatalf("%v: %d %s", a, got.status, got.body)
					}
					n++
					r := w.records(n)[n-1]
					want, by := c.whole, c.by
					if stream {
						want = c.stream
					}
					if want == ours {
						by = ""
					}
					if math.Abs(r.Cost.USD-want) > 1e-12 || r.Cost.ToldBy != by || r.Cost.Unknown || r.Cost.Estimated || r.Attempts[0].Cost != r.Cost {
						t.Errorf("%v costs %+v, want %v by %q", a, r.Cost, want, by)
					}
				}
			}
		})
	}
}

// Images with which no usage comes cost what the upstream tells in its head, or what the user has set for a request; else it is not known.
func TestCostWithoutUsage(t *testing.T) {
	perCall := &catalog.Price{Terms: catalog.Terms{PerCall: 0.04}}
	tokens := &catalog.Price{Terms: catalog.Terms{PerCall: 0.04, Rates: catalog.Rates{Input: catalog.USD(1), Output: catalog.USD(2)}}}
	nothing := &catalog.Price{Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(0), Output: catalog.USD(0)}}}
	for name, c := range map[string]struct {
		header string
		price  *catalog.Price
		usd    float64
		known  bool
	}{
		"told":              {"0.017", nil, 0.017, true},
		"per request":       {"", perCall, 0.04, true},
		"tokens cost, too":  {"", tokens, 0.04, false},
		"a price of nought": {"", nothing, 0, true},
		"on one's own":      {"", catalog.Free, 0, true},
		"nobody knows":      {"", nil, 0, false},
	} {
		for path, reply := range map[string]string{"/v1/images/generations": `{"created":1,"data":[{"b64_json":"QQ=="}]}`, "/v1/audio/speech": "sound"} {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.header != "" {
					w.Header().Set("x-litellm-response-cost", c.header)
				}
				w.Header().Set("Content-Type", map[bool]string{true: "application/json", false: "audio/mpeg"}[reply[0] == '{'])
				io.WriteString(w, reply)
			}))
			defer srv.Close()
			p, _ := provider.Get("openai")
			target, err := p.Target(provider.Credential{BaseURL: srv.URL + "/v1", Secret: "sk-bill-0123456789"})
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, []*imitation.Vendor{imitation.New(t, imitation.OpenAI)}, func(_ *gateway.Options, s *snapshot.Snapshot) {
				s.Targets[0] = target
				for i := range s.Deployments {
					s.Deployments[i].Protocols = protocol.SetOf(protocol.OpenAIImages, protocol.OpenAIAudio)
					s.Deployments[i].Price = c.price
				}
			})
			if got := w.do(w.plain(plainCall{path, m{"model": "gpt-4o", "prompt": "a cat", "input": "hi"}, nil})); got.status != 200 {
				t.Fatalf("%s: %d %s", name, got.status, got.body)
			}
			if r := w.records(1)[0]; r.Cost.USD != c.usd || r.Cost.Unknown == c.known || r.Cost.Estimated == c.known || (r.Cost.ToldBy != "") != (c.header != "") {
				t.Errorf("%s, %s: %+v", name, path, r.Cost)
			}
		}
	}
}
