package routing

import (
	"cmp"
	"slices"
)

// failover ranks by the user's order: of the models in a plan, then of the accounts. Who is cooling is no longer among the candidates, so the healthy come first.
type failover struct{}

func (failover) rank(_ Request, cs []Candidate) {
	slices.SortStableFunc(cs, func(a, b Candidate) int { return cmp.Or(a.Place-b.Place, a.Order-b.Order) })
}
