package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) models() *cobra.Command {
	var account string
	c := &cobra.Command{Use: "models [--account A]", Short: "List the models on offer, with their prices", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) ([]client.Model, error) { return l.Models(c.Context(), account) },
				func(list []client.Model) {
					if len(list) == 0 {
						a.note("No models are on offer. `metapi accounts list` shows how the last listings went.")
						return
					}
					t := newTable("MODEL", "ACCOUNT", ">CONTEXT", ">IN $/M", ">OUT $/M", "PRICE FROM", "PROTOCOLS", "")
					for _, m := range list {
						gone := ""
						if !m.Gone.IsZero() {
							gone = "gone since " + when(m.Gone)
						}
						t.add(m.Name, m.Account, size(m.Context), price(m.Input), price(m.Output), priceFrom(m), strings.Join(m.Protocols, ","), cell{gone, yellow})
					}
					t.print(a.out)
				})
		}}
	c.Flags().StringVar(&account, "account", "", "only what this `account` offers")
	return c
}

// priceFrom says whose price it is, and of which day.
func priceFrom(m client.Model) string {
	if m.PriceUnknown != "" {
		return m.PriceUnknown
	}
	from := strings.TrimSuffix(m.PriceSource+", "+m.PriceAsOf, ", ")
	if m.PriceOld {
		from += " (old)"
	}
	if m.PriceDisputed != "" {
		from += "; disputed: " + price(m.OtherInput) + " and " + price(m.OtherOutput) + " by " + m.PriceDisputed
	}
	return from
}
