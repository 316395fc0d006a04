package control

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"metapi/backend/account"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// Health is how accounts and their deployments have done lately. What is longer ago counts less; it outlives a restart.
type Health struct {
	Accounts    []AccountHealth    `json:"accounts" doc:"All that are in use, in the user's order"`
	Deployments []DeploymentHealth `json:"deployments" doc:"Those that were asked lately, or cool, by account"`
	Probed      Probed             `json:"probed"`
}

// AccountHealth is how all that an account offers has done.
type AccountHealth struct {
	ID      string    `json:"id"`
	Slug    string    `json:"slug"`
	Cooling []Cooling `json:"cooling,omitempty" doc:"What may not be chosen now: the account as a whole, its host, or some of its models"`
	Vitals
}

// DeploymentHealth is how one model at one account has done.
type DeploymentHealth struct {
	Account string   `json:"account" doc:"The account's slug"`
	Name    string   `json:"name" doc:"As the upstream calls it"`
	Model   string   `json:"model" doc:"The canonical id"`
	State   string   `json:"state" enum:"healthy,half-open,cooling" doc:"half-open: may be tried by one request"`
	Cooling *Cooling `json:"cooling,omitempty"`
	Vitals
}

// Cooling is something that may not be chosen for a time.
type Cooling struct {
	Scope string    `json:"scope" enum:"account,host,model" doc:"Whose fault it was"`
	Name  string    `json:"name" doc:"The account's slug, the host's address, or the model as the upstream calls it"`
	Kind  string    `json:"kind"`
	Why   string    `json:"why" doc:"In words, as in: a rate limit"`
	Until time.Time `json:"until"`
}

// Vitals are figures of attempts.
type Vitals struct {
	InFlight  int64         `json:"in_flight"`
	Attempts  float64       `json:"attempts" doc:"That the figures rest on; one that is half a day old counts half"`
	Available *float64      `json:"available,omitempty" minimum:"0" maximum:"1" doc:"The share of attempts that were answered; absent where nothing is known"`
	Errors    []ErrorShare  `json:"errors,omitempty" doc:"The share of attempts that failed, by kind, the most frequent first"`
	FirstP50  int64         `json:"first_p50_ms,omitempty" doc:"To the first token, for half of the streams"`
	FirstP95  int64         `json:"first_p95_ms,omitempty" doc:"For 19 of 20"`
	TookP50   int64         `json:"took_p50_ms,omitempty" doc:"To the end of the reply"`
	TookP95   int64         `json:"took_p95_ms,omitempty"`
	Speed     float64       `json:"tokens_per_second,omitempty" doc:"At which replies are written, for half of them"`
	LastError *AttemptError `json:"last_error,omitempty"`
	Last      time.Time     `json:"last,omitzero" doc:"When somebody was asked last"`
}

// ErrorShare is how often attempts fail of a kind.
type ErrorShare struct {
	Kind  string  `json:"kind"`
	Why   string  `json:"why" doc:"In words"`
	Share float64 `json:"share" minimum:"0" maximum:"1"`
}

// AttemptError is a failed attempt.
type AttemptError struct {
	Kind    string    `json:"kind"`
	Message string    `json:"message" doc:"In words"`
	At      time.Time `json:"at"`
}

// Probed is what Metapi has asked of its own accord today.
type Probed struct {
	Count int     `json:"count"`
	USD   float64 `json:"usd" doc:"What that cost"`
}

func vitals(s live.Summary) Vitals {
	v := Vitals{InFlight: s.InFlight, Attempts: to(0.1, s.Tries), Last: s.At}
	if s.Tries >= leastShown {
		available := to(0.0001, s.Available())
		v.Available = &available
	}
	for kind := range s.Wrong {
		if share := to(0.0001, s.Share(kind)); share >= leastShown {
			v.Errors = append(v.Errors, ErrorShare{string(kind), kind.Noun(), share})
		}
	}
	slices.SortFunc(v.Errors, func(a, b ErrorShare) int { return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Kind, b.Kind)) })
	ms := func(seconds float64) int64 { return max(int64(1000*seconds+0.5), 1) }
	if s.First.Known() {
		v.FirstP50, v.FirstP95 = ms(s.First.P50()), ms(s.First.P95())
	}
	if s.Took.Known() {
		v.TookP50, v.TookP95 = ms(s.Took.P50()), ms(s.Took.P95())
	}
	if s.Speed.Known() {
		v.Speed = to(0.1, s.Speed.P50())
	}
	if s.Last.Kind != "" {
		v.LastError = &AttemptError{string(s.Last.Kind), Sentence(s.Last.Message), s.Last.At}
	}
	return v
}

