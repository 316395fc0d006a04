package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend"
	"metapi/backend/control/client"
)

func (a *app) pause() *cobra.Command {
	return &cobra.Command{Use: "pause", Short: "Refuse requests until resume; those that run go on", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Paused, error) { return l.Pause(c.Context()) },
				func(client.Paused) { a.say("Paused. `metapi resume` takes requests again.") })
		}}
}

func (a *app) resume() *cobra.Command {
	return &cobra.Command{Use: "resume", Short: "Take requests again", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Paused, error) { return l.Resume(c.Context()) },
				func(client.Paused) { a.say("Requests are taken.") })
		}}
}

func (a *app) stop() *cobra.Command {
	return &cobra.Command{Use: "stop", Short: "End the running instance, which lets running requests end first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			dir, err := a.dir()
			if err != nil {
				return err
			}
			if free, err := backend.Free(dir); err != nil {
				return err
			} else if free {
				return a.stopped("No Metapi is running on %s.", dir)
			}
			running, rt, err := client.Dial(ctx, dir)
			for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); { // it may be starting
				if err := sleep(ctx, 100*time.Millisecond); err != nil {
					return err
				}
				running, rt, err = client.Dial(ctx, dir)
			}
			if errors.Is(err, client.ErrNotRunning) {
				return &fault{exitHeld, "Another metapi command uses the data folder " + dir + ".", "Let it end, then try again."}
			}
			if err != nil {
				return err
			}
			if _, err := running.Shutdown(ctx); err != nil {
				return err
			}
			if err := a.awaitFree(ctx, dir); err != nil {
				return err
			}
			return a.stopped("Stopped (process %d).", rt.PID)
		}}
}

// awaitFree waits until the instance has let go of the folder: its grace is its own affair.
func (a *app) awaitFree(ctx context.Context, dir string) error {
	told := time.Now().Add(2 * time.Second)
	for {
		free, err := backend.Free(dir)
		if err != nil || free {
			return err
		}
		if !told.IsZero() && time.Now().After(told) {
			a.note("Waiting for running requests to end.")
			told = time.Time{}
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (a *app) stopped(format string, args ...any) error {
	if a.json {
		return a.printJSON(map[string]bool{"running": false})
	}
	a.say(format, args...)
	return nil
}
