package wire

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Wherever a call is blocked, cancelling ends it at once with the cause, and the upstream sees the connection close.
func TestCancelEndsBlockedCalls(t *testing.T) {
	big := strings.Repeat("x", 20<<20)
	cause := errors.New("the user pressed stop")
	for _, tc := range []struct {
		name  string
		body  string
		reply string // what the upstream sends before it falls silent
		read  bool   // whether it reads the request
	}{
		{name: "while writing", body: big},
		{name: "while waiting for the head", body: "x", read: true},
		{name: "in the middle of the head", body: "x", read: true, reply: "HTTP/1.1 200 OK\r\nContent-"},
		{name: "while reading the body", body: "x", read: true, reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"},
		{name: "while reading chunks", body: "x", read: true, reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blocked, gone := make(chan bool, 1), make(chan bool, 1)
			url := serve(t, func(p *peer) {
				if tc.read {
					p.request()
				} else {
					p.Peek(1)
				}
				p.say(tc.reply)
				blocked <- true
				p.drain()
				gone <- true
			})
			c := newClient(t, Options{})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			done := make(chan error, 1)
			inBody := make(chan bool, 1)
			go func() {
				res, err := c.RoundTrip(request(t, ctx, "POST", url, tc.body))
				if err == nil {
					io.ReadFull(res.Body, make([]byte, len("half")))
					inBody <- true
				}
				_, _, err = finish(res, err)
				done <- err
			}()
			wait(t, blocked, "the upstream")
			if strings.HasSuffix(strings.TrimSpace(tc.reply), "half") {
				wait(t, inBody, "the first half of the body")
			}
			cancel(cause)
			if err := wait(t, done, "the call"); !errors.Is(err, cause) {
				t.Errorf("error %v, want the cause", err)
			}
			wait(t, gone, "the connection to close")
			if n := idle(c); n != 0 {
				t.Errorf("%d idle connections, want none", n)
			}
		})
	}
}

func TestCancelWhileDialling(t *testing.T) {
	dialling := make(chan bool, 1)
	c := newClient(t, Options{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		dialling <- true
		<-ctx.Done()
		return nil, errors.New("stopped")
	}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := c.RoundTrip(request(t, ctx, "GET", "http://127.0.0.1:1/", ""))
		done <- err
	}()
	wait(t, dialling, "the dial")
	cancel()
	if err := wait(t, done, "the call"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := c.RoundTrip(request(t, ctx, "GET", "http://127.0.0.1:1/", "")); !errors.Is(err, context.Canceled) || len(dialling) > 0 {
		t.Errorf("a call whose context had ended before: error %v, %d dials", err, len(dialling))
	}
}

// A context cancelled before the end of the body is seen costs the connection, even if all of the body is there already.
func TestCancelledConnectionIsNotKept(t *testing.T) {
	c := newClient(t, Options{})
	url := serve(t, answering(okReply))
	ctx, cancel := context.WithCancel(t.Context())
	res, err := c.RoundTrip(request(t, ctx, "GET", url, ""))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	io.ReadAll(res.Body) // the whole body or an error, as it happens
	res.Body.Close()
	if n := idle(c); n != 0 {
		t.Errorf("%d idle connections, want none", n)
	}
}

// watched is a context that knows who waits for its end.
type watched struct {
	context.Context
	done    chan struct{}
	waiting atomic.Int32
}

func (w *watched) Done() <-chan struct{} { return w.done }
func (w *watched) Value(any) any         { return nil }

func (w *watched) AfterFunc(func()) (stop func() bool) {
	w.waiting.Add(1)
	return func() bool { w.waiting.Add(-1); return true }
}

// However a call ends, nothing waits for its context any more: a cancel after the end cannot hit a connection that serves
// another call, and contexts that live long collect nothing.
func TestNothingWaitsForContextAfterEnd(t *testing.T) {
	w := &watched{Context: context.Background(), done: make(chan struct{})}
	for name, reply := range map[string]string{
		"body": okReply, "no body": "HTTP/1.1 204 No Content\r\n\r\n", "truncated": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
		"malformed": "nonsense\r\n\r\n", "nothing": "",
	} {
		url := serve(t, func(p *peer) {
			p.request()
			p.say(reply)
		})
		c := newClient(t, Options{})
		finish(c.RoundTrip(request(t, w, "GET", url, "")))
		if n := w.waiting.Load(); n != 0 {
			t.Errorf("%s: %d still waiting after the end", name, n)
		}
		if res, err := c.RoundTrip(request(t, w, "GET", url, "")); err == nil && res.Body != http.NoBody {
			if w.waiting.Load() != 1 {
				t.Errorf("%s: nobody waits for the context while the body is open", name)
			}
			res.Body.Close()
		}
		if n := w.waiting.Load(); n != 0 {
			t.Errorf("%s: %d still waiting after Close", name, n)
		}
	}
}

// Cancels that race with the end of the body: whatever the pool holds afterwards must be good.
func TestCancelRacesEnd(t *testing.T) {
	c := newClient(t, Options{})
	url := serve(t, answering(okReply))
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(cancel)
		_, body, err := finish(c.RoundTrip(request(t, ctx, "GET", url, "")))
		wg.Wait()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err == nil && body != "ok" {
			t.Fatalf("body %q", body)
		}
		c.pool.mu.Lock()
		for _, l := range c.pool.idle {
			for _, cn := range l {
				if _, err := cn.nc.Write(nil); err != nil || !cn.alive() {
					t.Errorf("the pool holds a closed connection: %v", err)
				}
			}
		}
		c.pool.mu.Unlock()
	}
}

