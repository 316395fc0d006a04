package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) receipt() *cobra.Command {
	return &cobra.Command{Use: "receipt ID|last", Short: "Show what a request cost, what others would have cost, and why it went where it went", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Receipt, error) { return l.Receipt(c.Context(), args[0]) }, a.showReceipt)
		}}
}

func (a *app) showReceipt(r client.Receipt) {
	money := func(usd *float64) string {
		if usd == nil {
			return "not known"
		}
		return amount(*usd, r.Money)
	}
	a.say("%s  %s  %s at %s, for %s", r.ID, when(r.Start), r.Model, r.Account, r.Client)
	t := newTable("WHAT", ">TOKENS", ">COST")
	for _, l := range r.Lines {
		tokens := ""
		if l.Tokens > 0 {
			tokens = count(l.Tokens)
		}
		cost := amount(l.USD, r.Money)
		if r.CostUSD == nil && l.USD == 0 {
			cost = "not known"
		}
		t.add(l.Name, tokens, cost)
	}
	t.add("total", "", money(r.CostUSD))
	t.print(a.out)
	a.say("%s", r.Basis)
	if len(r.Alternatives) > 0 {
		fmt.Fprintln(a.out)
		t = newTable("WHO COULD SERVE", "MODEL THERE", ">SAME TOKENS THERE", "")
		for _, o := range r.Alternatives {
			served := ""
			if o.Served {
				served = "served"
			}
			t.add(o.Account, o.Upstream, money(o.USD), served)
		}
		t.print(a.out)
	}
	for _, why := range r.Why {
		a.say("%s", why)
	}
	if r.SavedUSD != nil {
		a.say("Saved %s. %s", money(r.SavedUSD), r.Method)
	}
	a.noteRate(r.Money)
}

func (a *app) usageExport() *cobra.Command {
	var (
		e                      client.Export
		asCSV, asJSONL         bool
		since, until, fileName string
	)
	c := &cobra.Command{Use: "export --csv|--jsonl [--since 30d] [--output FILE]", Short: "Write requests as CSV or JSON lines, oldest first",
		Example: "  metapi usage export --csv --since 30d --output november.csv",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asCSV == asJSONL {
				return wrongUsage("Say --csv or --jsonl.", "An export is made as one of the two.")
			}
			e.Format = "csv"
			if asJSONL {
				e.Format = "jsonl"
			}
			var err error
			now := time.Now()
			if e.Since, err = parseTime("--since", since, now); err != nil {
				return err
			}
			if e.Until, err = parseTime("--until", until, now); err != nil {
				return err
			}
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			return a.writing(fileName, func(to io.Writer) error { return l.Export(c.Context(), e, to) })
		}}
	f := c.Flags()
	f.BoolVar(&asCSV, "csv", false, "as CSV, for spreadsheets")
	f.BoolVar(&asJSONL, "jsonl", false, "as JSON, an object a line")
	f.StringVar(&since, "since", "", "requests begun after this `time`: 24h, 7d, 2026-01-31 or a whole RFC 3339 time (default: all)")
	f.StringVar(&until, "until", "", "requests begun before this `time`")
	f.StringVar(&e.Client, "client", "", "only those of this `client`")
	f.StringVar(&e.Account, "account", "", "only those that were tried at this `account`")
	f.StringVar(&e.Model, "model", "", "only those of this `model`")
	f.StringVar(&e.State, "state", "", "only those in this `state`: ok, failed, cancelled, interrupted or running")
	f.StringVar(&fileName, "output", "", "into this `file`, which only you can read (default: standard output)")
	return c
}

// writing has something written into a file, or where it has no name to standard output.
func (a *app) writing(name string, write func(io.Writer) error) error {
	if name == "" {
		return write(a.out)
	}
	made, err := client.WriteNew(name, write)
	if err != nil && !made {
		return fmt.Errorf("the export was not written: %w", err)
	}
	if err != nil {
		return err
	}
	a.note("Written to %s.", name)
	return nil
}

func (a *app) storage() *cobra.Command {
	show := func(r client.Records) {
		a.say("%s takes %s, of which about %s would be given back by `metapi storage compact`.", r.Path, megabytes(r.Bytes), megabytes(r.Free))
		keep := "for ever"
		if r.KeepDays > 0 {
			keep = "for " + plural(r.KeepDays, "day")
		}
		a.say("Requests are kept one by one %s; the oldest is of %s. `metapi storage keep DAYS` changes that.", keep, when(r.Oldest))
	}
	c := group("storage", "Show and bound what the records of requests take", &cobra.Command{
		Use: "show", Short: "Show how large the database is", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Records, error) { return l.Records(c.Context()) }, show)
		}}, &cobra.Command{
		Use: "compact", Short: "Give back what the database no longer uses", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Records, error) { return l.Compact(c.Context()) }, show)
		}}, a.storageKeep(show))
	return c
}

func (a *app) storageKeep(show func(client.Records)) *cobra.Command {
	return &cobra.Command{Use: "keep DAYS", Short: "Forget requests older than so many days; 0 keeps them. What they came to by the hour stays", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			days, err := strconv.Atoi(args[0])
			if err != nil || days < 0 {
				return wrongUsage("Give a number from 0 on.", "%q is no number of days.", args[0])
			}
			return ask(c.Context(), a, func(l *link) (client.Records, error) {
				if _, err := l.EditSettings(c.Context(), client.EditSettings{KeepDays: &days}); err != nil {
					return client.Records{}, err
				}
				return l.Records(c.Context())
			}, show)
		}}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
