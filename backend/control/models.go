package control

import (
	"cmp"
	"context"
	"slices"
	"time"

	"metapi/backend/catalog"
)

type modelsInput struct {
	Account string `query:"account" doc:"Only what this account offers: id, slug or name"`
}

// models lists what is on offer, and what was until lately, by name and then in the user's order of accounts.
func (s *Service) models(_ context.Context, in *modelsInput) ([]Model, error) {
	accounts, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	if in.Account != "" {
		a, err := s.Accounts.Get(in.Account)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts[:0], a)
	}
	now := time.Now()
	list, set, known := []Model{}, s.Routing(), s.Lists.Catalog()
	for _, a := range accounts {
		offers, err := s.Offers.Get(a.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			m := Model{Name: o.Name, Model: o.Model, Display: o.Display, Account: a.Slug, Provider: a.Provider, Protocols: []string{},
				Context: o.Context, MaxOutput: o.MaxOutput, LastSeen: o.LastSeen, Gone: o.Gone}
			for _, p := range o.Protocols.List() {
				m.Protocols = append(m.Protocols, p.String())
			}
			about, price := known.Offered(a.Provider, a.BaseURL, o)
			if about != nil {
				m.Model, m.Display = about.ID, cmp.Or(m.Display, about.Name)
				m.Context = cmp.Or(m.Context, about.Context)
				if about.Images {
					m.Can = append(m.Can, "images")
				}
				if about.Reasons {
					m.Can = append(m.Can, "reasoning")
				}
			}
			if own := set.Own(a.Slug, o.Name, m.Model); own != nil {
				price = own
			}
			price = price.At(set.Worth)
			if m.PriceUnknown = price.Unknown(); price != nil {
				terms := price.Holding(now)
				rates := terms.For(0)
				m.Input, m.Output, m.CacheRead = dollars(price.InDollars(rates.Input)), dollars(price.InDollars(rates.Output)), dollars(price.InDollars(rates.CacheRead))
				m.Tiered = len(terms.Tiers) > 0 || len(price.Later) > 0
				m.PriceSource, m.PriceAsOf, m.PriceOld, m.PriceFree = price.Source, price.AsOf, price.Old(now), price == catalog.Free
				if price.Other != nil {
					other := price.Other.Holding(now).For(0)
					m.PriceDisputed = price.Other.Source
					m.OtherInput, m.OtherOutput = dollars(price.Other.InDollars(other.Input)), dollars(price.Other.InDollars(other.Output))
				}
			}
			if m.Display == m.Name {
				m.Display = "" // the list is long enough
			}
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Model) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

func dollars(r catalog.Rate) *float64 {
	if !r.Known {
		return nil
	}
	return &r.USD
}