// to rounds: what is no longer to be told apart is the same, and need not be drawn again.
func to(step, x float64) float64 { return math.Round(x/step) * step }

// leastShown is the least share of failures that is worth a word: what is less has long faded.
const leastShown = 0.001

type healthInput struct {
	Account string `query:"account" doc:"Only of this account: id, slug or name"`
}

func (s *Service) health(_ context.Context, in *healthInput) (Health, error) {
	only := ""
	if in.Account != "" {
		a, err := s.Accounts.Get(in.Account)
		if err != nil {
			return Health{}, err
		}
		only = a.ID
	}
	out := Health{Accounts: []AccountHealth{}, Deployments: []DeploymentHealth{}, Probed: s.Probes()}
	snap, now := s.Snapshot(), time.Now()
	for place := range snap.Accounts {
		a := &snap.Accounts[place]
		if only != "" && a.ID != only {
			continue
		}
		var sum live.Summary
		of := snap.Of(place)
		for i := range of {
			d := &of[i]
			one := d.Live.Summary(now)
			sum.Add(one)
			state, _, _ := d.Live.State(now)
			if d.Upstream == "" || one.Tries < leastShown && state == live.Healthy {
				continue
			}
			dep := DeploymentHealth{Account: a.Slug, Name: d.Upstream, Model: d.Model, State: state.String(), Vitals: vitals(one)}
			if cools := cooling(of[i:i+1], now); len(cools) > 0 {
				dep.Cooling = &cools[0]
			}
			out.Deployments = append(out.Deployments, dep)
		}
		out.Accounts = append(out.Accounts, AccountHealth{a.ID, a.Slug, cooling(of, now), vitals(sum)})
	}
	return out, nil
}

// cooling is what of an account cools: of the account and its host first.
func cooling(of []routing.Deployment, now time.Time) []Cooling {
	var list []Cooling
	add := func(h *live.Health, scope, name string) {
		if state, until := h.State(now); state == live.Cooling {
			list = append(list, Cooling{scope, name, string(h.Kind()), h.Kind().Noun(), until})
		}
	}
	if len(of) > 0 {
		add(of[0].Live.Account, "account", of[0].Account.Slug)
		add(of[0].Live.Host, "host", of[0].Account.Host)
	}
	for i := range of {
		if of[i].Upstream != "" {
			add(&of[i].Live.Health, "model", of[i].Upstream)
		}
	}
	return list
}

// clearCooldown lets an account be chosen at once, with all its models: whoever has mended what was wrong need not wait.
func (s *Service) clearCooldown(_ context.Context, in *idInput) (Done, error) {
	a, err := s.Accounts.Get(in.ID)
	if err != nil {
		return Done{}, err
	}
	snap, now := s.Snapshot(), time.Now()
	var was []Cooling
	if place := slices.IndexFunc(snap.Accounts, func(ra routing.Account) bool { return ra.ID == a.ID }); place >= 0 {
		was = cooling(snap.Of(place), now)
	}
	s.Live.ClearAccount(a.ID)
	s.Events.Changed(TopicStatus)
	s.Log.Info("cooldown cleared", "account", a.Slug, "cooling", len(was))
	return Done{cleared(a, was, now)}, nil
}

// cleared says what an account cooled for.
func cleared(a account.Account, was []Cooling, now time.Time) string {
	if len(was) == 0 {
		return fmt.Sprintf("Nothing of %s was cooling: it may be chosen.", a.Name)
	}
	var words []string
	for _, c := range was[:min(len(was), mostNamed)] {
		who := map[string]string{"account": "the account", "host": "its server, " + c.Name + ",", "model": c.Name}[c.Scope]
		words = append(words, fmt.Sprintf("%s for another %s after %s", who, c.Until.Sub(now).Round(time.Second), protocol.Kind(c.Kind).Noun()))
	}
	if more := len(was) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("%s may be chosen again at once. What was cooling: %s.", a.Name, strings.Join(words, "; "))
}

// mostNamed is how many of what cooled are named in a sentence.
const mostNamed = 3
