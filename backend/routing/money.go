package routing

import (
	"cmp"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/protocol"
)

// Parts is a cost by class, in dollars.
type Parts struct {
	Fresh     float64 `json:"fresh,omitempty"`
	Cached    float64 `json:"cached,omitempty"`
	Written   float64 `json:"written,omitempty"`
	Output    float64 `json:"output,omitempty"` // without reasoning
	Reasoning float64 `json:"reasoning,omitempty"`
	PerCall   float64 `json:"per_call,omitempty"`
}

// Add adds the parts of another attempt.
func (p Parts) Add(q Parts) Parts {
	return Parts{p.Fresh + q.Fresh, p.Cached + q.Cached, p.Written + q.Written, p.Output + q.Output, p.Reasoning + q.Reasoning, p.PerCall + q.PerCall}
}

// PartsOf is what a usage comes to at a price, class by class.
func PartsOf(price *catalog.Price, u protocol.Usage, at time.Time) Parts {
	q := price.Quote(u, at)
	p := Parts{Fresh: q.Input, Cached: q.CacheRead, Written: q.CacheWrite, Output: q.Output, PerCall: q.PerCall}
	if u.Reasoning > 0 { // which a vendor may bill apart
		u.Output, u.Reasoning = u.Output-min(u.Reasoning, u.Output), 0
		p.Output = price.Quote(u, at).Output
		p.Reasoning = q.Output - p.Output
	}
	return p
}

// Baseline is what somebody would have done without Metapi. What was saved is the difference to what that would have cost.
type Baseline string

const (
	AtVendor Baseline = "vendor"  // the model at who makes it, at its list price
	Dearest  Baseline = "dearest" // whoever of those that could serve would have cost most
	First    Baseline = "first"   // the first account, in the user's order, that could serve
)

// Baselines are those there are, in the order in which they are shown, with what each means.
var Baselines = []struct {
	Baseline Baseline
	Means    string
}{
	{AtVendor, "the same tokens of the same model at its vendor's own list price"},
	{Dearest, "the same tokens at the dearest account that could have served"},
	{First, "the same tokens at the first account in your order that could have served"},
}

// Against is what a baseline would have cost.
type Against struct {
	Baseline Baseline `json:"baseline"`
	USD      float64  `json:"usd"`
}

// Compare says what each baseline would have cost for a usage, of those that are known. served is who answered; it may be nil.
func Compare(all []Candidate, served *Deployment, u protocol.Usage, at time.Time) []Against {
	known := make([]Against, 0, len(Baselines))
	add := func(b Baseline, p *catalog.Price) {
		if usd, ok := p.Cost(u, at); ok {
			known = append(known, Against{b, usd})
		}
	}
	if served != nil {
		add(AtVendor, served.AtMaker)
	}
	var first *Candidate
	dearest, some := 0.0, false
	for i := range all {
		c := &all[i]
		if first == nil || cmp.Or(c.Place-first.Place, c.Order-first.Order) < 0 {
			first = c
		}
		if usd, ok := c.Price.Cost(u, at); ok {
			dearest, some = max(dearest, usd), true
		}
	}
	if some {
		known = append(known, Against{Dearest, dearest})
	}
	if first != nil {
		add(First, first.Price)
	}
	return known
}
