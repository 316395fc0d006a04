package gateway

import (
	"cmp"
	"mime"
	"slices"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/form"
	"metapi/backend/protocol/scan"
	"metapi/backend/routing"
)

// Budgets keeps attempts within what may be spent.
type Budgets interface {
	// Any reports whether there is a budget at all. It takes no lock.
	Any() bool
	// Hold sets aside what an attempt of a request that began at a time may cost at most, in dollars. Where a budget leaves no room, the error is
	// for the client.
	Hold(client, account, model string, began time.Time, most func() float64) (Hold, *protocol.Error)
	// Settle calls record, which puts the request into the ledger, and books in one what its attempts have cost. Where there was no budget when
	// they were made, holds is empty.
	Settle(r *routing.Record, record func(), holds []Hold)
	// Spare names a budget that is spent, but refuses nothing: of an account, or else of all that is not one's. "": there is none.
	Spare(client, account, model string) string
	// Refuses is the error that Hold would answer with if so many dollars more were held. Nothing is.
	Refuses(client, account, model string, more float64) *protocol.Error
}

// Hold is what an attempt may cost.
type Hold interface {
	End(usd float64) // it has ended, and cost so much; only the first call counts
}

type noBudgets struct{}

func (noBudgets) Any() bool                                         { return false }
func (noBudgets) Spare(_, _, _ string) string                       { return "" }
func (noBudgets) Refuses(_, _, _ string, _ float64) *protocol.Error { return nil }
func (noBudgets) Settle(_ *routing.Record, record func(), _ []Hold) { record() }
func (noBudgets) Hold(_, _, _ string, _ time.Time, _ func() float64) (Hold, *protocol.Error) {
	return nothingHeld{}, nil
}

type nothingHeld struct{}

func (nothingHeld) End(float64) {}

// spare has a request served by whoever costs least once a budget is spent that refuses nothing, unless the client itself has asked for a mode.
func (x *exchange) spare() {
	if !x.g.Budgets.Any() || x.mode != "" {
		return
	}
	model := x.rec.Asked
	if found, err := x.snap.Names.Resolve(model); err == nil {
		model = found.Model
	}
	if name := x.g.Budgets.Spare(x.rec.Client, "", model); name != "" {
		x.mode = routing.Cheapest
		x.sparedBy(name)
	}
}

// spareAccounts puts candidates behind the others whose account has spent a budget that refuses nothing.
func (x *exchange) spareAccounts(d *routing.Decision) {
	if !x.g.Budgets.Any() || len(d.Candidates) < 2 {
		return
	}
	spent := map[string]string{}
	for i := range d.Candidates {
		id := d.Candidates[i].Account.ID
		if _, asked := spent[id]; !asked {
			spent[id] = x.g.Budgets.Spare(x.rec.Client, id, "")
		}
	}
	first, last := d.Candidates[0].Account.ID, d.Candidates[len(d.Candidates)-1].Tier
	for i := range d.Candidates {
		if c := &d.Candidates[i]; spent[c.Account.ID] != "" {
			c.Tier += last + 1
		}
	}
	slices.SortStableFunc(d.Candidates, func(a, b routing.Candidate) int { return cmp.Compare(a.Tier, b.Tier) })
	if d.Candidates[0].Account.ID != first {
		x.sparedBy(spent[first])
	}
}

// sparedBy says, in the reply and in the record, which budget has changed who serves.
func (x *exchange) sparedBy(budget string) {
	x.spared = "budget: " + budget
	x.w.Header()["X-Metapi-Budget"] = []string{mime.QEncoding.Encode("utf-8", budget)}
}

// unlimited is how many tokens a reply may have where neither the client nor the catalog sets a limit.
const unlimited = 8192

// hold sets aside what an attempt may cost, until the request settles.
func (x *exchange) hold(d *routing.Deployment) (Hold, *protocol.Error) {
	if !x.g.Budgets.Any() || x.counting() || x.stored() || filed.Has(x.in) {
		return nothingHeld{}, nil
	}
	h, refused := x.g.Budgets.Hold(x.rec.Client, d.Account.ID, d.Model, x.rec.Start, func() float64 { return x.worst(d) })
	if refused == nil {
		x.holds = append(x.holds, h)
	}
	return h, refused
}

// worst is what an attempt may cost at most, as far as prices are known.
func (x *exchange) worst(d *routing.Deployment) float64 {
	w, n := x.asked.Weigh(d), x.choices()
	u := protocol.Usage{Input: w.Prompt, Output: n * cmp.Or(x.peek.MaxOutput, d.MaxOutput, unlimited), Service: w.Service}
	if w.Writes {
		u.Input, u.CacheWrite = 0, u.Input
	}
	usd, _ := d.Price.Reserve(u, x.rec.Start)
	if flat, known := d.Price.Flat(n, x.rec.Start); known && x.once() { // each image is a call to who prices it so
		call, _ := d.Price.Flat(0, x.rec.Start)
		usd += flat + float64(n-2)*call // one of them is in what was reserved, and one in flat
	}
	return usd
}

// mostChoices bounds what a client may ask for at once: no upstream takes more.
const mostChoices = 128

// choices is how many replies are asked for, or images. Each is billed.
func (x *exchange) choices() int64 {
	n := int64(1)
	take := func(token []byte) {
		if v, ok := scan.Int(token); ok {
			n = min(max(n, v), mostChoices)
		}
	}
	if x.peek.Form {
		if boundary, ok := form.Boundary(contentType(x.r)); ok {
			_ = form.Scan(x.body, boundary, func(p form.Part) {
				if p.Name == "n" {
					take(x.body[p.Data.From:p.Data.To])
				}
			})
		}
		return n
	}
	_ = scan.Object(x.body, func(key []byte, _ bool, at protocol.Span) bool {
		switch string(key) {
		case "n", "best_of":
			take(x.body[at.From:at.To])
		case "generationConfig", "generation_config":
			_ = scan.Object(x.body[at.From:at.To], func(key []byte, _ bool, in protocol.Span) bool {
				if k := string(key); k == "candidateCount" || k == "candidate_count" {
					take(x.body[at.From+in.From : at.From+in.To])
				}
				return true
			})
		}
		return true
	})
	return n
}
