package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What a reply must be like for its connection to serve the next call. The upstream names the connection in a header.
func TestReuse(t *testing.T) {
	for _, tc := range []struct {
		name, reply string
		close       bool // said by the request
		method      string
		reuse       bool
	}{
		{name: "length", reply: "HTTP/1.1 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nok", reuse: true},
		{name: "chunked", reply: "HTTP/1.1 200 OK\r\nN: %\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", reuse: true},
		{name: "trailer", reply: "HTTP/1.1 200 OK\r\nN: %\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", reuse: true},
		{name: "no content", reply: "HTTP/1.1 204 No Content\r\nN: %\r\n\r\n", reuse: true},
		{name: "not modified", reply: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nN: %\r\n\r\n", reuse: true},
		{name: "head", method: "HEAD", reply: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nN: %\r\n\r\n", reuse: true},
		{name: "interim", reply: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nok", reuse: true},
		{name: "1.0 that stays", reply: "HTTP/1.0 200 OK\r\nN: %\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", reuse: true},
		{name: "1.0", reply: "HTTP/1.0 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nok"},
		{name: "reply says close", reply: "HTTP/1.1 200 OK\r\nN: %\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"},
		{name: "request says close", close: true, reply: "HTTP/1.1 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nok"},
		{name: "garbage behind", reply: "HTTP/1.1 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nok\r\n"},
		{name: "two replies in one", reply: "HTTP/1.1 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nN: evil\r\nContent-Length: 4\r\n\r\nevil"},
		{name: "body where none may be", method: "HEAD", reply: "HTTP/1.1 200 OK\r\nN: %\r\nContent-Length: 2\r\n\r\nok"},
		{name: "unasked upgrade", reply: "HTTP/1.1 101 Switching Protocols\r\nN: %\r\n\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			url := serve(t, func(p *peer) { answering(strings.ReplaceAll(tc.reply, "%", strconv.Itoa(p.n)))(p) })
			c := newClient(t, Options{})
			for i := 1; i <= 3; i++ {
				req := request(t, t.Context(), tc.method, url, "")
				req.Close = tc.close
				res, body, err := finish(c.RoundTrip(req))
				if err != nil {
					t.Fatal(err)
				}
				want := "1"
				if !tc.reuse {
					want = strconv.Itoa(i)
				}
				if got := res.Header.Get("N"); got != want || len(body) > 2 {
					t.Errorf("call %d: connection %s, body %q; want connection %s", i, got, body, want)
				}
				if res.Request != req {
					t.Error("Response.Request is not the request")
				}
			}
		})
	}
}

func TestCloseBeforeEndClosesConnection(t *testing.T) {
	gone := make(chan bool, 1)
	url := serve(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		p.drain()
		gone <- true
	})
	c := newClient(t, Options{})
	res, err := c.RoundTrip(request(t, t.Context(), "GET", url, ""))
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(res.Body, make([]byte, 4))
	res.Body.Close()
	wait(t, gone, "the connection to close")
	if idle(c) != 0 {
		t.Error("kept a connection in the middle of a reply")
	}
}

// The idle time-out closes connections by itself, and its timer runs only while there are any.
func TestIdleTimeout(t *testing.T) {
	gone := make(chan bool, 1)
	url := serve(t, func(p *peer) {
		answering(okReply)(p)
		gone <- true
	})
	c := newClient(t, Options{IdleTimeout: 20 * time.Millisecond})
	mustCall(t, c, "GET", url, "", "ok")
	wait(t, gone, "the connection to close")
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if c.pool.count != 0 || len(c.pool.idle) != 0 || c.pool.armed {
		t.Errorf("left: %d connections, hosts %v, timer armed %v", c.pool.count, c.pool.idle, c.pool.armed)
	}
}

// An expired connection is not used though the timer has not come round; the wall clock counts too, for after a sleep.
func TestExpiredIsNotTaken(t *testing.T) {
	for name, age := range map[string]func(time.Time) time.Time{
		"monotonic": func(t time.Time) time.Time { return t.Add(-90 * time.Second) },
		"wall":      func(t time.Time) time.Time { return t.Round(0).Add(-90 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(p *peer) {
				answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + strconv.Itoa(p.n))(p)
			})
			c := newClient(t, Options{})
			mustCall(t, c, "GET", url, "", "1")
			mustCall(t, c, "GET", url, "", "1")
			c.pool.mu.Lock()
			for _, l := range c.pool.idle {
				l[0].since = age(l[0].since)
			}
			c.pool.mu.Unlock()
			mustCall(t, c, "GET", url, "", "2")
		})
	}
}

