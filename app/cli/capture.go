package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) capture() *cobra.Command {
	show := func(do func(context.Context, *link, []string) (client.CaptureInfo, error)) func(*cobra.Command, []string) error {
		return func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.CaptureInfo, error) { return do(c.Context(), l, args) }, a.showCapture)
		}
	}
	turn := func(on bool) func(*cobra.Command, []string) error {
		return show(func(ctx context.Context, l *link, args []string) (client.CaptureInfo, error) {
			return l.CaptureClient(ctx, args[0], on)
		})
	}
	var days, megabytes int
	keep := &cobra.Command{Use: "keep [--days N] [--megabytes N]", Short: "Set how long captured prompts and replies are kept, and how much", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if days < 0 || megabytes < 0 || days+megabytes == 0 {
				return wrongUsage("Give --days, --megabytes or both, from 1 on.", "Nothing to change.")
			}
			return show(func(ctx context.Context, l *link, _ []string) (client.CaptureInfo, error) {
				return l.LimitCapture(ctx, days, megabytes)
			})(c, args)
		}}
	keep.Flags().IntVar(&days, "days", 0, "delete what was captured after so many `days`")
	keep.Flags().IntVar(&megabytes, "megabytes", 0, "delete the oldest beyond so many `megabytes`")
	c := group("capture", "Capture what tools ask and are answered: off unless you turn it on",
		&cobra.Command{Use: "status", Short: "Show what is captured, and how much is kept", Args: cobra.NoArgs,
			RunE: show(func(ctx context.Context, l *link, _ []string) (client.CaptureInfo, error) { return l.Capture(ctx) })},
		&cobra.Command{Use: "on NAME", Short: "Capture what the tool with this local key asks and is answered", Args: cobra.ExactArgs(1), RunE: turn(true)},
		&cobra.Command{Use: "off NAME", Short: "End that; what was captured stays until it is deleted", Args: cobra.ExactArgs(1), RunE: turn(false)},
		keep,
		&cobra.Command{Use: "show REQUEST", Short: "Show what was said in a request", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return ask(c.Context(), a, func(l *link) (client.Captured, error) { return l.Captured(c.Context(), args[0]) }, a.showCaptured)
			}},
		&cobra.Command{Use: "delete", Short: "Delete all captured prompts and replies at once", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				return ask(c.Context(), a, func(l *link) (client.Done, error) { return l.EmptyCapture(c.Context()) }, func(d client.Done) { a.say("%s", d.Message) })
			}})
	c.Long = `Capture what tools ask and are answered, for those that you name. It is kept on this machine, in the folder captured of the data folder, without
keys as far as they can be told, and is in no backup and no diagnostics bundle.`
	return c
}

func (a *app) showCapture(c client.CaptureInfo) {
	if len(c.Clients) == 0 {
		a.say("Nothing is captured.")
	} else {
		a.say("What is captured: all that %s asks and is answered.", strings.Join(c.Clients, ", "))
	}
	a.say("%s in %.1f MB are kept, for %s and up to %d MB.", plural(c.Holding.Requests, "request"), float64(c.Holding.Bytes)/(1<<20), plural(c.Days, "day"), c.Megabytes)
}

func (a *app) showCaptured(c client.Captured) {
	for _, s := range []struct {
		name string
		side client.Side
	}{{"Request", c.Request}, {"Reply", c.Reply}} {
		note := ""
		if s.side.Cut {
			note = ", of which this is the beginning"
		}
		a.say("%s, %d bytes%s:\n%s\n", s.name, s.side.Size, note, s.side.Text)
	}
}
