package gateway_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/ledger/budget"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// within keeps the gateway within budgets, as the backend does.
type within struct{ budget.Keeper }

func (b *within) Hold(client, account, model string, began time.Time, most func() float64) (gateway.Hold, *protocol.Error) {
	h, err := b.Keeper.Hold(budget.Use{Client: client, Account: account, Model: model}, most, began, time.Now())
	var over *budget.Over
	if errors.As(err, &over) {
		return nil, over.Client(time.Now())
	}
	return h, nil
}

func (b *within) Refuses(client, account, model string, more float64) *protocol.Error {
	if over := b.Keeper.Ask(budget.Use{Client: client, Account: account, Model: model}, more, time.Now()); over != nil {
		return over.Client(time.Now())
	}
	return nil
}

func (b *within) Settle(_ *routing.Record, record func(), holds []gateway.Hold) {
	var list []*budget.Hold
	for _, h := range holds {
		list = append(list, h.(*budget.Hold))
	}
	b.Keeper.Settle(record, list, time.Now())
}

func (b *within) Spare(client, account, model string) string {
	return b.Keeper.Spare(budget.Use{Client: client, Account: account, Model: model}, time.Now())
}

func budgeted(t *testing.T, list ...budget.Budget) (*within, setting) {
	b := new(within)
	if err := b.Set(list, func(budget.Budget, time.Time) (float64, error) { return 0, nil }, time.Now()); err != nil {
		t.Fatal(err)
	}
	return b, func(o *gateway.Options, _ *snapshot.Snapshot) { o.Budgets = b }
}

// In every protocol a client is told which budget is spent, in the shape that its SDK knows, and no upstream is asked.
func TestSpentBudgetIsTold(t *testing.T) {
	v := map[imitation.Kind]*imitation.Vendor{}
	var all []*imitation.Vendor
	for _, k := range []imitation.Kind{imitation.OpenAI, imitation.Anthropic, imitation.Gemini} {
		v[k] = vendor(t, k, "A")
		all = append(all, v[k])
	}
	_, limit := budgeted(t, budget.Budget{Name: "pocket money", Scope: budget.Client, Of: "cli_test", Period: budget.Day, USD: 0, Hard: true})
	w := newWorld(t, all, limit)
	for _, a := range asks() {
		got := w.send(a)
		if _, _, errs := text(ask{kind: a.kind, proto: a.proto}, got.body); got.status/100 != 4 || len(errs) != 1 || !strings.Contains(errs[0], `"pocket money"`) {
			t.Errorf("%v: %d %s", a, got.status, got.body)
		}
		if n := len(v[a.kind].Requests()); n != 0 {
			t.Errorf("%v: the upstream was asked %d times", a, n)
		}
	}
}

// An account's budget is no other account's: the next one serves.
func TestAccountsBudgetLeavesTheNext(t *testing.T) {
	_, limit := budgeted(t, budget.Budget{Name: "a", Scope: budget.Account, Of: "acc_0", Period: budget.Day, USD: 0, Hard: true})
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, limit)
	if got := w.send(asks()[0]); got.status != 200 || got.header.Get("X-Metapi-Deployment") != "dep_1_gpt-4o" {
		t.Errorf("%d %s, by %s", got.status, got.body, got.header.Get("X-Metapi-Deployment"))
	}
}

// Fifty streams at once do not overrun a hard budget by more than what one of them holds, and nothing stays held.
func TestFiftyStreamsAndABudget(t *testing.T) {
	const usd = 0.05
	b, limit := budgeted(t, budget.Budget{Name: "x", Scope: budget.Total, Period: budget.Month, USD: usd, Hard: true})
	v := vendor(t, imitation.OpenAI, "A")
	w := newWorld(t, []*imitation.Vendor{v}, prices(100), limit) // $100 and $1,000 for a million tokens
	a := asks()[4]
	a.body["max_completion_tokens"] = 40 // at most 4 cents, and the prompt
	var all sync.WaitGroup
	served := make([]int, 50)
	for i := range served {
		all.Go(func() {
			for range 4 {
				if got := w.send(a); got.status == 200 {
					served[i]++
				} else if got.status != 429 {
					t.Errorf("%d %s", got.status, got.body)
				}
			}
		})
	}
	all.Wait()
	w.records(200)
	n := 0
	for _, s := range served {
		n += s
	}
	s := b.Standings(time.Now())[0]
	most := 0.0
	for _, r := range w.records(200) {
		most = max(most, r.Cost.USD)
	}
	if n == 0 || s.Held != 0 || s.Spent > usd+0.045 || s.Spent < usd/2 {
		t.Errorf("%d served, %+v, the dearest %v", n, s, most)
	}
}

