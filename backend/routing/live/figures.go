package live

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
)

// Sample is what one attempt tells of its deployment.
type Sample struct {
	Bytes   int64         // of the request's body
	Failed  bool          // by the upstream's doing
	Outrun  bool          // it took at least so long; nobody has waited to see what would have come
	Kind    protocol.Kind // of the failure
	Message string        // likewise, fit to be shown
	First   time.Duration // to the first meaningful event of a stream; 0: it was none
	Whole   time.Duration // to the end of a whole reply; 0: it was a stream
	Took    time.Duration // to the end of either; 0: it is not to be measured by that
	Output  int64         // tokens that were written in that time; 0: not known
	Billed  float64       // what the vendor said that it cost, in terms of what it should have by its prices; 0: it did not say, or there are none
}

// Sizes of requests that are told apart: prompts of a few KB, of a file, of an agent, and larger ones.
const sizes = 4

func sizeOf(body int64) int { return min(max(bits.Len64(uint64(body)>>12)+2, 0)/3, sizes-1) }

// figures are what the samples come to. Each part is immutable, and a sample makes a new one of those that it concerns.
type figures struct {
	fate  atomic.Pointer[fate]
	waits [2][sizes]atomic.Pointer[waits] // by kind, first or whole
}

// fate is how attempts have ended.
type fate struct {
	failing Share
	billed  Spread // in terms of the prices
}

// update puts a new part in place of the old one.
func update[T any](part *atomic.Pointer[T], change func(*T)) {
	for {
		old := part.Load()
		next := new(T)
		if old != nil {
			*next = *old
		}
		change(next)
		if part.CompareAndSwap(old, next) {
			return
		}
	}
}

// waits is how long requests of one kind and size have waited, in seconds.
type waits struct {
	recent, past Spread
	slow         int64 // Unix nanoseconds of the first of the latest samples that were all far slower than the past; 0: the last one was not
}

// add takes in a sample. What has been slow for a time is expected to be for about as long again, so that it is tried again at ever longer
// distances; and the first sample that is as usual again ends it.
func (w *waits) add(x float64, now time.Time) {
	usual := w.past.drawn(pastMemory, now, level{}, 0)
	switch {
	case w.past.faded(pastMemory, now) < enoughToTell:
	case math.Log(x) <= usual.mean+farSlower*max(usual.deviation, leastDeviation):
		if w.slow != 0 {
			w.slow, w.recent = 0, Spread{}
		}
	case w.slow == 0:
		w.slow = now.UnixNano()
	}
	w.recent = w.recent.add(x, w.memory(), now)
	w.past = w.past.add(x, pastMemory, now)
}

// farSlower is how many deviations off a sample is far slower than usual.
const farSlower = 3

// memory is how the recent samples are remembered.
func (w *waits) memory() memory {
	m := recentMemory
	if w.slow != 0 {
		m.halfLife = max(m.halfLife, time.Duration(w.recent.at-w.slow))
	}
	return m
}

const (
	first = iota
	whole
)

// How soon the figures forget. What is recent decides, and is drawn to what has long been so: a deployment that was slow for a while is tried
// again soon, one that always is is not.
var (
	recentMemory = memory{halfLife: 5 * time.Minute, window: 20}
	pastMemory   = memory{halfLife: 7 * 24 * time.Hour, window: 200, furthest: 2}
)

const failingHalfLife = 20 * time.Minute

// What is expected of a deployment that nothing is known of. It is faster than nearly all there are, so that each is tried some times, and it is
// soon corrected.
var unheard = [2]level{{math.Log(0.2), 0.3}, {math.Log(1), 0.3}}

// How many samples it takes to outweigh what was expected: from a host's past, a deployment's past, and recent figures.
const (
	worthUnheard = 3
	worthHost    = 5
	worthPast    = 3
)

// Expected failures of a deployment that nothing is known of: one in a hundred, as sure as four tries would make it.
const (
	unheardTries = 4
	unheardWrong = 0.04
)

// Observe takes in what an attempt came to.
func (d *Deployment) Observe(s Sample, now time.Time) {
	kind, took := first, s.First
	if took == 0 {
		kind, took = whole, s.Whole
	}
	size := sizeOf(s.Bytes)
	took = min(max(took, time.Millisecond), longest)
	if !s.Outrun {
		d.seen.add(s, now)
	}
	for _, f := range [...]*figures{&d.figures, d.around} {
		if s.Outrun {
			update(&f.waits[kind][size], func(w *waits) { w.add(took.Seconds(), now) })
			continue
		}
		update(&f.fate, func(f *fate) {
			f.failing = f.failing.add(s.Failed, failingHalfLife, now)
			if s.Billed > 0 {
				f.billed = f.billed.add(min(max(s.Billed, 0.01), 100), pastMemory, now)
			}
		})
		if !s.Failed && s.First+s.Whole > 0 {
			update(&f.waits[kind][size], func(w *waits) { w.add(took.Seconds(), now) })
		}
	}
}

// P95 is the time within which 19 of 20 requests of a size are expected to begin to be answered, where they are streams, or to be done.
func (d *Deployment) P95(body int64, stream bool, now time.Time) time.Duration {
	kind := whole
	if stream {
		kind = first
	}
	return time.Duration(min(d.expected(kind, sizeOf(body), now).p95(), longest.Seconds()) * float64(time.Second))
}

// expected is how long requests of a kind and size are expected to wait.
func (d *Deployment) expected(kind, size int, now time.Time) level {
	l := unheard[kind]
	if w := d.around.waits[kind][size].Load(); w != nil {
		l = w.past.drawn(pastMemory, now, l, worthUnheard)
	}
	if w := d.figures.waits[kind][size].Load(); w != nil {
		l = w.past.drawn(pastMemory, now, l, worthHost)
		l = w.recent.drawn(w.memory(), now, l, worthPast)
	}
	return l
}

// longest is what nothing is expected to take longer than.
const longest = time.Hour

// worthPrices is how many bills it takes to outweigh a price list.
const worthPrices = 2

// Billed is what the deployment is expected to bill in terms of its prices: 1 unless its vendor has told what replies cost, and it was something else.
func (d *Deployment) Billed(now time.Time) float64 {
	f := d.figures.fate.Load()
	if f == nil {
		return 1
	}
	return math.Exp(f.billed.drawn(pastMemory, now, level{}, worthPrices).mean)
}

// Failing is the chance that the next attempt fails by the upstream's doing.
func (d *Deployment) Failing(now time.Time) float64 {
	f := d.figures.fate.Load()
	if f == nil {
		return unheardWrong / unheardTries
	}
	tries, wrong := f.failing.faded(failingHalfLife, now)
	share := (wrong + unheardWrong) / (tries + unheardTries)
	return min(max(share, f.failing.outage(now)), surest)
}

// surest is the most that can be expected to fail: what is certain would never be tried again.
const surest = 0.99
