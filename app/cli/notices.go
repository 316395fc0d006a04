package cli

import (
	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) notices() *cobra.Command {
	var in client.EditSettings
	var budgets, keys, failovers, gateway bool
	var quiet int
	c := &cobra.Command{Use: "notices [--budgets=true|false] [--keys=true|false] [--failovers=true|false] [--gateway=true|false] [--quiet N]",
		Short: "Show or choose what you are told of at once", Args: cobra.NoArgs,
		Long: `Show or choose what you are told of at once: in the window, by the desktop while the
window is not in front, and in the log. The same is not told again before --quiet minutes.`,
		RunE: func(c *cobra.Command, _ []string) error {
			for name, set := range map[string]func(){"budgets": func() { in.NotifyBudget = &budgets }, "keys": func() { in.NotifyKey = &keys },
				"failovers": func() { in.NotifyFailover = &failovers }, "gateway": func() { in.NotifyGateway = &gateway }, "quiet": func() { in.NotifyQuiet = &quiet }} {
				if c.Flags().Changed(name) {
					set()
				}
			}
			return ask(c.Context(), a, func(l *link) (client.Settings, error) { return l.EditSettings(c.Context(), in) }, func(s client.Settings) {
				a.say("A budget is nearly spent, or is: %s", onOff(s.NotifyBudget))
				a.say("An account refuses its key, or has no money: %s", onOff(s.NotifyKey))
				a.say("Requests keep failing over from an account: %s", onOff(s.NotifyFailover))
				a.say("Tools cannot be served: %s", onOff(s.NotifyGateway))
				a.say("The same again after: %d minutes", s.NotifyQuiet)
			})
		}}
	c.Flags().BoolVar(&budgets, "budgets", true, "a budget is nearly spent, or is")
	c.Flags().BoolVar(&keys, "keys", true, "an account refuses its key, or has no money")
	c.Flags().BoolVar(&failovers, "failovers", true, "requests keep failing over from an account")
	c.Flags().BoolVar(&gateway, "gateway", true, "the port is taken, keys cannot be read, or no account can serve")
	c.Flags().IntVar(&quiet, "quiet", 30, "the same is not told again for `N` minutes")
	return c
}
