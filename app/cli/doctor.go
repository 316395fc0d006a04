package cli

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) doctor() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "Look for what is wrong, and say what to do about it",
		Long: `Look at all that serving depends on: where tools are served, the data, the keychain,
this machine, each account, and what keeps tools away. Each line is printed as its look
ends. Ends with 1 where something failed; what only deserves a look is no failure.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			r, err := a.examine(c.Context(), l)
			if err != nil {
				return err
			}
			if a.json {
				err = a.printJSON(r)
			}
			if !r.OK && err == nil {
				err = &fault{exitFailure, "Something needs your attention.", ""}
			}
			return err
		}}
}

// examine has the doctor look, and prints what it finds unless that is wanted as JSON. Of an instance that runs elsewhere it also wants to
// know what is in this shell, where the tools are started.
func (a *app) examine(ctx context.Context, l *link) (client.Report, error) {
	told := a.showCheck
	if a.json {
		told = nil
	}
	r, err := l.Doctor(ctx, told)
	if err != nil {
		return r, err
	}
	if l.running {
		st, err := l.Status(ctx)
		if err != nil {
			return r, err
		}
		for _, c := range client.ShellChecks(st.Addresses) {
			if r.Checks = append(r.Checks, c); told != nil {
				told(c)
			}
		}
	}
	if r.OK && told != nil {
		a.say("%s", verdict(r))
	}
	return r, nil
}

func verdict(r client.Report) string {
	n := 0
	for _, c := range r.Checks {
		if c.State == "warn" {
			n++
		}
	}
	switch n {
	case 0:
		return "Nothing stands in the way."
	case 1:
		return "Nothing has failed; one thing deserves a look."
	}
	return fmt.Sprintf("Nothing has failed; %d things deserve a look.", n)
}

var checkColours = map[string]string{"ok": green, "warn": yellow, "fail": red}

// nameWidth is what names of checks are brought to, so that most of what was found stands in a column.
const nameWidth = 14

func (a *app) showCheck(c client.Check) {
	state := fmt.Sprintf("%-4s", c.State)
	if colour := checkColours[c.State]; colour != "" && colourful(a.out) {
		state = "\x1b[" + colour + "m" + state + "\x1b[0m"
	}
	name := clean(c.Name)
	fmt.Fprintf(a.out, "%s  %s%*s  %s\n", state, name, max(0, nameWidth-utf8.RuneCountInString(name)), "", clean(c.Detail))
	if c.Next != "" {
		a.say("      -> %s", c.Next)
	}
	if c.Command != "" {
		a.say("         %s", a.own(c.Command))
	}
}
