package routing

import "slices"

// failover ranks by the user's order. Who is cooling is no longer among the candidates, so the healthy come first.
type failover struct{}

func (failover) rank(_ Request, cs []Candidate) {
	slices.SortStableFunc(cs, func(a, b Candidate) int { return a.Order - b.Order })
}
