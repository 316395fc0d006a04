package gateway

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// procs sets how many threads run Go code at once (GOMAXPROCS) by how much there is to do.
//
// A request is handed from goroutine to goroutine, and each time the runtime wakes another thread to take it, if it may
// have one. With one request at a time there is nothing to gain by that, and the waking is a quarter of what a relay adds:
// measured on two cores, the added median falls by a quarter with a single thread. With many requests, several threads
// carry more. So there is one thread while few requests are under way, and all of them from the moment there are more.
//
// A rush of requests also leaves garbage: the heap may grow to several times what was live in it. When it is over, that is given back to
// the system, where Go would keep it for minutes.
type procs struct {
	all  int          // what the runtime had chosen; 0: left alone
	rush atomic.Bool  // all threads are in force
	busy atomic.Int64 // when more than fewRequests were last under way: Unix nanoseconds
}

const (
	fewRequests = 8
	calmAfter   = 2 * time.Second // how long there must be few requests again
)

// start takes over the setting, unless the user has made it, and returns what gives it back.
func (p *procs) start() (stop func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	p.all = runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(p.all) }
}

func (p *procs) threads(n int) {
	if p.all != 0 {
		runtime.GOMAXPROCS(n)
	}
}

// note is told how many requests are under way, at the beginning of each.
func (p *procs) note(requests int64) {
	if requests <= fewRequests {
		return
	}
	p.busy.Store(time.Now().UnixNano())
	if p.rush.CompareAndSwap(false, true) {
		p.threads(p.all)
		time.AfterFunc(calmAfter, p.calm)
	}
}

// calm goes back to one thread if it has been calm for long enough, and else looks again later.
func (p *procs) calm() {
	if wait := calmAfter - time.Since(time.Unix(0, p.busy.Load())); wait > 0 {
		time.AfterFunc(wait, p.calm)
		return
	}
	p.threads(1)
	p.rush.Store(false)
	debug.FreeOSMemory()
}
