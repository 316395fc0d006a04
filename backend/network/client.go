package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Client makes calls one way, by net/http.
type Client struct {
	n   *Network
	way func(*url.URL) Way // nil: straight
	now atomic.Pointer[http.Transport]
}

// Proxy is the proxy for a request, or nil: what http.Transport.Proxy wants. It is nil itself where there is never one.
func (c *Client) Proxy() func(*http.Request) (*url.URL, error) {
	if c.way == nil {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) { return c.way(r.URL).Proxy, nil }
}

// Dial is how its connections are made.
func (c *Client) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return c.n.dial(ctx, network, addr)
}

// RoundTrip makes one call. What fails at the proxy is a [*ProxyError].
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.pulse()
	res, err := c.now.Load().RoundTrip(r)
	if c.way == nil {
		return res, err
	}
	var mine *ProxyError
	switch {
	case err == nil && (res.StatusCode != http.StatusProxyAuthRequired || r.URL.Scheme != "http"), errors.As(err, &mine):
		return res, err
	case err == nil: // what is not tunnelled the proxy answers itself
		p := c.way(r.URL).Proxy
		if p == nil {
			return res, nil
		}
		res.Body.Close()
		return nil, &ProxyError{Proxy: Show(p), Auth: true, Named: named(p), Status: res.StatusCode}
	}
	if atProxy(err) {
		if p := c.way(r.URL).Proxy; p != nil {
			return nil, &ProxyError{Proxy: Show(p), Auth: socksAuth(err), Named: named(p), Err: err}
		}
	}
	return nil, err
}

// CloseIdleConnections closes the connections that nobody uses.
func (c *Client) CloseIdleConnections() { c.now.Load().CloseIdleConnections() }

// renew begins with new connections. The old ones go when who uses them has done.
func (c *Client) renew(pool *x509.CertPool) {
	t := &http.Transport{
		Proxy:                  c.Proxy(),
		OnProxyConnectResponse: connected,
		DialContext:            c.n.dial,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: c.n.Ping, PingTimeout: c.n.Pong},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		WriteBufferSize:        64 << 10,
		ReadBufferSize:         32 << 10,
		DisableCompression:     true,
	}
	if pool != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	if old := c.now.Swap(t); old != nil {
		old.CloseIdleConnections()
	}
}

// connected reads a proxy's answer to CONNECT.
func connected(_ context.Context, p *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: Show(p), Auth: res.StatusCode == http.StatusProxyAuthRequired, Named: named(p), Status: res.StatusCode}
}

// named reports whether a proxy is told a name and password.
func named(proxy *url.URL) bool {
	_, has := proxy.User.Password()
	return has
}

// ProxyError says that a proxy, not the upstream, is why a call failed: nothing has reached the upstream. It holds no password.
type ProxyError struct {
	Proxy  string // as [Show] writes it
	Auth   bool   // it wants a user name and password, or others
	Named  bool   // it was given some
	Status int    // its answer, where it gave one
	Err    error  // what happened, where it gave none
}

func (e *ProxyError) Error() string { return "the proxy " + e.Proxy + " " + e.What() }

// What says what the proxy did, without its name.
func (e *ProxyError) What() string {
	switch {
	case e.Auth && e.Named:
		return "did not take its user name and password"
	case e.Auth:
		return "asks for a user name and password"
	case e.Status == http.StatusForbidden, e.Status == http.StatusMethodNotAllowed:
		return "does not let calls through to this host"
	case e.Status != 0:
		return "could not reach the host (" + http.StatusText(e.Status) + ")"
	case isSocks(e.Err):
		return "could not make the connection"
	}
	return "could not be reached"
}

func (e *ProxyError) Unwrap() error { return e.Err }

// atProxy reports whether an error of net/http is about the way to the proxy, or what it made of it.
func atProxy(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect" || isSocks(err)
}

func isSocks(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && strings.HasPrefix(op.Op, "socks")
}

// socksAuth knows what net/http says of a SOCKS proxy that refuses a name, which has no type.
func socksAuth(err error) bool {
	return isSocks(err) && (strings.Contains(err.Error(), "authentication"))
}
