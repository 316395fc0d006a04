package socket

import "net"

// Listener accepts connections as [Conn], where they can be that.
type Listener struct{ net.Listener }

func (l Listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if c, ok := New(nc); ok {
		return c, nil
	}
	return nc, nil
}
