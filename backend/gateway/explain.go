package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"

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
}

// Explain says how a request would be decided now: who could serve, by which figures, and who could not, for which reason. Nothing is sent, and
// nothing is booked. The error is a *[protocol.Error]; what was found before it is in the record.
func (g *Gateway) Explain(ctx context.Context, q Question) (routing.Record, error) {
	if q.Body == nil {
		q.Body, _ = json.Marshal(map[string]any{"model": q.Model, "messages": []any{map[string]string{"role": "user", "content": "Hello"}}})
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, cmp.Or(q.Path, "/v1/chat/completions"), bytes.NewReader(q.Body))
	if err != nil {
		return routing.Record{}, &protocol.Error{Kind: protocol.BadRequest, Param: "path", Message: "the path is not one"}
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
		return routing.Record{}, e
	}
	x := newExchange(g, nowhere{}, r, ep, g.Snapshot(), &q.Client)
	if e := x.read(); e != nil {
		return x.rec, e
	}
	pin, _ := x.findOwner()
	x.ask(pin)
	d, err := routing.Decide(&x.snap.Snapshot, x.asked)
	for i := range d.Candidates {
		d.Candidates[i].Expect(x.asked, x.snap.Worths())
	}
	x.noteDecision(&d, len(d.Candidates))
	if err != nil {
		return x.rec, asError(err)
	}
	return x.rec, nil
}

// nowhere is the client of who only asks.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
