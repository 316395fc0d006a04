package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"metapi/backend/account"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// prober is the client that Metapi itself is where it asks of its own accord.
var prober = account.Client{ID: ProbeClient, Name: "Metapi"}

// ProbeClient is the id of the client that probes are booked under.
const ProbeClient = "metapi"

// probeBody asks for one token, in a stream, so that it is seen how soon it comes.
const probeBody = `{"model":"probe","messages":[{"role":"user","content":"Hi"}],"max_tokens":1,"stream":true}`

// ProbeUsage is what a probe takes at most, so that its price can be told before.
var ProbeUsage = protocol.Usage{Input: 50, Output: 1}

// CanProbe reports whether a deployment can be asked for one token.
func CanProbe(d *routing.Deployment) bool {
	return d.Upstream != "" && d.Protocols&probeReach != 0
}

// probeReach are the protocols that a conversation can be put into.
var probeReach = protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIResponses, protocol.Anthropic, protocol.Gemini)

// Probe asks a deployment for one token, as a request of a client would be sent: by the same way, with the same key, booked in the same ledger, and with
// what comes of it counting for health and figures. Nobody else is asked; nobody at all where the snapshot in force has no such deployment, or its
// account may not be used now. It returns what it cost in dollars.
func (g *Gateway) Probe(ctx context.Context, id string) (usd float64, err error) {
	snap := g.Snapshot()
	at := slices.IndexFunc(snap.Deployments, func(d routing.Deployment) bool { return d.ID == id })
	if at < 0 || snap.Paused || snap.Deployments[at].Account.Blocked != "" {
		return 0, nil
	}
	d := &snap.Deployments[at]
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/v1/chat/completions", strings.NewReader(probeBody))
	if err != nil {
		return 0, err
	}
	r.Header["Content-Type"] = acceptJSON
	ep, e := findEndpoint(r)
	if e != nil {
		return 0, e
	}
	g.running.Add(1)
	defer g.running.Done()
	x := newExchange(g, nowhere{}, r, ep, snap, &prober)
	if e := x.read(); e != nil {
		return 0, e
	}
	x.out = newStreamWriter(x)
	defer x.out.release()
	x.rec.Asked, x.rec.Model = d.Account.Slug+"/"+d.Upstream, d.Model
	x.ask(routing.Pin{})
	if f := x.try(d, false); f != nil {
		x.fail(f.err)
		return x.rec.Cost.USD, f.err
	}
	return x.rec.Cost.USD, nil
}
