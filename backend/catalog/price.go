package catalog

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
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

	Audio PartRates `json:"audio"`
	Image PartRates `json:"image"`
}

// PartRates are those of tokens of one kind, only where a vendor bills it apart from text; else they are the ones of text.
type PartRates struct {
	Input  Rate `json:"input"`
	Cached Rate `json:"cached"`
	Output Rate `json:"output"`
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
	PerCall   float64       `json:"per_call,omitempty"`   // dollars for each request, whatever its size
	PerImage  float64       `json:"per_image,omitempty"`  // dollars for each picture that is made
	PerSearch float64       `json:"per_search,omitempty"` // dollars for each search of the web; 0: not known
	Tiers     []Tier        `json:"tiers,omitempty"`      // by rising size
	From      time.Time     `json:"from,omitzero"`        // the first moment at which they hold; zero: always did
	Start     time.Duration `json:"start,omitempty"`      // hours of the day, since midnight UTC; Start == End: all day
	End       time.Duration `json:"end,omitempty"`        // not included; before Start where the hours go over midnight
}

// When says in words when they hold: "" for always.
func (t *Terms) When() string {
	var words []string
	if !t.From.IsZero() {
		words = append(words, "from "+t.From.Format(time.DateOnly))
	}
	if t.Start != t.End {
		clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
		words = append(words, clock(t.Start)+" to "+clock(t.End)+" UTC")
	}
	return strings.Join(words, ", ")
}

