package tokens

import (
	"math"
	"sync/atomic"
)

// Corrections is what the vendors' own figures have taught about the estimates, for each family: the ratio of what was told to what was
// estimated. It is kept in memory only, since ten replies teach it. The zero value corrects nothing; all methods are safe for concurrent
// use.
type Corrections [families]atomic.Uint64

// What a correction is made of: the mean of the ratio's logarithm, drawn to no correction by some virtual samples, and with a window, so that
// it follows a change of habits. One sample moves it only so far: a vendor may have counted what the estimate cannot know (the results of its
// own search, say).
const (
	virtual   = 4
	window    = 64
	furthest  = 0.25 // of one sample, from the mean
	most      = math.Ln2
	leastTold = 50 // tokens; below it, what a vendor puts around a prompt is most of it
)

// Learn takes in what a vendor told of a prompt that was estimated, without correction, at some tokens.
func (c *Corrections) Learn(f Family, estimated, told int64) {
	if told < leastTold || estimated < leastTold {
		return
	}
	ratio := math.Log(float64(told) / float64(estimated))
	for {
		old := c[f].Load()
		n, mean := unpack(old)
		off := max(-furthest, min(ratio-mean, furthest))
		mean = max(-most, min(mean+off/float64(min(n, window)+virtual+1), most))
		if c[f].CompareAndSwap(old, pack(min(n+1, window), mean)) {
			return
		}
	}
}

// Known is how many samples a correction rests on, up to some dozens.
func (c *Corrections) Known(f Family) int {
	n, _ := unpack(c[f].Load())
	return int(n)
}

// Apply corrects an estimate.
func (c *Corrections) Apply(f Family, estimated int64) int64 {
	_, mean := unpack(c[f].Load())
	return int64(math.Round(float64(estimated) * math.Exp(mean)))
}

func pack(n uint32, mean float64) uint64 {
	return uint64(n)<<32 | uint64(math.Float32bits(float32(mean)))
}

func unpack(v uint64) (n uint32, mean float64) {
	return uint32(v >> 32), float64(math.Float32frombits(uint32(v)))
}
