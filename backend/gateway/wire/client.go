package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// Options say how connections are made and kept. The zero value is ready for use.
type Options struct {
	// Proxy names the proxy for a request, nil for none, as http.Transport's does. Requests that have one, and those for
	// which it fails, go to the fallback. Nil: no request has one.
	Proxy func(*http.Request) (*url.URL, error)
	// DialContext makes connections. Nil: a net.Dialer with 10 s to connect and keep-alives after 30 s.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// MaxIdlePerHost is how many idle connections are kept for each host and port. 0: 128.
	MaxIdlePerHost int
	// IdleTimeout is how long a connection may be idle. 0: 90 s.
	IdleTimeout time.Duration
}

// maxHead bounds the head of a reply, interim replies (1xx) included.
const maxHead = 256 << 10

// ErrHeadTooLarge is for replies whose head has more than 256 KiB.
var ErrHeadTooLarge = errors.New("the upstream's reply has a header of more than 256 KiB")

// Client is an http.RoundTripper. It is safe for concurrent use.
type Client struct {
	fallback http.RoundTripper
	proxy    func(*http.Request) (*url.URL, error)
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	pool     pool
}

// New returns a client that leaves to fallback what it does not speak itself.
func New(fallback http.RoundTripper, o Options) *Client {
	c := &Client{fallback: fallback, proxy: o.Proxy, dial: o.DialContext}
	if c.dial == nil {
		c.dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	c.pool.init(o.MaxIdlePerHost, o.IdleTimeout)
	return c
}

// CloseIdleConnections closes the connections that nobody uses, the fallback's as well.
func (c *Client) CloseIdleConnections() {
	c.pool.closeAll()
	if f, ok := c.fallback.(interface{ CloseIdleConnections() }); ok {
		f.CloseIdleConnections()
	}
}

// RoundTrip makes one call. The body must be nil, http.NoBody, or an io.NopCloser of a *bytes.Reader, *bytes.Buffer or
// *strings.Reader, with its length as ContentLength; with any other the call goes to the fallback. The bytes must not
// change before the reply's body is closed or at its end. An error wraps what the network said; that of a call whose
// context has ended is the context's cause.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	body, ok := c.ours(req)
	if !ok {
		return c.fallback.RoundTrip(req)
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out, err := newOutgoing(req, body)
	if err != nil {
		return nil, err
	}
	addr := address(req.URL)
	res, again, err := c.attempt(req, addr, out, false)
	if again {
		res, _, err = c.attempt(req, addr, out, true)
	}
	out.free()
	return res, err
}

// StaleWithin is how soon after the request a connection that was closed while idle shows it. What fails later may have
// been at work on the request, and be paid for it: making the call again is then the caller's decision.
const StaleWithin = time.Second

// attempt makes a call on one connection. again says that it is worth another one, on a fresh connection.
func (c *Client) attempt(req *http.Request, addr string, out *outgoing, fresh bool) (_ *http.Response, again bool, _ error) {
	ctx := req.Context()
	var cn *conn
	if !fresh {
		cn = c.pool.take(addr)
	}
	reused := cn != nil
	if !reused {
		nc, err := c.dial(ctx, "tcp", addr)
		if err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return nil, false, err
		}
		cn = newConn(nc, addr)
	}
	x := &exchange{pool: &c.pool, c: cn, ctx: ctx, stop: context.AfterFunc(ctx, cn.abort)}
	cn.begin()
	sent := time.Now()
	cn.send(out)
	res, err := cn.readHead(req)
	if err != nil {
		answered := cn.answered
		if !answered && cn.writeErr != nil {
			err = fmt.Errorf("sending the request: %w", cn.writeErr)
		} else {
			err = fmt.Errorf("reading the head of the reply: %w", err)
		}
		x.finish(false)
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		return nil, reused && !answered && time.Since(sent) < StaleWithin, err
	}
	x.last = res.Close || out.last || res.StatusCode == http.StatusSwitchingProtocols
	if res.Body == http.NoBody {
		x.finish(true)
	} else {
		x.src = res.Body
		res.Body = x
	}
	return res, false, nil
}

// ours reports whether a request is one that this client speaks, and hands out its body. It consumes nothing of a body
// that it refuses.
func (c *Client) ours(req *http.Request) ([]byte, bool) {
	u := req.URL
	if u == nil || u.Scheme != "http" || u.Opaque != "" || u.User != nil || !plainHost(u.Host) || !plainHost(hostOf(req)) ||
		req.Method == http.MethodConnect || len(req.TransferEncoding) > 0 || len(req.Trailer) > 0 ||
		req.Header["Upgrade"] != nil || req.Header["Expect"] != nil {
		return nil, false
	}
	//lint:ignore SA1019 whoever still sets it has it honoured by the fallback
	if req.Cancel != nil || httptrace.ContextClientTrace(req.Context()) != nil {
		return nil, false
	}
	if c.proxy != nil {
		if p, err := c.proxy(req); p != nil || err != nil {
			return nil, false
		}
	}
	if req.Body == nil || req.Body == http.NoBody {
		return nil, req.ContentLength == 0
	}
	return bytesOf(req.Body, req.ContentLength)
}

func hostOf(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// plainHost reports whether a host can be used as it is, without IDNA, zones or percent signs.
func plainHost(h string) bool {
	for i := 0; i < len(h); i++ {
		c := h[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(".-_:[]", c) >= 0) {
			return false
		}
	}
	return h != ""
}

// address is what is dialled, and the name of the host in the pool.
func address(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// The two types behind io.NopCloser. Their Close does nothing, so nobody has to call it.
var (
	nopCloser         = reflect.TypeOf(io.NopCloser(struct{ io.Reader }{}))
	nopCloserWriterTo = reflect.TypeOf(io.NopCloser(&bytes.Reader{}))
)

// bytesOf returns what a body in memory holds, without a copy where it holds bytes.
func bytesOf(body io.ReadCloser, length int64) ([]byte, bool) {
	if t := reflect.TypeOf(body); t != nopCloser && t != nopCloserWriterTo {
		return nil, false
	}
	r := reflect.ValueOf(body).Field(0).Interface()
	switch r := r.(type) {
	case *bytes.Reader, *strings.Reader, *bytes.Buffer:
		if n := r.(interface{ Len() int }).Len(); n == 0 || int64(n) != length {
			return nil, false
		}
		var k keeper
		_, err := r.(io.WriterTo).WriteTo(&k)
		return k.p, err == nil
	}
	return nil, false
}

// keeper is a writer that keeps what it is given; readers in memory give all they have at once.
type keeper struct{ p []byte }

func (k *keeper) Write(p []byte) (int, error) {
	k.p = p
	return len(p), nil
}
