//go:build linux || darwin || freebsd

package socket

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// Conn is a TCP connection. Its methods are safe for concurrent use.
type Conn struct {
	*net.TCPConn
	raw syscall.RawConn

	in, out transfer

	peekMu sync.Mutex // guards what follows
	peek   func(fd uintptr) bool
	quiet  bool
}

// transfer is a Read or Write at work. Its function is made once a connection, not once a call.
type transfer struct {
	mu   sync.Mutex // guards what follows
	do   func(fd uintptr) (over bool)
	wait bool   // where the socket has nothing, or no room
	p    []byte // the caller's
	n    int    // how much of p is done
	err  error  // of the system call
}

// New returns nc as a Conn; false where it cannot be one.
func New(nc net.Conn) (*Conn, bool) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, false
	}
	c := &Conn{TCPConn: tcp, raw: raw}
	c.in.do, c.out.do, c.peek = c.in.read, c.out.write, c.look
	return c, true
}

func (t *transfer) read(fd uintptr) (over bool) {
	for {
		t.n, t.err = read(fd, t.p)
		if t.err != syscall.EINTR {
			return t.err != syscall.EAGAIN
		}
	}
}

func (t *transfer) write(fd uintptr) (over bool) {
	for t.n < len(t.p) {
		n, err := write(fd, t.p[t.n:])
		switch err {
		case nil:
			t.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return !t.wait
		default:
			t.err = err
			return true
		}
	}
	return true
}

func (c *Conn) look(fd uintptr) bool {
	for {
		err := peek(fd)
		if err != syscall.EINTR {
			c.quiet = err == syscall.EAGAIN
			return true
		}
	}
}

// run has p read or written by move, which is a method of raw.
func (t *transfer) run(move func(func(fd uintptr) bool) error, p []byte, wait bool) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p, t.n, t.err, t.wait = p, 0, nil, wait
	err := move(t.do)
	t.p = nil
	if err == nil {
		err = t.err
	}
	return t.n, err
}

// Read is that of [net.Conn].
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.in.run(c.raw.Read, p, true)
	if err != nil {
		return 0, c.failed("read", err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write is that of [net.Conn].
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.run(c.raw.Write, p, true)
	if err != nil {
		err = c.failed("write", err)
	}
	return n, err
}

// TryWrite writes what the socket takes at once, and returns the rest.
func (c *Conn) TryWrite(p []byte) (rest []byte, err error) {
	n, err := c.out.run(c.raw.Write, p, false)
	if err != nil {
		err = c.failed("write", err)
	}
	return p[n:], err
}

// Quiet reports whether the connection is open and has nothing to read.
func (c *Conn) Quiet() bool {
	c.peekMu.Lock()
	defer c.peekMu.Unlock()
	return c.raw.Read(c.peek) == nil && c.quiet
}

// failed gives an error the shape that it has in package net.
func (c *Conn) failed(op string, err error) error {
	if e, ok := err.(*net.OpError); ok { // the connection is closed, or its deadline over
		e.Op = op
		return e
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, err)}
}
