package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/ledger/replay"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// What the records keep is enough to make the decisions again: under mixed modes, rules, virtual models, sessions, pins and failures, and with many
// requests at once.
func TestAReplayRepeatsTheDecisions(t *testing.T) {
	var vendors []*imitation.Vendor
	for _, name := range []string{"A", "B", "C", "D"} {
		vendors = append(vendors, vendor(t, imitation.OpenAI, name))
	}
	vendors[2].Pace(imitation.Pace{First: 20 * time.Millisecond})
	w := newWorld(t, vendors, prices(4, 3, 2, 1), rules(t, `
models:
  coder: {models: [{model: gpt-4o, weight: 3}, slug-1/gpt-4o-mini], then: [slug-2/gpt-5]}
  wide: {models: [gpt-4o, gpt-4o-mini, gpt-5]}
  dear: {mode: latency, models: [gpt-4o]}
rules:
  - {name: many tokens, when: tokens > 1000, mode: cost}
  - {name: not there, when: 'header("X-Team") == "legal"', never: [slug-0]}
`), func(_ *gateway.Options, s *snapshot.Snapshot) { s.Mode = routing.Balance })

	const workers, each = 8, 50
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			previous := ""
			for n := range each {
				a := asks()[random.IntN(2)+4*random.IntN(2)] // chat or responses, streamed or not
				model := []string{"gpt-4o", "gpt-4o", "coder", "coder", "dear", "gpt-4o:cost", "slug-1/gpt-4o", "wide", "nobody-has-it"}[random.IntN(9)]
				a.body["model"] = model
				if random.IntN(4) == 0 {
					long := strings.Repeat("The report is about the third quarter. ", 250)
					a.body["messages"], a.body["input"] = []any{map[string]any{"role": "user", "content": long}}, long
				}
				if strings.HasSuffix(a.path, "responses") {
					delete(a.body, "messages")
					if previous != "" && model == "gpt-4o" {
						a.body["previous_response_id"] = previous
					}
				} else {
					delete(a.body, "input")
				}
				r := w.request(a)
				r.Header.Set("X-Session-Id", fmt.Sprint("session-", worker, "-", n/10))
				if random.IntN(2) == 0 {
					r.Header.Set("X-Metapi-Mode", string(routing.Modes[random.IntN(len(routing.Modes))].Mode))
				}
				if random.IntN(5) == 0 {
					r.Header.Set("X-Team", "legal")
				}
				if random.IntN(12) == 0 {
					vendors[random.IntN(4)].Fault(imitation.Fault{Kind: imitation.Status500})
				}
				got := w.do(r)
				var o struct{ ID string }
				if json.Unmarshal([]byte(got.body), &o); strings.HasPrefix(o.ID, "resp_") {
					previous = o.ID
				}
				if random.IntN(10) == 0 { // else all would be cooling before long
					for i := range vendors {
						w.live.ClearAccount(fmt.Sprint("acc_", i))
					}
				}
			}
		})
	}
	all.Wait()
	records := w.records(workers * each)
	slices.SortFunc(records, func(a, b routing.Record) int { return strings.Compare(a.ID, b.ID) })

	p := replay.New([]routing.Mode{routing.Failover, routing.Balance, routing.Fastest, routing.Cheapest}, &routing.Usual, records[0].Start)
	chosen := map[routing.Mode]int{} // decisions that were more than the user's order
	failed, same, several := 0, 0, 0
	for i := range records {
		kept, err := json.Marshal(records[i]) // as the ledger keeps it
		if err != nil {
			t.Fatal(err)
		}
		var r routing.Record
		if err := json.Unmarshal(kept, &r); err != nil {
			t.Fatal(err)
		}
		p.Add(&r)
		if len(r.Attempts) > 1 {
			failed++
		}
		if len(r.Candidates) < 2 || r.Ranked > 0 {
			continue
		}
		several++
		if r.Candidates[0].Order > 0 {
			chosen[r.Mode]++
		}
		again := slices.Clone(r.Candidates)
		slices.SortFunc(again, func(a, b routing.Figure) int { return strings.Compare(a.Deployment, b.Deployment) })
		routing.Rerank(r.Mode, &routing.Usual, r.ID, again)
		if slices.EqualFunc(again, r.Candidates, func(a, b routing.Figure) bool { return a.Deployment == b.Deployment }) {
			same++
		}
	}
	got := p.Report()
	t.Logf("%d requests, %d with failed attempts; %d of %d decisions repeated, %d of %d to the last place; chosen beyond the order: %v",
		len(records), failed, got.Repeated, got.Checked, same, several, chosen)
	if got.Checked < 150 || failed < 5 || len(chosen) < 3 {
		t.Errorf("this proves little: %+v, %d with failures, %v", got, failed, chosen)
	}
	if float64(got.Repeated) < 0.99*float64(got.Checked) || float64(same) < 0.99*float64(several) {
		t.Errorf("%d of %d repeated, %d of %d to the last place", got.Repeated, got.Checked, same, several)
	}
	if got.Compared < 200 || got.Fixed == 0 || got.Alone == 0 || got.Cut == 0 {
		t.Errorf("%+v", got)
	}
	if least := got.Modes[3]; least.USD > got.Real.USD || least.Moved == 0 {
		t.Errorf("the cheapest would have cost $%.4f in place of $%.4f", least.USD, got.Real.USD)
	}
}
