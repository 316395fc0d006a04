package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"metapi/backend/gateway/socket"
)

// conn is one connection. It has one owner at a time: an exchange, or the pool.
type conn struct {
	nc    net.Conn
	addr  string
	abort func()    // closes nc
	since time.Time // in the pool

	sock *socket.Conn // nc, or nil where it cannot be asked without blocking

	// Of the exchange:
	br       *bufio.Reader
	headLeft int64 // bytes that may still be read of the head; negative: no limit
	answered bool  // a byte of the reply has come
	ended    bool  // the upstream has closed its side
	writeErr error
	writer   *writer // nil if everything was written at once
}

// writer is the goroutine that writes what the socket did not take at once.
type writer struct {
	done chan struct{}
	err  error // once done is closed
}

// readBuffer is small, since hundreds of streams may be open; a body is read past it, straight into the caller's slice.
const readBuffer = 8 << 10

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readBuffer) }}

func newConn(nc net.Conn, addr string) *conn {
	c := &conn{nc: nc, addr: addr, abort: func() { nc.Close() }}
	if sock, ok := socket.New(nc); ok {
		c.nc, c.sock = sock, sock
	}
	return c
}

// alive reports whether an idle connection can be used: the upstream has neither closed it nor sent what nobody asked for.
// One that cannot be asked is taken on trust; if it is stale the call finds out, and is repeated.
func (c *conn) alive() bool { return c.sock == nil || c.sock.Quiet() }

func (c *conn) begin() {
	c.br = readers.Get().(*bufio.Reader)
	c.br.Reset(c)
	c.headLeft, c.answered, c.ended, c.writeErr, c.writer = maxHead, false, false, nil, nil
}

// Read is for br.
func (c *conn) Read(p []byte) (int, error) {
	if c.headLeft == 0 {
		return 0, ErrHeadTooLarge
	}
	if c.headLeft > 0 && int64(len(p)) > c.headLeft {
		p = p[:c.headLeft]
	}
	n, err := c.nc.Read(p)
	if c.headLeft > 0 {
		c.headLeft -= int64(n)
	}
	if n > 0 {
		c.answered = true
	}
	if err == io.EOF {
		c.ended = true
	}
	return n, err
}

// send writes the request, as far as that does not block. A failure is only kept: the upstream may have answered before
// it stopped listening.
func (c *conn) send(o *outgoing) {
	first, rest := o.buf, o.rest
	if c.sock == nil {
		if len(rest) == 0 { // it fits into any socket's buffer
			_, c.writeErr = c.nc.Write(first)
			return
		}
	} else {
		if first, c.writeErr = c.sock.TryWrite(first); len(first) == 0 && c.writeErr == nil {
			rest, c.writeErr = c.sock.TryWrite(rest)
		}
		if c.writeErr != nil || len(first)+len(rest) == 0 {
			return
		}
	}
	w := &writer{done: make(chan struct{})}
	c.writer, o.busy = w, len(first) > 0
	go func() {
		defer close(w.done)
		if _, w.err = c.nc.Write(first); w.err == nil {
			_, w.err = c.nc.Write(rest)
		}
	}()
}

// readHead reads the head of the reply, past interim ones.
func (c *conn) readHead(req *http.Request) (*http.Response, error) {
	if _, err := c.br.Peek(1); err != nil {
		return nil, err
	}
	for {
		res, err := http.ReadResponse(c.br, req)
		switch {
		case err != nil && c.headLeft == 0:
			return nil, ErrHeadTooLarge
		case err != nil:
			return nil, err
		case res.ProtoMajor != 1:
			return nil, fmt.Errorf("the upstream answered in %s, not in HTTP/1", res.Proto)
		case res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols:
			c.headLeft = -1
			return res, nil
		case res.StatusCode < 100:
			return nil, errors.New("the upstream answered with a status below 100")
		}
	}
}

// clean reports whether the connection stands exactly between two replies.
func (c *conn) clean() bool {
	if c.writer != nil {
		select {
		case <-c.writer.done:
			c.writeErr = c.writer.err
		default:
			return false
		}
	}
	return c.writeErr == nil && !c.ended && c.br.Buffered() == 0
}

// end gives back what an exchange needed. Unless the connection is clean it must be closed by now, which ends the writer.
func (c *conn) end() {
	if c.writer != nil {
		<-c.writer.done
		c.writer = nil
	}
	c.br.Reset(nil)
	readers.Put(c.br)
	c.br = nil
}
