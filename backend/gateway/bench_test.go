package gateway_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
)

// quickReply is a chat completion of about 1 KB.
var quickReply = []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` +
	strings.Repeat("word ", 150) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":150,"total_tokens":160}}`)

type noLedger struct{}

func (noLedger) Begin(*routing.Record)               {}
func (noLedger) Ask(*routing.Record)                 {}
func (noLedger) Settle(*routing.Record)              {}
func (noLedger) Pin([]protocol.Ref, string)          {}
func (noLedger) Account(protocol.Ref) (string, bool) { return "", false }

// benchGateway is a gateway with one account at upstream, everything on but the ledger.
func benchGateway(tb testing.TB, upstream string) *gateway.Gateway {
	p, _ := provider.Get("openai-compatible")
	target, err := p.Target(provider.Credential{BaseURL: upstream + "/v1", Secret: "sk-bench"})
	if err != nil {
		tb.Fatal(err)
	}
	s := &snapshot.Snapshot{Clients: []account.Client{{ID: "cli", Hash: sha256.Sum256([]byte(localKey))}}, Targets: []*provider.Target{target}}
	s.Mode = routing.Failover
	s.Accounts = []routing.Account{{ID: "acc", Slug: "acc", Host: target.Host()}}
	s.Deployments = []routing.Deployment{{ID: "dep", Account: &s.Accounts[0], Upstream: "m", Model: "m", Protocols: protocol.SetOf(protocol.OpenAIChat),
		Live: live.NewRegistry().Deployment("dep", "acc", target.Host())}}
	s.Names = catalog.NewIndex([]catalog.Entry{{Account: "acc", Name: "m"}}, nil)
	return gateway.New(gateway.Options{Snapshot: func() *snapshot.Snapshot { return s }, Recorder: noLedger{}, Pins: noLedger{}, Log: slog.New(slog.DiscardHandler)})
}

// BenchmarkOverhead compares, in one run, a call through Metapi with one through httputil.ReverseProxy and a direct one.
func BenchmarkOverhead(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Write(quickReply)
	}))
	defer upstream.Close()
	to, _ := url.Parse(upstream.URL)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	defer proxy.Close()
	metapi := httptest.NewServer(benchGateway(b, upstream.URL))
	defer metapi.Close()

	for _, size := range []int{1 << 10, 100 << 10} {
		body := []byte(fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":%q}]}`, strings.Repeat("question ", size/9)))
		for _, way := range []struct{ name, url string }{{"direct", upstream.URL}, {"reverseproxy", proxy.URL}, {"metapi", metapi.URL}} {
			call := func(b *testing.B) {
				r, _ := http.NewRequest("POST", way.url+"/v1/chat/completions", bytes.NewReader(body))
				r.Header.Set("Authorization", "Bearer "+localKey)
				r.Header.Set("Content-Type", "application/json")
				res, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				if n, _ := io.Copy(io.Discard, res.Body); n != int64(len(quickReply)) {
					b.Fatalf("status %d, %d bytes", res.StatusCode, n)
				}
				res.Body.Close()
			}
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, way.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					call(b)
				}
			})
			b.Run(fmt.Sprintf("%dKB/%s/parallel", size>>10, way.name), func(b *testing.B) {
				b.SetParallelism(8)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						call(b)
					}
				})
			})
		}
	}
}
