package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"metapi/backend/catalog"
)

// Rules is a person's [Settings] made ready for decisions: names resolved to deployments. It is immutable.
type Rules struct {
	models  map[string]*plan
	rules   []rule
	missing []string // what is named and cannot be had, in words
	at      *time.Location
}

// plan is a [Plan] with its models resolved.
type plan struct {
	mode   Mode
	within time.Duration // 0: no matter
	tiers  [][]place
}

// place is a deployment in a plan.
type place struct {
	ref    int32
	order  int // of its model in the list
	weight float64
}

// model is the first model of a plan; "" where nobody offers any.
func (p *plan) model(s *Snapshot) string {
	for _, tier := range p.tiers {
		for _, at := range tier {
			return s.Deployments[at.ref].Model
		}
	}
	return ""
}

type rule struct {
	*Rule
	plan *plan // nil: the model that was asked for
}

// NewRules makes rules of settings, for the deployments that names leads to. It is meant for each new snapshot.
func NewRules(s *Settings, names *catalog.Index) *Rules {
	r := &Rules{models: make(map[string]*plan, len(s.Models)), at: s.Location()}
	for name := range s.Models {
		p := s.Models[name]
		r.models[name] = r.plan(fmt.Sprintf("the model %q", name), &p, names)
	}
	for i := range s.Rules {
		if s.Rules[i].Off {
			continue
		}
		to := rule{Rule: &s.Rules[i]}
		if len(to.lists()) > 0 {
			to.plan = r.plan(fmt.Sprintf("the rule %q", to.Name), &to.Plan, names)
		}
		r.rules = append(r.rules, to)
	}
	slices.Sort(r.missing)
	return r
}

func (r *Rules) plan(whose string, p *Plan, names *catalog.Index) *plan {
	out := &plan{mode: p.Mode, within: time.Duration(p.Within), tiers: make([][]place, len(p.lists()))}
	for tier, choices := range p.lists() {
		for i, c := range choices {
			found, err := names.Resolve(c.Model)
			if err != nil {
				r.missing = append(r.missing, fmt.Sprintf("%s names %q, which no account offers", whose, c.Model))
				continue
			}
			for _, ref := range found.Refs {
				if !slices.ContainsFunc(slices.Concat(out.tiers...), func(o place) bool { return o.ref == ref }) {
					out.tiers[tier] = append(out.tiers[tier], place{ref, i, cmp.Or(c.Weight, 1)})
				}
			}
		}
	}
	return out
}

// Lacks says what the rules name and no account offers, a sentence each.
func (r *Rules) Lacks() []string {
	if r == nil {
		return nil
	}
	return r.missing
}

// model is the plan of a virtual model; nil: it is none.
func (r *Rules) model(name string) *plan {
	if r == nil {
		return nil
	}
	return r.models[name]
}

// Names lists the virtual models, sorted.
func (r *Rules) Names() []string {
	if r == nil {
		return nil
	}
	var names []string
	for name := range r.models {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Refs are the deployments that a virtual model may reach.
func (r *Rules) Refs(name string) (refs []int32, ok bool) {
	p := r.model(name)
	if p == nil {
		return nil, false
	}
	for _, tier := range p.tiers {
		for _, at := range tier {
			refs = append(refs, at.ref)
		}
	}
	return refs, true
}

// effect is what the rules that hold for a request come to.
type effect struct {
	plan  *plan
	mode  Mode
	rules []string // that hold, by name
	only  []*Rule  // that say who may serve
	never []*Rule  // that say who may not
	set   Set
}

// apply finds the rules that hold.
func (r *Rules) apply(req *Request) (e effect) {
	if r == nil || len(r.rules) == 0 {
		return e
	}
	f := factsOf(req, r.at)
	for i := range r.rules {
		to := &r.rules[i]
		if held, err := to.When.holds(f); !held || err != nil {
			continue
		}
		e.rules = append(e.rules, to.Name)
		if e.plan == nil {
			e.plan = to.plan
		}
		e.mode = cmp.Or(e.mode, to.Mode)
		e.set.add(&to.Set)
		if len(to.Only) > 0 {
			e.only = append(e.only, to.Rule)
		}
		if len(to.Never) > 0 {
			e.never = append(e.never, to.Rule)
		}
	}
	return e
}

// keepsOut says by which rule an account may not serve, or "".
func (e *effect) keepsOut(a *Account) string {
	is := func(word string) bool {
		host, _, _ := strings.Cut(a.Host, ":")
		return strings.EqualFold(word, a.Slug) || strings.EqualFold(word, a.Provider) || strings.EqualFold(word, host) || strings.EqualFold(word, a.Host)
	}
	for _, r := range e.only {
		if !slices.ContainsFunc(r.Only, is) {
			return r.Name
		}
	}
	for _, r := range e.never {
		if slices.ContainsFunc(r.Never, is) {
			return r.Name
		}
	}
	return ""
}
