//go:build linux || darwin || freebsd

package wire

// untilStale waits until an idle connection is no longer fit for use: what the server did has arrived.
func (c *conn) untilStale() {
	c.raw.Read(func(fd uintptr) bool {
		c.sock.peek(fd)
		return !c.sock.quiet
	})
}
