package catalog

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/provider"
)

// keepGone is how long an offer is remembered after it was last missing from a good scan, so that a relay which drops a
// model for a day does not make it look new.
const keepGone = 30 * 24 * time.Hour

// Offer is one model at one account.
type Offer struct {
	Account   string       `json:"account"` // account id
	Name      string       `json:"name"`    // as it must be sent
	Model     string       `json:"-"`       // canonical id; of the catalog at hand, so it is not kept
	Display   string       `json:"display,omitempty"`
	Protocols protocol.Set `json:"protocols"`
	Context   int64        `json:"context,omitempty"`    // tokens, as the account says; 0 where it does not
	MaxOutput int64        `json:"max_output,omitempty"` // tokens, as the account says; 0 where it does not
	Created   time.Time    `json:"created,omitzero"`
	OwnedBy   string       `json:"owned_by,omitempty"`

	Price *provider.Price `json:"price,omitempty"` // the account's own, as it was listed when last seen; nil where the listing told none

	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Gone      time.Time `json:"gone,omitzero"` // when a good scan first missed it; zero while it is offered
}

// Offered reports whether the model is there to be used.
func (o Offer) Offered() bool { return o.Gone.IsZero() }

// Merge joins what an account offered before with what it has just listed, sorted by name. old is not changed.
//
// Only a listing that went through says what is missing: then what it lacks is marked as gone, and forgotten after
// thirty days. One that failed takes nothing away; what it listed before it failed is taken in. A model that comes back
// loses its mark. Merging the same listing again changes nothing.
func Merge(account string, old []Offer, l provider.Listing, now time.Time) []Offer {
	good := wentThrough(l.Outcome)
	byName := make(map[string]Offer, len(old)+len(l.Models))
	for _, o := range old {
		byName[o.Name] = o
	}
	listed := make(map[string]bool, len(l.Models))
	for _, m := range l.Models {
		if m.Name == "" || listed[m.Name] {
			continue
		}
		listed[m.Name] = true
		o, known := byName[m.Name]
		if !known {
			o = Offer{Account: account, Name: m.Name, FirstSeen: now}
		}
		o.LastSeen, o.Gone = now, time.Time{}
		o.Protocols, o.Price = m.Protocols, m.Price
		o.Display = cmp.Or(m.Display, o.Display)
		o.Context = cmp.Or(m.Context, o.Context)
		o.MaxOutput = cmp.Or(m.MaxOutput, o.MaxOutput)
		o.OwnedBy = cmp.Or(m.OwnedBy, o.OwnedBy)
		if !m.Created.IsZero() {
			o.Created = m.Created
		}
		byName[m.Name] = o
	}
	out := make([]Offer, 0, len(byName))
	for name, o := range byName {
		if good && !listed[name] {
			if o.Gone.IsZero() {
				o.Gone = now
			}
			if now.Sub(o.Gone) > keepGone {
				continue
			}
		}
		o.Model = Embedded().ID(name)
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Offer) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// wentThrough reports whether a listing speaks for all that an account offers.
func wentThrough(o provider.Outcome) bool {
	return o == provider.OutcomeOK || o == provider.OutcomeEmpty
}

// differ reports whether two lists of one account, both sorted, differ in anything that routing or a list of models shows.
func differ(a, b []Offer) bool {
	return !slices.EqualFunc(a, b, func(a, b Offer) bool {
		return a.Name == b.Name && a.Protocols == b.Protocols && a.Offered() == b.Offered() && a.Display == b.Display &&
			a.Context == b.Context && a.MaxOutput == b.MaxOutput && reflect.DeepEqual(a.Price, b.Price)
	})
}

// Offered says what is known of an offer, and the price that holds for it: none on one's own machine; else what the account publishes in its
// list of models; else that of a price list.
func (c *Catalog) Offered(providerID, baseURL string, o Offer) (*Model, *Price) {
	m, price := c.Model(providerID, baseURL, o.Name)
	if p, known := provider.Get(providerID); known && price != Free && o.Price != nil {
		price = published(o, p.PublishedBy(baseURL)).disputed(price, o.LastSeen)
	}
	return m, price
}

// published is a listed price, as it was when the model was last seen.
func published(o Offer, by string) *Price {
	p := &Price{Currency: o.Price.Currency, Terms: Terms{Rates: ratesOf(o.Price.Rates), PerCall: o.Price.Request}, Source: "the list of models of " + cmp.Or(by, "the account"),
		AsOf: o.LastSeen.UTC().Format(time.DateOnly)}
	for _, t := range o.Price.Tiers {
		p.Tiers = append(p.Tiers, Tier{Above: t.Above, Rates: ratesOf(t.Rates)})
	}
	slices.SortFunc(p.Tiers, func(a, b Tier) int { return cmp.Compare(a.Above, b.Above) })
	return p
}

func ratesOf(r provider.Rates) Rates {
	rate := func(usd *float64) Rate {
		if usd == nil {
			return Rate{}
		}
		return USD(*usd)
	}
	return Rates{Input: rate(r.Input), Output: rate(r.Output), Reasoning: rate(r.Reasoning), CacheRead: rate(r.CacheRead), CacheWrite: rate(r.CacheWrite),
		Audio: PartRates{Input: rate(r.AudioInput)}}
}
