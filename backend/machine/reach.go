package machine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Route is how a call goes.
type Route struct {
	By    func(*http.Request) (*url.URL, error) // which proxy; nil for none. http.ProxyFromEnvironment is one
	Roots *x509.CertPool                        // whose certificates are believed; nil: the system's
}

// Way is how far a call to an address came, and how long each step took.
type Way struct {
	Host   string
	Proxy  string        // host:port of the proxy on the way; empty where there is none
	Steps  []Step        // those that were made, in order
	Failed string        // the step at which it ended: way, name, connection, proxy, TLS or answer; empty where there was an answer
	Err    error         // why
	Status int           // of the answer, or where it failed at the proxy, the proxy's
	Ahead  time.Duration // of this machine's clock against that of who answered
	Dated  bool          // Ahead is known
}

// Step is one step of the way.
type Step struct {
	Name string
	Took time.Duration
}

func (w *Way) String() string {
	said := make([]string, len(w.Steps))
	for i, s := range w.Steps {
		said[i] = fmt.Sprintf("%s %d ms", s.Name, s.Took.Milliseconds())
	}
	return strings.Join(said, ", ")
}

// Reach asks an address for anything at all, without a key, over a connection of its own. Whatever status comes is an answer.
func Reach(ctx context.Context, address string, route Route) *Way {
	w := &Way{Failed: "way"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		w.Err = err
		return w
	}
	w.Host = req.URL.Host
	proxy, err := route.By(req)
	if err != nil {
		w.Err = err
		return w
	}
	if w.Failed = "name"; proxy != nil {
		w.Proxy = proxy.Host
	}
	var mu sync.Mutex // guards what follows, and w: a dial may outlive the call
	began, over := time.Now(), false
	at := func(step string) {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			w.Failed = step
		}
	}
	step := func(name, next string) {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			w.Steps = append(w.Steps, Step{name, time.Since(began)})
			w.Failed, began = next, time.Now()
		}
	}
	dialer := net.Dialer{FallbackDelay: -1}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSDone: func(i httptrace.DNSDoneInfo) {
			if i.Err == nil {
				step("name", "connection")
			}
		},
		ConnectStart: func(string, string) { at("connection") },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				step("TLS", "answer")
			}
		},
		TLSHandshakeStart: func() { at("TLS") },
		WroteHeaders:      func() { at("answer") },
	})
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: route.Roots}, DisableKeepAlives: true, DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(traced, network, addr)
		if err == nil {
			step("connection", "answer")
		}
		return conn, err
	}, OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
		if res.StatusCode == http.StatusOK {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if !over {
			w.Failed, w.Status = "proxy", res.StatusCode
		}
		return errors.New(http.StatusText(res.StatusCode))
	}}
	defer transport.CloseIdleConnections()
	sent := time.Now()
	resp, err := transport.RoundTrip(req.WithContext(traced))
	if err != nil {
		mu.Lock()
		defer mu.Unlock()
		w.Err, over = err, true
		return w
	}
	defer resp.Body.Close()
	refused := proxy != nil && req.URL.Scheme == "http" && resp.StatusCode == http.StatusProxyAuthRequired // what is not tunnelled it answers itself
	if refused {
		at("proxy")
	} else {
		step("answer", "")
	}
	mu.Lock()
	defer mu.Unlock()
	over = true
	w.Status = resp.StatusCode
	if refused {
		w.Err = errors.New(http.StatusText(w.Status))
		return w
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now := sent.Add(time.Since(sent) / 2)
		w.Ahead, w.Dated = now.Sub(date.Add(time.Second/2)), true
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
	return w
}

// Why says at which step the way ended, and what to do about it.
func (w *Way) Why() (detail, next string) {
	to := w.Host
	if w.Proxy != "" {
		to += " by the proxy " + w.Proxy
	}
	var unknown *net.DNSError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case w.Failed == "way":
		return fmt.Sprintf("How it is reached cannot be told: %v.", w.Err), "Set its address or its proxy anew."
	case w.Failed == "proxy" && w.Status == http.StatusProxyAuthRequired:
		return fmt.Sprintf("The proxy %s wants a user name and a password, or others than it was given.", w.Proxy), "Give the proxy with both: http://name:password@host:port."
	case w.Failed == "proxy":
		return fmt.Sprintf("The proxy %s made no connection to %s (%v).", w.Proxy, w.Host, w.Err), "Ask who runs that proxy, or choose another way."
	case errors.As(w.Err, &unknown):
		return fmt.Sprintf("The name %s is not known to the network.", unknown.Name), "Look at the network of this machine, and whether the address is written right."
	case errors.As(w.Err, &authority):
		return fmt.Sprintf("The certificate of %s is signed by nobody that this machine trusts.", to), "If a company's proxy opens the traffic, name the file of its certificate in the settings, under Network."
	case errors.As(w.Err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("The certificate of %s is not valid at the time of this machine.", to), "Look at this machine's clock first."
	case errors.Is(w.Err, context.DeadlineExceeded):
		return fmt.Sprintf("%s did not answer in time (at the step: %s).", to, w.Failed), "Look at the network, a VPN or a firewall between."
	case w.Failed == "connection":
		return fmt.Sprintf("No connection to %s.", to), "Look at the network, a VPN or a firewall; a server on this machine must be started."
	case w.Failed == "TLS":
		return fmt.Sprintf("No secure connection to %s.", to), "Something between may open the traffic: a company's proxy, a hotel's network."
	}
	return fmt.Sprintf("%s took the connection, but did not answer.", to), "Try again; if it stays so, look at the status page of the provider."
}

// mostAhead is how wrong a clock may be before vendors' checks of times and certificates begin to fail.
const mostAhead = 2 * time.Minute

// Clock judges this machine's clock by how far it is ahead of others; nothing is found where there is none to compare with.
func (m Machine) Clock(ahead []time.Duration) []Finding {
	if len(ahead) == 0 {
		return nil
	}
	least := ahead[0] // one that agrees proves the clock right: another's may be wrong
	for _, a := range ahead {
		if a.Abs() < least.Abs() {
			least = a
		}
	}
	if least.Abs() <= mostAhead {
		return []Finding{{State: OK, Detail: "It agrees with those of the providers."}}
	}
	word := "ahead"
	if least < 0 {
		word = "behind"
	}
	command := map[string]string{"windows": "w32tm /resync", "darwin": "sudo sntp -sS time.apple.com"}[m.OS]
	if command == "" {
		command = "timedatectl set-ntp true"
	}
	return []Finding{{State: Warn, Detail: fmt.Sprintf("It is %s %s: certificates and signed requests fail by that.", least.Abs().Round(time.Second), word),
		Next: "Have the system set it from the network.", Command: command}}
}