// When says in words for which prompts a tier of some terms holds, and when.
func (t Tier) When(of *Terms) string {
	words := fmt.Sprintf("prompts above %d tokens", t.Above)
	if when := of.When(); when != "" {
		words = when + ", " + words
	}
	return words
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
	Later    []Terms  `json:"later,omitempty"`
	Services Services `json:"services,omitzero"`
	Source   string   `json:"source"`         // where it is from, e.g. "genai-prices 0.1.8, anthropic"
	Page     string   `json:"page,omitempty"` // where the vendor publishes it
	AsOf     string   `json:"as_of"`          // the day on which the source was made, 2006-01-02; "" for the user's own

	// Currency is what all the amounts are in, where that is not dollars, and Dollars what one of it is in dollars: 0 where nobody has said.
	Currency string  `json:"currency,omitempty"`
	Dollars  float64 `json:"dollars,omitempty"`

	Other *Price `json:"other,omitempty"` // what another source says, where it differs by more than a tenth: they are in dispute
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
	PerCall    float64 // whatever is not billed by tokens

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
func (p *Price) Flat(made int64, at time.Time) (usd float64, known bool) {
	if p.worth() == 0 {
		return 0, false
	}
	t := p.Holding(at)
	free := t.Input.Known && t.Output.Known && t.Input.USD == 0 && t.Output.USD == 0
	flat := t.PerCall + t.PerImage*float64(made)
	return flat * p.worth(), free || flat > 0 && !t.Input.Known && !t.Output.Known
}

// worth is what one of the price's currency is in dollars; 0 where that, or the price, is not known.
func (p *Price) worth() float64 {
	switch {
	case p == nil:
		return 0
	case p.Currency == "":
		return 1
	}
	return p.Dollars
}

// At is the price with what its currency is worth; p itself where that is no question.
func (p *Price) At(worth func(currency string) float64) *Price {
	if p == nil || p.Currency == "" && (p.Other == nil || p.Other.Currency == "") {
		return p
	}
	at := *p
	if p.Currency != "" {
		at.Dollars = worth(p.Currency)
	}
	at.Other = p.Other.At(worth)
	return &at
}

// InDollars is a rate of this price in dollars; unknown where its currency's worth is.
func (p *Price) InDollars(r Rate) Rate {
	if !r.Known || p.worth() == 0 {
		return Rate{}
	}
	return USD(r.USD * p.worth())
}

// Unknown says why nothing can be reckoned by a price; "" where something can.
func (p *Price) Unknown() string {
	switch {
	case p == nil:
		return "nobody tells its price"
	case p.worth() == 0:
		return "its price is in " + p.Currency + ", and no rate for that is set"
	}
	return ""
}

// old is how long a list of prices may stand.
const old = 45 * 24 * time.Hour

// Old reports whether the source of a price has not been looked at for long. What the user has set does not grow old.
func (p *Price) Old(now time.Time) bool { return Stale(p.AsOf, now) }

// Stale reports whether what was so on a day may well be otherwise by now. No day never is.
func Stale(asOf string, now time.Time) bool {
	day, err := time.Parse(time.DateOnly, asOf)
	return err == nil && now.Sub(day) > old
}

// Reserve is [Price.Cost] by the dearer of two sources that are in dispute: what has to be at hand.
func (p *Price) Reserve(u protocol.Usage, at time.Time) (usd float64, known bool) {
	usd, known = p.Cost(u, at)
	if p != nil && p.Other != nil {
		if dear, also := p.Other.Cost(u, at); also {
			usd, known = max(usd, dear), true
		}
	}
	return usd, known
}

// disputed is p beside what another source says, which counts where it is known and differs by more than a tenth.
func (p *Price) disputed(other *Price, at time.Time) *Price {
	if p == nil || other == nil {
		return p
	}
	a, b := p.Holding(at).For(0), other.Holding(at).For(0)
	differ := func(x, y Rate) bool {
		low, high := min(x.USD, y.USD), max(x.USD, y.USD)
		return x.Known && y.Known && high > low*1.1+1e-9
	}
	if p.Currency != other.Currency || !differ(a.Input, b.Input) && !differ(a.Output, b.Output) {
		return p
	}
	both := *p
	both.Other = other
	return &both
}

// Quote is [Price.Cost] class by class.
//
// Where the source lists no cache price, cached tokens are billed as input: right for vendors without a discount, and
// for reads never too low. A write that lasts an hour is taken as twice the input price, which is what Anthropic,
// the only vendor with that class, publishes for every model. Both set Assumed. So does a discount for batches or flex that nobody lists and
// nobody is taken to give; what a service of more urgency costs more is not known where it is not listed.
//
// Sound and pictures are billed apart where the vendor does, and the upstream has told how much of the tokens they were.
func (p *Price) Quote(u protocol.Usage, at time.Time) Quote {
	worth := p.worth()
	if worth == 0 {
		return Quote{}
	}
	factor, known := p.Services.factor(u.Service)
	t := p.Holding(at)
	r := t.For(u.Prompt())
	q := Quote{Known: known, Assumed: factor == 0}
	if factor == 0 {
		factor = 1
	}
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
		rate.USD *= factor
		return float64(tokens) * rate.pico()
	}
	// kind bills what of some tokens is sound or pictures, and takes it off them.
	kind := func(tokens int64, of *int64, rate, text, instead Rate) float64 {
		if tokens <= 0 {
			return 0
		}
		tokens = min(tokens, max(*of, 0))
		*of -= tokens
		if !rate.Known {
			rate = text
		}
		return bill(tokens, rate, instead)
	}
	const dollar = 1e12 // picodollars

	if u.Searches > 0 && t.PerSearch == 0 {
		q.Known = false
	}
	fresh, cached, out := u.Input, u.CacheRead, u.Output
	hour, sound, pictures := Rate{2 * r.Input.USD, r.Input.Known}, r.Audio.Input, r.Image.Input
	if !sound.Known {
		sound = r.Input
	}
	if !pictures.Known {
		pictures = r.Input
	}
	input := kind(u.Audio.Input, &fresh, sound, sound, Rate{}) + kind(u.Image.Input, &fresh, pictures, pictures, Rate{})
	read := kind(u.Audio.Cached, &cached, r.Audio.Cached, r.CacheRead, sound) + kind(u.Image.Cached, &cached, r.Image.Cached, r.CacheRead, pictures)
	text := r.Output
	if !u.Split && out > 0 {
		text = r.untold()
	}
	reasoning := int64(0)
	if r.Reasoning.Known {
		reasoning = min(max(u.Reasoning, 0), max(out, 0))
		out -= reasoning
	}
	output := kind(u.Audio.Output, &out, r.Audio.Output, text, Rate{}) + kind(u.Image.Output, &out, r.Image.Output, text, Rate{})
	output += bill(out, text, Rate{}) + bill(reasoning, r.Reasoning, Rate{})
	input += bill(fresh, r.Input, Rate{})
	read += bill(cached, r.CacheRead, r.Input)
	write := bill(u.CacheWrite, r.CacheWrite, r.Input) + bill(u.CacheWrite1h, r.CacheWrite1h, hour)
	call := math.Round((t.PerCall + t.PerImage*float64(u.Made) + t.PerSearch*float64(u.Searches)) * dollar)

	q.Input, q.CacheRead, q.CacheWrite, q.Output, q.PerCall = input/dollar*worth, read/dollar*worth, write/dollar*worth, output/dollar*worth, call/dollar*worth
	q.USD = (input + read + write + output + call) / dollar * worth
	return q
}

// untold is the rate of output of which the upstream has not told what it was made of: not known where that would matter.
func (r *Rates) untold() Rate {
	sound, pictures := r.Audio.Output, r.Image.Output
	switch {
	case !sound.Known && !pictures.Known:
		return r.Output
	case !r.Output.Known && !sound.Known:
		return pictures // it makes nothing else
	case !r.Output.Known && !pictures.Known:
		return sound
	}
	return Rate{}
}
