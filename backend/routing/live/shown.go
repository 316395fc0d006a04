package live

import (
	"math"
	"strings"
	"sync"
	"time"

	"metapi/backend/protocol"
)

// Fault is a failure in words.
type Fault struct {
	Kind    protocol.Kind `json:"kind"`
	Message string        `json:"message"`
	At      time.Time     `json:"at"`
}

// seen is what a person looks at, and no decision: how often attempts fail and of what, how long replies take of any size, how fast they are written.
// It fades slowly, since what is looked at is how a deployment has done today, not whether it may be asked now; and it takes each sample as it is: who
// now and then has to wait for long sees so. Since no decision waits for it, a lock will do.
type seen struct {
	mu    sync.Mutex // guards what follows
	tries float64    // faded, as the next is
	wrong map[protocol.Kind]float64
	first Spread // seconds to the first token
	took  Spread // seconds to the end of a reply
	speed Spread // tokens a second, from the first one on where that is known
	last  Fault
	at    int64 // Unix nanoseconds of the last sample
}

var seenMemory = memory{halfLife: 12 * time.Hour, window: 100}

const (
	leastOutput    = 16  // tokens tell how fast they were written
	longestMessage = 300 // bytes of an upstream's words are kept: they say what they have to in a line or two
)

func (f *seen) add(s Sample, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fade(now)
	f.tries++
	if s.Failed {
		if f.wrong == nil {
			f.wrong = map[protocol.Kind]float64{}
		}
		f.wrong[s.Kind]++
		f.last = Fault{s.Kind, strings.ToValidUTF8(s.Message[:min(len(s.Message), longestMessage)], ""), now}
		return
	}
	seconds := func(d time.Duration) float64 { return min(max(d, time.Millisecond), longest).Seconds() }
	if s.First > 0 {
		f.first = f.first.add(seconds(s.First), seenMemory, now)
	}
	if s.Took > 0 {
		f.took = f.took.add(seconds(s.Took), seenMemory, now)
	}
	if writing := s.Took - s.First; s.Output >= leastOutput && writing > 0 {
		f.speed = f.speed.add(float64(s.Output)/seconds(writing), seenMemory, now)
	}
}

// fade makes less of what is known, by the time that has passed. f.mu is held.
func (f *seen) fade(now time.Time) {
	left := fading(f.at, seenMemory.halfLife, now)
	f.tries *= left
	for kind := range f.wrong {
		f.wrong[kind] *= left
	}
	f.at = max(f.at, now.UnixNano())
}

// Summary is what is known of a deployment, or of several together.
type Summary struct {
	InFlight int64
	Tries    float64                   // attempts, faded; 0: nothing is known
	Wrong    map[protocol.Kind]float64 // of those, by what they failed of
	First    Mix                       // seconds to the first token
	Took     Mix                       // seconds to the end of a reply
	Speed    Mix                       // tokens a second
	Last     Fault                     // zero where none is known
	At       time.Time                 // of the last attempt
}

// Summary is what is known of d at now.
func (d *Deployment) Summary(now time.Time) Summary {
	f := &d.seen
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Summary{InFlight: d.InFlight(), Last: f.last}
	if f.at != 0 {
		left := fading(f.at, seenMemory.halfLife, now)
		s.Tries, s.At = f.tries*left, time.Unix(0, f.at)
		for kind, n := range f.wrong {
			s.count(kind, n*left)
		}
	}
	s.First.add(f.first, now)
	s.Took.add(f.took, now)
	s.Speed.add(f.speed, now)
	return s
}

// Add takes what is known of others into s.
func (s *Summary) Add(o Summary) {
	s.InFlight += o.InFlight
	s.Tries += o.Tries
	for kind, n := range o.Wrong {
		s.count(kind, n)
	}
	s.First.join(o.First)
	s.Took.join(o.Took)
	s.Speed.join(o.Speed)
	if o.Last.At.After(s.Last.At) {
		s.Last = o.Last
	}
	if o.At.After(s.At) {
		s.At = o.At
	}
}

func (s *Summary) count(kind protocol.Kind, n float64) {
	if s.Wrong == nil {
		s.Wrong = map[protocol.Kind]float64{}
	}
	s.Wrong[kind] += n
}

// Share is the part of the attempts that failed of a kind.
func (s Summary) Share(kind protocol.Kind) float64 {
	if s.Tries <= 0 {
		return 0
	}
	return min(s.Wrong[kind]/s.Tries, 1)
}

// Available is the part of the attempts that were answered.
func (s Summary) Available() float64 {
	answered := 1.0
	for kind := range s.Wrong {
		answered -= s.Share(kind)
	}
	return max(answered, 0)
}

// Mix is several spreads put together, as one.
type Mix struct{ weight, sum, square float64 }

func (m *Mix) add(s Spread, now time.Time) {
	w := s.faded(seenMemory, now)
	m.join(Mix{w, w * s.mean, w * (s.mean*s.mean + s.variance)})
}

func (m *Mix) join(o Mix) {
	m.weight += o.weight
	m.sum += o.sum
	m.square += o.square
}

// Known reports whether there is anything in it.
func (m Mix) Known() bool { return m.weight > 0 }

func (m Mix) level() level {
	mean := m.sum / m.weight
	return level{mean, math.Sqrt(max(m.square/m.weight-mean*mean, 0))}
}

// P50 is what half of it does not exceed; it must be known.
func (m Mix) P50() float64 { return math.Exp(m.level().mean) }

// P95 is what 19 of 20 do not exceed; it must be known.
func (m Mix) P95() float64 { return m.level().p95() }
