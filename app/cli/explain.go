package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

// longestBody bounds a request that is read from a file, in bytes; the gateway takes no larger one.
const longestBody = 64 << 20

func (a *app) explain() *cobra.Command {
	var q client.Question
	var file string
	var headers []string
	c := &cobra.Command{
		Use:   "explain [MODEL | REQUEST-ID] [--body FILE] [--client NAME] [--mode M]",
		Short: "Show how a request was or would be decided, and why",
		Long: `Show who could serve a request, in which order and by which figures, and who could
not, for which reason. Nothing is sent and nothing is spent.

Give the id of a request to see how it was decided, and how it would be now. Or give a
model's name, or with --body a request as a tool would send it ("-" reads it
from the standard input); --path says where to, where the body does not show it.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && isRequestID(args[0]) && file == "" {
				return a.explainRequest(c.Context(), args[0])
			}
			if len(args) > 0 {
				q.Model = args[0]
			}
			if q.Model == "" && file == "" {
				return wrongUsage("`metapi explain gpt-5`, or `metapi explain --body request.json`.", "Give a model's name, a request's id, or a request with --body.")
			}
			if file != "" {
				body, err := a.read(file)
				if err != nil {
					return wrongUsage("Give the path of a file that can be read.", "%v", err)
				}
				q.Text = string(body)
				if q.Path != "" { // it says what the body is
					if !json.Valid(body) {
						return wrongUsage("It must hold the body of one request.", "%s is not JSON.", file)
					}
					q.Text, q.Body = "", body
				}
			}
			for _, h := range headers {
				name, value, ok := strings.Cut(h, ":")
				if !ok {
					return wrongUsage("Write it as --header 'Name: value'.", "%q is no header.", h)
				}
				if q.Header == nil {
					q.Header = map[string]string{}
				}
				q.Header[strings.TrimSpace(name)] = strings.TrimSpace(value)
			}
			return ask(c.Context(), a, func(l *link) (client.Decided, error) { return l.Decide(c.Context(), q) }, a.decided)
		}}
	f := c.Flags()
	f.StringVar(&file, "body", "", "the request, from this `file`")
	f.StringVar(&q.Path, "path", "", "the `path` that the tool calls (default: as the body looks)")
	f.StringVar(&q.Client, "client", "", "ask as this `client` does")
	f.StringVar(&q.Mode, "mode", "", "ask for this `mode`")
	f.StringArrayVar(&headers, "header", nil, "a `header` that rules may look at")
	return c
}

func (a *app) read(file string) ([]byte, error) {
	in := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, longestBody))
}

func (a *app) decided(d client.Decided) {
	r := d.Record
	how := "mode " + string(r.Mode)
	if len(r.Rules) > 0 {
		how += ", by the rules " + strings.Join(r.Rules, ", ")
	}
	model := r.Model
	if model == "" {
		model = r.Asked
	}
	a.note("%s: %s", model, how)
	if len(r.Candidates) > 0 {
		t := newTable(">#", "ACCOUNT", "MODEL THERE", ">ANSWERS WITHIN", ">FAILS", ">THIS REQUEST", ">LATER TURNS", ">SAME TOKENS", ">GOOD", ">WORTH", ">RUNNING")
		for i, c := range r.Candidates {
			this, later, worth, fails, would := "not known", "", "", "-", "-"
			if r.Mode == "cost" && c.Unknown != "" {
				this = "not known, so last: " + c.Unknown
			}
			if c.Priced {
				worth = fmt.Sprintf("$%.4f", c.Utility)
				this = fmt.Sprintf("~$%.6f", c.Cost)
				if c.Later > 0 {
					later = fmt.Sprintf("~$%.6f", c.Later)
				}
			}
			if c.Wait > 0 {
				fails = fmt.Sprintf("%.1f %%", 100*c.Failing)
			}
			if c.WouldKnown {
				would = fmt.Sprintf("$%.6f", c.Would)
			}
			t.add(fmt.Sprint(i+1), d.Name(c.Account), c.Upstream, millis(c.Wait.Milliseconds()), fails, this, later, would, good(c.Judged), worth, fmt.Sprint(c.InFlight))
		}
		t.print(a.out)
		said := ""
		for i, c := range r.Candidates {
			if c.Judged == nil {
				continue
			}
			if s := judged(c.Judged, r.Domain); s != said { // as it is for the same model at another account
				said = s
				a.note("%s is good: %s", c.Upstream, s)
			}
			if c.Dominated != "" {
				a.note("%d is dominated by %s: that is cheaper, better and faster; it is asked only where that fails", i+1, dominator(&d, c.Dominated))
			}
		}
	}
	for _, x := range r.Excluded {
		until := ""
		if !x.Until.IsZero() {
			until = ", until " + when(x.Until)
		}
		a.note("left out: %s: %s%s", d.Name(x.Account), x.Reason, until)
	}
	if d.Why != "" {
		a.note("%s", d.Why)
	}
	if d.Refused != "" {
		a.note("The tool would be told: %s", d.Refused)
	}
}

// isRequestID reports whether a word looks like a request's id and not like a model's name.
func isRequestID(word string) bool {
	return len(word) == 20 && strings.Trim(word, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// explained is how a request was decided, and how it would be now.
type explained struct {
	Was client.Decided  `json:"was"`
	Now *client.Decided `json:"now,omitempty"` // nil: it cannot be asked about again
	not error           // why not
}

func (a *app) explainRequest(ctx context.Context, id string) error {
	return ask(ctx, a, func(l *link) (e explained, err error) {
		r, err := l.Request(ctx, id)
		if err != nil {
			return e, err
		}
		e.Was = client.Decided{Record: r.Record, Why: r.Why, Accounts: r.Accounts}
		now, err := l.Decide(ctx, client.Question{Request: id})
		if e.not = err; err == nil {
			e.Now = &now
		}
		return e, nil
	}, func(e explained) {
		a.note("As it was decided, %s:", when(e.Was.Record.Start))
		a.decided(e.Was)
		if e.Now == nil {
			a.note("It cannot be decided again: %v", e.not)
			return
		}
		a.note("\nAs it would be decided now, as far as the ledger tells (it keeps no text and no headers, which rules may look at):")
		a.decided(*e.Now)
	})
}

// good is how many of 100 answers are expected to be good.
func good(j *client.Judged) string {
	if j == nil {
		return ""
	}
	return fmt.Sprintf("%.0f %% ±%.0f", 100*j.Quality, 100*j.Doubt)
}

// judged says what that rests on.
func judged(j *client.Judged, domain string) string {
	s := fmt.Sprintf("%.1f %% by %s, which counts as %.0f answers", 100*j.Prior, j.From, j.Worth)
	if j.Deviation != 0 {
		s += fmt.Sprintf("; %+.1f for %s", 100*j.Deviation, domain)
	}
	if j.Thumbs > 0 {
		s += fmt.Sprintf("; your thumbs count as %.1f, %.1f of them on %s", j.Thumbs, j.Here, domain)
	}
	return s
}

// dominator names a candidate by its deployment.
func dominator(d *client.Decided, deployment string) string {
	for i, c := range d.Record.Candidates {
		if c.Deployment == deployment {
			return fmt.Sprintf("%d, %s at %s", i+1, c.Upstream, d.Name(c.Account))
		}
	}
	return "another"
}
