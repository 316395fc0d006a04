package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

// presets are what answers and waiting are worth to people in a hurry, or not; the window has the same.
var presets = map[string]struct{ answer, hour float64 }{"thrifty": {0.02, 1}, "balanced": {0.2, 2}, "careful": {2, 20}}

func (a *app) worth() *cobra.Command {
	var answer, hour, tolerance float64
	c := &cobra.Command{
		Use:   "worth [thrifty|balanced|careful] [--answer USD] [--hour USD] [--tolerance PERCENT]",
		Short: "Show or set what answers and waiting are worth to you",
		Long: `Show or set what auto mode weighs: what a right answer is worth to you, and what an hour
of waiting costs you, in dollars. The tolerance is cost mode's: of several models, it
takes the cheapest of those that are expected to be at least that good, in percent of
the best.`,
		Example:   "  metapi worth careful\n  metapi worth --answer 0.50 --hour 10\n  metapi worth --tolerance 90",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: slices.Sorted(maps.Keys(presets)),
		RunE: func(c *cobra.Command, args []string) error {
			var e client.EditSettings
			if len(args) > 0 {
				p, ok := presets[args[0]]
				if !ok {
					return wrongUsage("Choose thrifty, balanced or careful.", "There is no preset %q.", args[0])
				}
				answer, hour = p.answer, p.hour
			}
			given := func(flag string) bool { return c.Flags().Changed(flag) }
			if len(args) > 0 || given("answer") {
				e.AnswerUSD = &answer
			}
			if len(args) > 0 || given("hour") {
				second := hour / 3600
				e.SecondUSD = &second
			}
			if given("tolerance") {
				share := tolerance / 100
				e.Tolerance = &share
			}
			return ask(c.Context(), a, func(l *link) (client.Settings, error) {
				if e == (client.EditSettings{}) {
					return l.Settings(c.Context())
				}
				return l.EditSettings(c.Context(), e)
			}, func(s client.Settings) {
				a.say("A right answer is worth %s to you.", usd(s.AnswerUSD))
				a.say("An hour of waiting costs you %s.", usd(s.SecondUSD*3600))
				a.say("Cost mode takes models that are at least %s %% as good as the best.", strconv.FormatFloat(100*s.Tolerance, 'g', 4, 64))
			})
		}}
	f := c.Flags()
	f.Float64Var(&answer, "answer", 0, "what a right answer is worth, in `dollars`")
	f.Float64Var(&hour, "hour", 0, "what an hour of waiting costs, in `dollars`")
	f.Float64Var(&tolerance, "tolerance", 0, "how good a model must be for cost mode, in `percent` of the best")
	return c
}

func usd(v float64) string {
	s := strings.TrimRight(fmt.Sprintf("%.4f", v), "0")
	if i := strings.IndexByte(s, '.'); len(s)-i < 3 {
		s += strings.Repeat("0", 3-(len(s)-i))
	}
	return "$" + s
}

func (a *app) thumb() *cobra.Command {
	return &cobra.Command{Use: "thumb ID up|down|none", Short: "Say what you thought of an answer; none takes it back",
		Long: `Say what you thought of the answer to a request, by its id. It counts for the model that
gave it, in quality and auto mode, half after 30 days; none takes it back.`,
		Args: cobra.ExactArgs(2), ValidArgs: []string{"up", "down", "none"},
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains([]string{"up", "down", "none"}, args[1]) {
				return wrongUsage("Write up, down or none.", "%q is no thumb.", args[1])
			}
			return ask(c.Context(), a, func(l *link) (client.Done, error) { return l.SetThumb(c.Context(), args[0], client.Thumb(args[1])) },
				func(d client.Done) { a.say("%s", d.Message) })
		}}
}

func (a *app) keysMode() *cobra.Command {
	return &cobra.Command{Use: "mode NAME MODE", Short: "Choose how a tool's requests are routed; all: as those of all others", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			mode := args[1]
			if mode == "all" {
				mode = ""
			}
			return ask(c.Context(), a, func(l *link) (client.Key, error) {
				return l.EditClient(c.Context(), args[0], client.EditKey{Mode: &mode})
			},
				func(k client.Key) {
					if k.Mode == "" {
						a.say("%s is routed as `metapi mode` says.", k.Name)
					} else {
						a.say("%s is routed in %s mode, whatever `metapi mode` says.", k.Name, k.Mode)
					}
				})
		}}
}
