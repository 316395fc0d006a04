package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

// pageOf is how many rows the control API gives at once.
const pageOf = 1000

func (a *app) usage() *cobra.Command {
	var (
		since, until string
		by           string
		limit        int
	)
	c := &cobra.Command{
		Use:   "usage [--since 24h] [--by model|account|client|session|day|hour] [--limit N]",
		Short: "Show requests, tokens and cost",
		Long: `Show what was used and what it cost: totals, groups with --by, and the newest requests.

"Estimates off by" is how far the tokens and the cost that a request was expected to take were from those it took: the median, by model.

Money is in US dollars, as far as prices are known, or in the currency of your settings.
"~" marks an estimate, "=" a cost that the provider told.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q := client.UsageQuery{By: by}
			var err error
			now := time.Now()
			if q.Since, err = parseTime("--since", since, now); err != nil {
				return err
			}
			if q.Until, err = parseTime("--until", until, now); err != nil {
				return err
			}
			switch by {
			case "", "model", "account", "client", "session", "day", "hour":
			default:
				return wrongUsage("Choose model, account, client, session, day or hour.", "Requests cannot be grouped by %q.", by)
			}
			if limit < 0 {
				return wrongUsage("Give a number from 0 on.", "--limit %d is not a number of rows.", limit)
			}
			if !c.Flags().Changed("limit") && a.json {
				limit = pageOf
			}
			return ask(c.Context(), a, func(l *link) (client.UsageReport, error) { return pages(c.Context(), l, q, limit) },
				func(u client.UsageReport) { a.showUsage(u, by) })
		}}
	c.Flags().StringVar(&since, "since", "", "requests begun after this `time`: 24h, 7d, 2026-01-31 or a whole RFC 3339 time (default: all)")
	c.Flags().StringVar(&until, "until", "", "requests begun before this `time`")
	c.Flags().StringVar(&by, "by", "", "group by `what`: model, account, client, session, day or hour")
	c.Flags().IntVar(&limit, "limit", 20, "how many requests to list (with --json: "+strconv.Itoa(pageOf)+")")
	c.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{"model", "account", "client", "session", "day", "hour"}, cobra.ShellCompDirectiveNoFileComp))
	c.AddCommand(a.usageExport())
	return c
}

// pages gathers limit rows, page by page; the totals are those of the first.
func pages(ctx context.Context, l *link, q client.UsageQuery, limit int) (client.UsageReport, error) {
	q.Limit = max(1, min(limit, pageOf))
	u, err := l.Usage(ctx, q)
	if err != nil {
		return u, err
	}
	if limit == 0 {
		u.Rows, u.Next = u.Rows[:0], ""
	}
	for len(u.Rows) < limit && u.Next != "" {
		q.By, q.Cursor, q.Limit = "", u.Next, min(limit-len(u.Rows), pageOf)
		more, err := l.Usage(ctx, q)
		if err != nil {
			return u, err
		}
		u.Rows, u.Next = append(u.Rows, more.Rows...), more.Next
	}
	return u, nil
}

// parseTime reads an age (24h, 7d), a day or a moment.
func parseTime(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, wrongUsage("Write 24h, 7d, 2026-01-31 or a whole RFC 3339 time.", "%s %q is not a time.", flag, s)
}

func (a *app) showUsage(u client.UsageReport, by string) {
	t := newTable("", ">REQUESTS", ">OK", ">FAILED", ">CANCELLED", ">INTERRUPTED", ">INPUT", ">CACHE READ", ">CACHE WRITE", ">OUTPUT", ">REASONING", ">COST", ">SAVED")
	for _, g := range u.Groups {
		name := g.Name
		if g.Client != "" {
			name = g.Client + " " + name
		}
		addFigures(t, name, g.Figures, u.Money)
	}
	addFigures(t, "total", u.Totals, u.Money)
	if by != "" {
		t.head[0] = strings.ToUpper(by)
	}
	t.print(a.out)
	if n := u.Totals.CostUnknown; n > 0 {
		a.note("The cost leaves out %s whose price is not known.", plural(int(n), "request"))
	}
	if len(u.Misses) > 0 {
		fmt.Fprintln(a.out)
		t = newTable("ESTIMATES OFF BY", ">REQUESTS", ">PROMPT", ">OUTPUT", ">COST")
		for _, m := range u.Misses[:min(len(u.Misses), mostMisses)] {
			t.add(m.Model, count(m.Requests), offBy(m.Prompt), offBy(m.Output), offBy(m.Cost))
		}
		t.print(a.out)
	}
	a.noteSaved(u)
	a.noteRate(u.Money)
	if len(u.Rows) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t = newTable("START", "CLIENT", "MODEL", "ACCOUNT", "STATE", ">STATUS", ">TRIES", ">INPUT", ">CACHED", ">OUTPUT", ">COST", ">TOOK")
	for _, r := range u.Rows {
		status := ""
		if r.Status != 0 {
			status = strconv.Itoa(r.Status)
		}
		t.add(when(r.Start), r.Client, r.Model, r.Account, cell{string(r.State), stateColours[string(r.State)]}, status, r.Attempts,
			tilde(r.Estimated)+count(r.Input+r.CacheWrite), count(r.CacheRead), tilde(r.Estimated)+count(r.Output), rowCost(r, u.Money), millis(r.TookMS))
	}
	t.print(a.out)
	if u.Next != "" {
		a.note("There are older ones: --limit N shows more.")
	}
}

// mostMisses is how many models the estimates are shown of: those with the most requests.
const mostMisses = 8

func offBy(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}

var stateColours = map[string]string{"ok": green, "failed": red, "cancelled": yellow, "interrupted": yellow, "running": dim}

// noteSaved says what was saved, and how that was worked out.
func (a *app) noteSaved(u client.UsageReport) {
	t := u.Totals
	ended := t.Requests - t.Running
	if ended == 0 || t.Compared == 0 {
		return
	}
	part := ""
	if t.Compared < ended {
		part = fmt.Sprintf(" (%s of %s requests compared)", count(t.Compared), count(ended))
	}
	a.note("Saved %s%s. %s", amount(t.SavedUSD, u.Money), part, u.Method)
}

func addFigures(t *table, name string, f client.Figures, m *client.Money) {
	tokens := tilde(f.TokensEstimated > 0)
	cost := tilde(f.CostEstimated > 0) + amount(f.CostUSD, m)
	if f.CostUnknown > 0 && f.CostUSD == 0 {
		cost = "unknown"
	} else if f.CostUnknown > 0 {
		cost = ">= " + cost
	}
	saved := "-"
	if f.Compared > 0 {
		saved = amount(f.SavedUSD, m)
	}
	t.add(name, count(f.Requests), count(f.OK), count(f.Failed), count(f.Cancelled), count(f.Interrupted),
		tokens+count(f.Input), count(f.CacheRead), count(f.CacheWrite), tokens+count(f.Output), count(f.Reasoning), cost, saved)
}

func rowCost(r client.Row, m *client.Money) string {
	if r.CostUSD == nil {
		return "unknown"
	}
	if r.CostToldBy != "" {
		return "=" + amount(*r.CostUSD, m)
	}
	return tilde(r.CostEstimated) + amount(*r.CostUSD, m)
}

func tilde(estimated bool) string {
	if estimated {
		return "~"
	}
	return ""
}
