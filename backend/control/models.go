package control

import (
	"cmp"
	"context"
	"slices"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/catalog/scores"
	"metapi/backend/routing"
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
	list, set, known, judged := []Model{}, s.Routing(), s.Lists.Catalog(), s.judged(now)
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
				m.CacheWrite = dollars(price.InDollars(rates.CacheWrite))
				m.Tiered = len(terms.Tiers) > 0 || len(price.Later) > 0
				m.PriceSource, m.PriceAsOf, m.PriceOld, m.PriceFree = price.Source, price.AsOf, price.Old(now), price == catalog.Free
				if price.Other != nil {
					other := price.Other.Holding(now).For(0)
					m.PriceDisputed = price.Other.Source
					m.OtherInput, m.OtherOutput = dollars(price.Other.InDollars(other.Input)), dollars(price.Other.InDollars(other.Output))
				}
			}
			if q, ok := judged[offered{a.ID, o.Name}]; ok {
				m.Quality = &q
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

// offered is one model at one account: its id, and the name there.
type offered struct{ account, name string }

// judged is how good the answers of what is in force are expected to be, where there is evidence of it.
func (s *Service) judged(at time.Time) map[offered]float64 {
	if s.serving() == nil {
		return nil
	}
	snap := s.Snapshot()
	all := make(map[offered]float64, len(snap.Deployments))
	for i := range snap.Deployments {
		d := &snap.Deployments[i]
		if j := d.Judge(scores.Other, at); rests(j) {
			all[offered{d.Account.ID, d.Upstream}] = j.Quality
		}
	}
	return all
}

// rests reports whether a judgement rests on anything.
func rests(j routing.Judged) bool { return j.Evidence != scores.None || j.Thumbs > 0 }

// Scores is how good a model's answers are expected to be.
type Scores struct {
	Evidence string        `json:"evidence" enum:"published,family,no evidence,your own" doc:"What that rests on, before thumbs"`
	From     string        `json:"from,omitempty" doc:"Likewise, in words"`
	Thumbs   float64       `json:"thumbs" doc:"How many answers the user's thumbs weigh"`
	Domains  []DomainScore `json:"domains" doc:"By what is asked; empty where nothing is known"`
}

// DomainScore is that for one kind of question.
type DomainScore struct {
	Domain  string  `json:"domain"`
	Quality float64 `json:"quality" minimum:"0" maximum:"1" doc:"The share of good answers"`
}

type scoresInput struct {
	Name string `query:"name" required:"true" doc:"As the upstream calls it"`
}

// scores judges a model by the first account, in the user's order, that offers it.
func (s *Service) scores(_ context.Context, in *scoresInput) (Scores, error) {
	out := Scores{Evidence: string(scores.None), Domains: []DomainScore{}}
	if s.serving() == nil {
		return out, nil
	}
	snap, now := s.Snapshot(), time.Now()
	i := slices.IndexFunc(snap.Deployments, func(d routing.Deployment) bool { return d.Upstream == in.Name })
	if i < 0 {
		return out, nil
	}
	for domain := range scores.Domains {
		d := scores.Domain(domain)
		j := snap.Deployments[i].Judge(d, now)
		if d == scores.Other {
			out.Evidence, out.From, out.Thumbs = string(j.Evidence), j.From, j.Thumbs
		}
		if rests(j) {
			out.Domains = append(out.Domains, DomainScore{d.String(), j.Quality})
		}
	}
	return out, nil
}
