package cli

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

// followEvery is how often logs -f looks for more.
const followEvery = 500 * time.Millisecond

func (a *app) logs() *cobra.Command {
	var (
		follow bool
		lines  int
	)
	c := &cobra.Command{Use: "logs [-f] [-n LINES]", Short: "Show the log", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if lines < 0 {
				return wrongUsage("Give a number from 0 on.", "-n %d is not a number of lines.", lines)
			}
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			log, err := l.Log(c.Context(), lines, -1)
			if err != nil {
				return err
			}
			if a.json && !follow {
				return a.printJSON(log)
			}
			a.showLog(log)
			if !follow {
				return nil
			}
			if !l.running {
				a.note("No Metapi is running on this data folder: nothing more will come.")
				return nil
			}
			return a.follow(c.Context(), l, log.Next)
		}}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is added, until Ctrl-C")
	c.Flags().IntVarP(&lines, "lines", "n", 100, "how many lines to begin with")
	return c
}

func (a *app) follow(ctx context.Context, l *link, after int64) error {
	for {
		if sleep(ctx, followEvery) != nil {
			return nil // Ctrl-C is how this ends
		}
		log, err := l.Log(ctx, 0, after)
		var gone *net.OpError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &gone):
			a.note("Metapi has ended.")
			return nil
		case err != nil:
			return err
		}
		a.showLog(log)
		after = log.Next
	}
}

func (a *app) showLog(log client.Log) {
	for _, line := range log.Lines {
		a.say("%s", line)
	}
}
