package cli

import (
	"context"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) doctor() *cobra.Command {
	var bundle string
	c := &cobra.Command{Use: "doctor [--bundle FILE.zip]", Short: "Look for what is wrong, and say what to do about it",
		Long: `Look at all that serving depends on: where tools are served, the data, the keychain,
this machine, each account, and what keeps tools away. Each line is printed as its look
ends. Ends with 1 where something failed; what only deserves a look is no failure.

With --bundle what was found goes into a file for others to look at, with settings,
the last failed requests and the log. No key is in it, and nothing that tools have asked.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := os.Lstat(bundle); bundle != "" && err == nil {
				return wrongUsage("Give a file that is not there yet.", "%s is there already.", bundle)
			}
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
			if bundle != "" && err == nil {
				err = a.saveBundle(c.Context(), l, bundle)
			}
			if !r.OK && err == nil {
				err = &fault{exitFailure, "Something needs your attention.", ""}
			}
			return err
		}}
	c.Flags().StringVar(&bundle, "bundle", "", "also save a `file` that can be given to others: it holds no secret")
	return c
}

// saveBundle tells what is in the bundle, and saves it once a person who is there has agreed. A file that is there is left as it is.
func (a *app) saveBundle(ctx context.Context, l *link, path string) error {
	b, err := l.Bundle(ctx)
	if err != nil {
		return err
	}
	a.note("%s will have:", path)
	for _, f := range b.Files {
		a.note("  %-15s %s (%s bytes)", f.Name, f.What, count(int64(len(f.Text))))
	}
	for _, sentence := range b.LeftOut {
		a.note("  %s", sentence)
	}
	if a.terminal() {
		if yes, err := a.confirm("Save it?"); err != nil {
			return err
		} else if !yes {
			a.note("Nothing was saved.")
			return nil
		}
	}
	if made, err := client.WriteNew(path, b.Zip); err != nil {
		hint := "Give a file in a folder that you can write to."
		if made {
			hint = "Free some space."
		}
		return &fault{exitFailure, sentence("the bundle cannot be saved: " + err.Error()), hint}
	}
	a.note("Saved %s.", path)
	return nil
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
