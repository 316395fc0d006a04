package routing

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/protocol"
	"metapi/backend/routing/live"
)

// Decide ranks the deployments that may serve r. The error is a *[catalog.UnknownModel], or a *[NoCandidate] when
// the name is known but nobody can serve it now; the decision with its exclusions is returned beside it.
//
// Rules come first: they say which models may serve, and whose. Of the modes that are asked for, the nearest to the request counts: one after
// the model's name, the client's header, a rule's, the virtual model's, the one that the user has set for the client, the one in force.
func Decide(s *Snapshot, r Request) (Decision, error) {
	e := s.Rules.apply(&r)
	r.worth = s.Worths()
	d := Decision{Rules: e.rules, Set: e.set}
	refs, plan, err := s.resolve(&r, &d, &e)
	nearest := cmp.Or(r.Mode, e.mode, d.Mode)
	if nearest == "" && rankers[r.Usual] != nil { // a later version may have set one that this one does not know
		nearest = r.Usual
	}
	d.Mode, d.Nearer = cmp.Or(nearest, s.Mode), nearest != ""
	if err != nil {
		return d, err
	}
	spoken := protocol.Set(0) // what the pool can be reached by, for the error
	consider := func(c Candidate) {
		spoken |= c.reach(r.Operation)
		reason, until := c.unfit(r)
		if rule := e.keepsOut(c.Account); rule != "" {
			reason, until = fmt.Sprintf("kept out by the rule %q", rule), time.Time{}
		} else if reason == "" && c.Account.Limits != nil {
			reason, until = c.Account.Limits.full(&c, &r, e.rules)
		}
		if reason == "" {
			c.Turn, c.Running = len(d.Candidates), c.Live.InFlight()
			d.Candidates = append(d.Candidates, c)
			return
		}
		d.Excluded = append(d.Excluded, Excluded{c.ID, c.Account.ID, reason, until})
		if !until.IsZero() && (d.Soonest.IsZero() || until.Before(d.Soonest)) {
			d.Soonest = until
		}
	}
	if plan == nil {
		d.Candidates = make([]Candidate, 0, len(refs))
		for _, i := range refs {
			consider(Candidate{Deployment: &s.Deployments[i], Weight: 1})
		}
	} else {
		for tier := range plan.tiers {
			for _, at := range plan.tiers[tier] {
				consider(Candidate{Deployment: &s.Deployments[at.ref], Tier: tier, Place: at.order, Weight: at.weight})
			}
		}
		if plan.within > 0 {
			slowLast(d.Candidates, plan, r)
		}
	}
	if len(d.Candidates) == 0 {
		if plan != nil { // the model that would have been the first
			d.Model = plan.model(s)
		}
		return d, &NoCandidate{Err: d.emptyError(r, spoken)}
	}
	ranker := rankers[d.Mode]
	if r.Pin.Only || r.Model == "" { // an account's files are no load that could be spread
		ranker = inOrder{}
	}
	for tier := range tiers(d.Candidates) {
		if len(tier) > 1 {
			ranker.rank(r, tier)
		}
	}
	if r.Pin.Only {
		// One account holds the state. Where it is not known which, the user's first is asked, whatever the mode, and
		// nobody else: asking somebody at random would find it now and then.
		d.Candidates = d.Candidates[:1]
	}
	if plan != nil {
		d.Model = d.Candidates[0].Model
	}
	return d, nil
}

// tiers cuts candidates that are in the order of their tiers into them.
func tiers(cs []Candidate) iter.Seq[[]Candidate] {
	return func(yield func([]Candidate) bool) {
		for from, to := 0, 0; from < len(cs); from = to {
			for to < len(cs) && cs[to].Tier == cs[from].Tier {
				to++
			}
			if !yield(cs[from:to]) {
				return
			}
		}
	}
}

// slowLast puts whoever is expected to take longer than a plan allows behind all others, in tiers of their own.
func slowLast(cs []Candidate, p *plan, r Request) {
	for i := range cs {
		if c := &cs[i]; c.Live.P95(r.Bytes, r.Stream, r.At) > p.within {
			c.Tier += len(p.tiers)
		}
	}
	slices.SortStableFunc(cs, func(a, b Candidate) int { return a.Tier - b.Tier })
}

// resolve finds what the model's name may reach: some deployments, or a plan. A mode after the name becomes r's; one of a virtual model d's.
func (s *Snapshot) resolve(r *Request, d *Decision, e *effect) ([]int32, *plan, error) {
	if r.Model == "" {
		return s.anyOf(r.Protocol), nil, nil
	}
	name, virtual := r.Model, s.Rules.model(r.Model)
	found, ok := s.Names.Find(name)
	if i := strings.LastIndexByte(name, ':'); virtual == nil && i > 0 && slices.Contains(catalog.Suffixes, name[i+1:]) {
		if virtual = s.Rules.model(name[:i]); virtual != nil {
			found.Suffix = name[i+1:]
		}
	}
	if !ok && virtual == nil && (e.plan == nil || !s.reaches(e.plan, r)) {
		return nil, nil, s.Names.Unknown(name)
	}
	d.Model = found.Model
	if m := Mode(found.Suffix); rankers[m] != nil {
		r.Mode = m
	} else if m != "" {
		return nil, nil, &NoCandidate{Err: &protocol.Error{Kind: protocol.BadRequest, Param: "model",
			Message: fmt.Sprintf("the mode %q after the model's name is not available; choose %s", m, modeWords())}}
	}
	plan := e.plan
	if plan == nil || !s.reaches(plan, r) {
		plan = virtual
	}
	if plan != nil {
		d.Mode = cmp.Or(plan.mode, d.Mode)
	}
	return found.Refs, plan, nil
}

