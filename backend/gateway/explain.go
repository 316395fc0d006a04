package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"metapi/backend/account"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// Question is a request that is asked about, and not sent.
type Question struct {
	Path   string          // as a tool would call it; default: /v1/chat/completions
	Model  string          // where there is no body: what is asked for, by a prompt of a few words
	Body   json.RawMessage // default: made of Model
	Header http.Header
	Client account.Client
	Of     *routing.Record // a request that has been decided, in place of all but Client: what is kept of it is asked about again
}

// Explain says how a request would be decided now: who could serve, by which figures, and who could not, for which reason. Nothing is sent, and
// nothing is booked. The error is a *[protocol.Error]; what was found before it is in the record.
func (g *Gateway) Explain(ctx context.Context, q Question) (routing.Record, error) {
	x, err := g.question(ctx, q)
	if err != nil {
		if x == nil {
			return routing.Record{}, err
		}
		return x.rec, err
	}
	pin, _ := x.findOwner()
	x.ask(pin)
	if q.Of != nil {
		x.asked.Bytes = q.Of.Bytes
	}
	d, err := routing.Decide(&x.snap.Snapshot, x.asked)
	x.spareAccounts(&d)
	for i := range d.Candidates {
		d.Candidates[i].Expect(x.asked, x.snap.Worths())
	}
	if refused := x.leaveOutUnpaid(&d); err == nil && refused != nil {
		err = refused
	}
	x.noteDecision(&d, len(d.Candidates))
	if err != nil {
		return x.rec, x.sayPinned(asError(err))
	}
	return x.rec, nil
}

// leaveOutUnpaid leaves out who may not be asked since a budget is spent. It returns what the client would be told where that is all of them.
func (x *exchange) leaveOutUnpaid(d *routing.Decision) (refused *protocol.Error) {
	able := d.Candidates[:0]
	for _, c := range d.Candidates {
		e := x.g.Budgets.Refuses(x.rec.Client, c.Account.ID, c.Model, 0)
		if e == nil {
			able = append(able, c)
			continue
		}
		reason, _, _ := strings.Cut(e.Message, ";")
		d.Excluded = append(d.Excluded, routing.Excluded{Deployment: c.ID, Account: c.Account.ID, Reason: reason, Until: x.asked.At.Add(e.RetryAfter)})
		refused = e
	}
	if d.Candidates = able; len(able) > 0 {
		return nil
	}
	return refused
}

// question makes an exchange of what is asked about.
func (g *Gateway) question(ctx context.Context, q Question) (*exchange, error) {
	if q.Of != nil {
		return g.again(ctx, q), nil
	}
	if q.Body == nil {
		q.Body, _ = json.Marshal(map[string]any{"model": q.Model, "messages": []any{map[string]string{"role": "user", "content": "Hello"}}})
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, cmp.Or(q.Path, "/v1/chat/completions"), bytes.NewReader(q.Body))
	if err != nil {
		return nil, &protocol.Error{Kind: protocol.BadRequest, Param: "path", Message: "the path is not one"}
	}
	if q.Header != nil {
		r.Header = q.Header.Clone()
	}
	r.Header["Content-Type"] = acceptJSON
	ep, e := findEndpoint(r)
	if e == nil && (ep.list != nil || ep.kept != nil) { // Metapi answers by itself
		e = notServed(r)
	}
	if e != nil {
		return nil, e
	}
	x := newExchange(g, nowhere{}, r, ep, g.Snapshot(), &q.Client)
	if e := x.read(); e != nil {
		return x, e
	}
	return x, nil
}

// again makes an exchange of a request that has been decided, as far as its record tells: there is no text, no header and no state in it.
func (g *Gateway) again(ctx context.Context, q Question) *exchange {
	was := q.Of
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody) // the method and the path are good
	ep := endpoint{protocol: was.Protocol, operation: was.Operation, model: was.Asked, stream: was.Stream}
	x := newExchange(g, nowhere{}, r, ep, g.Snapshot(), &q.Client)
	x.rec.Session, x.rec.Bytes, x.rec.Features, x.rec.Stream = was.Session, was.Bytes, was.Features, was.Stream
	x.peek.MaxOutput, x.known = was.Features.MaxOutput, was.Usage.Prompt()
	return x
}

// nowhere is the client of who only asks.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
func (nowhere) Flush()                      {}
