//go:build !linux && !darwin && !freebsd

package socket

import "net"

// Conn is what no connection is on this system.
type Conn struct{ *net.TCPConn }

func New(net.Conn) (*Conn, bool) { return nil, false }

func (c *Conn) TryWrite(p []byte) (rest []byte, err error) { return p, nil }

func (c *Conn) Quiet() bool { return true }
