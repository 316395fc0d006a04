package control

import (
	"cmp"
	"context"
	"slices"
	"time"

	"metapi/backend/ledger/budget"
)

// BudgetStanding is a budget, and how it does.
type BudgetStanding struct {
	budget.Standing
	OfName string `json:"of_name,omitempty" doc:"What the client or account is called"`
}

// budgets lists them in the order in which they were made.
func (s *Service) budgets(context.Context, *nothing) ([]BudgetStanding, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	list := []BudgetStanding{}
	for _, b := range s.Budgets.Standings(time.Now()) {
		list = append(list, BudgetStanding{b, names.called(&b.Budget)})
	}
	return list, nil
}

func (n names) called(b *budget.Budget) string {
	switch b.Scope {
	case budget.Client:
		return cmp.Or(n.clients[b.Of], b.Of)
	case budget.Account:
		return cmp.Or(n.accounts[b.Of], b.Of)
	}
	return b.Of
}

type setBudgetInput struct {
	Name string `path:"name"`
	Body struct {
		Scope  budget.Scope  `json:"scope" enum:"total,client,account,model"`
		Of     string        `json:"of,omitempty" doc:"The client or account, by id or name, or the model"`
		Period budget.Period `json:"period" enum:"day,week,month"`
		USD    float64       `json:"usd" minimum:"0" doc:"Dollars"`
		Hard   bool          `json:"hard,omitempty" doc:"Refuse requests once it is spent; else they are served by whoever costs least"`
	}
}

// setBudget sets a budget, in place of one of the same name.
func (s *Service) setBudget(ctx context.Context, in *setBudgetInput) ([]BudgetStanding, error) {
	b := budget.Budget{Name: in.Name, Scope: in.Body.Scope, Of: in.Body.Of, Period: in.Body.Period, USD: in.Body.USD, Hard: in.Body.Hard}
	switch b.Scope {
	case budget.Client:
		if c, missing := s.clientNamed(b.Of); missing == nil {
			b.Of = c.ID
		} else if b.Of != "" {
			return nil, missing
		}
	case budget.Account:
		if b.Of != "" {
			a, missing := s.Accounts.Get(b.Of)
			if missing != nil {
				return nil, missing
			}
			b.Of = a.ID
		}
	case budget.Model:
		if found, unknown := s.Snapshot().Names.Resolve(b.Of); unknown == nil {
			b.Of = found.Model
		}
	}
	if err := b.Check(); err != nil {
		return nil, NewProblem(Invalid, Sentence(err.Error()), "")
	}
	s.editing.Lock()
	defer s.editing.Unlock()
	list := s.setBudgets()
	if i := slices.IndexFunc(list, func(o budget.Budget) bool { return o.Name == b.Name }); i >= 0 {
		list[i] = b
	} else {
		list = append(list, b)
	}
	if err := s.SetBudgets(list); err != nil {
		return nil, err
	}
	s.Log.Info("budget set", "budget", b.Name, "scope", b.Scope, "usd", b.USD, "period", b.Period, "hard", b.Hard)
	s.Events.Changed(TopicStatus)
	return s.budgets(ctx, nil)
}

// setBudgets lists the budgets that are set.
func (s *Service) setBudgets() (list []budget.Budget) {
	for _, b := range s.Budgets.Standings(time.Now()) {
		list = append(list, b.Budget)
	}
	return list
}

type budgetInput struct {
	Name string `path:"name"`
}

// removeBudget removes a budget.
func (s *Service) removeBudget(ctx context.Context, in *budgetInput) ([]BudgetStanding, error) {
	s.editing.Lock()
	defer s.editing.Unlock()
	list := s.setBudgets()
	i := slices.IndexFunc(list, func(o budget.Budget) bool { return o.Name == in.Name })
	if i < 0 {
		return nil, NewProblem(NotFound, "There is no budget of the name \""+in.Name+"\".", "`metapi budgets list` shows them.")
	}
	if err := s.SetBudgets(slices.Delete(list, i, i+1)); err != nil {
		return nil, err
	}
	s.Log.Info("budget removed", "budget", in.Name)
	s.Events.Changed(TopicStatus)
	return s.budgets(ctx, nil)
}
