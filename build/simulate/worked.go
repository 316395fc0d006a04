package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/settings"
)

// readyRule is one of the rules that come with the product: short summaries go where they cost little, long ones stay.
const readyRule = `
models:
  report: {models: [claude-sonnet-4-5], then: [gpt-5-mini]}
rules:
- name: short summaries
  when: model == "report" and tokens < 12000
  models: [gemini-2.5-flash]
  then: [gpt-5-mini]
`

// bill is what a way of working has cost.
type bill struct {
	way     string
	usd     float64
	byModel map[string]int
}

// shares are how many of the reports are long: what is saved depends on it more than on anything else, so that one figure alone would say little.
var shares = []float64{0.2, 0.4, 0.6}

// worked is the case of a workload that was hardcoded to one vendor: a thousand reports to be summed up, by the prices of the embedded catalog.
// The first way sends all to Claude; the second has accounts at two more vendors, and the ready rule.
func worked(seed uint64, long float64) ([2]bill, error) {
	var set routing.Settings
	if fault := settings.Parse(routing.SettingsFile, []byte(readyRule), &set); fault != nil {
		return [2]bill{}, fault
	}
	s := &routing.Snapshot{Mode: routing.Failover, Accounts: make([]routing.Account, 3)}
	reg := live.NewRegistry()
	var entries []catalog.Entry
	for i, of := range [...]struct{ provider, model string }{{"anthropic", "claude-sonnet-4-5"}, {"gemini", "gemini-2.5-flash"}, {"openai", "gpt-5-mini"}} {
		_, price := catalog.Embedded().Model(of.provider, "", of.model)
		if price == nil {
			return [2]bill{}, fmt.Errorf("the catalog has no price for %s", of.model)
		}
		s.Accounts[i] = routing.Account{ID: of.provider, Slug: of.provider, Provider: of.provider, Host: of.provider + ".test"}
		s.Deployments = append(s.Deployments, routing.Deployment{ID: of.model, Account: &s.Accounts[i], Order: i, Upstream: of.model, Model: of.model, Price: price,
			Protocols: protocol.SetOf(protocol.OpenAIChat), Live: reg.Deployment(of.model, of.provider, of.provider+".test")})
		entries = append(entries, catalog.Entry{Ref: int32(i), Account: of.provider, Name: of.model})
	}
	s.Names = catalog.NewIndex(entries, nil)
	s.Rules = routing.NewRules(&set, s.Names)

	ways := [2]bill{{way: "all to Claude", byModel: map[string]int{}}, {way: "two more accounts, one rule", byModel: map[string]int{}}}
	rng := newRand(seed)
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for i := range 1000 {
		prompt, output := int64(2000+8000*rng.Float64()), int64(300+300*rng.Float64())
		if rng.Float64() < long { // analytical ones
			prompt, output = int64(15_000+30_000*rng.Float64()), int64(800+800*rng.Float64())
		}
		usage := protocol.Usage{Input: prompt, Output: output}
		for w, model := range [...]string{"claude-sonnet-4-5", "report"} {
			d, err := routing.Decide(s, routing.Request{ID: fmt.Sprint(i), Model: model, Protocol: protocol.OpenAIChat, At: at, Tokens: func() int { return int(prompt) }})
			if err != nil {
				return ways, err
			}
			usd, _ := d.Candidates[0].Price.Cost(usage, at)
			ways[w].usd += usd
			ways[w].byModel[d.Candidates[0].Model]++
		}
		at = at.Add(time.Minute)
	}
	return ways, nil
}

func printWorked(out io.Writer, seed uint64) error {
	fmt.Fprintln(out, "worked case: a thousand reports to be summed up, by the vendors' price lists, all at Claude or with the rule for short ones")
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "of them long\tall at Claude\twith the rule\tsaved\tstay at Claude\t")
	for _, long := range shares {
		ways, err := worked(seed, long)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%.0f %%\t$%.2f\t$%.2f\t%.0f %%\t%d\t\n", 100*long, ways[0].usd, ways[1].usd, 100*(1-ways[1].usd/ways[0].usd), ways[1].byModel["claude-sonnet-4-5"])
	}
	return t.Flush()
}
