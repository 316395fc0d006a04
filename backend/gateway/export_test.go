package gateway

import "time"

// SetKeepAlive and SetIdle shorten, for tests, what takes seconds and minutes in use.
func SetKeepAlive(g *Gateway, d time.Duration) { g.timing.keepAlive = d }
func SetIdle(g *Gateway, d time.Duration)      { g.timing.idle = d }
func SetCount(g *Gateway, d time.Duration)     { g.timing.count = d }
func SetLast(g *Gateway, d time.Duration)      { g.timing.last = d }
