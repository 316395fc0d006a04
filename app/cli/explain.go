package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

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
		Use:   "explain [MODEL] [--body FILE] [--client NAME] [--mode M]",
		Short: "Show how a request would be decided now, and why",
		Long: `Show who could serve a request, in which order and by which figures, and who could
not, for which reason. Nothing is sent and nothing is spent.

Give a model's name, or with --body a request as a tool would send it ("-" reads it
from the standard input); --path says where to, for other protocols than OpenAI's chat.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				q.Model = args[0]
			}
			if (q.Model == "") == (file == "") {
				return wrongUsage("`metapi explain gpt-5`, or `metapi explain --body request.json`.", "Give a model's name, or a request with --body.")
			}
			if file != "" {
				body, err := a.read(file)
				if err != nil {
					return wrongUsage("Give the path of a file that can be read.", "%v", err)
				}
				if !json.Valid(body) {
					return wrongUsage("It must hold the body of one request.", "%s is not JSON.", file)
				}
				q.Body = body
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
	f.StringVar(&q.Path, "path", "", "the `path` that the tool calls (default /v1/chat/completions)")
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
		t := newTable(">#", "ACCOUNT", "MODEL THERE", ">ANSWERS WITHIN", ">FAILS", ">THIS REQUEST", ">LATER TURNS", ">GOOD", ">WORTH", ">RUNNING")
		for i, c := range r.Candidates {
			this, later, worth := "not known", "", ""
			if c.Priced {
				worth = fmt.Sprintf("$%.4f", c.Utility)
				this = fmt.Sprintf("~$%.6f", c.Cost)
				if c.Later > 0 {
					later = fmt.Sprintf("~$%.6f", c.Later)
				}
			}
			t.add(fmt.Sprint(i+1), d.Name(c.Account), c.Upstream, c.Wait.Round(10*time.Millisecond).String(), fmt.Sprintf("%.1f %%", 100*c.Failing), this, later, good(c.Judged), worth, fmt.Sprint(c.InFlight))
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
		a.note("left out: %s: %s", d.Name(x.Account), x.Reason)
	}
	if d.Refused != "" {
		a.note("The tool would be told: %s", d.Refused)
	}
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
