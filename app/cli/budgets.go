package cli

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) budgets() *cobra.Command {
	return group("budgets", "Show and set what may be spent", a.budgetsList(), a.budgetsSet(), a.budgetsRemove())
}

func (a *app) budgetsList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the budgets, and what has been spent", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.budgetsAfter(c.Context(), func(l *link) ([]client.BudgetStanding, error) { return l.Budgets(c.Context()) })
		}}
}

func (a *app) budgetsSet() *cobra.Command {
	var b client.SetBudget
	var of struct{ client, account, model string }
	c := &cobra.Command{
		Use:   "set NAME AMOUNT [--per day|week|month] [--client C | --account A | --model M] [--hard]",
		Short: "Set a budget in dollars, or change it",
		Long: `Set what may be spent in a day, a week or a month: by all requests, or by those of one
client, at one account or of one model.

Once it is spent, requests are served by whoever costs least. With --hard they are
refused: the tool is told which budget it is.`,
		Example: "  metapi budgets set all 50\n  metapi budgets set agent 5 --per day --client claude-code --hard",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			usd, err := strconv.ParseFloat(strings.TrimPrefix(args[1], "$"), 64)
			if err != nil || !(usd >= 0) || math.IsInf(usd, 0) {
				return wrongUsage("Write it like 12.50.", "%q is no amount of dollars.", args[1])
			}
			b.USD, b.Scope = usd, "total"
			for scope, word := range map[string]string{"client": of.client, "account": of.account, "model": of.model} {
				if word == "" {
					continue
				}
				if b.Of != "" {
					return wrongUsage("Set two budgets.", "A budget is for a client, an account or a model, not for two of them.")
				}
				b.Scope, b.Of = scope, word
			}
			return a.budgetsAfter(c.Context(), func(l *link) ([]client.BudgetStanding, error) { return l.SetBudget(c.Context(), args[0], b) })
		}}
	f := c.Flags()
	f.StringVar(&b.Period, "per", "month", "`day`, week or month")
	f.StringVar(&of.client, "client", "", "only what this `client` spends")
	f.StringVar(&of.account, "account", "", "only what is spent at this `account`")
	f.StringVar(&of.model, "model", "", "only what this `model` costs")
	f.BoolVar(&b.Hard, "hard", false, "refuse requests once it is spent")
	return c
}

func (a *app) budgetsRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Remove a budget", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.budgetsAfter(c.Context(), func(l *link) ([]client.BudgetStanding, error) { return l.RemoveBudget(c.Context(), args[0]) })
		}}
}

// budgetsAfter does something, and shows the budgets as they are then.
func (a *app) budgetsAfter(ctx context.Context, do func(*link) ([]client.BudgetStanding, error)) error {
	var set client.Settings
	return ask(ctx, a, func(l *link) (list []client.BudgetStanding, err error) {
		if list, err = do(l); err == nil {
			set, err = l.Settings(ctx)
		}
		return list, err
	}, func(list []client.BudgetStanding) { a.showBudgets(list, set.Money()) })
}

func (a *app) showBudgets(list []client.BudgetStanding, m *client.Money) {
	if len(list) == 0 {
		a.note("There is no budget. `metapi budgets set all 50` sets one of $50 a month.")
		return
	}
	t := newTable("NAME", "FOR", "PER", ">SPENT", ">HELD", ">OF", "UNTIL", "")
	for _, b := range list {
		whose := "everything"
		if b.OfName != "" {
			whose = string(b.Scope) + " " + b.OfName
		}
		state := cell{"", green}
		switch {
		case b.Spent >= b.USD && b.Hard:
			state = cell{"spent: requests are refused", red}
		case b.Spent >= b.USD:
			state = cell{"spent: the cheapest serves", yellow}
		}
		t.add(b.Name, whose, string(b.Period), amount(b.Spent, m), amount(b.Held, m), amount(b.USD, m), when(b.Until), state)
	}
	t.print(a.out)
	a.noteRate(m)
}
