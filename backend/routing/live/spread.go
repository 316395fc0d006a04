package live

import (
	"math"
	"time"
)

// Spread is how a positive quantity has come out: the mean and the variance of its logarithm, since latencies are near to log-normal, and the
// weight behind them. Weight fades with time and is bounded, so that what was long ago, or one of many, gives way to what is. The zero value
// knows nothing.
type Spread struct {
	weight   float64 // samples, faded
	mean     float64 // of the logarithm
	variance float64
	at       int64 // Unix nanoseconds of the last sample
}

// memory says how soon a [Spread] forgets.
type memory struct {
	halfLife time.Duration // after which a sample counts half
	window   float64       // samples; none has less than this share of the mean
	furthest float64       // deviations that a sample may be off, and still count as it is: what is further off is taken to be no further; 0: any
}

// From how many samples on it can be told which of them are odd, and how far apart they are at least, as deviations of a logarithm.
const (
	enoughToTell   = 10
	leastDeviation = 0.2
)

// faded is the weight that is left at now.
func (s Spread) faded(m memory, now time.Time) float64 {
	if s.weight == 0 {
		return 0
	}
	return s.weight * fading(s.at, m.halfLife, now)
}

// fading is what is left at now of what counted one at a time.
func fading(at int64, halfLife time.Duration, now time.Time) float64 {
	return math.Exp2(-float64(max(now.UnixNano()-at, 0)) / float64(halfLife))
}

// add takes in a sample, which must be positive.
func (s Spread) add(x float64, m memory, now time.Time) Spread {
	w := min(s.faded(m, now)+1, m.window)
	share := 1 / w
	off := math.Log(x) - s.mean
	if m.furthest > 0 && w > enoughToTell {
		most := m.furthest * max(math.Sqrt(s.variance), leastDeviation)
		off = max(-most, min(off, most))
	}
	return Spread{weight: w, mean: s.mean + share*off, variance: (1 - share) * (s.variance + share*off*off), at: max(s.at, now.UnixNano())}
}

// level is a mean and a standard deviation of a logarithm: what a [Spread] comes to once it has been drawn to what was expected.
type level struct{ mean, deviation float64 }

// drawn is s as far as it can be trusted: drawn to what was expected before by as many samples as expected is worth.
func (s Spread) drawn(m memory, now time.Time, expected level, worth float64) level {
	w := s.faded(m, now)
	if w == 0 {
		return expected
	}
	share := w / (w + worth)
	spread := max(w-1, 0) // one sample says nothing of how far the next may be off
	return level{expected.mean + share*(s.mean-expected.mean), expected.deviation + spread/(spread+worth)*(math.Sqrt(s.variance)-expected.deviation)}
}

// p95 is the 95th percentile.
func (l level) p95() float64 { return math.Exp(l.mean + 1.645*l.deviation) }

// Share is how many of some tries went wrong, faded with time, and since when all have. The zero value knows nothing.
type Share struct {
	tries, wrong float64
	at           int64 // Unix nanoseconds of the last try
	down         int64 // of the first failure since anything went well; 0: the last try did
}

func (s Share) add(wrong bool, halfLife time.Duration, now time.Time) Share {
	at := now.UnixNano()
	s.tries, s.wrong = s.faded(halfLife, now)
	s.tries++
	switch {
	case !wrong:
		s.down = 0
	case s.down == 0:
		s.down = at
	}
	if wrong {
		s.wrong++
	}
	s.at = max(s.at, at)
	return s
}

func (s Share) faded(halfLife time.Duration, now time.Time) (tries, wrong float64) {
	if s.tries == 0 {
		return 0, 0
	}
	f := fading(s.at, halfLife, now)
	return s.tries * f, s.wrong * f
}

// outage is the chance that one that has been seen still lasts: what has lasted for a time will last for about as long again, so that it is looked
// for again at ever longer distances.
func (s Share) outage(now time.Time) float64 {
	if s.down == 0 {
		return 0
	}
	lasted := float64(s.at-s.down) + float64(shortest)
	return lasted / (lasted + float64(max(now.UnixNano()-s.at, 0)))
}

// shortest is how long a failure that came alone is taken to last.
const shortest = 5 * time.Second
