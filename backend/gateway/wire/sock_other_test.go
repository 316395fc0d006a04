//go:build !linux && !darwin && !freebsd

package wire

func (c *conn) untilStale() {}
