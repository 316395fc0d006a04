package gateway_test

import (
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// A probe asks whatever vendor for one token, and no other; it is Metapi's own, and what it shows counts.
func TestProbe(t *testing.T) {
	for kind, model := range map[imitation.Kind]string{imitation.OpenAI: "gpt-4o", imitation.Anthropic: "claude-sonnet-4-5", imitation.Gemini: "gemini-2.5-flash"} {
		t.Run(string(kind), func(t *testing.T) {
			v, other := vendor(t, kind, "first"), vendor(t, kind, "other")
			w := newWorld(t, []*imitation.Vendor{v, other})
			var d *routing.Deployment
			for i := range w.snap.Deployments {
				if c := &w.snap.Deployments[i]; c.Order == 0 && c.Upstream == model {
					d = c
				}
			}
			if !gateway.CanProbe(d) {
				t.Fatal("it cannot be probed")
			}
			if usd, err := w.gateway.Probe(t.Context(), d.ID); err != nil || usd <= 0 {
				t.Fatalf("it cost %v: %v", usd, err)
			}
			r := w.records(1)[0]
			if r.Client != gateway.ProbeClient || r.State != routing.OK || len(r.Attempts) != 1 || r.Attempts[0].Deployment != d.ID || r.Attempts[0].Upstream != model || r.Model != model {
				t.Errorf("%+v", r)
			}
			calls := v.Calls()
			if len(calls) != 1 || len(other.Calls()) != 0 || !strings.Contains(string(calls[0].Body), ":1") || !strings.Contains(calls[0].Path+string(calls[0].Body), model) {
				t.Errorf("%d and %d calls: %s", len(calls), len(other.Calls()), calls[0].Body)
			}
			s := d.Live.Summary(time.Now())
			if !s.First.Known() || s.Took.Known() || s.Speed.Known() || s.InFlight != 0 {
				t.Errorf("a probe shows %+v", s)
			}

			v.Fault(imitation.Fault{Kind: imitation.Status500, Times: 1})
			if _, err := w.gateway.Probe(t.Context(), d.ID); err == nil || len(other.Calls()) != 0 {
				t.Errorf("a probe that failed: %v, %d calls elsewhere", err, len(other.Calls()))
			}
			if state, _, kind := d.Live.State(time.Now()); state == 0 || kind != protocol.ServerError {
				t.Errorf("after a failed probe it is %v for %q", state, kind)
			}

			before := len(v.Calls())
			w.snap.Accounts[0].Blocked = "the account is paused"
			for _, id := range []string{d.ID, "dep_gone"} {
				if usd, err := w.gateway.Probe(t.Context(), id); usd != 0 || err != nil {
					t.Errorf("%s: %v %v", id, usd, err)
				}
			}
			if len(v.Calls()) != before {
				t.Error("an account that is paused was asked")
			}
		})
	}
}
