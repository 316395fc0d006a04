package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) rules() *cobra.Command {
	return group("rules", "Show, switch and change the rules in routing.yaml", a.rulesList(), a.rulesReady(), a.rulesOn(), a.rulesOff(), a.rulesAdd(), a.rulesMove(),
		a.rulesRemove(), a.rulesUndo(), a.rulesCheck(), a.rulesEdit())
}

func (a *app) rulesList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the rules, in their order", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Routing, error) { return l.Routing(c.Context()) }, a.showRules)
		}}
}

func (a *app) showRules(r client.Routing) {
	if r.Fault != nil {
		a.note("%s: %s", r.Path, place(r.Fault))
		a.note("The last good stays in force.")
		return
	}
	if len(r.Rules) == 0 {
		a.note("There is no rule. `metapi rules ready` lists some to switch on, `metapi rules add` makes one.")
		return
	}
	t := newTable(">#", "NAME", "WHEN", "DOES", "")
	for i, rule := range r.Rules {
		state := cell{"on", green}
		if rule.Off {
			state = cell{"off", yellow}
		}
		when := rule.When
		if when == "" {
			when = "always"
		}
		t.add(fmt.Sprint(i+1), rule.Name, when, doesInWords(rule), state)
	}
	t.print(a.out)
	for _, missing := range r.Lacks {
		a.note("%s", missing)
	}
}

// doesInWords says what a rule does.
func doesInWords(r client.RoutingRule) string {
	var does []string
	for i, tier := range append([][]client.Choice{r.Models, r.Then}, r.Tiers...) {
		var names []string
		for _, m := range tier {
			names = append(names, m.Model)
		}
		if len(names) == 0 {
			continue
		}
		word := "then "
		if i == 0 || len(does) == 0 {
			word = "use "
		}
		does = append(does, word+strings.Join(names, ", "))
	}
	if r.Mode != "" {
		does = append(does, "mode "+r.Mode)
	}
	if len(r.Only) > 0 {
		does = append(does, "only "+strings.Join(r.Only, ", "))
	}
	if len(r.Never) > 0 {
		does = append(does, "never "+strings.Join(r.Never, ", "))
	}
	if r.Set != (client.Set{}) {
		does = append(does, "set parameters")
	}
	return strings.Join(does, "; ")
}

func (a *app) rulesReady() *cobra.Command {
	return &cobra.Command{Use: "ready", Short: "List the rules that can be switched on", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Routing, error) { return l.Routing(c.Context()) }, func(r client.Routing) {
				t := newTable("NAME", "", "USES", "WHAT IT DOES")
				for _, ready := range r.Ready {
					state := cell{"off", ""}
					if ready.On {
						state = cell{"on", green}
					}
					var uses []string
					for _, u := range ready.Uses {
						uses = append(uses, u.Model)
					}
					if len(ready.Missing) > 0 {
						state = cell{"lacks " + strings.Join(ready.Missing, ", "), yellow}
					}
					t.add(ready.Name, state, strings.Join(uses, ", "), ready.Says)
				}
				t.print(a.out)
			})
		}}
}

func (a *app) rulesOn() *cobra.Command {
	return &cobra.Command{Use: "on NAME", Short: "Switch a rule on: a ready one, or one of yours", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.switchRule(c, args[0], true) }}
}

func (a *app) rulesOff() *cobra.Command {
	return &cobra.Command{Use: "off NAME", Short: "Switch a rule off", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.switchRule(c, args[0], false) }}
}

// switchRule switches a rule of the user's, where there is one of the name, or a ready one.
func (a *app) switchRule(c *cobra.Command, name string, on bool) error {
	return ask(c.Context(), a, func(l *link) (client.Routing, error) {
		r, err := l.Routing(c.Context())
		if err != nil {
			return r, err
		}
		ready := slices.ContainsFunc(r.Ready, func(o client.ReadyRule) bool { return o.Name == name })
		i := slices.IndexFunc(r.Rules, func(o client.RoutingRule) bool { return o.Name == name })
		if ready || i < 0 {
			return l.SwitchReady(c.Context(), name, on)
		}
		rule := r.Rules[i]
		rule.Off = !on
		return l.EditRouting(c.Context(), client.RoutingEdit{Name: name, Rule: &rule})
	}, a.showRules)
}

