package wire

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Upstreams that answer before they have read the body, and never read the rest of it.
func TestEarlyAnswer(t *testing.T) {
	for _, size := range []int{10 << 10, 100 << 10, 20 << 20} {
		for name, drains := range map[string]bool{"never reads the rest": false, "reads the rest": true} {
			t.Run(strconv.Itoa(size>>10)+" KB, "+name, func(t *testing.T) {
				over := make(chan bool)
				defer close(over)
				url := serve(t, func(p *peer) {
					http.ReadRequest(p.Reader)
					p.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
					if drains {
						p.drain()
					}
					<-over
				})
				c := newClient(t, Options{})
				res, body, err := call(t, c, "POST", url, strings.Repeat("x", size))
				if err != nil || res.StatusCode != 413 || body != "big" {
					t.Fatalf("%v, body %q, error %v", res, body, err)
				}
				if idle(c) != 0 && !drains && size > 10<<20 {
					t.Error("kept a connection whose request was not written")
				}
			})
		}
	}
}

// The answer is there, the connection reset, and then the rest of the body is written: the answer counts.
func TestAnswerBehindFailedWrite(t *testing.T) {
	url := serve(t, func(p *peer) {
		http.ReadRequest(p.Reader)
		p.say("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
	}) // closes with most of the body unread: a reset
	refused := 0
	for range 20 {
		res, body, err := call(t, newClient(t, Options{}), "POST", url, strings.Repeat("x", 8<<20))
		if err == nil && res.StatusCode == 401 && body == "no" {
			refused++
		}
	}
	t.Logf("%d of 20 answers delivered", refused)
	if refused == 0 {
		t.Error("no answer delivered")
	}
}

// An upstream that answers while it reads gets the whole body, and the client the whole answer: neither waits for the other.
func TestAnswerWhileReading(t *testing.T) {
	url := serve(t, func(p *peer) {
		for {
			r, err := http.ReadRequest(p.Reader)
			if err != nil {
				return
			}
			p.say("HTTP/1.1 200 OK\r\nContent-Length: " + r.Header.Get("Content-Length") + "\r\n\r\n")
			io.Copy(p.Conn, r.Body)
		}
	})
	c := newClient(t, Options{})
	for range 3 {
		body := strings.Repeat("0123456789", 1<<20)
		if _, got, err := call(t, c, "POST", url, body); err != nil || got != body {
			t.Fatalf("%d bytes of %d, error %v", len(got), len(body), err)
		}
	}
}

// A connection that cannot be asked without blocking (any but a socket, and all on some systems) serves as well.
func TestWithoutSockets(t *testing.T) {
	url := serve(t, func(p *peer) {
		for {
			_, body, ok := p.request()
			if !ok {
				return
			}
			p.say("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
			if p.n == 1 {
				return // found out by the next call only
			}
		}
	})
	dial := newClient(t, Options{}).dial
	c := newClient(t, Options{DialContext: dial})
	c.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := dial(ctx, network, addr)
		return struct{ net.Conn }{nc}, err
	}
	for _, size := range []int{1, 10 << 10, 1 << 20, 10} {
		body := strings.Repeat("x", size)
		mustCall(t, c, "POST", url, body, body)
	}
}
