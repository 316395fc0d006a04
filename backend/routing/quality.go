package routing

import (
	"math"
	"time"

	"metapi/backend/catalog/scores"
)

// Worth is what things are worth to the user.
type Worth struct {
	Answer    float64 // dollars that a right answer is worth, in auto mode
	Second    float64 // dollars that a second of waiting costs
	Tolerance float64 // how good an answer must be for cost mode, in terms of the best that is to be had; 0: however bad
}

// Usual is what holds where the user has not said otherwise. A second is worth two dollars an hour: enough to tell apart what costs the same.
var Usual = Worth{Answer: 0.2, Second: 2.0 / 3600, Tolerance: 0.97}

// sure is how many answers the expectation of a model in all is worth to its expectation in a domain.
const sure = 20

// hair is the least difference of quality that is one: one answer in a hundred. What is closer is told apart by cost.
const hair = 0.01

// Judged is how good a model's answers are expected to be, and what that rests on.
type Judged struct {
	Quality   float64         `json:"quality"`             // the share of good answers
	Doubt     float64         `json:"doubt"`               // its standard deviation
	Prior     float64         `json:"prior"`               // what it would be without thumbs and domain
	Worth     float64         `json:"worth"`               // how many answers the prior is worth as evidence
	Evidence  scores.Evidence `json:"evidence"`            // what the prior rests on
	From      string          `json:"from"`                // likewise, in words
	Deviation float64         `json:"deviation,omitempty"` // what the domain adds, by what was published
	Thumbs    float64         `json:"thumbs,omitempty"`    // how many answers the user's thumbs weigh now
	Here      float64         `json:"here,omitempty"`      // likewise, those on answers of the domain
}

// unscored stands for what nothing is known of.
var unscored = scores.Score{Prior: 0.5, Worth: 5, Evidence: scores.None, From: "no evidence"}

// Judge says how good the deployment's answers are expected to be in a domain: a prior from published results is drawn to the user's thumbs on the
// model, and that, with the domain's deviation, to those in the domain.
func (c *Deployment) Judge(d scores.Domain, at time.Time) Judged {
	s := c.Scored
	if s == nil {
		s = &unscored
	}
	all, here := c.Opinion.Votes(d, at)
	mean := (s.Worth*s.Prior + all.Sum) / (s.Worth + all.Weight)
	q := (sure*(mean+s.Deviations[d]) + here.Sum) / (sure + here.Weight)
	q = min(max(q, 0.01), 0.99)
	return Judged{Quality: q, Doubt: math.Sqrt(q * (1 - q) / (min(s.Worth+all.Weight, sure) + here.Weight + 1)), Prior: s.Prior, Worth: s.Worth,
		Evidence: s.Evidence, From: s.From, Deviation: s.Deviations[d], Thumbs: all.Weight, Here: here.Weight}
}

// judge fills in how good the candidates' answers are expected to be.
func judge(r *Request, cs []Candidate) {
	d := r.domain()
	for i := range cs {
		cs[i].Quality = cs[i].Judge(d, r.At).Quality
	}
}

func (r *Request) domain() scores.Domain {
	if r.Domain == nil {
		return scores.Other
	}
	return r.Domain()
}

// quality ranks by how good an answer is expected to be; those that are within a hair of the best by what they cost, and then the rest likewise.
type quality struct{}

func (q quality) rank(r Request, cs []Candidate) {
	bill(&r, cs)
	judge(&r, cs)
	q.sort(cs, r.worth)
	noteDominated(cs)
}

func (quality) score(t *Terms, w *Worth) float64 { return cost{}.score(t, w) }

func (quality) sort(cs []Candidate, _ *Worth) {
	inGroups(cs, func(best float64) float64 { return best - hair })
}

// auto ranks by what an answer is worth to the user, less what it costs and the time it takes.
//
// Of an order of attempts, each of which is worth U where it answers, and else costs F and the next, with the chance p of failure, the expected
// worth is greatest where they are sorted by U - F*p/(1-p), the greatest first: see cost. The session's later turns count with all that they are
// expected to be worth, and not with their cost alone: else the longer a session, the less its answers would be worth.
type auto struct{}

func (a auto) rank(r Request, cs []Candidate) {
	bill(&r, cs)
	judge(&r, cs)
	for i := range cs {
		c := &cs[i]
		c.Utility = c.utility(r.worth)
		c.Score = a.score(&c.Terms, r.worth)
	}
	byScore(cs)
	noteDominated(cs)
}

func (auto) score(t *Terms, w *Worth) float64 {
	failures := cost{}.score(t, w) - t.Cost - t.Later
	return failures - (1+t.Turns)*t.utility(w)
}

func (auto) sort(cs []Candidate, _ *Worth) { byScore(cs) }

// utility is what an answer is worth, less what it costs and the time it takes, in dollars: of it and the turns after it, the mean.
func (t *Terms) utility(w *Worth) float64 {
	return w.Answer*t.Quality - w.Second*t.Wait.Seconds() - (t.Cost+t.Later)/(1+t.Turns)
}

// inGroups sorts those whose quality is above a floor, which follows from the best, by score; and then the rest likewise.
func inGroups(cs []Candidate, floor func(best float64) float64) {
	for len(cs) > 0 {
		best := 0.0
		for i := range cs {
			best = max(best, cs[i].Quality)
		}
		least, n := floor(best), 0
		for i := range cs {
			if cs[i].Quality >= least {
				cs[n], cs[i] = cs[i], cs[n]
				n++
			}
		}
		byScore(cs[:n])
		cs = cs[n:]
	}
}

// several reports whether there is more than one model among the candidates.
func several(cs []Candidate) bool {
	for i := range cs {
		if cs[i].Model != cs[0].Model {
			return true
		}
	}
	return false
}

// How much dearer and slower one must be for it to be no noise.
const (
	dearer = 1.05
	slower = 1.1
)

// noteDominated notes whom another one, ranked before, beats in all respects: it is dearer, worse and slower. It is asked only where that one fails: no
// mode ranks it higher, and it is by what it is worth itself that it comes before others.
func noteDominated(cs []Candidate) {
	if !several(cs) {
		return
	}
	for i := range cs {
		for j := range i {
			if cs[j].beats(&cs[i]) {
				cs[i].Dominated = cs[j].ID
				break
			}
		}
	}
}

func (c *Candidate) beats(o *Candidate) bool {
	return c.Quality >= o.Quality+hair && c.Priced && o.Priced && o.Cost+o.Later > dearer*(c.Cost+c.Later) &&
		o.Wait.Seconds() > slower*c.Wait.Seconds()
}
