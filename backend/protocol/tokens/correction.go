package tokens

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// Corrections is what the vendors' own figures have taught about the estimates, for each family: the ratio of what was told to what was
// estimated. The zero value corrects nothing; all methods are safe for concurrent use.
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

// KeptCorrection is that of one family, as it can be written.
type KeptCorrection struct {
	Samples float64 `json:"samples"`
	Mean    float64 `json:"mean"`
}

// keptNames are what families are kept under, whatever number they have in another version.
var keptNames = [families]string{other: "other", o200k: "o200k", cl100k: "cl100k", claude: "claude", claudeNew: "claude-new", gemini: "gemini", deepseek: "deepseek",
	qwen: "qwen", llama: "llama", kimi: "kimi", glm: "glm", grok: "grok", minimax: "minimax"}

// Keep is what is known, by family.
func (c *Corrections) Keep() map[string]KeptCorrection {
	kept := map[string]KeptCorrection{}
	for f := range c {
		if n, mean := unpack(c[f].Load()); n > 0 {
			kept[keptNames[f]] = KeptCorrection{float64(n), mean}
		}
	}
	return kept
}

// keptHalfLife is how soon a correction fades that is not confirmed: vendors seldom change a tokenizer.
const keptHalfLife = 90 * 24 * time.Hour

// Restore takes in what was kept some time ago.
func (c *Corrections) Restore(kept map[string]KeptCorrection, age time.Duration) error {
	for _, k := range kept {
		if !(k.Samples >= 0 && k.Samples <= window && math.Abs(k.Mean) <= most+0.001) {
			return errors.New("it holds corrections that cannot be")
		}
	}
	left := math.Exp2(-float64(max(age, 0)) / float64(keptHalfLife))
	for f := range c {
		if n := uint32(kept[keptNames[f]].Samples * left); n > 0 {
			c[f].Store(pack(n, kept[keptNames[f]].Mean))
		}
	}
	return nil
}
