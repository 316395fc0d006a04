package imitation

import (
	"net"
	"net/http"
	"sync"
)

// trap is the other host that a redirect points at. It answers all, and a credential that arrives is a violation.
type trap struct {
	url     string
	server  *http.Server
	running sync.WaitGroup
	mu      sync.Mutex
	seen    []Seen
}

// Trapped returns what followed a redirect to the other host.
func (v *Vendor) Trapped() []Seen {
	v.mu.Lock()
	t := v.trap
	v.mu.Unlock()
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Seen(nil), t.seen...)
}

func (c *call) redirect(f *Fault) {
	to := f.Location
	if to == "" {
		t, err := c.v.openTrap()
		if err != nil {
			c.v.fail(c, c.v.usual(500))
			return
		}
		to = t.url + c.r.URL.Path
	}
	status := http.StatusFound
	if f.Kind == Redirect307 {
		status = http.StatusTemporaryRedirect
	}
	c.w.Header().Set("Location", to)
	c.w.WriteHeader(status)
	c.status(status)
}

func (v *Vendor) openTrap() (*trap, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.trap != nil {
		return v.trap, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &trap{url: "http://" + l.Addr().String()}
	t.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		t.seen = append(t.seen, Seen{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone()})
		t.mu.Unlock()
		for n := range credentialHeaders {
			if r.Header.Get(n) != "" {
				v.violate("header %s followed a redirect to another host", n)
			}
		}
		if r.URL.Query().Has("key") {
			v.violate("a key in the query followed a redirect to another host")
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})}
	t.running.Go(func() { _ = t.server.Serve(l) })
	v.trap = t
	return t, nil
}

func (t *trap) close() {
	_ = t.server.Close()
	t.running.Wait()
}
