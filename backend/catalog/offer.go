package catalog

import (
	"cmp"
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
	FirstSeen time.Time    `json:"first_seen"`
	LastSeen  time.Time    `json:"last_seen"`
	Gone      time.Time    `json:"gone,omitzero"` // when a good scan first missed it; zero while it is offered
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
		o.Protocols = m.Protocols
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
			a.Context == b.Context && a.MaxOutput == b.MaxOutput
	})
}