func TestIdleLimitAndCloseIdle(t *testing.T) {
	const callers = 20
	var gone sync.WaitGroup
	gone.Add(callers)
	var arrived sync.WaitGroup
	arrived.Add(callers)
	url := serve(t, func(p *peer) {
		defer gone.Done()
		p.request()
		arrived.Done()
		arrived.Wait() // all at once, each on its own connection
		p.say(okReply)
		p.drain()
	})
	c := newClient(t, Options{MaxIdlePerHost: 5})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if _, body, err := call(t, c, "GET", url, ""); err != nil || body != "ok" {
				t.Errorf("%q %v", body, err)
			}
		})
	}
	wg.Wait()
	if n := idle(c); n != 5 {
		t.Errorf("%d idle connections, want 5", n)
	}
	c.CloseIdleConnections()
	if n := idle(c); n != 0 || c.pool.armed {
		t.Errorf("%d idle connections after closing, timer armed %v", n, c.pool.armed)
	}
	gone.Wait() // every connection was closed
}

// A server that closes, or speaks unasked, while the connection is idle: the next call goes out on a new one, once.
func TestStaleBeforeTaken(t *testing.T) {
	for name, last := range map[string]string{"closed": "", "spoke": "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			spoil, spoilt := make(chan bool), make(chan bool)
			url := serve(t, func(p *peer) {
				p.request()
				calls.Add(1)
				p.say(okReply)
				if p.n == 1 {
					<-spoil
					p.say(last)
					if last == "" {
						p.Close()
					}
					spoilt <- true
				}
				p.drain()
			})
			c := newClient(t, Options{})
			mustCall(t, c, "GET", url, "", "ok")
			spoil <- true
			<-spoilt
			c.pool.mu.Lock()
			cn := c.pool.idle[strings.TrimPrefix(url, "http://")][0]
			c.pool.mu.Unlock()
			for cn.sock != nil && cn.alive() { // until what the server did has arrived
				time.Sleep(time.Millisecond)
			}
			mustCall(t, c, "POST", url, "hello", "ok")
			if n := calls.Load(); n != 2 {
				t.Errorf("the upstream saw %d calls, want 2", n)
			}
		})
	}
}

