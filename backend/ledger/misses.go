package ledger

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"metapi/backend/routing"
)

// miss is how far off what a request was expected to take was, in terms of what it took. Each is below zero where it is not known.
type miss struct {
	known                bool
	prompt, output, cost float64
}

func missOf(r *routing.Record) (m miss) {
	if len(r.Attempts) == 0 {
		return m
	}
	a := &r.Attempts[len(r.Attempts)-1]
	if a.Kind != "" || a.Usage.Estimated || a.Expected == (routing.Estimate{}) {
		return m
	}
	off := func(expected, was float64) float64 {
		if was <= 0 {
			return -1
		}
		return math.Abs(expected/was - 1)
	}
	m = miss{true, off(float64(a.Expected.Prompt), float64(a.Usage.Prompt())), off(float64(a.Expected.Output), float64(a.Usage.Output)), -1}
	if a.Expected.Priced && !a.Cost.Unknown && !a.Cost.Estimated {
		m.cost = off(a.Expected.USD, a.Cost.USD)
	}
	return m
}

// Misses is how often estimates were how far off, so that hours can be added up and still have a median.
type Misses struct {
	Prompt, Output, Cost Spread
}

// Spread counts errors by size: each step is a quarter larger than the one before.
type Spread [40]int64

const (
	smallest = 0.002 // the first step ends here, the last but one at about 12 times what was true
	stepUp   = 1.25
)

func stepOf(off float64) int {
	if off <= smallest {
		return 0
	}
	return min(int(math.Ceil(math.Log(off/smallest)/math.Log(stepUp))), len(Spread{})-1)
}

// Count is how many there are.
func (s *Spread) Count() (n int64) {
	for _, v := range s {
		n += v
	}
	return n
}

// Median is the error that half of them are within, to about a tenth of itself.
func (s *Spread) Median() float64 {
	half, below := float64(s.Count())/2, 0.0
	for i, v := range s {
		if n := float64(v); n > 0 && below+n >= half {
			return smallest * math.Pow(stepUp, float64(i-1)+(half-below)/n)
		}
		below += float64(v)
	}
	return 0
}

func (m *Misses) all() [3]*Spread { return [...]*Spread{&m.Prompt, &m.Output, &m.Cost} }

func (m *Misses) count(one *miss, sign int64) {
	for i, off := range [...]float64{one.prompt, one.output, one.cost} {
		if off >= 0 {
			m.all()[i][stepOf(off)] += sign
		}
	}
}

// Add adds o to m.
func (m *Misses) Add(o *Misses) {
	from := o.all()
	for i, s := range m.all() {
		for j := range s {
			s[j] += from[i][j]
		}
	}
}

// append writes m as a rollup stores it: varints in order.
func (m *Misses) append(b []byte) []byte {
	for _, s := range m.all() {
		for _, n := range s {
			b = binary.AppendVarint(b, n)
		}
	}
	return b
}

// parse reads what append wrote; nothing is none.
func (m *Misses) parse(b []byte) error {
	*m = Misses{}
	if b == nil {
		return nil
	}
	for _, s := range m.all() {
		for j := range s {
			n, size := binary.Varint(b)
			if size <= 0 {
				return errTotals
			}
			s[j], b = n, b[size:]
		}
	}
	return nil
}

// ModelMisses is how far off the estimates of one model were.
type ModelMisses struct {
	Model string
	Misses
}

// Misses tells how far off estimates were, by model, those with the most requests first. It looks at whole hours: those that since and until are
// in count whole.
func (l *Ledger) Misses(since, until time.Time) ([]ModelMisses, error) {
	var rows []ModelMisses
	err := l.view(func(t tables) error {
		of := map[string]*Misses{}
		first, last := uint32(0), ^uint32(0)
		if !since.IsZero() {
			first = hourOf(since)
		}
		if !until.IsZero() {
			last = hourOf(until.Add(-1))
		}
		c := t.rollups.Cursor()
		for k, raw := c.Seek(binary.BigEndian.AppendUint32([]byte{missHour}, first)); len(k) >= 5 && k[0] == missHour && binary.BigEndian.Uint32(k[1:]) <= last; k, raw = c.Next() {
			var part Misses
			if err := part.parse(raw); err != nil {
				return err
			}
			sum := of[string(k[5:])]
			if sum == nil {
				sum = new(Misses)
				of[string(k[5:])] = sum
			}
			sum.Add(&part)
		}
		rows = nil
		for model, sum := range of {
			rows = append(rows, ModelMisses{model, *sum})
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b ModelMisses) int {
		return cmp.Or(cmp.Compare(b.Prompt.Count(), a.Prompt.Count()), cmp.Compare(a.Model, b.Model))
	})
	return rows, err
}
