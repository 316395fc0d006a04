package wire

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// exchange is one request and its reply on a connection; it is the reply's body.
type exchange struct {
	pool *pool
	c    *conn
	ctx  context.Context
	stop func() bool // ends the wait for ctx; false if the connection is being closed by it
	last bool        // one side said close

	ended atomic.Bool // whoever sets it decides what becomes of the connection
	mu    sync.Mutex  // held while reading
	src   io.Reader   // the body's framing, from net/http
	err   error       // what every further Read returns
}

// Read reads the body. It returns what has come, without waiting for more.
func (x *exchange) Read(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err != nil {
		return 0, x.err
	}
	n, err := x.src.Read(p)
	if err == nil {
		return n, nil
	}
	x.err = err
	if err != io.EOF {
		switch {
		case x.ctx.Err() != nil:
			x.err = context.Cause(x.ctx)
		case x.ended.Load():
			x.err = http.ErrBodyReadAfterClose
		case x.c.ended && err != io.ErrUnexpectedEOF:
			x.err = fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err) // cut within chunk framing or a trailer
		}
	}
	err = x.err
	if x.ended.CompareAndSwap(false, true) {
		x.finish(err == io.EOF)
	}
	return n, err
}

// Close ends the exchange. A body that was not read to its end costs the connection: whoever stops reading does not want
// to wait for the rest. It may be called while another goroutine reads, which ends that Read.
func (x *exchange) Close() error {
	mine := x.ended.CompareAndSwap(false, true)
	if mine {
		x.c.abort()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if mine {
		x.finish(false)
	}
	x.err = http.ErrBodyReadAfterClose
	return nil
}

// finish parts with the connection: to the pool if it can serve another request, else it is closed.
func (x *exchange) finish(complete bool) {
	stopped := x.stop()
	reuse := complete && stopped && x.ctx.Err() == nil && !x.last && x.c.clean()
	if !reuse {
		x.c.abort()
	}
	x.c.end()
	if reuse {
		x.pool.put(x.c)
	}
}