// Two hundred callers over one host, a part of whom give up at any time: each gets its own answer or its own cancel.
func TestManyCallers(t *testing.T) {
	url := serve(t, func(p *peer) {
		for {
			r, body, ok := p.request()
			if !ok {
				return
			}
			id := r.Header.Get("X-Id")
			switch len(body) % 3 {
			case 0:
				p.say("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(id)) + "\r\n\r\n" + id)
			case 1:
				p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strconv.FormatInt(int64(len(id)), 16) + "\r\n" + id + "\r\n0\r\n\r\n")
			case 2: // keeps no promise: closes after the reply without having said so
				p.say("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(id)) + "\r\n\r\n" + id)
				if len(body)%5 == 0 {
					return
				}
			}
		}
	})
	c := newClient(t, Options{})
	const callers, each = 200, 25
	var served, cancelled atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 1))
			for j := range each {
				id := "id-" + strconv.Itoa(i) + "-" + strconv.Itoa(j)
				ctx, cancel := context.WithCancel(t.Context())
				req := request(t, ctx, "POST", url, strings.Repeat("b", 1+rnd.IntN(40<<10)))
				req.Header.Set("X-Id", id)
				var inner sync.WaitGroup
				gives := rnd.IntN(4) == 0
				if gives {
					inner.Go(cancel)
				}
				_, body, err := finish(c.RoundTrip(req))
				inner.Wait()
				cancel()
				switch {
				case err == nil && body == id:
					served.Add(1)
				case gives && errors.Is(err, context.Canceled):
					cancelled.Add(1)
				default:
					t.Errorf("%s: body %q, error %v", id, body, err)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d served, %d cancelled, %d connections idle", served.Load(), cancelled.Load(), idle(c))
	if n := idle(c); n > 128 {
		t.Errorf("%d idle connections", n)
	}
}

// Close may come from elsewhere while a Read is blocked.
func TestCloseEndsRead(t *testing.T) {
	url := serve(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		p.drain()
	})
	c := newClient(t, Options{})
	res, err := c.RoundTrip(request(t, t.Context(), "GET", url, ""))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := res.Body.Read(make([]byte, 10))
		done <- err
	}()
	res.Body.Close()
	if err := wait(t, done, "the Read"); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("error %v", err)
	}
	if _, err := res.Body.Read(make([]byte, 10)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("error of the next Read %v", err)
	}
	if err := res.Body.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
