package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) doctor() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "Look for what is wrong, and say what to do about it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			r, err := l.Doctor(c.Context())
			if err != nil {
				return err
			}
			if a.json {
				err = a.printJSON(r)
			} else {
				a.showReport(r)
			}
			if !r.OK && err == nil {
				err = &fault{exitFailure, "Something needs your attention.", ""}
			}
			return err
		}}
}

var checkColours = map[string]string{"ok": green, "warn": yellow, "fail": red}

func (a *app) showReport(r client.Report) {
	t := newTable("", "CHECK", "FOUND")
	for _, c := range r.Checks {
		t.add(cell{c.State, checkColours[c.State]}, c.Name, c.Detail)
		if c.Next != "" {
			t.add("", "", "-> "+c.Next)
		}
	}
	t.print(a.out)
	if r.OK {
		fmt.Fprintln(a.out, "Nothing stands in the way.")
	}
}
