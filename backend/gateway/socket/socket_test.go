//go:build linux || darwin || freebsd

package socket

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pair is a connection of ours, and the other end of it.
func pair(t *testing.T) (*Conn, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	nc, err := Listener{l}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return nc.(*Conn), peer.(*net.TCPConn)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{})
	random.Read(b)
	return b
}

// Far more than the socket's buffers hold, both ways at once: each side has to wait for the other.
func TestBothWays(t *testing.T) {
	c, peer := pair(t)
	want := randomBytes(16 << 20)
	var all sync.WaitGroup
	for _, nc := range []net.Conn{c, peer} {
		all.Go(func() {
			if n, err := nc.Write(want); n != len(want) || err != nil {
				t.Errorf("%T wrote %d: %v", nc, n, err)
			}
			nc.(interface{ CloseWrite() error }).CloseWrite()
		})
		all.Go(func() {
			if got, err := io.ReadAll(nc); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%T read %d bytes: %v", nc, len(got), err)
			}
		})
	}
	all.Wait()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	if n, err := c.Read(nil); n != 0 || err != nil {
		t.Errorf("a read of nothing: %d, %v", n, err)
	}
}

// The errors are those of package net: callers look into them.
func TestErrors(t *testing.T) {
	check := func(what string, err error, op string, is error) {
		t.Helper()
		var e *net.OpError
		if !errors.As(err, &e) || e.Op != op || e.Addr == nil || !errors.Is(err, is) {
			t.Errorf("%s: %#v", what, err)
		}
	}
	c, _ := pair(t)
	c.SetDeadline(time.Now().Add(-time.Second))
	_, err := c.Read(make([]byte, 1))
	check("read too late", err, "read", os.ErrDeadlineExceeded)
	if e, ok := err.(net.Error); !ok || !e.Timeout() {
		t.Errorf("%v is no time-out", err)
	}
	_, err = c.Write([]byte("x"))
	check("write too late", err, "write", os.ErrDeadlineExceeded)
	_, err = c.TryWrite([]byte("x"))
	check("try too late", err, "write", os.ErrDeadlineExceeded)

	c, _ = pair(t)
	reading := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		reading <- err
	}()
	c.Close()
	check("closed while it reads", <-reading, "read", net.ErrClosed)
	_, err = c.Write([]byte("x"))
	check("closed", err, "write", net.ErrClosed)
	if c.Quiet() {
		t.Error("a closed connection is quiet")
	}

	c, peer := pair(t)
	peer.SetLinger(0)
	peer.Close() // with a reset
	_, err = c.Read(make([]byte, 1))
	check("read of a reset connection", err, "read", syscall.ECONNRESET)
	_, err = c.Write([]byte("x"))
	check("write to a reset connection", err, "write", syscall.EPIPE)
}

func TestTryWrite(t *testing.T) {
	c, peer := pair(t)
	want := randomBytes(64 << 20) // nobody reads, so it does not fit
	rest, err := c.TryWrite(want)
	if err != nil || len(rest) == 0 || len(rest) == len(want) {
		t.Fatalf("%d bytes of %d are left: %v", len(rest), len(want), err)
	}
	if again, err := c.TryWrite(rest[:1]); err != nil || len(again) > 1 {
		t.Errorf("%d bytes of one are left: %v", len(again), err)
	} else if len(again) == 0 {
		rest = rest[1:]
	}
	go func() {
		c.Write(rest)
		c.CloseWrite()
	}()
	if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d arrived: %v", len(got), len(want), err)
	}
}

func TestQuiet(t *testing.T) {
	c, peer := pair(t)
	if !c.Quiet() {
		t.Error("a new connection is not quiet")
	}
	peer.Write([]byte("x"))
	for c.Quiet() { // until it has arrived
		time.Sleep(time.Millisecond)
	}
	if n, err := c.Read(make([]byte, 2)); n != 1 || err != nil || !c.Quiet() {
		t.Errorf("%d bytes read, %v, quiet: %v", n, err, c.Quiet())
	}
	peer.Close()
	for c.Quiet() {
		time.Sleep(time.Millisecond)
	}
}

func TestNoTCP(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if _, ok := New(a); ok {
		t.Error("a pipe is taken for a TCP connection")
	}
}
