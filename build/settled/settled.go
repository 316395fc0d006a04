// Package settled gives tests a client for which a request is over when the server is done with it, and not when its last byte is there.
//
// Metapi journals a request, and learns from it, after the client has its answer. A test that asks what has become of a request would else ask
// a moment too early on a busy machine.
package settled

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Client is such a client. Each request has a connection of its own, which the server closes when it is done: until then nobody is told
// that the body has ended. A body that is closed before its end cuts the connection.
func Client() *http.Client { return &http.Client{Transport: transport{}} }

type transport struct{}

func (transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var c *conn
	once := http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			raw, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			c = &conn{Conn: raw}
			context.AfterFunc(r.Context(), func() { raw.Close() })
			return c, nil
		},
	}
	res, err := once.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	c.answered.Store(true)
	res.Body = &body{res.Body, c.Conn}
	return res, nil
}

// conn leaves it to the body to close a connection that was answered on.
type conn struct {
	net.Conn
	answered atomic.Bool
}

func (c *conn) Close() error {
	if c.answered.Load() {
		return nil
	}
	return c.Conn.Close()
}

type body struct {
	io.ReadCloser
	conn net.Conn
}

// longest is how long a server may take between its last byte and the end.
const longest = 20 * time.Second

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.conn.SetReadDeadline(time.Now().Add(longest))
		io.Copy(io.Discard, b.conn)
	}
	return n, err
}

func (b *body) Close() error {
	b.conn.Close()
	return b.ReadCloser.Close()
}
