package routing

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"metapi/backend/catalog"
	"metapi/backend/provider"
)

// OwnPrice is a price of the user's, for a million tokens. What is not given is not known, but for caches, sound, pictures and services: see
// [catalog.Price.Quote].
type OwnPrice struct {
	Input        *float64 `yaml:"input,omitempty"`
	Output       *float64 `yaml:"output,omitempty"`
	Reasoning    *float64 `yaml:"reasoning,omitempty"`
	CacheRead    *float64 `yaml:"cache_read,omitempty"`
	CacheWrite   *float64 `yaml:"cache_write,omitempty"`
	CacheWrite1h *float64 `yaml:"cache_write_1h,omitempty"`
	AudioInput   *float64 `yaml:"audio_input,omitempty"`
	AudioCached  *float64 `yaml:"audio_cached,omitempty"`
	AudioOutput  *float64 `yaml:"audio_output,omitempty"`
	ImageInput   *float64 `yaml:"image_input,omitempty"`
	ImageCached  *float64 `yaml:"image_cached,omitempty"`
	ImageOutput  *float64 `yaml:"image_output,omitempty"`

	PerCall   float64 `yaml:"per_call,omitempty"`   // for each request
	PerImage  float64 `yaml:"per_image,omitempty"`  // for each picture that is made
	PerSearch float64 `yaml:"per_search,omitempty"` // for each search of the web

	// What the prices of tokens are multiplied by in these services. Default: not known.
	Batch    float64 `yaml:"batch,omitempty"`
	Flex     float64 `yaml:"flex,omitempty"`
	Priority float64 `yaml:"priority,omitempty"`

	Currency string `yaml:"currency,omitempty"` // of all amounts, three letters; default: USD
}

// Price is p as the catalog has prices.
func (p *OwnPrice) Price() *catalog.Price {
	rate := func(v *float64) catalog.Rate {
		if v == nil {
			return catalog.Rate{}
		}
		return catalog.USD(*v)
	}
	return &catalog.Price{Source: "your own, in " + SettingsFile, Currency: provider.Currency(p.Currency),
		Services: catalog.Services{Batch: p.Batch, Flex: p.Flex, Priority: p.Priority},
		Terms: catalog.Terms{PerCall: p.PerCall, PerImage: p.PerImage, PerSearch: p.PerSearch, Rates: catalog.Rates{Input: rate(p.Input),
			Output: rate(p.Output), Reasoning: rate(p.Reasoning), CacheRead: rate(p.CacheRead), CacheWrite: rate(p.CacheWrite), CacheWrite1h: rate(p.CacheWrite1h),
			Audio: catalog.PartRates{Input: rate(p.AudioInput), Cached: rate(p.AudioCached), Output: rate(p.AudioOutput)},
			Image: catalog.PartRates{Input: rate(p.ImageInput), Cached: rate(p.ImageCached), Output: rate(p.ImageOutput)}}}}
}

// Own is the user's own price of a model at an account, by the names that the account and everybody has for it; nil: there is none. A price of one
// account's counts before one of all.
func (s *Settings) Own(slug, upstream, model string) *catalog.Price {
	if len(s.Prices) == 0 {
		return nil
	}
	for _, name := range [...]string{slug + "/" + upstream, slug + "/" + model, upstream, model} {
		if p, ok := s.Prices[name]; ok {
			return p.Price()
		}
	}
	return nil
}

// factors are the members that multiply; all others but the currency are amounts.
var factors = []string{"batch", "flex", "priority"}

// UnmarshalYAML reads a price, and says where it is wrong.
func (p *OwnPrice) UnmarshalYAML(node ast.Node) error {
	m, ok := node.(ast.MapNode)
	if !ok {
		return priceError(node, "a price is written as input: 2, output: 8")
	}
	type plain OwnPrice
	err := yaml.NodeToValue(node, (*plain)(p), yaml.Strict())
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		return err
	}
	for members := m.MapRange(); members.Next(); {
		word, value := members.Key().String(), members.Value()
		if word == "currency" {
			if text := value.GetToken().Value; !provider.IsCurrency(text) {
				return priceError(value, fmt.Sprintf("%q is no currency; three letters are, such as EUR or CNY", text))
			}
			continue
		}
		amount := math.NaN()
		_ = yaml.NodeToValue(value, &amount) // what is no number stays none
		most, what := 1e6, "an amount from 0 to a million"
		if slices.Contains(factors, word) {
			most, what = 100, "what the price is multiplied by, from 0 to 100"
		}
		if !(amount >= 0 && amount <= most) {
			return priceError(value, fmt.Sprintf("%s must be %s, not %s", word, what, strings.TrimSpace(value.String())))
		}
	}
	return err
}

// priceError is a [ConditionError] for prices: it knows its place in the file.
func priceError(at ast.Node, message string) error {
	pos := at.GetToken().Position
	return &ConditionError{pos.Line, pos.Column, message}
}

// PerDollar is how many of a currency make a dollar.
type PerDollar float64

// UnmarshalYAML reads it, and says where it is wrong.
func (p *PerDollar) UnmarshalYAML(node ast.Node) error {
	var n float64
	if err := yaml.NodeToValue(node, &n); err != nil || !(n > 0 && n <= 1e7) {
		return priceError(node, "this must be how many of the currency make a dollar, above 0: CNY: 7.1")
	}
	*p = PerDollar(n)
	return nil
}

// Worth is what one of a currency is in dollars; 0 where the user has not said.
func (s *Settings) Worth(currency string) float64 {
	if n := s.Rates[currency]; n > 0 {
		return 1 / float64(n)
	}
	return 0
}
