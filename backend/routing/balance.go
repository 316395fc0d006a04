package routing

import (
	"hash/fnv"
	"math/rand/v2"
)

// balance spreads requests by the power of two choices: of two deployments drawn at random the one with fewer requests
// in flight comes first, which keeps the load near even without anybody counting it centrally (Mitzenmacher, "The Power
// of Two Choices in Randomized Load Balancing", 2001). The rest is ranked the same way, as the order of failover. The
// draw is seeded by the request's id, so that the same figures give the same ranking.
type balance struct{}

func (balance) rank(r Request, cs []Candidate) {
	h := fnv.New64a()
	h.Write([]byte(r.ID))
	rng := rand.New(rand.NewPCG(h.Sum64(), 0))
	for rest := cs; len(rest) > 1; rest = rest[1:] {
		i, j := rng.IntN(len(rest)), rng.IntN(len(rest)-1)
		if j >= i {
			j++
		}
		if rest[j].Live.InFlight() < rest[i].Live.InFlight() {
			i = j
		}
		rest[0], rest[i] = rest[i], rest[0]
	}
}
