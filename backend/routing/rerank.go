package routing

import (
	"cmp"
	"slices"
)

// A scorer is a ranker that sorts by a figure made of a candidate's own terms.
type scorer interface {
	ranker
	score(*Terms, *Worth) float64
	sort([]Candidate, *Worth) // by it
}

// CanRerank reports whether [Rerank] knows how a mode ranks.
func CanRerank(m Mode) bool {
	switch rankers[m].(type) {
	case scorer, failover, balance:
		return true
	}
	return false
}

// Rerank puts what a record keeps of its candidates into the order in which a mode ranks them, by the code that decides: by the figures in their
// terms, what things are worth to the user, what was in flight then, and for balance what the request's id draws. Nothing is put in order where [CanRerank] says no.
func Rerank(m Mode, w *Worth, id string, figures []Figure) {
	if len(figures) < 2 || !CanRerank(m) {
		return
	}
	deployments, accounts, cs := make([]Deployment, len(figures)), make([]Account, len(figures)), make([]Candidate, len(figures))
	for i := range figures {
		f := &figures[i]
		accounts[i].Pool = f.Pool
		deployments[i].Order, deployments[i].Account = f.Order, &accounts[i]
		cs[i] = Candidate{Deployment: &deployments[i], Turn: i, Weight: cmp.Or(f.Weight, 1), Tier: f.Tier, Place: f.Place, Running: f.InFlight, Terms: f.Terms}
	}
	slices.SortStableFunc(cs, func(a, b Candidate) int { return cmp.Or(a.Tier-b.Tier, a.Order-b.Order) }) // as they were before they were ranked
	for tier := range tiers(cs) {
		if s, ok := rankers[m].(scorer); ok {
			for i := range tier {
				tier[i].Score = s.score(&tier[i].Terms, w)
			}
			s.sort(tier, w)
		} else {
			rankers[m].rank(Request{ID: id}, tier)
		}
	}
	for i, was := range slices.Clone(figures) {
		at := slices.IndexFunc(cs, func(c Candidate) bool { return c.Turn == i })
		was.Score = cs[at].Score
		figures[at] = was
	}
}
