package routing

import (
	"cmp"
	"slices"
)

// inOrder ranks by the user's order: of the models in a plan, then of the accounts. Who is cooling is no longer among the candidates, so the healthy come first.
type inOrder struct{}

func (inOrder) rank(_ Request, cs []Candidate) {
	slices.SortStableFunc(cs, func(a, b Candidate) int { return cmp.Or(a.Place-b.Place, a.Order-b.Order) })
}

// failover is inOrder, but that the accounts of a pool share a place: among them requests are spread as balance does.
type failover struct{}

func (failover) rank(r Request, cs []Candidate) {
	inOrder{}.rank(r, cs)
	for from, to := 0, 0; from < len(cs); from = to {
		for to = from + 1; to < len(cs) && cs[from].pooled(&cs[to]); to++ {
		}
		if to-from > 1 {
			balance{}.rank(r, cs[from:to])
		}
	}
}

// pooled reports whether two candidates share their place.
func (c *Candidate) pooled(d *Candidate) bool {
	return c.Place == d.Place && c.Account.Pool != "" && c.Account.Pool == d.Account.Pool
}