func (a *app) rulesAdd() *cobra.Command {
	var rule client.RoutingRule
	var models, then []string
	var first bool
	c := &cobra.Command{
		Use:   "add NAME [--when CONDITION] [--models M,... [--then M,...]] [--mode M] [--only A,...] [--never A,...] [--first]",
		Short: "Add a rule, behind the others",
		Long: `Add a rule to routing.yaml. Of the models to use, and of modes, the first rule that holds
and says one counts; all others add up.

A condition looks at what the request is: client == "codex" and tokens > 200000.`,
		Example: "  metapi rules add long --when 'tokens > 150000' --models gemini-2.5-pro\n  metapi rules add private --when 'client == \"notes\"' --only ollama",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			rule.Name = args[0]
			for _, m := range models {
				rule.Models = append(rule.Models, client.Choice{Model: m})
			}
			for _, m := range then {
				rule.Then = append(rule.Then, client.Choice{Model: m})
			}
			e := client.RoutingEdit{Name: rule.Name, Rule: &rule}
			if first {
				e.To = new(int)
			}
			return ask(c.Context(), a, func(l *link) (client.Routing, error) {
				r, err := l.Routing(c.Context())
				if err == nil && slices.ContainsFunc(r.Rules, func(o client.RoutingRule) bool { return o.Name == rule.Name }) {
					err = wrongUsage("Give it another name, or change that one with `metapi rules edit`.", "There is a rule %q already.", rule.Name)
				}
				if err != nil {
					return r, err
				}
				return l.EditRouting(c.Context(), e)
			}, a.showRules)
		}}
	f := c.Flags()
	f.StringVar(&rule.When, "when", "", "the `condition` (default: always)")
	f.StringSliceVar(&models, "models", nil, "the `models` that serve, in their order")
	f.StringSliceVar(&then, "then", nil, "the `models` that serve where none of those can")
	f.StringVar(&rule.Mode, "mode", "", "the `mode` that chooses among them")
	f.StringSliceVar(&rule.Only, "only", nil, "`accounts`, providers or hosts that may serve")
	f.StringSliceVar(&rule.Never, "never", nil, "`accounts`, providers or hosts that may not")
	f.BoolVar(&first, "first", false, "put it before the others")
	return c
}

func (a *app) rulesMove() *cobra.Command {
	var place int
	c := &cobra.Command{Use: "move NAME --to PLACE", Short: "Move a rule to another place in the order", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if place < 1 {
				return wrongUsage("The first place is 1.", "%d is no place.", place)
			}
			to := place - 1
			return ask(c.Context(), a, func(l *link) (client.Routing, error) {
				return l.EditRouting(c.Context(), client.RoutingEdit{Name: args[0], To: &to})
			}, a.showRules)
		}}
	c.Flags().IntVar(&place, "to", 1, "the `place`, from 1")
	return c
}

func (a *app) rulesRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Remove a rule; `metapi rules undo` brings it back", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Routing, error) {
				return l.EditRouting(c.Context(), client.RoutingEdit{Name: args[0], Remove: "rule"})
			}, a.showRules)
		}}
}

func (a *app) rulesUndo() *cobra.Command {
	return &cobra.Command{Use: "undo", Short: "Undo the last change that was made by the running Metapi", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Routing, error) { return l.UndoRouting(c.Context()) }, a.showRules)
		}}
}

func (a *app) rulesCheck() *cobra.Command {
	return &cobra.Command{Use: "check [FILE]", Short: "Look for what is wrong with a routing.yaml: yours, or another", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, text := "", ""
			if len(args) > 0 {
				data, err := a.read(args[0])
				if err != nil {
					return wrongUsage("Give the path of a file that can be read.", "%v", err)
				}
				file, text = args[0], string(data)
			}
			return ask(c.Context(), a, func(l *link) (client.Checked, error) {
				if file == "" {
					r, err := l.Routing(c.Context())
					if err != nil {
						return client.Checked{}, err
					}
					file, text = r.Path, r.Text
				}
				checked, err := l.CheckRouting(c.Context(), text)
				if err == nil && checked.Fault != nil {
					err = wrongUsage("", "%s:%s", file, place(checked.Fault))
				}
				return checked, err
			}, func(client.Checked) { a.note("%s: nothing is wrong with it.", file) })
		}}
}

// place is a fault as compilers tell it.
func place(f *client.RoutingFault) string {
	if f.Line == 0 {
		return " " + f.Message
	}
	return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Message)
}

func (a *app) rulesEdit() *cobra.Command {
	return &cobra.Command{Use: "edit", Short: "Open routing.yaml in $VISUAL or $EDITOR, and check it before it is in force", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			editor := os.Getenv("VISUAL")
			if editor == "" {
				editor = os.Getenv("EDITOR")
			}
			words := strings.Fields(editor)
			if len(words) == 0 {
				return wrongUsage("Set EDITOR to the command of your editor, or change the file itself: `metapi rules check` looks for what is wrong.", "Neither VISUAL nor EDITOR is set.")
			}
			return ask(c.Context(), a, func(l *link) (client.Routing, error) {
				r, err := l.Routing(c.Context())
				if err != nil {
					return r, err
				}
				dir, err := os.MkdirTemp("", "metapi-rules-")
				if err != nil {
					return r, err
				}
				copied := filepath.Join(dir, filepath.Base(r.Path))
				if err := os.WriteFile(copied, []byte(r.Text), 0o600); err != nil {
					return r, err
				}
				run := exec.CommandContext(c.Context(), words[0], append(words[1:], copied)...)
				run.Stdin, run.Stdout, run.Stderr = a.in, a.err, a.err
				if err := run.Run(); err != nil {
					return r, wrongUsage("", "The editor %q did not end well: %v.", editor, err)
				}
				text, err := os.ReadFile(copied)
				if err != nil {
					return r, err
				}
				r, err = l.SaveRouting(c.Context(), r.Version, string(text))
				if err != nil {
					a.note("What you wrote is kept in %s.", copied)
					return r, err
				}
				return r, os.RemoveAll(dir)
			}, a.showRules)
		}}
}
