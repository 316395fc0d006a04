package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) keys() *cobra.Command {
	return group("keys", "Make, show and revoke the local keys that tools use", a.keysAdd(), a.keysPrint(), a.keysList(), a.keysMode(), a.keysPin(), a.keysUnpin(), a.keysPause(), a.keysResume(), a.keysRevoke())
}

func (a *app) keysAdd() *cobra.Command {
	return &cobra.Command{Use: "add NAME", Short: "Make a local key for a tool, and print it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.KeyText, error) { return l.AddClient(c.Context(), args[0]) },
				func(k client.KeyText) {
					a.say("%s", k.Key)
					a.note("This is the local key of %q. Give it to that tool as its API key; `metapi keys print %s` shows it again.",
						k.Client.Name, quoted(k.Client.Name))
				})
		}}
}

func (a *app) keysPrint() *cobra.Command {
	return &cobra.Command{Use: "print NAME", Short: "Print a local key", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.KeyText, error) { return l.ClientKey(c.Context(), args[0]) },
				func(k client.KeyText) { a.say("%s", k.Key) })
		}}
}

func (a *app) keysList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the local keys", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) ([]client.Key, error) { return l.Clients(c.Context()) },
				func(list []client.Key) {
					if len(list) == 0 {
						a.note("There is no local key yet. `metapi keys add NAME` makes one.")
						return
					}
					t := newTable("NAME", "KEY", "CREATED", "MODE", "STATE")
					for _, k := range list {
						state := cell{"in use", green}
						if k.Paused != "" {
							state = cell{"paused: " + k.Paused, yellow}
						}
						if !k.Revoked.IsZero() {
							state = cell{"revoked " + when(k.Revoked), red}
						}
						mode := cmp.Or(k.Mode, "as all")
						if k.Pin != "" {
							mode = "pinned to " + k.PinSlug
						}
						t.add(k.Name, k.KeyHint, when(k.Created), mode, state)
					}
					t.print(a.out)
				})
		}}
}

func (a *app) keysPin() *cobra.Command {
	return &cobra.Command{Use: "pin NAME ACCOUNT", Short: "Have a tool's requests go to one account alone", Args: cobra.ExactArgs(2),
		Long: `From the next request on all that the tool asks for goes to this account, whatever the mode
and however the account does: where it cannot serve, the tool gets an error that says so.`,
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Key, error) {
				return l.EditClient(c.Context(), args[0], client.EditKey{Pin: &args[1]})
			},
				func(k client.Key) {
					a.say("%s is pinned to %s: its requests go nowhere else until `metapi keys unpin %s`.", k.Name, k.PinSlug, quoted(k.Name))
				})
		}}
}

func (a *app) keysUnpin() *cobra.Command {
	return &cobra.Command{Use: "unpin NAME", Short: "Let a tool's requests go to any account again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Key, error) {
				return l.EditClient(c.Context(), args[0], client.EditKey{Pin: new("")})
			},
				func(k client.Key) { a.say("The requests of %s go to any account again.", k.Name) })
		}}
}

func (a *app) keysPause() *cobra.Command {
	return &cobra.Command{Use: "pause NAME", Short: "Refuse a tool's requests until it is resumed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Key, error) {
				return l.EditClient(c.Context(), args[0], client.EditKey{Paused: new(true)})
			},
				func(k client.Key) {
					a.say("%s is paused: its requests are refused until `metapi keys resume %s`.", k.Name, quoted(k.Name))
				})
		}}
}

func (a *app) keysResume() *cobra.Command {
	return &cobra.Command{Use: "resume NAME", Short: "Take a tool's requests again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Key, error) {
				return l.EditClient(c.Context(), args[0], client.EditKey{Paused: new(false)})
			},
				func(k client.Key) { a.say("The requests of %s are taken again.", k.Name) })
		}}
}

func (a *app) keysRevoke() *cobra.Command {
	return &cobra.Command{Use: "revoke NAME", Short: "End a local key for good", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Done, error) { return l.RevokeClient(c.Context(), args[0]) },
				func(d client.Done) { a.say("%s", d.Message) })
		}}
}
