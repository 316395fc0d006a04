package catalog

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"metapi/backend/protocol"
)

// Rate is a price in US dollars per million tokens. The zero Rate is not known; a rate of zero that is known is free
// of charge. As JSON it is a number, or null.
type Rate struct {
	USD   float64
	Known bool
}

// USD returns the known rate of v dollars per million tokens.
func USD(v float64) Rate { return Rate{v, true} }

// pico is the rate in picodollars per token, a whole number for every price a vendor publishes (six decimals of a
// dollar per million). Sums of whole numbers are exact in a float64 up to 2^53 picodollars, some 9,000 dollars.
func (r Rate) pico() float64 { return math.Round(r.USD * 1e6) }

// MarshalJSON writes dollars per million tokens, or null where the rate is not known.
func (r Rate) MarshalJSON() ([]byte, error) {
	if !r.Known {
		return []byte("null"), nil
	}
	return json.Marshal(r.USD)
}

// UnmarshalJSON reads what [Rate.MarshalJSON] writes.
func (r *Rate) UnmarshalJSON(text []byte) error {
	var v *float64
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	*r = Rate{}
	if v != nil {
		*r = USD(*v)
	}
	return nil
}

// Rates is one row of a price list: a rate for each class of tokens.
type Rates struct {
	Input        Rate `json:"input"`
	Output       Rate `json:"output"`
	Reasoning    Rate `json:"reasoning"`      // only where a vendor bills reasoning apart from output; else it is output
	CacheRead    Rate `json:"cache_read"`     //
	CacheWrite   Rate `json:"cache_write"`    // for five minutes, or the vendor's default
	CacheWrite1h Rate `json:"cache_write_1h"` // for an hour
}

// Tier replaces the rates of a whole request whose prompt, cached tokens included, is above a size: that is how
// Anthropic, Google and OpenAI bill long prompts. None of them bills only the part above at the higher rate.
type Tier struct {
	Above int64 `json:"above"` // tokens; a prompt of exactly this size is still below
	Rates
}

// Terms are the rates that hold from a date on, or in some hours of the day.
type Terms struct {
	Rates
	PerCall float64       `json:"per_call,omitempty"` // dollars for each request, whatever its size
	Tiers   []Tier        `json:"tiers,omitempty"`    // by rising size
	From    time.Time     `json:"from,omitzero"`      // the first moment at which they hold; zero: always did
	Start   time.Duration `json:"start,omitempty"`    // hours of the day, since midnight UTC; Start == End: all day
	End     time.Duration `json:"end,omitempty"`      // not included; before Start where the hours go over midnight
}

func (t *Terms) hold(at time.Time) bool {
	if at.Before(t.From) {
		return false
	}
	if t.Start == t.End {
		return true
	}
	at = at.UTC()
	day := at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC))
	if t.Start < t.End {
		return day >= t.Start && day < t.End
	}
	return day >= t.Start || day < t.End
}

// Price is what one model costs at one provider. The embedded Terms hold unless one of Later does; of those the
// last that holds counts, so that an hour's price stands above a date's.
//
// A Price is immutable: the catalog hands out the same one to everybody.
type Price struct {
	Terms
	Later  []Terms `json:"later,omitempty"`
	Source string  `json:"source"` // where it is from, e.g. "genai-prices 0.1.8, anthropic"
	AsOf   string  `json:"as_of"`  // the day on which the source was made, 2006-01-02
}

// Free is the price of what costs nothing: models on one's own machine.
var Free = &Price{Terms: Terms{Rates: Rates{Input: USD(0), Output: USD(0), CacheRead: USD(0), CacheWrite: USD(0), CacheWrite1h: USD(0)}}, Source: "your own machine"}

// Holding returns the terms that hold at a moment.
func (p *Price) Holding(at time.Time) *Terms {
	for i := len(p.Later) - 1; i >= 0; i-- {
		if p.Later[i].hold(at) {
			return &p.Later[i]
		}
	}
	return &p.Terms
}

// For returns the rates for a prompt of a size, cached tokens included.
func (t *Terms) For(prompt int64) Rates {
	for _, tier := range slices.Backward(t.Tiers) {
		if prompt > tier.Above {
			return tier.Rates
		}
	}
	return t.Rates
}

// Quote is the cost of one request, class by class.
type Quote struct {
	USD        float64 // the sum of the rest
	Input      float64
	CacheRead  float64
	CacheWrite float64 // both kinds
	Output     float64 // reasoning included
	PerCall    float64

	Known   bool // every class that had tokens has a price; where not, USD leaves those out
	Assumed bool // a cache price that the source does not give was taken from the input price
}

// Cost is the price of a request in dollars, sent at a moment. It is known where every class that has tokens has a
// price; where it is not, usd leaves those classes out. A nil Price knows nothing.
//
// Reasoning tokens are part of the output and billed with it, once. See [Price.Quote] for the classes, and for what
// is assumed where a vendor lists no price for its cache.
func (p *Price) Cost(u protocol.Usage, at time.Time) (usd float64, known bool) {
	q := p.Quote(u, at)
	return q.USD, q.Known
}

// Flat is what a request costs of which nobody tells what it used. It is not known where tokens cost something, or nobody knows whether they do.
func (p *Price) Flat(at time.Time) (usd float64, known bool) {
	if p == nil {
		return 0, false
	}
	t := p.Holding(at)
	free := t.Input.Known && t.Output.Known && t.Input.USD == 0 && t.Output.USD == 0
	return t.PerCall, free || t.PerCall > 0 && !t.Input.Known && !t.Output.Known
}

// Quote is [Price.Cost] class by class.
//
// Where the source lists no cache price, cached tokens are billed as input: right for vendors without a discount, and
// for reads never too low. A write that lasts an hour is taken as twice the input price, which is what Anthropic,
// the only vendor with that class, publishes for every model. Both set Assumed.
func (p *Price) Quote(u protocol.Usage, at time.Time) Quote {
	if p == nil {
		return Quote{}
	}
	t := p.Holding(at)
	r := t.For(u.Prompt())
	q := Quote{Known: true}
	bill := func(tokens int64, rate, instead Rate) float64 {
		if tokens <= 0 {
			return 0
		}
		if !rate.Known {
			rate, q.Assumed = instead, q.Assumed || instead.Known
		}
		if !rate.Known {
			q.Known = false
			return 0
		}
		return float64(tokens) * rate.pico()
	}
	const dollar = 1e12 // picodollars

	hour := Rate{2 * r.Input.USD, r.Input.Known}
	reasoning := int64(0)
	if r.Reasoning.Known {
		reasoning = min(max(u.Reasoning, 0), max(u.Output, 0))
	}
	input := bill(u.Input, r.Input, Rate{})
	read := bill(u.CacheRead, r.CacheRead, r.Input)
	write := bill(u.CacheWrite, r.CacheWrite, r.Input) + bill(u.CacheWrite1h, r.CacheWrite1h, hour)
	output := bill(u.Output-reasoning, r.Output, Rate{}) + bill(reasoning, r.Reasoning, Rate{})
	call := math.Round(t.PerCall * dollar)

	q.Input, q.CacheRead, q.CacheWrite, q.Output, q.PerCall = input/dollar, read/dollar, write/dollar, output/dollar, t.PerCall
	q.USD = (input + read + write + output + call) / dollar
	return q
}