// Once a soft budget is spent, the cheapest serves, and the record says why.
func TestSoftBudgetSpares(t *testing.T) {
	_, limit := budgeted(t, budget.Budget{Name: "soft", Scope: budget.Total, Period: budget.Month, USD: 0})
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 1), limit)
	if got := w.send(asks()[0]); got.status != 200 || got.header.Get("X-Metapi-Deployment") != "dep_1_gpt-4o" {
		t.Errorf("%d, by %s", got.status, got.header.Get("X-Metapi-Deployment"))
	}
	if got := w.send(asks()[0]).header.Get("X-Metapi-Budget"); got != "soft" {
		t.Errorf("the reply names the budget %q", got)
	}
	if rec := w.records(2)[0]; rec.Mode != routing.Cheapest || len(rec.Rules) != 1 || rec.Rules[0] != "budget: soft" {
		t.Errorf("mode %s, rules %v", rec.Mode, rec.Rules)
	}
	if got := w.do(inMode(w.request(asks()[0]), "failover")); got.header.Get("X-Metapi-Deployment") != "dep_0_gpt-4o" {
		t.Errorf("a client that asks for a mode is not heard: %s", got.header.Get("X-Metapi-Deployment"))
	}
}

// An account that has spent its own soft budget is asked after the others, and alone serves all the same.
func TestSoftBudgetOfAnAccount(t *testing.T) {
	_, limit := budgeted(t, budget.Budget{Name: "work", Scope: budget.Account, Of: "acc_0", Period: budget.Month, USD: 0})
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, limit)
	got := w.send(asks()[0])
	if got.status != 200 || got.header.Get("X-Metapi-Deployment") != "dep_1_gpt-4o" || got.header.Get("X-Metapi-Budget") != "work" {
		t.Errorf("%d, by %s, budget %q", got.status, got.header.Get("X-Metapi-Deployment"), got.header.Get("X-Metapi-Budget"))
	}
	if rec := w.records(1)[0]; len(rec.Rules) != 1 || rec.Rules[0] != "budget: work" {
		t.Errorf("rules %v", rec.Rules)
	}
	alone := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A")}, limit)
	if got := alone.send(asks()[0]); got.status != 200 || got.header.Get("X-Metapi-Budget") != "" {
		t.Errorf("%d, budget %q", got.status, got.header.Get("X-Metapi-Budget"))
	}
}

// Whoever asks for several replies at once holds what all of them may cost.
func TestChoicesAreHeld(t *testing.T) {
	held := func(change func(map[string]any)) float64 {
		b, limit := budgeted(t, budget.Budget{Name: "x", Scope: budget.Total, Period: budget.Month, USD: 100, Hard: true})
		most := 0.0
		v := vendor(t, imitation.OpenAI, "A")
		watch := func(o *gateway.Options, s *snapshot.Snapshot) {
			limit(o, s)
			o.Budgets = watching{b, func() { most = b.Standings(time.Now())[0].Held }}
		}
		w := newWorld(t, []*imitation.Vendor{v}, prices(100), watch)
		a := asks()[0]
		a.body["max_completion_tokens"] = 1000
		change(a.body)
		w.send(a)
		return most
	}
	one := held(func(map[string]any) {})
	five := held(func(body map[string]any) { body["n"] = 5 })
	if one < 1 || five < one+3.9 || five > one+4.1 { // a thousand tokens of a reply are a dollar
		t.Errorf("one holds %v, five %v", one, five)
	}
}

// watching looks whenever something has been held.
type watching struct {
	*within
	look func()
}

func (w watching) Hold(client, account, model string, began time.Time, most func() float64) (gateway.Hold, *protocol.Error) {
	h, e := w.within.Hold(client, account, model, began, most)
	w.look()
	return h, e
}
