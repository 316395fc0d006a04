package network

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Caller makes calls, each the same way. It follows no redirects.
type Caller interface {
	http.RoundTripper
	CloseIdleConnections()
}

// Options is what a [Network] is made of. Zero values mean the default told with each field.
type Options struct {
	Wrap     func(*Client) Caller                                     // put around each client; default: nothing
	OnWake   func()                                                   // called after this machine has slept; default: nothing
	OnChange func()                                                   // called when what is wrong has changed; default: nothing
	Getenv   func(string) string                                      // default: os.Getenv
	Desktop  func(context.Context) (Proxies, error)                   // what the desktop is set to; default: see system.go
	Resolver *net.Resolver                                            // default: Go's
	Lookup   time.Duration                                            // how long finding an address may take; default: 5 s
	Roots    func() (*x509.CertPool, error)                           // whose certificates are believed; default: the system's, with SSL_CERT_FILE heeded
	Wall     func() time.Time                                         // the clock on the wall; default: time.Now
	Mono     func() time.Duration                                     // the clock that stands still in sleep; default: since New
	Ping     time.Duration                                            // an HTTP/2 connection this long silent is pinged; default: 15 s
	Pong     time.Duration                                            // and given up where this passes without an answer; default: 10 s
	Log      *slog.Logger                                             // default: none
	control  func(ctx context.Context, network, address string) error // before a socket connects
}

// Network reaches upstreams. It is safe for concurrent use.
type Network struct {
	Options
	env *Proxies // nil: the environment names none

	drift  atomic.Int64 // between the clocks, in ns
	looked atomic.Int64 // when we last looked around, by Mono

	life context.Context
	end  context.CancelFunc
	wg   sync.WaitGroup

	state   atomic.Pointer[state] // what the system says; nil: not asked yet
	reading sync.Mutex            // held by who asks
	scripts scripts

	mu      sync.Mutex // guards what follows
	closed  bool
	callers map[Choice]*entry
	trust   trust
}

// entry is a client, and what is around it.
type entry struct {
	*Client
	caller Caller
}

// New returns a network. It reads nothing but the environment until it is used.
func New(o Options) *Network {
	n := &Network{Options: o, callers: map[Choice]*entry{}}
	start := time.Now()
	if n.Wrap == nil {
		n.Wrap = func(c *Client) Caller { return c }
	}
	if n.Getenv == nil {
		n.Getenv = os.Getenv
	}
	if n.Desktop == nil {
		n.Desktop = desktop
	}
	if n.Wall == nil {
		n.Wall = time.Now
	}
	if n.Mono == nil {
		n.Mono = func() time.Duration { return time.Since(start) }
	}
	if n.Resolver == nil {
		n.Resolver = net.DefaultResolver
	}
	n.Lookup = cmp.Or(n.Lookup, lookupLimit)
	n.Ping, n.Pong = cmp.Or(n.Ping, 15*time.Second), cmp.Or(n.Pong, 10*time.Second)
	n.Log = cmp.Or(n.Log, slog.New(slog.DiscardHandler))
	n.trust.pool = n.believed()
	n.env = environment(n.Getenv)
	n.life, n.end = context.WithCancel(context.Background())
	n.drift.Store(n.Wall().UnixNano() - int64(n.Mono()))
	return n
}

// Caller returns who makes calls by a choice. It is the same one each time.
func (n *Network) Caller(choice Choice) (Caller, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.callers[choice]; e != nil {
		return e.caller, nil
	}
	c := &Client{n: n}
	switch choice.To {
	case Direct:
	case "", System:
		c.way = func(u *url.URL) Way { return n.systems(u) }
	default:
		p, err := parseProxy(choice.To)
		if err != nil {
			return nil, err
		}
		c.way = func(u *url.URL) Way { return through(p, u, choice.Own) }
	}
	c.renew(n.trust.pool)
	e := &entry{c, n.Wrap(c)}
	n.callers[choice] = e
	return e.caller, nil
}

// renew gives all callers fresh connections.
func (n *Network) renew() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.callers {
		e.renew(n.trust.pool)
		e.caller.CloseIdleConnections()
	}
}

// lookAround reads again what may have changed. It takes as long as it takes.
func (n *Network) lookAround() {
	before := n.Trouble()
	if n.state.Load() != nil {
		n.read()
	}
	n.rereadTrust()
	if after := n.Trouble(); !slices.Equal(before, after) && n.OnChange != nil {
		n.OnChange()
	}
}

// Trouble is what is wrong with the system's proxies and the certificates now, a sentence each.
func (n *Network) Trouble() []string {
	var list []string
	if s := n.state.Load(); s != nil {
		if s.trouble != "" {
			list = append(list, s.trouble)
		}
		if err := s.script.fault(); err != nil {
			list = append(list, fmt.Sprintf("The proxy script %s that the system names (%s) failed: %v. What it cannot decide goes straight.", withoutQuery(s.PAC), s.Source, err))
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.trust.trouble != "" {
		list = append(list, n.trust.trouble)
	}
	return list
}

// run does something in the background, unless the network is closed.
func (n *Network) run(fn func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.wg.Go(fn)
	}
}

// Close ends what goes on in the background, and closes the connections that nobody uses.
func (n *Network) Close() {
	n.end()
	n.mu.Lock()
	n.closed = true
	for _, e := range n.callers {
		e.caller.CloseIdleConnections()
		e.CloseIdleConnections()
	}
	n.mu.Unlock()
	n.wg.Wait()
}
