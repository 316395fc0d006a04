package control

import (
	"context"
	"slices"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/provider"
)

// PriceList says which list of prices is in force, for models of which no account publishes its own.
type PriceList struct {
	Source  string           `json:"source"`
	AsOf    string           `json:"as_of" doc:"The day of it, 2006-01-02"`
	Days    int              `json:"days" doc:"How old it is"`
	Old     bool             `json:"old" doc:"So old that prices may well have changed"`
	Fetched bool             `json:"fetched" doc:"It was fetched; else it came with this version of Metapi"`
	Auto    bool             `json:"auto" doc:"It is fetched anew each day"`
	From    string           `json:"from" doc:"Where it is fetched from"`
	Outcome provider.Outcome `json:"outcome,omitempty" enum:"ok,unreachable,unparsable,implausible" doc:"How the last refresh went; absent where there was none"`
	Message string           `json:"message,omitempty" doc:"In words, where that did not go well"`
	Asked   time.Time        `json:"asked,omitzero"`
}

// ModelPrice is all that is known of what a model costs at an account.
type ModelPrice struct {
	Account  string       `json:"account" doc:"The account's slug"`
	Name     string       `json:"name" doc:"As the upstream calls the model"`
	Known    bool         `json:"known"`
	Why      string       `json:"why,omitempty" doc:"Why nothing is known"`
	Free     bool         `json:"free,omitempty" doc:"It is known to cost nothing"`
	Source   string       `json:"source,omitempty"`
	Page     string       `json:"page,omitempty" doc:"Where the vendor publishes it"`
	AsOf     string       `json:"as_of,omitempty" doc:"2006-01-02; absent for your own"`
	Old      bool         `json:"old,omitempty" doc:"So old that it may well have changed"`
	Currency string       `json:"currency,omitempty" doc:"What it is published in, where that is not dollars"`
	Dollars  float64      `json:"dollars,omitempty" doc:"What one of the currency is in dollars, by rates in routing.yaml; absent where nobody has said"`
	Terms    []PriceTerms `json:"terms" doc:"The usual ones first; of the others the last that holds counts"`
	Services []PriceLine  `json:"services" doc:"What the price of tokens is multiplied by"`
	Other    *ModelPrice  `json:"other,omitempty" doc:"What another source says, by more than a tenth; budgets hold back by the dearer"`
}

// PriceTerms is what holds from a day on, in some hours, or for long prompts.
type PriceTerms struct {
	When  string      `json:"when" doc:"In words; empty: always"`
	Now   bool        `json:"now,omitempty" doc:"They hold now, for short prompts"`
	Lines []PriceLine `json:"lines"`
}

// PriceLine is one amount, in the currency of the price.
type PriceLine struct {
	What   string  `json:"what" doc:"In words"`
	Amount float64 `json:"amount"`
	Unit   string  `json:"unit" doc:"What the amount is for: 1M tokens, request, image, search, or × for what multiplies"`
}

func (s *Service) priceList(context.Context, *nothing) (PriceList, error) {
	last, err := s.Lists.Last()
	if err != nil {
		return PriceList{}, err
	}
	c := s.Lists.Catalog()
	on, from := s.Lists.Setting()
	if from == "" {
		from = catalog.PublishedAt
	}
	now := time.Now()
	p := PriceList{Source: c.Source, AsOf: c.AsOf, Old: catalog.Stale(c.AsOf, now), Fetched: s.Lists.Fetched(), Auto: on, From: from,
		Outcome: last.Outcome, Message: last.Message, Asked: last.At}
	if day, err := time.Parse(time.DateOnly, c.AsOf); err == nil {
		p.Days = int(now.Sub(day) / (24 * time.Hour))
	}
	return p, nil
}

func (s *Service) refreshPrices(ctx context.Context, in *nothing) (PriceList, error) {
	if _, err := s.Lists.Refresh(ctx); err != nil {
		return PriceList{}, err
	}
	return s.priceList(ctx, in)
}

