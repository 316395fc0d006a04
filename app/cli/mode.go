package cli

import (
	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) mode() *cobra.Command {
	var words []string
	for _, m := range client.Modes() {
		words = append(words, string(m.Mode)+"\t"+m.Means)
	}
	return &cobra.Command{
		Use: "mode [NAME]", Short: "Show or choose how an account is picked for a request", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a,
				func(l *link) (client.ModeInfo, error) {
					if len(args) == 0 {
						return l.Mode(c.Context())
					}
					return l.SetMode(c.Context(), args[0])
				},
				func(m client.ModeInfo) {
					a.say("%s", m.Mode)
					for _, w := range m.Modes {
						mark := " "
						if w.Mode == m.Mode {
							mark = "*"
						}
						a.note("%s %-9s %s", mark, w.Mode, w.Means)
					}
				})
		}}
}
