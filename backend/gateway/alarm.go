package gateway

import (
	"sync"
	"sync/atomic"
	"time"
)

// alarms rings those of many alarms whose time has come. Every event of every stream sets two of them anew, so setting
// one is an atomic store, and one timer looks after them all; it runs only while there are any. An alarm rings up to one
// alarmTick late, which is little beside the seconds that they are set to.
type alarms struct {
	mu      sync.Mutex // guards what follows
	all     map[*alarm]struct{}
	ticking bool
}

const alarmTick = 50 * time.Millisecond

// alarm rings once after it was set, in a goroutine of its own.
type alarm struct {
	of   *alarms
	at   atomic.Int64 // nanoseconds since epoch; 0: off
	ring func()
}

// epoch makes times comparable as numbers, by the monotonic clock.
var epoch = time.Now()

func (as *alarms) add(ring func()) *alarm {
	a := &alarm{of: as, ring: ring}
	as.mu.Lock()
	defer as.mu.Unlock()
	if as.all == nil {
		as.all = map[*alarm]struct{}{}
	}
	as.all[a] = struct{}{}
	if !as.ticking {
		as.ticking = true
		time.AfterFunc(alarmTick, as.tick)
	}
	return a
}

func (as *alarms) tick() {
	now := int64(time.Since(epoch))
	as.mu.Lock()
	defer as.mu.Unlock()
	for a := range as.all {
		if at := a.at.Load(); at != 0 && at <= now && a.at.CompareAndSwap(at, 0) {
			go a.ring()
		}
	}
	if as.ticking = len(as.all) > 0; as.ticking {
		time.AfterFunc(alarmTick, as.tick)
	}
}

func (a *alarm) set(d time.Duration) { a.at.Store(int64(time.Since(epoch) + d)) }

func (a *alarm) off() { a.at.Store(0) }

// remove forgets the alarm. It may be ringing at this moment.
func (a *alarm) remove() {
	a.off()
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	delete(a.of.all, a)
}