func (s *Service) forgetPrices(ctx context.Context, in *nothing) (PriceList, error) {
	if err := s.Lists.Forget(); err != nil {
		return PriceList{}, err
	}
	return s.priceList(ctx, in)
}

type priceInput struct {
	Name    string `query:"name" required:"true" doc:"As the upstream calls the model, or its canonical id"`
	Account string `query:"account" doc:"Only at this account: id, slug or name"`
}

// price tells what one model costs, at each account that offers it.
func (s *Service) price(_ context.Context, in *priceInput) ([]ModelPrice, error) {
	accounts, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	list, set, known := []ModelPrice{}, s.Routing(), s.Lists.Catalog()
	for _, a := range accounts {
		if in.Account != "" && !slices.Contains([]string{a.ID, a.Slug, a.Name}, in.Account) {
			continue
		}
		offers, err := s.Offers.Get(a.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			m, price := known.Offered(a.Provider, a.BaseURL, o)
			id := o.Model
			if m != nil {
				id = m.ID
			}
			if o.Name != in.Name && id != in.Name {
				continue
			}
			if own := set.Own(a.Slug, o.Name, id); own != nil {
				price = own
			}
			p := modelPrice(price.At(set.Worth), time.Now())
			p.Account, p.Name = a.Slug, o.Name
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil, NewProblem(NotFound, "No account offers a model "+in.Name+".", "metapi models lists those there are")
	}
	return list, nil
}

func modelPrice(p *catalog.Price, now time.Time) ModelPrice {
	out := ModelPrice{Terms: []PriceTerms{}, Services: []PriceLine{}}
	if out.Why = p.Unknown(); p == nil {
		return out
	}
	out.Known, out.Free = out.Why == "", p == catalog.Free
	out.Source, out.Page, out.AsOf, out.Old, out.Currency, out.Dollars = p.Source, p.Page, p.AsOf, p.Old(now), p.Currency, p.Dollars
	holding := p.Holding(now)
	for i := -1; i < len(p.Later); i++ {
		t := &p.Terms
		if i >= 0 {
			t = &p.Later[i]
		}
		out.Terms = append(out.Terms, PriceTerms{When: t.When(), Now: t == holding, Lines: termLines(t)})
		for _, tier := range t.Tiers {
			out.Terms = append(out.Terms, PriceTerms{When: tier.When(t), Lines: rateLines(tier.Rates)})
		}
	}
	for _, l := range []PriceLine{{"Batch", p.Services.Batch, "×"}, {"Flex", p.Services.Flex, "×"}, {"Priority", p.Services.Priority, "×"}} {
		if l.Amount > 0 {
			out.Services = append(out.Services, l)
		}
	}
	if p.Other != nil {
		other := modelPrice(p.Other, now)
		out.Other = &other
	}
	return out
}

func rateLines(r catalog.Rates) []PriceLine {
	lines := []PriceLine{}
	for _, x := range []struct {
		what string
		rate catalog.Rate
	}{
		{"Input", r.Input}, {"Input from cache", r.CacheRead}, {"Input written to cache", r.CacheWrite}, {"Input written to cache for an hour", r.CacheWrite1h},
		{"Output", r.Output}, {"Reasoning", r.Reasoning},
		{"Sound in", r.Audio.Input}, {"Sound in, from cache", r.Audio.Cached}, {"Sound out", r.Audio.Output},
		{"Pictures in", r.Image.Input}, {"Pictures in, from cache", r.Image.Cached}, {"Pictures out", r.Image.Output},
	} {
		if x.rate.Known {
			lines = append(lines, PriceLine{x.what, x.rate.USD, "1M tokens"})
		}
	}
	return lines
}

func termLines(t *catalog.Terms) []PriceLine {
	lines := rateLines(t.Rates)
	for _, l := range []PriceLine{{"Each request", t.PerCall, "request"}, {"Each picture made", t.PerImage, "image"}, {"Each search of the web", t.PerSearch, "search"}} {
		if l.Amount > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}
