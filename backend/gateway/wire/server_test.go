package wire

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(benchServer) != "" {
		serveBench()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience bounds what a test waits for; none waits that long unless it fails.
const patience = 10 * time.Second

// peer is the server's end of a connection.
type peer struct {
	net.Conn
	*bufio.Reader
	n int // which connection this is, from 1
}

func (p *peer) Read(b []byte) (int, error) { return p.Reader.Read(b) }

// request reads a whole request; ok is false at the end of the connection.
func (p *peer) request() (r *http.Request, body string, ok bool) {
	r, err := http.ReadRequest(p.Reader)
	if err != nil {
		return nil, "", false
	}
	b, err := io.ReadAll(r.Body)
	return r, string(b), err == nil
}

func (p *peer) say(s string) { io.WriteString(p.Conn, s) }

// drain waits until the client has closed its side.
func (p *peer) drain() { io.Copy(io.Discard, p.Reader) }

// serve runs a server by hand: handle has each connection for itself, and it is closed when handle returns.
func serve(t testing.TB, handle func(*peer)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	closed := false
	wg.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			if closed {
				c.Close()
			}
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				handle(&peer{c, bufio.NewReader(c), n})
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		closed = true
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return "http://" + l.Addr().String()
}

// answering serves each request of each connection with the same bytes.
func answering(reply string) func(*peer) {
	return func(p *peer) {
		for {
			if _, _, ok := p.request(); !ok {
				return
			}
			p.say(reply)
		}
	}
}

const okReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// refuser is a fallback that a test did not mean to reach.
type refuser struct{}

func (refuser) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("went to the fallback")
}

func newClient(t testing.TB, o Options) *Client {
	c := New(refuser{}, o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func request(t testing.TB, ctx context.Context, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(body))), nil }
		req.Body, _ = req.GetBody()
		req.ContentLength = int64(len(body))
	}
	return req
}

// call makes a call and reads the whole reply.
func call(t testing.TB, rt http.RoundTripper, method, url, body string) (*http.Response, string, error) {
	t.Helper()
	return finish(rt.RoundTrip(request(t, t.Context(), method, url, body)))
}

func finish(res *http.Response, err error) (*http.Response, string, error) {
	if err != nil {
		return nil, "", err
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	return res, string(b), err
}

func mustCall(t testing.TB, rt http.RoundTripper, method, url, body, want string) *http.Response {
	t.Helper()
	res, got, err := call(t, rt, method, url, body)
	if err != nil || got != want {
		t.Fatalf("%s: body %.80q, error %v; want %.80q", method, got, err, want)
	}
	return res
}

// wait receives from ch.
func wait[T any](t testing.TB, ch <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

func idle(c *Client) int {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	n := 0
	for _, l := range c.pool.idle {
		n += len(l)
	}
	if n != c.pool.count {
		panic("the pool has lost count")
	}
	return n
}
