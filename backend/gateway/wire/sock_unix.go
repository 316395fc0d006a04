//go:build linux || darwin || freebsd

package wire

import "syscall"

// socket lets a connection be looked at, and written to, without blocking. The functions are made once a connection, not
// once a call.
type socket struct {
	peek  func(fd uintptr) bool
	write func(fd uintptr) bool
	one   [1]byte
	quiet bool   // peek: open, and nothing to read
	out   []byte // write: what is left
	err   error  // write
}

func (c *conn) openSocket() {
	sc, ok := c.nc.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	c.raw = raw
	s := &c.sock
	s.peek = func(fd uintptr) bool {
		for {
			_, _, err := syscall.Recvfrom(int(fd), s.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			if err != syscall.EINTR {
				s.quiet = err == syscall.EAGAIN
				return true
			}
		}
	}
	s.write = func(fd uintptr) bool {
		for len(s.out) > 0 {
			n, err := syscall.Write(int(fd), s.out) // Go's sockets never block
			switch err {
			case nil:
				s.out = s.out[n:]
			case syscall.EINTR:
			case syscall.EAGAIN:
				return true
			default:
				s.err = err
				return true
			}
		}
		return true
	}
}

// alive reports whether an idle connection can be used: the upstream has neither closed it nor sent what nobody asked for.
func (c *conn) alive() bool {
	if c.raw == nil {
		return true
	}
	c.sock.quiet = false
	return c.raw.Read(c.sock.peek) == nil && c.sock.quiet
}

// tryWrite writes what the socket takes at once, and returns the rest.
func (c *conn) tryWrite(p []byte) (rest []byte, err error) {
	s := &c.sock
	s.out, s.err = p, nil
	if err = c.raw.Write(s.write); err == nil {
		err = s.err
	}
	rest, s.out = s.out, nil
	return rest, err
}
