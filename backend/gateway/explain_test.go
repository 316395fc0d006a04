package gateway_test

import (
	"strings"
	"testing"
	"time"

	"metapi/backend/account"
	"metapi/backend/gateway"
	"metapi/backend/ledger/budget"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// What is explained is what would happen: a hard budget that is spent refuses, and one of an account leaves that account out.
func TestExplainKnowsOfSpentBudgets(t *testing.T) {
	question := gateway.Question{Model: "gpt-4o", Client: account.Client{ID: "cli_test", Name: "test"}}
	for _, c := range []struct {
		name    string
		budget  budget.Budget
		serves  string // the account that comes first; "": the client is refused
		left    int
		refused string
		why     string
	}{
		{"of all", budget.Budget{Name: "x", Scope: budget.Total, Period: budget.Day, Hard: true}, "", 2, `the budget "x" is spent`, `the budget "x" is spent`},
		{"of the client", budget.Budget{Name: "x", Scope: budget.Client, Of: "cli_test", Period: budget.Day, Hard: true}, "", 2, `the budget "x" is spent`, ""},
		{"of another client", budget.Budget{Name: "x", Scope: budget.Client, Of: "cli_other", Period: budget.Day, Hard: true}, "acc_0", 0, "", "the first in your order"},
		{"of an account", budget.Budget{Name: "x", Scope: budget.Account, Of: "acc_0", Period: budget.Day, Hard: true}, "acc_1", 1, "", "the only one that could serve"},
		{"soft", budget.Budget{Name: "x", Scope: budget.Total, Period: budget.Day}, "acc_1", 0, "", `Since the budget "x" is spent, whoever costs least serves.`},
	} {
		b, limit := budgeted(t, c.budget)
		w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 1), limit)
		rec, err := w.gateway.Explain(t.Context(), question)
		switch {
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)), c.refused == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case err == nil && rec.Candidates[0].Account != c.serves:
			t.Errorf("%s: %+v", c.name, rec.Candidates)
		}
		if why := rec.Why(func(a string) string { return a }); len(rec.Excluded) != c.left || !strings.Contains(why, c.why) {
			t.Errorf("%s: %s, %+v", c.name, why, rec.Excluded)
		}
		for _, x := range rec.Excluded {
			if !x.Until.After(time.Now()) || !strings.Contains(x.Reason, `"x"`) {
				t.Errorf("%s: %+v", c.name, x)
			}
		}
		if s := b.Standings(time.Now())[0]; s.Held != 0 {
			t.Errorf("%s: asking has held %v", c.name, s.Held)
		}
		if got := w.send(asks()[0]); (got.status == 200) != (c.refused == "") {
			t.Errorf("%s: it was said to be refused: %q; the client gets %d", c.name, c.refused, got.status)
		}
	}
}

// A request that has been decided is asked about again by what its record tells: its true tokens, its session, its features.
func TestExplainAsksAgain(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 1),
		rules(t, `rules: [{name: long, when: tokens > 1000, mode: cost}, {name: streams, when: stream, never: [slug-1]}]`))
	a := asks()[4]
	a.body["messages"] = []any{map[string]any{"role": "user", "content": strings.Repeat("The report is about the third quarter. ", 250)}}
	w.send(a)
	was := w.records(1)[0]
	if was.Mode != routing.Cheapest || len(was.Rules) != 2 || was.Usage.Prompt() < 1000 {
		t.Fatalf("%s, %v, %+v", was.Mode, was.Rules, was.Usage)
	}
	now, err := w.gateway.Explain(t.Context(), gateway.Question{Of: &was})
	if err != nil || now.Mode != routing.Cheapest || len(now.Rules) != 2 || len(now.Candidates) != 1 || now.Candidates[0].Account != "acc_0" || now.Model != "gpt-4o" || !now.Stream {
		t.Errorf("%v %+v", err, now)
	}
	if want := 3e-6 * float64(was.Usage.Prompt()); now.Candidates[0].Cost < want {
		t.Errorf("it is expected to cost %v, its prompt alone costs %v", now.Candidates[0].Cost, want)
	}
	gone := was
	gone.Asked = "nobody-has-it"
	if _, err := w.gateway.Explain(t.Context(), gateway.Question{Of: &gone}); err == nil || !strings.Contains(err.Error(), "no account offers") {
		t.Error(err)
	}
}
