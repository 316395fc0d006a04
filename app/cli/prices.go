package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) prices() *cobra.Command {
	return group("prices", "Show what models cost and where that is from, and refresh it", a.pricesShow(), a.pricesList(), a.pricesRefresh(), a.pricesAuto(), a.pricesBuiltIn())
}

func (a *app) pricesShow() *cobra.Command {
	var account string
	c := &cobra.Command{Use: "show MODEL [--account A]", Short: "Show all that a model costs, and by whose word", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) ([]client.ModelPrice, error) { return l.Price(c.Context(), args[0], account) },
				func(list []client.ModelPrice) {
					for _, p := range list {
						a.modelPrice(p)
					}
				})
		}}
	c.Flags().StringVar(&account, "account", "", "only at this `account`")
	return c
}

func (a *app) modelPrice(p client.ModelPrice) {
	fmt.Fprintf(a.out, "%s at %s\n", p.Name, p.Account)
	if !p.Known {
		fmt.Fprintf(a.out, "  not known: %s. In cost mode it comes last.\n", p.Why)
	}
	if p.Source == "" {
		return
	}
	a.priceOf(p)
	if o := p.Other; o != nil {
		fmt.Fprintf(a.out, "  disputed: another source differs by more than a tenth, and budgets hold back by the dearer of the two\n")
		a.priceOf(*o)
	}
}

func (a *app) priceOf(p client.ModelPrice) {
	source := strings.TrimSuffix(p.Source+", "+p.AsOf, ", ")
	if p.Old {
		source += " (old)"
	}
	if p.Page != "" {
		source += ", after " + p.Page
	}
	fmt.Fprintf(a.out, "  by %s\n", source)
	if p.Free {
		fmt.Fprintln(a.out, "  free of charge")
		return
	}
	sign := "$"
	if p.Currency != "" {
		sign = p.Currency + " "
		if p.Dollars > 0 {
			fmt.Fprintf(a.out, "  in %s, of which %s make a dollar\n", p.Currency, strconv.FormatFloat(1/p.Dollars, 'g', 6, 64))
		}
	}
	t := newTable("WHEN", "WHAT", ">PRICE", "FOR")
	for _, terms := range p.Terms {
		when := terms.When
		if when == "" {
			when = "usually"
		}
		if terms.Now && len(p.Terms) > 1 {
			when += " (now)"
		}
		for _, l := range terms.Lines {
			t.add(when, l.What, sign+plain(l.Amount), l.Unit)
			when = ""
		}
	}
	for _, l := range p.Services {
		t.add("as "+strings.ToLower(l.What), "all tokens", "× "+plain(l.Amount), "")
	}
	t.print(a.out)
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (a *app) pricesList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "Show which list of prices is in force, and how old it is", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.PriceList, error) { return l.Prices(c.Context()) }, a.priceList)
		}}
}

func (a *app) priceList(p client.PriceList) {
	origin, old := "came with this version of Metapi", ""
	if p.Fetched {
		origin = "was fetched"
	}
	if p.Old {
		old = ", which is old"
	}
	fmt.Fprintf(a.out, "The list of prices is %s of %s (%d days%s); it %s.\n", p.Source, p.AsOf, p.Days, old, origin)
	if p.Auto {
		fmt.Fprintf(a.out, "It is fetched anew each day from %s.\n", p.From)
	} else {
		fmt.Fprintln(a.out, "It is not fetched anew by itself: metapi prices auto on changes that, metapi prices refresh fetches it once.")
	}
	if p.Message != "" {
		fmt.Fprintf(a.out, "The last refresh, %s: %s\n", when(p.Asked), p.Message)
	}
}

func (a *app) pricesRefresh() *cobra.Command {
	return &cobra.Command{Use: "refresh", Short: "Fetch the list of prices now", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var got client.PriceList
			err := ask(c.Context(), a, func(l *link) (client.PriceList, error) {
				p, err := l.RefreshPrices(c.Context())
				got = p
				return p, err
			}, a.priceList)
			if err == nil && got.Outcome != "ok" {
				return client.NewProblem(client.Refused, "The prices were not refreshed.", "What was known stays in force.")
			}
			return err
		}}
}

func (a *app) pricesAuto() *cobra.Command {
	var from string
	c := &cobra.Command{Use: "auto on|off [--from URL]", Short: "Fetch the list of prices each day, or no longer", Args: cobra.ExactArgs(1), ValidArgs: []string{"on", "off"},
		RunE: func(c *cobra.Command, args []string) error {
			on := args[0] == "on"
			if !on && args[0] != "off" {
				return wrongUsage("Say on or off.", "%q is neither.", args[0])
			}
			edit := client.EditSettings{RefreshPrices: &on}
			if c.Flags().Changed("from") {
				edit.PricesURL = &from
			}
			return ask(c.Context(), a, func(l *link) (client.PriceList, error) {
				if _, err := l.EditSettings(c.Context(), edit); err != nil {
					return client.PriceList{}, err
				}
				return l.Prices(c.Context())
			}, a.priceList)
		}}
	c.Flags().StringVar(&from, "from", "", "the `address` of a list of genai-prices' form; empty: where it is published")
	return c
}

func (a *app) pricesBuiltIn() *cobra.Command {
	return &cobra.Command{Use: "built-in", Short: "Go back to the list of prices that came with this version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.PriceList, error) { return l.ForgetPrices(c.Context()) }, a.priceList)
		}}
}
