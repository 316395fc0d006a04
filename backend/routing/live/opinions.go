package live

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/catalog/scores"
)

// Thumb is what the user thought of an answer.
type Thumb struct {
	Domain scores.Domain `json:"domain"`
	Placed bool          `json:"placed,omitempty"` // Domain is known
	Up     bool          `json:"up"`
	At     time.Time     `json:"at"`
}

// Thumbs are right 19 times of 20: a wrong one is a slip. So one up says a little more than 1, one down a little less than 0, and each counts for
// less than a whole answer.
const (
	thumbRight  = 0.95
	thumbWrong  = 0.05
	thumbWeight = (thumbRight - thumbWrong) * (thumbRight - thumbWrong)
)

// thumbHalfLife is how soon a thumb counts half: models change under their names, and so does what they are asked for.
const thumbHalfLife = 30 * 24 * time.Hour

// Opinions is what the user thinks of models. The zero value knows nothing; all methods are safe for concurrent use.
type Opinions struct {
	mu sync.Mutex
	of map[string]*Opinion // by canonical model; guarded by mu
}

// Of is the opinion of a model: the same one each time.
func (o *Opinions) Of(model string) *Opinion {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of[model] == nil {
		if o.of == nil {
			o.of = map[string]*Opinion{}
		}
		o.of[model] = &Opinion{}
	}
	return o.of[model]
}

// Opinion is what the user thinks of one model. It is read without a lock.
type Opinion struct{ now atomic.Pointer[opinion] }

type opinion struct {
	at  time.Time // to which the weights are faded
	all Votes
	in  [scores.Domains]Votes
}

// Votes is how many answers some thumbs weigh, and the sum of what they speak for.
type Votes struct{ Weight, Sum float64 }

func (v *Votes) add(up bool, weight float64) {
	s := 0.0
	if up {
		s = 1
	}
	v.Weight += weight
	v.Sum += weight * (s - thumbWrong) / (thumbRight - thumbWrong)
}

func (v Votes) times(f float64) Votes { return Votes{v.Weight * f, v.Sum * f} }

// Set puts thumbs in place of all that there were.
func (o *Opinion) Set(thumbs []Thumb, now time.Time) {
	if len(thumbs) == 0 {
		o.now.Store(nil)
		return
	}
	next := &opinion{at: now}
	for _, t := range thumbs {
		w := thumbWeight * faded(now.Sub(t.At))
		next.all.add(t.Up, w)
		if t.Placed {
			next.in[t.Domain].add(t.Up, w)
		}
	}
	o.now.Store(next)
}

func faded(age time.Duration) float64 { return math.Exp2(-max(age, 0).Hours() / thumbHalfLife.Hours()) }

// Votes are the thumbs of a model as they count at now: in all and in a domain.
func (o *Opinion) Votes(d scores.Domain, now time.Time) (all, in Votes) {
	if o == nil {
		return
	}
	p := o.now.Load()
	if p == nil {
		return
	}
	f := faded(now.Sub(p.at))
	return p.all.times(f), p.in[d].times(f)
}
