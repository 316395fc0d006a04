package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) replay() *cobra.Command {
	var days int
	var mode string
	c := &cobra.Command{
		Use:   "replay [--days N] [--mode MODE|all]",
		Short: "Show what your last requests would have cost under another mode",
		Long: `Go through the requests of the last days in the ledger, decide each again under other
modes, and show what they would have cost and how long answers would have been waited
for, beside what really happened. Nothing is sent and nothing is spent.`,
		Example: "  metapi replay --days 30\n  metapi replay --mode cost",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if days < 1 || days > 3650 {
				return wrongUsage("Give a number of days from 1 to 3650.", "--days %d cannot be replayed.", days)
			}
			var modes []string
			if mode != "all" {
				modes = []string{mode}
			}
			began, last := time.Now(), time.Time{}
			tell := func(r client.Replayed) {
				if now := time.Now(); now.Sub(began) > 2*time.Second && now.Sub(last) > time.Second {
					last = now
					a.note("%.0f %% of the time is gone through.", 100*r.Share)
				}
			}
			return ask(c.Context(), a, func(l *link) (client.Replayed, error) { return l.Replay(c.Context(), days, modes, tell) }, a.replayed)
		}}
	f := c.Flags()
	f.IntVar(&days, "days", 7, "how many `days` back")
	f.StringVar(&mode, "mode", "all", "the `mode`; all: failover, balance, latency and cost, whose figures every request has")
	return c
}

func (a *app) replayed(r client.Replayed) {
	switch {
	case r.Trouble != "":
		a.note("%s", r.Trouble)
		return
	case r.Report == nil:
		a.note("It was stopped before it was done.")
		return
	case r.Report.Compared == 0:
		a.note("There is nothing to replay: of %s in the last %s none could be compared.", plural(r.Report.Requests, "request"), plural(r.Days, "day"))
	default:
		t := newTable("MODE", ">COST", ">OF IT REALLY PAID", ">TYPICAL WAIT", ">19 OF 20 WITHIN", ">MOVED", ">FAILED TRIES")
		for _, o := range append([]client.Outcome{r.Report.Real}, r.Report.Modes...) {
			name, moved := string(o.Mode), fmt.Sprint(o.Moved)
			if name == "" {
				name, moved = "as it was", ""
			}
			cost := fmt.Sprintf("$%.4f", o.USD)
			if o.Measured < o.USD-1e-9 || o.Measured > o.USD+1e-9 {
				cost = "~" + cost
			}
			t.add(name, cost, fmt.Sprintf("$%.4f", o.Measured), millis(o.TypicalMS), millis(o.SlowMS), moved, fmt.Sprint(o.Tries))
		}
		t.print(a.out)
		a.note("%d of %s since %s are compared. %s", r.Report.Compared, plural(r.Report.Requests, "request"), when(r.Since), r.Report.Measuring)
	}
	a.caveats(r)
}

// caveats says what the figures leave out.
func (a *app) caveats(r client.Replayed) {
	for _, c := range []struct {
		n    int
		text string
	}{
		{r.Report.Alone, "had one account that could serve: they are the same under each mode."},
		{r.Report.Fixed, "had their mode from a rule, their model or the tool itself, and keep it."},
		{r.Report.Cut, "had more accounts that could serve than the ledger keeps: the mode chose among those kept."},
		{r.Report.NoCaches, "were kept before the ledger knew what prompt caches are worth: all accounts are taken to have held what one did."},
	} {
		if c.n > 0 {
			a.note("%d %s", c.n, c.text)
		}
	}
	for _, o := range r.Report.Modes {
		if o.Unheard > 0 {
			a.note("%s: the wait of %s is not known, since nothing was measured where they would have gone.", o.Mode, plural(o.Unheard, "request"))
		}
	}
	for _, l := range r.Report.LeftOut {
		a.note("Left out: %s ($%.4f): %s.", plural(l.Requests, "request"), l.USD, l.Reason)
	}
	if n := r.Report.Checked; n > 0 {
		a.note("Decided again under the modes they were decided in, %d of %d decisions come out as they were.", r.Report.Repeated, n)
	}
}
