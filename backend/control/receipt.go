package control

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"metapi/backend/routing"
)

// Receipt is what one request cost, what the alternatives would have cost, and why it went where it went.
type Receipt struct {
	ID           string        `json:"id"`
	Start        time.Time     `json:"start"`
	State        routing.State `json:"state"`
	Client       string        `json:"client" doc:"The client's name"`
	Account      string        `json:"account,omitempty" doc:"The slug of the account that had the last word"`
	Model        string        `json:"model"`
	Lines        []ReceiptLine `json:"lines" doc:"What was used, by class, at list prices"`
	CostUSD      *float64      `json:"cost_usd" nullable:"true" doc:"null where the price is not known"`
	Basis        string        `json:"basis" doc:"What the cost stands on, in a sentence"`
	Alternatives []Alternative `json:"alternatives" doc:"Who could have served, as they were ranked"`
	BaselineUSD  *float64      `json:"baseline_usd" nullable:"true" doc:"What the baseline of the settings would have cost; null where that is not known"`
	SavedUSD     *float64      `json:"saved_usd" nullable:"true"`
	Method       string        `json:"method" doc:"What the saving is counted against, in a sentence"`
	Why          []string      `json:"why" doc:"Why it went where it went, a sentence each"`
	Money        *Money        `json:"money,omitempty" doc:"How the user wants to see money; absent: in dollars, as all of this is"`
}

// ReceiptLine is one class of what was used.
type ReceiptLine struct {
	Class  string  `json:"class" enum:"fresh,cached,written,output,reasoning,call"`
	Name   string  `json:"name" doc:"The class in words"`
	Tokens int64   `json:"tokens,omitempty"`
	USD    float64 `json:"usd"`
}

// Alternative is one account that could have served.
type Alternative struct {
	Account  string   `json:"account" doc:"Its slug"`
	Upstream string   `json:"upstream"`
	USD      *float64 `json:"usd" nullable:"true" doc:"What the same tokens would have cost there; null where that is not known"`
	Served   bool     `json:"served,omitempty"`
}

// method says what savings are counted against.
func method(b routing.Baseline) string {
	for _, known := range routing.Baselines {
		if known.Baseline == b {
			return "Saved is what " + known.Means + " would have cost, less what was paid. It is worked out for each request from the tokens it truly took; requests whose price is not known are left out."
		}
	}
	return ""
}

// receipt makes up the receipt of a request; "last" is the newest.
func (s *Service) receipt(_ context.Context, in *idInput) (Receipt, error) {
	r, err := s.record(in.ID)
	if err != nil {
		return Receipt{}, err
	}
	names, err := s.names()
	if err != nil {
		return Receipt{}, err
	}
	set, err := s.Switches.Settings()
	if err != nil {
		return Receipt{}, err
	}
	row := names.row(&r)
	out := Receipt{ID: r.ID, Start: r.Start, State: r.State, Client: row.Client, Account: row.Account, Model: row.Model, CostUSD: row.CostUSD,
		Basis: basis(&r), Method: method(set.Baseline), Why: names.why(&r), Money: set.Money()}
	used := func(class, name string, tokens int64, usd float64) {
		if tokens > 0 || usd > 0 {
			out.Lines = append(out.Lines, ReceiptLine{class, name, tokens, usd})
		}
	}
	u, p := r.Usage, r.Parts
	used("fresh", "Fresh input", u.Input, p.Fresh)
	used("cached", "Read from a cache", u.CacheRead, p.Cached)
	used("written", "Written to a cache", u.CacheWrite+u.CacheWrite1h, p.Written)
	used("output", "Output", u.Output-u.Reasoning, p.Output)
	used("reasoning", "Reasoning", u.Reasoning, p.Reasoning)
	used("call", "Per call", 0, p.PerCall)
	last := ""
	if n := len(r.Attempts); n > 0 {
		last = r.Attempts[n-1].Deployment
	}
	for i := range r.Candidates {
		c := &r.Candidates[i]
		a := Alternative{Account: cmp.Or(names.accounts[c.Account], c.Account), Upstream: c.Upstream, Served: c.Deployment == last}
		if c.WouldKnown {
			a.USD = &c.Would
		}
		out.Alternatives = append(out.Alternatives, a)
	}
	for _, a := range r.Against {
		if a.Baseline == set.Baseline {
			out.BaselineUSD = &a.USD
			if !r.Cost.Unknown {
				saved := a.USD - r.Cost.USD
				out.SavedUSD = &saved
			}
		}
	}
	return out, nil
}

// record finds a request by its id.
func (s *Service) record(id string) (routing.Record, error) {
	if id == "last" {
		page, _, err := s.Ledger.Requests(newest)
		if err != nil || len(page) == 0 {
			return routing.Record{}, cmp.Or(err, error(NewProblem(NotFound, "There is no request in the ledger yet.", "")))
		}
		return page[0], nil
	}
	r, ok, err := s.Ledger.Request(id)
	if err == nil && !ok {
		err = NewProblem(NotFound, fmt.Sprintf("There is no request %q in the ledger.", id), "`metapi usage --json` lists their ids.")
	}
	return r, err
}

// basis says what the cost of a request stands on.
func basis(r *routing.Record) string {
	switch {
	case r.State == routing.Running:
		return "It still runs."
	case r.Cost.Unknown:
		return "The price of some of it is not known, and left out."
	case r.Cost.ToldBy != "":
		return "Told by " + r.Cost.ToldBy + " in the reply; the classes are what list prices make of them."
	case r.Cost.Estimated:
		return "Estimated: the upstream told no token counts for some of it, or lists no price for its cache."
	case r.Usage.Zero() && r.Cost.USD == 0:
		return "Nothing was used."
	}
	return "Measured: the upstream's own token counts, at list prices."
}

// why says why a request went where it went.
func (n names) why(r *routing.Record) (said []string) {
	if r.Mode != "" {
		said = append(said, fmt.Sprintf("Mode %s, %s could serve.", r.Mode, some(len(r.Candidates))))
	}
	for _, rule := range r.Rules {
		if budget, ok := strings.CutPrefix(rule, "budget: "); ok {
			said = append(said, fmt.Sprintf("The budget %q is spent, so that it went to who costs less.", budget))
		} else {
			said = append(said, fmt.Sprintf("The rule %q held.", rule))
		}
	}
	for i := range r.Attempts {
		if a := &r.Attempts[i]; a.Kind != "" {
			said = append(said, fmt.Sprintf("%s was asked, and failed: %s.", cmp.Or(n.accounts[a.Account], a.Account), a.Kind.Noun()))
		}
	}
	for _, x := range r.Excluded {
		said = append(said, fmt.Sprintf("%s was left out: %s.", cmp.Or(n.accounts[x.Account], x.Account), strings.TrimSuffix(x.Reason, ".")))
	}
	return said
}

// some counts accounts in words.
func some(n int) string {
	if n == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", n)
}
