package routing

import (
	"cmp"
	"slices"
	"time"

	"metapi/backend/protocol"
)

// Candidate is a deployment that may serve a request, with what the mode in force ranked it by.
type Candidate struct {
	*Deployment
	Tier    int     // of a plan: it is used only where none of a lower one can
	Place   int     // of its model in the tier's list
	Weight  float64 // its share in balance mode
	Turn    int     // when it would come in the user's order, from 0
	Running int64   // requests in flight there when this one was looked at
	Terms
}

// Terms are the figures behind a rank. A mode fills in those that it looks at.
type Terms struct {
	Wait    time.Duration `json:"wait,omitempty"`    // within which 19 of 20 answers are expected to begin, or to be there where they come whole
	Failing float64       `json:"failing,omitempty"` // the chance that it fails by the upstream's doing
	Cost    float64       `json:"cost,omitempty"`    // dollars that an answer is expected to cost
	Later   float64       `json:"later,omitempty"`   // dollars that the later turns of the session are expected to cost, there
	Turns   float64       `json:"turns,omitempty"`   // that are expected to follow in the session
	Cached  int64         `json:"cached,omitempty"`  // tokens of the prompt that its cache is expected to hold
	Priced  bool          `json:"priced,omitempty"`  // Cost and Later are known
	Unknown string        `json:"unknown,omitempty"` // why they are not, where they were looked for: cost mode then takes it last
	Quality float64       `json:"quality,omitempty"` // the share of good answers that is expected of it
	Utility float64       `json:"utility,omitempty"` // dollars that an answer of its is worth to the user, less cost and waiting; of the session's turns, their mean
	Score   float64       `json:"score,omitempty"`   // what the candidates were sorted by, the smallest first, among those that are good enough alike

	Dominated string `json:"dominated,omitempty"` // the deployment, ranked before, that is cheaper, better and faster
}

// Weight is what a request is expected to take at a deployment, in tokens, and what is to follow.
type Weight struct {
	Prompt int64   // the whole of it
	Cached int64   // the part that the deployment's cache is likely to hold
	Output int64   // reasoning included
	Writes bool    // the client has the rest written to the cache
	Turns  float64 // that are expected to follow in the session

	Service protocol.Service // that is asked for
}

// A ranker orders the candidates of a decision, best first. There is one per mode.
type ranker interface {
	rank(Request, []Candidate)
}

var rankers = map[Mode]ranker{
	Failover: failover{},
	Balance:  balance{},
	Fastest:  latency{},
	Cheapest: cost{},
	Best:     quality{},
	Auto:     auto{},
}

// byScore sorts by score; where scores are the same, as failover does.
func byScore(cs []Candidate) {
	slices.SortStableFunc(cs, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), a.Place-b.Place, a.Order-b.Order)
	})
}

// latency ranks by how long an answer is expected to be waited for. Whoever fails is asked in vain for about as long: an order of attempts
// takes least time where they are sorted by that time over the chance of success (see cost).
type latency struct{}

func (latency) rank(r Request, cs []Candidate) {
	for i := range cs {
		c := &cs[i]
		c.Wait, c.Failing = c.Live.P95(r.Bytes, r.Stream, r.At), c.Live.Failing(r.At)
		c.Score = latency{}.score(&c.Terms, r.worth)
	}
	byScore(cs)
}

func (latency) score(t *Terms, _ *Worth) float64 { return t.Wait.Seconds() / (1 - t.Failing) }

func (latency) sort(cs []Candidate, _ *Worth) { byScore(cs) }

// cost ranks by what it is expected to cost until the request is answered, among those whose answers are expected to be nearly as good as the best:
// see [Worth.Tolerance]. One model is as good at one account as at another, so that this matters only where a plan names several.
//
// Of an order of attempts, each of which costs C where it answers, and else F and the next, with the chance p of failure, the expected cost is
// least where they are sorted by C + F*p/(1-p): to swap two neighbours changes it by their difference in that, and by nothing else. So no order
// need be tried. C holds what the session's later turns are expected to cost there, with the cache that this turn leaves: a warm cache is stayed
// with for as long as it pays. F is the time that is lost.
type cost struct{}

// unknownCost puts what has no price behind all that has: it may cost anything.
const unknownCost = 1e6 // dollars

func (cost) rank(r Request, cs []Candidate) {
	bill(&r, cs)
	if r.worth.Tolerance == 0 || !several(cs) {
		byScore(cs)
		return
	}
	judge(&r, cs)
	cost{}.sort(cs, r.worth)
	noteDominated(cs)
}

// sort puts those that are not good enough behind the others.
func (cost) sort(cs []Candidate, w *Worth) {
	inGroups(cs, func(best float64) float64 { return best * w.Tolerance })
}

// bill fills in what the candidates are expected to cost until the request is answered, failures counted in, and makes that their score.
func bill(r *Request, cs []Candidate) {
	for i := range cs {
		c := &cs[i]
		c.expect(r)
		c.Wait, c.Failing = c.Live.P95(r.Bytes, r.Stream, r.At), c.Live.Failing(r.At)
		c.Score = cost{}.score(&c.Terms, r.worth)
	}
}

func (cost) score(t *Terms, w *Worth) float64 {
	score := t.Cost + t.Later + w.Second*t.Wait.Seconds()*t.Failing/(1-t.Failing)
	if !t.Priced {
		score += unknownCost
	}
	return score
}

// Expect fills in the figures that the mode in force had no use for, so that they can be shown beside the others.
func (c *Candidate) Expect(r Request, worth *Worth) {
	c.Wait, c.Failing = c.Live.P95(r.Bytes, r.Stream, r.At), c.Live.Failing(r.At)
	c.expect(&r)
	c.Quality = c.Judge(r.domain(), r.At).Quality
	c.Utility = c.utility(worth)
}

// ExpectCost is the part of [Candidate.Expect] that is about money.
func (c *Candidate) ExpectCost(r Request) { c.expect(&r) }

// expect fills in what c is expected to cost.
func (c *Candidate) expect(r *Request) {
	if c.Unknown = c.Price.Unknown(); c.Unknown != "" || r.Weigh == nil {
		return
	}
	w := r.Weigh(c.Deployment)
	now := protocol.Usage{Input: w.Prompt - w.Cached, CacheRead: w.Cached, Output: w.Output, Service: w.Service}
	if w.Writes {
		now.Input, now.CacheWrite = 0, now.Input
	}
	billed := c.Live.Billed(r.At)
	c.Cached = w.Cached
	c.Cost, c.Priced = c.Price.Cost(now, r.At)
	if !c.Priced {
		c.Unknown = "its price leaves out what this takes"
	}
	c.Cost *= billed
	c.Turns = w.Turns
	if w.Turns > 0 {
		later, _ := c.Price.Cost(protocol.Usage{CacheRead: w.Prompt, Output: w.Output, Service: w.Service}, r.At)
		c.Later = w.Turns * later * billed
	}
}