// reaches reports whether anybody in a plan could be asked for r at all: a rule that sends long prompts to a chat model has no say in embeddings. Nor
// does it matter who counts tokens: what is to be counted is for the model that would reply.
func (s *Snapshot) reaches(p *plan, r *Request) bool {
	for _, tier := range p.tiers {
		for _, at := range tier {
			if s.Deployments[at.ref].Protocols&(r.Translate|protocol.SetOf(r.Protocol)) != 0 {
				return true
			}
		}
	}
	return false
}

// unfit says why c cannot serve r now, or "".
func (c *Deployment) unfit(r Request) (reason string, until time.Time) {
	switch {
	case r.Pinned != "" && r.Pinned != c.Account.ID:
		return "the tool is pinned to another account", time.Time{}
	case c.reach(r.Operation)&(r.Translate|protocol.SetOf(r.Protocol)) == 0 && r.Operation == protocol.CountTokens:
		return "does not count tokens", time.Time{}
	case c.reach(r.Operation)&(r.Translate|protocol.SetOf(r.Protocol)) == 0:
		return "speaks " + words(c.Protocols.List()) + ", not " + r.Protocol.String(), time.Time{}
	case r.Pin.Account != "" && r.Pin.Account != c.Account.ID:
		return "what the request goes on from lives at another account", time.Time{}
	case c.Account.Blocked != "":
		return c.Account.Blocked, time.Time{}
	}
	standing := c.Live
	if r.Model == "" {
		standing = c.Live.AnyModel()
	} else if via, until := c.Via(r); via == protocol.None {
		return "answered that it does not serve " + r.Protocol.String(), until
	}
	if state, until, kind := standing.State(r.At); state == live.Cooling {
		return "cooling after " + kind.Noun(), until
	}
	return "", time.Time{}
}

// anyOf lists one deployment per account that speaks p: for operations that name no model.
func (s *Snapshot) anyOf(p protocol.Protocol) []int32 {
	var pool []int32
	last := -1
	for i := range s.Deployments {
		if d := &s.Deployments[i]; d.Order != last && d.Protocols.Has(p) {
			pool, last = append(pool, int32(i)), d.Order
		}
	}
	return pool
}

// NoCandidate says that a known model cannot be served now. Err is fit to be shown to the client.
type NoCandidate struct{ Err *protocol.Error }

func (e *NoCandidate) Error() string { return e.Err.Error() }

func (d *Decision) emptyError(r Request, spoken protocol.Set) *protocol.Error {
	what := "this request"
	if r.Model != "" {
		what = fmt.Sprintf("the model %q", r.Model)
	}
	switch {
	case r.Pinned != "":
		return d.pinnedError(r, what)
	case !d.Soonest.IsZero():
		for _, x := range d.Excluded {
			if x.Until.Equal(d.Soonest) && limited(x.Reason) {
				return &protocol.Error{Kind: protocol.RateLimited, RetryAfter: d.Soonest.Sub(r.At),
					Message: "no account that offers " + what + " can be used now; the first that will be is " + x.Reason}
			}
		}
		return &protocol.Error{Kind: protocol.RateLimited, RetryAfter: d.Soonest.Sub(r.At),
			Message: "every account that offers " + what + " is cooling down after a failure; `metapi status` says why"}
	case len(d.Excluded) == 0:
		return &protocol.Error{Kind: protocol.Unavailable,
			Message: "no account can serve this request (" + r.Protocol.String() + "); add one with `metapi accounts add`"}
	case r.Operation == protocol.CountTokens && spoken&(r.Translate|protocol.SetOf(r.Protocol)) == 0:
		return &protocol.Error{Kind: protocol.Unsupported, Param: "model", Message: what + " is offered, but by nobody who counts tokens"}
	case spoken&(r.Translate|protocol.SetOf(r.Protocol)) == 0:
		return &protocol.Error{Kind: protocol.Unsupported, Param: "model", Message: fmt.Sprintf(
			"%s is offered, but not over the %s protocol: its accounts speak %s", what, r.Protocol, words(spoken.List()))}
	case r.Pin.Account != "":
		return &protocol.Error{Kind: protocol.Unavailable,
			Message: "the account that holds what this request goes on from cannot be used now, and no other has it"}
	}
	return &protocol.Error{Kind: protocol.Unavailable,
		Message: "no account that offers " + what + " can be used now: " + d.Excluded[0].Reason}
}

// pinnedError says why the account that the client is pinned to cannot serve.
func (d *Decision) pinnedError(r Request, what string) *protocol.Error {
	e := &protocol.Error{Kind: protocol.Unavailable, Message: "the one account that may be asked does not offer " + what}
	for _, x := range d.Excluded {
		if x.Account != r.Pinned || !d.Soonest.IsZero() && !x.Until.Equal(d.Soonest) {
			continue
		}
		e.Message = "the one account that may be asked cannot serve " + what + " now: " + x.Reason
		if !x.Until.IsZero() {
			e.Kind, e.RetryAfter = protocol.RateLimited, x.Until.Sub(r.At)
		}
		break
	}
	return e
}

func words(ps []protocol.Protocol) string {
	if len(ps) == 0 {
		return "nothing that Metapi serves"
	}
	var names []string
	for _, p := range ps {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}
