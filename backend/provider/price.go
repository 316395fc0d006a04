package provider

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
)

// PriceRules is where in the listing of a model its prices stand.
type PriceRules struct {
	Tokens     float64 `yaml:"tokens,omitempty"`
	Per        float64 `yaml:"per,omitempty"`
	Each       string  `yaml:"each,omitempty"`
	Input      string  `yaml:"input"`
	Output     string  `yaml:"output"`
	Reasoning  string  `yaml:"reasoning,omitempty"`
	CacheRead  string  `yaml:"cache_read,omitempty"`
	CacheWrite string  `yaml:"cache_write,omitempty"`
	Request    string  `yaml:"request,omitempty"`
	Tiers      string  `yaml:"tiers,omitempty"`
	Above      string  `yaml:"above,omitempty"`
	Unless     string  `yaml:"unless,omitempty"`
	AudioInput string  `yaml:"audio_input,omitempty"`
	Currency   string  `yaml:"currency,omitempty"`
}

// check names the member at fault.
func (r *PriceRules) check() error {
	switch {
	case r.Input == "" || r.Output == "":
		return errors.New("input: and output are wanted")
	case (r.Tiers == "") != (r.Above == ""):
		return errors.New("tiers: go with above")
	case r.Currency != "" && !IsCurrency(r.Currency):
		return errors.New("currency: three letters are wanted, such as EUR or CNY")
	case r.Tokens < 0 || r.Per < 0:
		return errors.New("tokens: and per must be above zero")
	}
	for member, path := range map[string]string{"each": r.Each, "input": r.Input, "output": r.Output, "reasoning": r.Reasoning, "cache_read": r.CacheRead,
		"cache_write": r.CacheWrite, "request": r.Request, "tiers": r.Tiers, "above": r.Above, "unless": r.Unless, "audio_input": r.AudioInput} {
		if err := checkPath(member, path); err != nil {
			return err
		}
	}
	return nil
}

// IsCurrency reports whether text names a currency: three capital letters.
func IsCurrency(text string) bool {
	return len(text) == 3 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Currency is "" for the one that all is reckoned in.
func Currency(text string) string {
	if text == "USD" {
		return ""
	}
	return text
}

// Price is what a listing says that a model costs: for a million tokens, or for a request. Nil is what it does not say.
type Price struct {
	Rates
	Request  float64 `json:"request,omitempty"`
	Tiers    []Tier  `json:"tiers,omitempty"`    // for long prompts, as they are listed
	Currency string  `json:"currency,omitempty"` // of all of it; "" for US dollars
}

// Rates are the prices of a million tokens, by their class.
type Rates struct {
	Input      *float64 `json:"in,omitempty"`
	Output     *float64 `json:"out,omitempty"`
	Reasoning  *float64 `json:"think,omitempty"`
	CacheRead  *float64 `json:"cr,omitempty"`
	CacheWrite *float64 `json:"cw,omitempty"`
	AudioInput *float64 `json:"ain,omitempty"`
}

// Tier is the rates of prompts that are longer than a number of tokens.
type Tier struct {
	Above int64 `json:"above"`
	Rates
}

const maxTiers = 10

// read finds the price in a model's listing; nil where there is none that holds whoever serves the model.
func (r *PriceRules) read(listed json.RawMessage) *Price {
	v, ok := tree(listed)
	if !ok || r.Unless != "" && at(v, r.Unless) != nil {
		return nil
	}
	if r.Each == "" {
		return r.price(v)
	}
	list, _ := at(v, r.Each).([]any)
	var all *Price
	for i, v := range list {
		p := r.price(v)
		if p == nil || i > 0 && !reflect.DeepEqual(p, all) {
			return nil // who will serve it is not known, and so neither is what it will cost
		}
		all = p
	}
	return all
}

func (r *PriceRules) price(v any) *Price {
	p := &Price{Currency: Currency(r.Currency), Rates: r.rates(v, func(path string) string { return path })}
	if p.Input == nil || p.Output == nil {
		return nil
	}
	if f, ok := figureAt(v, r.Request); ok && r.Request != "" && f > 0 {
		p.Request = f / cmp.Or(r.Per, 1)
	}
	tiers, _ := at(v, r.Tiers).([]any)
	for _, t := range tiers[:min(len(tiers), maxTiers)] {
		above, ok := figureAt(t, r.Above)
		tier := Tier{int64(above), r.rates(t, func(path string) string { return path[strings.LastIndexByte(path, '.')+1:] })}
		if !ok || tier.Input == nil || tier.Output == nil {
			return nil // other prices hold at times, and which they are is not told
		}
		p.Tiers = append(p.Tiers, tier)
	}
	return p
}

// rates reads the rates that stand at the paths, as where has them.
func (r *PriceRules) rates(v any, where func(path string) string) Rates {
	rate := func(path string) *float64 {
		f, ok := figureAt(v, where(path))
		if !ok || f < 0 || path == "" { // below zero: it varies
			return nil
		}
		f = math.Round(f/cmp.Or(r.Per, 1)/cmp.Or(r.Tokens, 1e6)*1e12) / 1e6
		return &f
	}
	out := Rates{Input: rate(r.Input), Output: rate(r.Output)}
	for _, x := range []struct {
		into *(*float64)
		path string
	}{{&out.Reasoning, r.Reasoning}, {&out.CacheRead, r.CacheRead}, {&out.CacheWrite, r.CacheWrite}, {&out.AudioInput, r.AudioInput}} {
		// Zero beside an input that costs is how hosts list what they do not bill apart.
		if f := rate(x.path); f != nil && (*f > 0 || out.Input != nil && *out.Input == 0) {
			*x.into = f
		}
	}
	return out
}
