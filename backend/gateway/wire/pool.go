package wire

import (
	"sync"
	"time"
)

// pool keeps idle connections, the last used on top.
type pool struct {
	maxPerHost int
	timeout    time.Duration

	mu    sync.Mutex
	idle  map[string][]*conn // by address; oldest first
	count int
	timer *time.Timer // runs sweep; armed only while there are idle connections
	armed bool
}

func (p *pool) init(maxPerHost int, timeout time.Duration) {
	if maxPerHost <= 0 {
		maxPerHost = 128
	}
	if timeout <= 0 {
		timeout = 90 * time.Second
	}
	p.maxPerHost, p.timeout, p.idle = maxPerHost, timeout, map[string][]*conn{}
}

// take returns an idle connection that seems alive, or nil.
func (p *pool) take(addr string) *conn {
	for {
		p.mu.Lock()
		list := p.idle[addr]
		if len(list) == 0 {
			p.mu.Unlock()
			return nil
		}
		c := list[len(list)-1]
		list[len(list)-1] = nil
		p.idle[addr] = list[:len(list)-1]
		p.count--
		p.mu.Unlock()
		if !p.expired(c, time.Now()) && c.alive() {
			return c
		}
		c.abort()
	}
}

func (p *pool) put(c *conn) {
	c.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[c.addr]) >= p.maxPerHost {
		c.abort()
		return
	}
	p.idle[c.addr] = append(p.idle[c.addr], c)
	p.count++
	p.arm(p.timeout)
}

func (p *pool) arm(d time.Duration) {
	if p.armed {
		return
	}
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.sweep)
	} else {
		p.timer.Reset(d)
	}
}

// expired looks at both clocks: the monotonic one stands still while a laptop sleeps, the other may be set back.
func (p *pool) expired(c *conn, now time.Time) bool {
	return now.Sub(c.since) >= p.timeout || now.Round(0).Sub(c.since.Round(0)) >= p.timeout
}

// sweep closes what has been idle for too long.
func (p *pool) sweep() {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	wait := p.timeout
	for addr, list := range p.idle {
		n := 0
		for n < len(list) && p.expired(list[n], now) {
			list[n].abort()
			n++
		}
		p.count -= n
		if n == len(list) {
			delete(p.idle, addr)
			continue
		}
		p.idle[addr] = append([]*conn(nil), list[n:]...)
		wait = min(wait, p.timeout-now.Sub(list[n].since))
	}
	if p.count > 0 {
		p.arm(wait)
	}
}

func (p *pool) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range p.idle {
		for _, c := range list {
			c.abort()
		}
	}
	clear(p.idle)
	p.count = 0
	if p.armed {
		p.timer.Stop()
		p.armed = false
	}
}
