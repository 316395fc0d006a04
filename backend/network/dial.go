package network

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

const (
	lookupLimit = 5 * time.Second  // for the address of a host to be found
	dialLimit   = 10 * time.Second // for a connection, that included
)

// dial connects to addr. Finding the address of a name has a limit of its own: a resolver that is silent is another fault than a host that
// is. Where a name has addresses of both families, IPv6 goes first, and IPv4 beside it 300 ms later: that is net.Dialer's doing.
func (n *Network) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	host, _, _ := net.SplitHostPort(addr)
	slow := &net.DNSError{Err: "no answer in time", Name: host, IsTimeout: true, IsTemporary: true}
	clock := time.AfterFunc(n.Lookup, func() { cancel(slow) })
	defer clock.Stop()
	d := net.Dialer{Timeout: dialLimit, KeepAlive: 30 * time.Second, Resolver: n.Resolver,
		ControlContext: func(ctx context.Context, network, address string, c syscall.RawConn) error {
			clock.Stop() // the address is known
			if n.control != nil {
				return n.control(ctx, network, address)
			}
			return nil
		}}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil && errors.Is(context.Cause(ctx), slow) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: slow}
	}
	return conn, err
}
