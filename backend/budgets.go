package backend

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/ledger"
	"metapi/backend/ledger/budget"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

const budgetsKey = "budgets"

// budgets keeps requests within what may be spent. It implements gateway.Budgets.
type budgets struct {
	keeper budget.Keeper
	st     *store.Store
	ledger *ledger.Ledger
}

// load puts the budgets of the store in force.
func (b *budgets) load() error {
	var list []budget.Budget
	err := b.st.View(func(tx *store.Tx) error {
		raw, ok, err := chosen.Get(tx, budgetsKey)
		if !ok {
			return err
		}
		return json.Unmarshal(raw, &list)
	})
	if err != nil || len(list) == 0 {
		return err
	}
	return b.keeper.Set(list, b.spent, time.Now())
}

// set puts budgets in force, and in the store.
func (b *budgets) set(list []budget.Budget) error {
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if err := b.st.Update(func(tx *store.Tx) error { return chosen.Put(tx, budgetsKey, raw) }); err != nil {
		return err
	}
	return b.keeper.Set(list, b.spent, time.Now())
}

// spent is what the ledger knows to have been spent.
func (b *budgets) spent(of budget.Budget, since time.Time) (float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.ledger.Flush(ctx); err != nil {
		return 0, err
	}
	by := map[budget.Scope]ledger.By{budget.Client: ledger.ByClient, budget.Account: ledger.ByAccount, budget.Model: ledger.ByModel}[of.Scope]
	if by == "" {
		sum, err := b.ledger.Totals(since, time.Time{})
		return sum.CostUSD, err
	}
	rows, err := b.ledger.Group(by, since, time.Time{}, nil)
	for _, r := range rows {
		if r.Key == of.Of {
			return r.CostUSD, err
		}
	}
	return 0, err
}

func (b *budgets) Any() bool { return b.keeper.Any() }

func (b *budgets) Hold(client, account, model string, began time.Time, most func() float64) (gateway.Hold, *protocol.Error) {
	now := time.Now()
	h, err := b.keeper.Hold(budget.Use{Client: client, Account: account, Model: model}, most, began, now)
	var over *budget.Over
	if errors.As(err, &over) {
		return nil, over.Client(now)
	}
	return h, nil
}

func (b *budgets) Refuses(client, account, model string, more float64) *protocol.Error {
	now := time.Now()
	if over := b.keeper.Ask(budget.Use{Client: client, Account: account, Model: model}, more, now); over != nil {
		return over.Client(now)
	}
	return nil
}

func (b *budgets) Settle(r *routing.Record, record func(), holds []gateway.Hold) {
	b.keeper.Settle(record, ended(r, holds), time.Now())
}

// ended are a request's attempts, as holds. Those that were made when there was no budget held nothing.
func ended(r *routing.Record, holds []gateway.Hold) (list []*budget.Hold) {
	for _, h := range holds {
		list = append(list, h.(*budget.Hold))
	}
	if len(holds) == 0 {
		for i := range r.Attempts {
			a := &r.Attempts[i]
			list = append(list, budget.Unheld(budget.Use{Client: r.Client, Account: a.Account, Model: r.Model}, r.Start, a.Cost.USD))
		}
	}
	return list
}

func (b *budgets) Spare(client, account, model string) string {
	return b.keeper.Spare(budget.Use{Client: client, Account: account, Model: model}, time.Now())
}
