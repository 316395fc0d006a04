//go:build desktop

package main

import (
	"context"

	"metapi/app/cli"
	"metapi/app/window"
	"metapi/frontend"
	"metapi/tray"
)

func init() {
	openWindow = func(ctx context.Context, o cli.WindowOptions) error {
		return window.Run(ctx, window.Options{Dir: o.Dir, Version: o.Version, Hidden: o.Hidden, Pages: frontend.Pages(), Tray: startTray})
	}
}

// startTray joins the window and the tray, which do not know each other.
func startTray(o window.TrayOptions) (again, stop func()) {
	t := tray.Start(tray.Options{
		API: o.API, Open: o.Open, Quit: o.Quit, Copy: o.Copy, Dir: o.Dir, Log: o.Log,
		Standing: func(s tray.Standing) { o.Standing(s.Shown, s.Why) },
	})
	return t.Again, t.Stop
}
