package live

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Sample is what one attempt tells of its deployment.
type Sample struct {
	Bytes  int64         // of the request's body
	Failed bool          // by the upstream's doing
	First  time.Duration // to the first meaningful event of a stream; 0: it was none
	Whole  time.Duration // to the end of a whole reply; 0: it was a stream
}

// Sizes of requests that are told apart: prompts of a few KB, of a file, of an agent, and larger ones.
const sizes = 4

func sizeOf(body int64) int { return min(max(bits.Len64(uint64(body)>>12)+2, 0)/3, sizes-1) }

// figures are immutable: each sample makes new ones.
type figures struct {
	failing      Share
	recent, past [2][sizes]Spread // seconds; by kind, first or whole
}

const (
	first = iota
	whole
)

// How soon the figures forget. What is recent decides, and is drawn to what has long been so: a deployment that was slow for a while is tried
// again soon, one that always is is not.
var (
	recentMemory = memory{5 * time.Minute, 20}
	pastMemory   = memory{24 * time.Hour, 200}
)

const failingHalfLife = 10 * time.Minute

// What is expected of a deployment that nothing is known of. It is faster than nearly all there are, so that each is tried some times, and it is
// soon corrected.
var unheard = [2]level{{math.Log(0.2), 0.3}, {math.Log(1), 0.3}}

// How many samples it takes to outweigh what was expected: from a host's past, a deployment's past, and recent figures.
const (
	worthUnheard = 3
	worthHost    = 5
	worthPast    = 10
)

// Expected failures of a deployment that nothing is known of: one in a hundred, as sure as ten tries would make it.
const (
	unheardTries = 10
	unheardWrong = 0.1
)

// record keeps figures.
type record struct{ now atomic.Pointer[figures] }

func (r *record) update(change func(*figures)) {
	for {
		old := r.now.Load()
		var f figures
		if old != nil {
			f = *old
		}
		change(&f)
		if r.now.CompareAndSwap(old, &f) {
			return
		}
	}
}

// Observe takes in what an attempt came to.
func (d *Deployment) Observe(s Sample, now time.Time) {
	kind, took := first, s.First
	if took == 0 {
		kind, took = whole, s.Whole
	}
	size := sizeOf(s.Bytes)
	for _, r := range [...]*record{&d.figures, d.around} {
		r.update(func(f *figures) {
			f.failing = f.failing.add(s.Failed, failingHalfLife, now)
			if !s.Failed && took > 0 {
				f.recent[kind][size] = f.recent[kind][size].add(took.Seconds(), recentMemory, now)
				f.past[kind][size] = f.past[kind][size].add(took.Seconds(), pastMemory, now)
			}
		})
	}
}

// P95 is the time within which 19 of 20 requests of a size are expected to begin to be answered, where they are streams, or to be done.
func (d *Deployment) P95(body int64, stream bool, now time.Time) time.Duration {
	kind, size := whole, sizeOf(body)
	if stream {
		kind = first
	}
	l := unheard[kind]
	if f := d.around.now.Load(); f != nil {
		l = f.past[kind][size].drawn(pastMemory, now, l, worthUnheard)
	}
	if f := d.figures.now.Load(); f != nil {
		l = f.past[kind][size].drawn(pastMemory, now, l, worthHost)
		l = f.recent[kind][size].drawn(recentMemory, now, l, worthPast)
	}
	return time.Duration(l.p95() * float64(time.Second))
}

// Failing is the chance that the next attempt fails by the upstream's doing.
func (d *Deployment) Failing(now time.Time) float64 {
	tries, wrong := float64(unheardTries), float64(unheardWrong)
	if f := d.figures.now.Load(); f != nil {
		s := f.failing.faded(failingHalfLife, now)
		tries, wrong = tries+s.tries, wrong+s.wrong
	}
	return wrong / tries
}
