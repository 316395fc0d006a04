package tokens

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// group is a kind of text that the families' weights err about in common: a prompt of code is off by another share than one in Chinese.
type group uint8

const (
	around    group = iota // what a vendor puts around a text
	words                  // in Latin letters, without accents
	compounds              // likewise: long ones, and what stands together in a name
	layout                 // lines and blanks
	signs
	numbers // and what has digits in it
	scripts // other letters, symbols
	cjk
	groups
)

// parts is what a prompt takes, by group.
type parts [groups]float64

func (p *parts) sum() float64 {
	n := 0.0
	for _, v := range p {
		n += v
	}
	return n
}

func (c *parts) times(p *parts) float64 {
	n := 0.0
	for g := range c {
		n += c[g] * p[g]
	}
	return n
}

var groupOf = func() (t [states]group) {
	for s := range states {
		switch {
		case s == hump || s == capital || s == letter8:
			t[s] = compounds
		case s == inBlank || letter1 <= s && s < letter8:
			t[s] = words
		case s <= inLines:
			t[s] = layout
		case s == sign1 || s == sign2:
			t[s] = signs
		case mixedIn <= s && s <= mixedOut:
			t[s] = numbers
		case s == inHan || s == inKana:
			t[s] = cjk
		default:
			t[s] = scripts
		}
	}
	return t
}()

// Corrections is what the vendors' own figures have taught about the estimates: for each family, what each group of a prompt takes in terms of its
// estimate. Ten replies teach it. The zero value corrects nothing; all methods are safe for concurrent use.
type Corrections [families]atomic.Pointer[correction]

// correction is the state of a Kalman filter over relative errors. It is not changed once it is made.
type correction struct {
	known  int
	shares parts
	doubt  [groups][groups]float64 // their covariance
}

// One sample moves the shares only so far: a vendor may have counted what the estimate cannot know (the results of its own search, say).
const (
	doubted   = 0.1   // the variance of a share that nothing is known of
	scatter   = 0.005 // of the relative errors that no share explains
	drift     = 1e-5  // by which a share is doubted again with each prompt that it is all of: a change of habits is followed
	furthest  = 0.25  // off, in terms of what was told
	most      = 2     // times its estimate a prompt may take, and at least so much less
	leastTold = 50    // tokens; below it, there is little to learn
	window    = 64    // more samples are not counted
)

var untaught = func() (c correction) {
	for g := range groups {
		c.shares[g], c.doubt[g][g] = 1, doubted
	}
	return c
}()

func (c *Corrections) of(f Family) *correction {
	if now := c[f].Load(); now != nil {
		return now
	}
	return &untaught
}

// Tokens estimates what a prompt costs a model, corrected; at least one.
func (c *Corrections) Tokens(p *Prompt, to Model) int64 {
	parts, media := p.parts(to)
	return max(int64(math.Round(c.of(to.Family).shares.times(&parts)+media)), 1)
}

// Learn takes in what a vendor told of a prompt that is nothing but text.
func (c *Corrections) Learn(p *Prompt, to Model, told int64) {
	parts, _ := p.parts(to)
	estimated := parts.sum()
	if told < leastTold || estimated < leastTold {
		return
	}
	believed := max(estimated/most, min(float64(told), estimated*most))
	for {
		old := c[to.Family].Load()
		next := c.of(to.Family).taught(parts, believed)
		if c[to.Family].CompareAndSwap(old, next) {
			return
		}
	}
}

func (c *correction) taught(x parts, told float64) *correction {
	next := &correction{known: min(c.known+1, window)}
	var gain parts
	for g := range x {
		x[g] /= told
	}
	spread := scatter
	for g := range x {
		gain[g] = x.times((*parts)(&c.doubt[g]))
		spread += x[g] * gain[g]
	}
	off := max(-furthest, min(1-c.shares.times(&x), furthest))
	for g := range x {
		next.shares[g] = max(1.0/most, min(c.shares[g]+gain[g]/spread*off, most))
		for h := range x {
			next.doubt[g][h] = c.doubt[g][h] - gain[g]*gain[h]/spread
		}
		next.doubt[g][g] += drift * x[g]
	}
	return next
}

// Known is how many samples a correction rests on, up to some dozens.
func (c *Corrections) Known(f Family) int { return c.of(f).known }

// KeptCorrection is that of one family, as it can be written.
type KeptCorrection struct {
	Samples int                     `json:"samples"`
	Shares  [groups]float64         `json:"shares"`
	Doubt   [groups][groups]float64 `json:"doubt"`
}

// keptNames are what families are kept under, whatever number they have in another version.
var keptNames = [families]string{other: "other", o200k: "o200k", cl100k: "cl100k", claude: "claude", claudeNew: "claude-new", gemini: "gemini", deepseek: "deepseek",
	qwen: "qwen", llama: "llama", kimi: "kimi", glm: "glm", grok: "grok", minimax: "minimax"}

// Keep is what is known, by family.
func (c *Corrections) Keep() map[string]KeptCorrection {
	kept := map[string]KeptCorrection{}
	for f := range c {
		if of := c[f].Load(); of != nil {
			kept[keptNames[f]] = KeptCorrection{of.known, of.shares, of.doubt}
		}
	}
	return kept
}

// keptHalfLife is how soon a correction is doubted again that is not confirmed: vendors seldom change a tokenizer.
const keptHalfLife = 90 * 24 * time.Hour

// Restore takes in what was kept some time ago.
func (c *Corrections) Restore(kept map[string]KeptCorrection, age time.Duration) error {
	for _, k := range kept {
		if !k.sound() {
			return errors.New("it holds corrections that cannot be")
		}
	}
	left := math.Exp2(-float64(max(age, 0)) / float64(keptHalfLife))
	for f := range c {
		k, ok := kept[keptNames[f]]
		if !ok {
			continue
		}
		of := &correction{int(float64(k.Samples) * left), k.Shares, k.Doubt}
		for g := range of.doubt {
			of.doubt[g][g] += (doubted - of.doubt[g][g]) * (1 - left)
		}
		c[f].Store(of)
	}
	return nil
}

// sound reports whether k may have been learned.
func (k *KeptCorrection) sound() bool {
	if k.Samples < 0 || k.Samples > window {
		return false
	}
	for g, share := range k.Shares {
		if !(share >= 1.0/most && share <= most) {
			return false
		}
		for h, doubt := range k.Doubt[g] {
			if !(math.Abs(doubt) <= 1) || g == h && doubt < 0 {
				return false
			}
		}
	}
	return true
}
