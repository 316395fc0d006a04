package gateway

import (
	"cmp"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

type noBudgets struct{}

func (noBudgets) Any() bool                              { return false }
func (noBudgets) Spare(_, _ string) string               { return "" }
func (noBudgets) Refuses(_, _, _ string) *protocol.Error { return nil }
func (noBudgets) Hold(_, _, _ string, _ func() float64) (func(float64), *protocol.Error) {
	return func(float64) {}, nil
}

// spare has a request served by whoever costs least once a budget is spent that refuses nothing, unless the client itself has asked for a mode.
func (x *exchange) spare() {
	if !x.g.Budgets.Any() || x.mode != "" {
		return
	}
	model := x.rec.Asked
	if found, err := x.snap.Names.Resolve(model); err == nil {
		model = found.Model
	}
	if name := x.g.Budgets.Spare(x.rec.Client, model); name != "" {
		x.mode, x.spared = routing.Cheapest, "budget: "+name
	}
}

// unlimited is how many tokens a reply may have where neither the client nor the catalog sets a limit.
const unlimited = 8192

// hold sets aside what an attempt may cost.
func (x *exchange) hold(d *routing.Deployment) (settle func(float64), refused *protocol.Error) {
	if !x.g.Budgets.Any() || x.counting() || x.stored() || filed.Has(x.in) {
		return func(float64) {}, nil
	}
	return x.g.Budgets.Hold(x.rec.Client, d.Account.ID, d.Model, func() float64 {
		w := x.asked.Weigh(d)
		u := protocol.Usage{Input: w.Prompt, Output: cmp.Or(x.peek.MaxOutput, d.MaxOutput, unlimited)}
		if w.Writes {
			u.Input, u.CacheWrite = 0, u.Input
		}
		usd, _ := d.Price.Cost(u, x.rec.Start)
		return usd
	})
}
