package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/network"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// over has the gateway call by a network of the test's own, and its first account at base.
func over(t *testing.T, o network.Options, base string) setting {
	o.Wrap, o.Getenv = gateway.NewTransport, func(string) string { return "" }
	n := network.New(o)
	t.Cleanup(n.Close)
	return func(g *gateway.Options, s *snapshot.Snapshot) {
		g.Transport, _ = n.Caller(network.Choice{To: network.Direct})
		p, _ := provider.Get("openai")
		target, err := p.Target(provider.Credential{BaseURL: base, Secret: "sk-proj-first-0123456789abcdef0123456789abcdef"})
		if err != nil {
			t.Fatal(err)
		}
		s.Targets[0] = target
	}
}

// hangsUp is an upstream by TLS and HTTP/1.1 whose connections serve one call, and are closed when the next has come, after a while.
type hangsUp struct {
	net.Listener
	roots *x509.CertPool
	calls atomic.Int32
}

func newHangsUp(t *testing.T, after time.Duration) *hangsUp {
	s := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	s.Close()
	u := &hangsUp{roots: x509.NewCertPool()}
	u.roots.AddCert(s.Certificate())
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: s.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	u.Listener = l
	const reply = `{"id":"x","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for n := 0; ; n++ {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					io.Copy(io.Discard, r.Body)
					u.calls.Add(1)
					if n == 1 {
						<-time.After(after)
						return
					}
					res := http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
						Body: io.NopCloser(strings.NewReader(reply)), ContentLength: int64(len(reply))}
					res.Write(c)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return u
}

// A call that met a kept connection which was dead is made once more, but not one that the upstream may have worked on.
func TestDeadKeptConnectionOverTLS(t *testing.T) {
	for name, tt := range map[string]struct {
		after  time.Duration
		status int
		calls  int32
	}{"at once": {0, 200, 3}, "after a while": {1500 * time.Millisecond, 502, 2}} {
		t.Run(name, func(t *testing.T) {
			u := newHangsUp(t, tt.after)
			w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "first")},
				over(t, network.Options{Roots: func() (*x509.CertPool, error) { return u.roots, nil }}, "https://"+u.Addr().String()+"/v1"))
			chat := asks()[0]
			if a := w.send(chat); a.status != 200 {
				t.Fatalf("at first: %d %s", a.status, a.body)
			}
			if a := w.send(chat); a.status != tt.status || u.calls.Load() != tt.calls {
				t.Errorf("%d after %d calls: %s", a.status, u.calls.Load(), a.body)
			}
		})
	}
}

// A name server that is silent is told as such, and the next account answers.
func TestSilentNameServer(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	silent := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")},
		over(t, network.Options{Resolver: silent, Lookup: 100 * time.Millisecond}, "https://api.silent.example/v1"))
	chat := asks()[0]
	w.wantAnswer(chat, w.send(chat))
	r := w.records(1)[0]
	if len(r.Attempts) != 2 || r.Attempts[0].Kind != protocol.Network || !strings.Contains(r.Attempts[0].Error, "could not be resolved in time") {
		t.Errorf("recorded as %+v", r.Attempts)
	}
}

// A sign-in page of the network is no fault of a key, and passes: all accounts come back by themselves, and discovery keeps what it had.
func TestSignInPageOfTheNetwork(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"page": func(w http.ResponseWriter) { page(w, http.StatusOK) }, "511": func(w http.ResponseWriter) { page(w, http.StatusNetworkAuthenticationRequired) },
		"403 page": func(w http.ResponseWriter) { page(w, http.StatusForbidden) },
		"redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://login.hotel.example/")
			w.WriteHeader(http.StatusFound)
		},
		"bare 511": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNetworkAuthenticationRequired) },
		"bare 407": func(w http.ResponseWriter) { w.WriteHeader(http.StatusProxyAuthRequired) },
	} {
		t.Run(name, func(t *testing.T) {
			v := vendor(t, imitation.OpenAI, "first")
			to, _ := url.Parse(v.BaseURL)
			var there atomic.Bool
			there.Store(true)
			pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: to.Scheme, Host: to.Host}) }}
			portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if there.Load() {
					answer(w)
					return
				}
				pass.ServeHTTP(w, r)
			}))
			defer portal.Close()
			base := portal.URL + to.Path
			p, _ := provider.Get("openai")
			c := provider.Credential{BaseURL: base, Secret: v.Key}
			w := newWorld(t, []*imitation.Vendor{v, v}, func(_ *gateway.Options, s *snapshot.Snapshot) {
				s.Targets[0], _ = p.Target(c)
				s.Targets[1], _ = p.Target(c)
			})
			chat := asks()[0]
			if a := w.send(chat); a.status/100 == 2 || strings.Contains(a.body, "key was refused") {
				t.Errorf("got %d %s", a.status, a.body)
			}
			for _, at := range w.records(1)[0].Attempts {
				if at.Kind != protocol.Wall {
					t.Errorf("recorded as %s: %s", at.Kind, at.Error)
				}
			}
			if l := p.List(t.Context(), http.DefaultClient, c); l.Outcome != provider.OutcomeBlocked || l.Err.Kind != protocol.Wall {
				t.Errorf("the listing is %s, %v", l.Outcome, l.Err)
			}
			there.Store(false)
			soon := time.Now().Add(6 * time.Second)
			for _, d := range w.snap.Deployments {
				if s, _, _ := d.Live.State(soon); s == live.Cooling {
					t.Errorf("%s is not tried again within 6 s", d.ID)
				}
			}
			if l := p.List(t.Context(), http.DefaultClient, c); l.Outcome != provider.OutcomeOK {
				t.Errorf("then the listing is %s, %v", l.Outcome, l.Err)
			}
		})
	}
}

func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	io.WriteString(w, "<!DOCTYPE html><html><title>Welcome to the hotel</title><body>Please sign in</body></html>")
}
