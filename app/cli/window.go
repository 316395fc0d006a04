package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// Window opens the desktop window, and returns when it has ended, or is not needed since another one is there. It is given
// by whoever builds the program: this package is part of builds that have no window.
type Window func(context.Context, WindowOptions) error

// WindowOptions says which data the window shows, and how it starts.
type WindowOptions struct {
	Dir     string
	Version string
	Hidden  bool // in the tray, where there is one
}

// opensWindow makes root, without a command, open the window.
func (a *app) opensWindow(root *cobra.Command) {
	o := WindowOptions{Version: a.version}
	root.Flags().BoolVar(&o.Hidden, "hidden", false, "start in the tray, where there is one")
	root.Long = `Metapi runs one local AI endpoint in front of all the accounts you have. It finds
their models, and when one account cannot serve, the next one does.

  metapi                  open the window
  metapi --hidden         the same, but in the tray
  metapi serve            run the gateway without a window

Exit codes: metapi help exit-codes`
	root.RunE = func(c *cobra.Command, _ []string) (err error) {
		if o.Dir, err = a.dir(); err != nil {
			return err
		}
		return a.window(c.Context(), o)
	}
}
