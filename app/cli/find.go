package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) accountsFind() *cobra.Command {
	var (
		others   []int
		yes, add bool
	)
	c := &cobra.Command{Use: "find [--port N] [--yes] [--add]", Short: "Look for servers of models on this machine",
		Long: `Ask ports of this machine, where servers of models usually are, which of them there is:
Ollama, LM Studio, llama.cpp and others. Nothing is asked before you agree, or say --yes;
no key is sent. Each that is found can be added as an account.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			if !yes {
				if agreed, err := a.agree(c.Context(), l, others); err != nil || !agreed {
					return err
				}
			}
			found, err := l.Nearby(c.Context(), others)
			if err != nil {
				return err
			}
			if !a.json {
				a.showNearby(found)
			}
			for i := range found.Servers {
				if err := a.addNearby(c.Context(), l, &found.Servers[i], add); err != nil {
					return err
				}
			}
			if a.json {
				return a.printJSON(found)
			}
			return nil
		}}
	c.Flags().IntSliceVar(&others, "port", nil, "also ask this `port`; may be given several times")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask before looking")
	c.Flags().BoolVar(&add, "add", false, "add every server that is found and known to run its models itself")
	return c
}

// agree says which ports would be asked, and asks whether to.
func (a *app) agree(ctx context.Context, l *link, others []int) (bool, error) {
	if !a.terminal() {
		return false, wrongUsage("Say --yes to have this machine's ports asked.", "There is nobody to ask.")
	}
	known, err := l.NearbyPorts(ctx)
	if err != nil {
		return false, err
	}
	a.note("Metapi will ask these ports of this machine, and nothing else: %s.", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(append(known.Ports, others...))), ", "), "[]"))
	return a.confirm("Ask them?")
}

// confirm asks what can be answered with yes or no.
func (a *app) confirm(question string) (bool, error) {
	answer, err := a.choose(question+" (yes, no)", "yes")
	return strings.HasPrefix(strings.ToLower(answer), "y"), err
}

func (a *app) showNearby(found client.Nearby) {
	if len(found.Servers) == 0 {
		a.note("No server of models was found. Start one, or give its port with --port.")
		return
	}
	t := newTable("SERVER", "BASE URL", ">MODELS", "COST", "ACCOUNT")
	for _, s := range found.Servers {
		cost, models := "unknown", fmt.Sprint(len(s.Models))
		if s.Known {
			cost = "none"
		}
		if s.NeedsKey {
			models = "wants a key"
		}
		t.add(s.Name, s.BaseURL, models, cost, s.Account)
	}
	t.print(a.out)
}

// addNearby adds a server that has no account yet: all that are known by --add, each on a yes where somebody is there.
func (a *app) addNearby(ctx context.Context, l *link, s *client.NearbyServer, all bool) error {
	switch {
	case s.Account != "" || s.NeedsKey || all && !s.Known:
		return nil
	case !all && (!a.terminal() || a.json):
		return nil
	case !all:
		if yes, err := a.confirm(fmt.Sprintf("Add %s with %s?", s.Name, plural(len(s.Models), "model"))); err != nil || !yes {
			return err
		}
	}
	d, err := l.AddAccount(ctx, client.AddAccount{Provider: s.Provider, BaseURL: s.BaseURL})
	if err != nil {
		return err
	}
	s.Account = d.Account.Slug
	a.note("%s", d.Message)
	return nil
}
