package routing

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// balance spreads requests by the power of two choices: of two deployments drawn at random the one with fewer requests
// in flight, for its weight, comes first, which keeps the load near even without anybody counting it centrally (Mitzenmacher, "The Power
// of Two Choices in Randomized Load Balancing", 2001). The rest is ranked the same way, as the order of failover. The
// draw is seeded by the request's id, so that the same figures give the same ranking.
//
// A session whose prompt is in somebody's cache goes on there, unless that one has become much busier than another: a cache moved is a cache paid
// for again.
type balance struct{}

func (balance) rank(r Request, cs []Candidate) {
	h := fnv.New64a()
	h.Write([]byte(r.ID))
	rng := rand.New(rand.NewPCG(h.Sum64(), 0))
	rest := cs
	if i := home(&r, cs); i >= 0 {
		rest[0], rest[i] = rest[i], rest[0]
		rest = rest[1:]
	}
	for ; len(rest) > 1; rest = rest[1:] {
		i := draw(rng, rest, -1)
		if j := draw(rng, rest, i); load(&rest[j]) < load(&rest[i]) {
			i = j
		}
		rest[0], rest[i] = rest[i], rest[0]
	}
}

// What a session stays for, and as long as what.
const (
	stays = 1024 // tokens in a cache: vendors' caches hold no less
	crowd = 4    // requests that run there, for its weight, more than at the least busy
)

// home is the place of the one whose cache holds most of the session's prompt; -1 where there is none, or it is too busy.
func home(r *Request, cs []Candidate) int {
	at, least := -1, math.Inf(1)
	for i := range cs {
		c := &cs[i]
		if r.Warm != nil && r.Session != "" {
			c.Cached = r.Warm(c.Deployment)
		}
		least = min(least, load(c))
		if c.Cached >= stays && (at < 0 || c.Cached > cs[at].Cached) {
			at = i
		}
	}
	if at >= 0 && load(&cs[at]) > least+crowd {
		return -1
	}
	return at
}

// draw picks one by weight, but not the one at the place but.
func draw(rng *rand.Rand, cs []Candidate, but int) int {
	sum := 0.0
	for i := range cs {
		if i != but {
			sum += cs[i].Weight
		}
	}
	at, last := rng.Float64()*sum, 0
	for i := range cs {
		if i == but {
			continue
		}
		if at -= cs[i].Weight; at < 0 {
			return i
		}
		last = i
	}
	return last
}

// load is how busy a candidate is for its weight.
func load(c *Candidate) float64 { return float64(c.Running) / c.Weight }
