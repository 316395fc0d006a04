package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) accountsHealth() *cobra.Command {
	return &cobra.Command{Use: "health [ACCOUNT]", Short: "Show how accounts and their models have done lately, and what cools", Args: cobra.MaximumNArgs(1),
		Long: `Show how accounts and their models have done lately: how many attempts were answered, how
soon the first token and the whole reply came (for half of them, and for 19 of 20), how
fast replies are written, what failed, and what is left out for a time.

What is longer ago counts less. ` + "`metapi accounts clear-cooldown ACCOUNT`" + ` ends a cooldown.`,
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Health, error) { return l.Health(c.Context(), strings.Join(args, "")) }, a.showHealth)
		}}
}

func (a *app) accountsClearCooldown() *cobra.Command {
	return &cobra.Command{Use: "clear-cooldown ACCOUNT", Short: "Let an account be chosen again at once, after you topped it up, say", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Done, error) { return l.ClearCooldown(c.Context(), args[0]) },
				func(d client.Done) { a.say("%s", d.Message) })
		}}
}

func (a *app) accountsProbes() *cobra.Command {
	var in client.EditSettings
	var lists, models bool
	var perDay int
	var usd float64
	c := &cobra.Command{Use: "probes [--lists=true|false] [--models=true|false] [--per-day N] [--usd-per-day D]", Short: "Show or choose what Metapi asks of accounts on its own", Args: cobra.NoArgs,
		Long: `Show or choose what Metapi asks of its own accord, while tools are at work: accounts that
nobody has asked for long, or that are to be tried again, for their list of models, which
is free; and with --models also models whose price is known, for one token. What that
costs is in the ledger under the client "Metapi itself".`,
		RunE: func(c *cobra.Command, _ []string) error {
			for name, set := range map[string]func(){"lists": func() { in.Probe = &lists }, "models": func() { in.ProbeModels = &models },
				"per-day": func() { in.ProbesPerDay = &perDay }, "usd-per-day": func() { in.ProbeUSDPerDay = &usd }} {
				if c.Flags().Changed(name) {
					set()
				}
			}
			var today client.Health
			return ask(c.Context(), a, func(l *link) (s client.Settings, err error) {
				if today, err = l.Health(c.Context(), ""); err != nil {
					return s, err
				}
				return l.EditSettings(c.Context(), in)
			}, func(s client.Settings) {
				a.say("Lists of models: %s", onOff(s.Probe))
				a.say("One token of a model: %s", onOff(s.Probe && s.ProbeModels))
				a.say("Today: %d of %d probes, $%.4f of $%.2f", today.Probed.Count, s.ProbesPerDay, today.Probed.USD, s.ProbeUSDPerDay)
			})
		}}
	c.Flags().BoolVar(&lists, "lists", true, "ask accounts for their models")
	c.Flags().BoolVar(&models, "models", true, "ask models for one token, too")
	c.Flags().IntVar(&perDay, "per-day", 200, "no more than `N` probes on a day")
	c.Flags().Float64Var(&usd, "usd-per-day", 0.05, "nor those that cost something for more than `D` dollars")
	return c
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (a *app) showHealth(h client.Health) {
	if len(h.Accounts) == 0 {
		a.note("Nothing is known: figures are there while Metapi runs. `metapi serve` starts it.")
		return
	}
	t := newTable("ACCOUNT", "MODEL", ">RUNNING", ">ANSWERED", ">FIRST TOKEN", ">WHOLE REPLY", ">TOKENS/S", "FAILED OF", "COOLING")
	for _, acc := range h.Accounts {
		addHealth(t, acc.Slug, "", acc.Vitals, acc.Cooling)
		for _, d := range h.Deployments {
			if d.Account != acc.Slug {
				continue
			}
			var cooling []client.Cooling
			if d.Cooling != nil && d.Cooling.Scope == "model" {
				cooling = append(cooling, *d.Cooling)
			}
			addHealth(t, "", d.Name, d.Vitals, cooling)
		}
	}
	t.print(a.out)
}

func addHealth(t *table, account, model string, v client.Vitals, cooling []client.Cooling) {
	answered, failed := cell{"-", dim}, []string{}
	if v.Available != nil {
		answered = cell{fmt.Sprintf("%.1f %%", 100**v.Available), green}
		if *v.Available < 0.9 {
			answered.colour = red
		}
	}
	for _, e := range v.Errors {
		failed = append(failed, fmt.Sprintf("%s %.1f %%", e.Why, 100*e.Share))
	}
	speed := "-"
	if v.Speed > 0 {
		speed = fmt.Sprintf("%.0f", v.Speed)
	}
	var cools string
	if len(cooling) > 0 {
		c := cooling[0]
		cools = fmt.Sprintf("after %s, for %s more", c.Why, time.Until(c.Until).Round(time.Second))
		if len(cooling) > 1 {
			cools += fmt.Sprintf(" (and %d more)", len(cooling)-1)
		}
	}
	t.add(account, model, v.InFlight, answered, halfAndMost(v.FirstP50, v.FirstP95), halfAndMost(v.TookP50, v.TookP95), speed, strings.Join(failed, ", "), cell{cools, red})
}

// halfAndMost is what half of some times do not exceed, and 19 of 20.
func halfAndMost(half, most int64) string {
	if most == 0 {
		return "-"
	}
	if most < 1000 {
		return fmt.Sprintf("%d to %d ms", half, most)
	}
	return fmt.Sprintf("%.1f to %.1f s", float64(half)/1000, float64(most)/1000)
}