// The upstream closes a reused connection upon the next request, before a byte of a reply: the call is made once more, with
// its whole body. On a new connection, or after a byte, it is not.
func TestRetry(t *testing.T) {
	big := strings.Repeat("body ", 200<<10)
	for _, tc := range []struct {
		name   string
		second string // what the first connection says to its second request, before it closes
		reset  bool
		third  bool // the new connection serves
		body   string
		err    bool
		conns  int32
	}{
		{name: "closed", third: true, body: "small", conns: 2},
		{name: "closed, big body", third: true, body: big, conns: 2},
		{name: "reset", reset: true, third: true, body: "small", conns: 2},
		{name: "reset, big body", reset: true, third: true, body: big, conns: 2},
		{name: "never twice", err: true, body: "small", conns: 2},
		{name: "not after a byte", second: "H", third: true, body: "small", err: true, conns: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var conns atomic.Int32
			var got atomic.Value
			url := serve(t, func(p *peer) {
				conns.Add(1)
				if p.n == 1 {
					p.request()
					p.say(okReply)
					if tc.reset {
						p.Peek(1) // closing with bytes unread makes a reset
						p.Conn.(*net.TCPConn).SetLinger(0)
						return
					}
					p.request()
					p.say(tc.second)
					return
				}
				_, body, _ := p.request()
				got.Store(body)
				if tc.third {
					p.say(okReply)
					p.drain()
				}
			})
			c := newClient(t, Options{})
			mustCall(t, c, "GET", url, "", "ok")
			_, body, err := call(t, c, "POST", url, tc.body)
			if (err != nil) != tc.err || conns.Load() != tc.conns {
				t.Fatalf("body %q, error %v, %d connections; want error %v, %d connections", body, err, conns.Load(), tc.err, tc.conns)
			}
			if !tc.err && (body != "ok" || got.Load() != tc.body) {
				t.Errorf("reply %q to %d bytes of body, want %d", body, len(got.Load().(string)), len(tc.body))
			}
		})
	}
}

func TestNoRetryOnNewConnection(t *testing.T) {
	var conns atomic.Int32
	url := serve(t, func(p *peer) {
		conns.Add(1)
		p.request()
	})
	_, _, err := call(t, newClient(t, Options{}), "GET", url, "")
	if !errors.Is(err, io.EOF) || conns.Load() != 1 {
		t.Errorf("error %v after %d connections, want EOF after 1", err, conns.Load())
	}
}

// fallback records what it is given.
type fallback struct{ got *http.Request }

func (f *fallback) RoundTrip(r *http.Request) (*http.Response, error) {
	f.got = r
	return nil, errors.New("fallback")
}

func TestWhatGoesToTheFallback(t *testing.T) {
	proxied := func(r *http.Request) (*url.URL, error) {
		if r.URL.Hostname() == "far.example" {
			return url.Parse("http://proxy.example:3128")
		}
		return nil, nil
	}
	var dials atomic.Int32
	noDial := func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, errors.New("dialled")
	}
	post := func() *http.Request { return request(t, t.Context(), "POST", "http://127.0.0.1:1/", "body") }
	for name, tc := range map[string]struct {
		req  func() *http.Request
		ours bool
	}{
		"plain":   {post, true},
		"strings": {func() *http.Request { r := post(); r.Body = io.NopCloser(strings.NewReader("body")); return r }, true},
		"https":   {func() *http.Request { return request(t, t.Context(), "GET", "https://127.0.0.1:1/", "") }, false},
		"proxy":   {func() *http.Request { return request(t, t.Context(), "GET", "http://far.example/", "") }, false},
		"idna":    {func() *http.Request { return request(t, t.Context(), "GET", "http://bücher.example/", "") }, false},
		"upgrade": {func() *http.Request { r := post(); r.Header.Set("Upgrade", "websocket"); return r }, false},
		"expect":  {func() *http.Request { r := post(); r.Header.Set("Expect", "100-continue"); return r }, false},
		"pipe":    {func() *http.Request { r := post(); r.Body = io.NopCloser(io.LimitReader(r.Body, 4)); return r }, false},
		"length":  {func() *http.Request { r := post(); r.ContentLength = 3; return r }, false},
		"trace": {func() *http.Request {
			return post().WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{}))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dials.Store(0)
			f := &fallback{}
			req := tc.req()
			_, err := New(f, Options{Proxy: proxied, DialContext: noDial}).RoundTrip(req)
			if ours := dials.Load() == 1 && f.got == nil; ours != tc.ours || !ours && f.got != req {
				t.Errorf("%d dials, fallback got %v, error %v", dials.Load(), f.got != nil, err)
			}
			if !tc.ours && req.Body != nil {
				if b, _ := io.ReadAll(req.Body); string(b) != "body" {
					t.Errorf("the fallback got the body %q", b)
				}
			}
		})
	}
}
