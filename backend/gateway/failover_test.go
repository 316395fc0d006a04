package gateway_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// failures are the ways in which the first account fails, and what each is booked as.
var failures = []struct {
	name  string
	fault imitation.Fault
	kind  protocol.Kind
	when  string // "stream" or "whole" where it makes sense only there
}{
	{"connection refused", imitation.Fault{Kind: imitation.Refused}, protocol.Network, ""},
	{"reset in the headers", imitation.Fault{Kind: imitation.ResetHeaders}, protocol.Network, ""},
	{"HTML wall as 200", imitation.Fault{Kind: imitation.HTMLWall}, protocol.Wall, ""},
	{"HTML wall as 403", imitation.Fault{Kind: imitation.HTMLWall403}, protocol.Wall, ""},
	{"error inside a 200", imitation.Fault{Kind: imitation.ErrorIn200}, "", ""},
	{"relay's error inside a 200", imitation.Fault{Kind: imitation.RelayErrorIn}, "", ""},
	{"code and msg inside a 200", imitation.Fault{Kind: imitation.CodeErrorIn}, "", ""},
	{"error as first event", imitation.Fault{Kind: imitation.ErrorFirst}, "", "stream"},
	{"empty body", imitation.Fault{Kind: imitation.EmptyBody}, protocol.BadReply, ""},
	{"truncated JSON", imitation.Fault{Kind: imitation.TruncatedJSON}, protocol.BadReply, "whole"},
	{"reset in the body", imitation.Fault{Kind: imitation.ResetMid}, protocol.Network, "whole"},
	{"stall before the headers", imitation.Fault{Kind: imitation.StallHeaders}, protocol.Timeout, ""},
	{"stall after the headers", imitation.Fault{Kind: imitation.StallBody}, protocol.Timeout, ""},
	{"stall after the first event", imitation.Fault{Kind: imitation.StallStart}, protocol.Timeout, "stream"},
	{"slow trickle of headers", imitation.Fault{Kind: imitation.TrickleHeaders}, protocol.Timeout, ""},
	{"slow trickle of empty events", imitation.Fault{Kind: imitation.TrickleEvents}, protocol.Timeout, "stream"},
	{"401", imitation.Fault{Kind: imitation.Status401}, protocol.KeyRefused, ""},
	{"402", imitation.Fault{Kind: imitation.Status402}, protocol.OutOfMoney, ""},
	{"403", imitation.Fault{Kind: imitation.Status403}, protocol.Forbidden, ""},
	{"404 model", imitation.Fault{Kind: imitation.Status404}, protocol.ModelNotFound, ""},
	{"429 quota", imitation.Fault{Kind: imitation.Quota429}, protocol.OutOfMoney, ""},
	{"500", imitation.Fault{Kind: imitation.Status500}, protocol.ServerError, ""},
	{"502 HTML", imitation.Fault{Kind: imitation.HTML502}, "", ""},
	{"503", imitation.Fault{Kind: imitation.Status503}, protocol.Overloaded, ""},
	{"529", imitation.Fault{Kind: imitation.Status529}, protocol.Overloaded, ""},
	{"redirect 302", imitation.Fault{Kind: imitation.Redirect302}, protocol.BadReply, ""},
	{"redirect 307", imitation.Fault{Kind: imitation.Redirect307}, protocol.BadReply, ""},
}

// Whatever happens to the first account, in every protocol, streamed and not: the client gets its whole answer from the
// second, without any sign; the second never sees the first's key; the record tells what happened.
func TestFailover(t *testing.T) {
	for _, f := range failures {
		for _, a := range asks() {
			if f.when == "stream" && !a.stream || f.when == "whole" && a.stream {
				continue
			}
			t.Run(f.name+"/"+a.String(), func(t *testing.T) {
				t.Parallel()
				first, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
				w := newWorld(t, []*imitation.Vendor{first, second}, firstEvent(200*time.Millisecond))
				first.Fault(f.fault)
				got := w.send(a)
				w.wantAnswer(a, got)
				if got.header.Get("X-Metapi-Attempts") != "2" || got.header.Get("X-Metapi-Deployment") == "" || got.header.Get("X-Metapi-Request-Id") == "" {
					t.Errorf("the reply's own headers: %v", got.header)
				}
				calls := second.Calls()
				if len(calls) != 1 {
					t.Fatalf("the second account got %d calls", len(calls))
				}
				for name, values := range calls[0].Header {
					if strings.Contains(strings.Join(values, " "), first.Key) {
						t.Errorf("the second account got the first one's key in %s", name)
					}
				}
				if trapped := first.Trapped(); len(trapped) > 0 {
					t.Errorf("a redirect was followed: %v", trapped)
				}
				r := w.records(1)[0]
				if r.State != routing.OK || len(r.Attempts) != 2 || r.Attempts[0].Kind == "" || r.Attempts[1].Kind != "" || r.Attempts[0].Error == "" {
					t.Fatalf("the record: %+v", r)
				}
				if f.kind != "" && r.Attempts[0].Kind != f.kind {
					t.Errorf("booked as %s, not %s: %s", r.Attempts[0].Kind, f.kind, r.Attempts[0].Error)
				}
				if r.Attempts[1].Usage.Zero() || r.Attempts[1].Usage.Estimated || r.Usage.Output != r.Attempts[0].Usage.Output+r.Attempts[1].Usage.Output {
					t.Errorf("usage %+v of attempts %+v", r.Usage, r.Attempts)
				}
				// A vendor that timed out, or broke off in the answer, bills what it made; one that turned the call away does not.
				billed := r.Attempts[0].Kind == protocol.Timeout || f.fault.Kind == imitation.TruncatedJSON && a.proto != protocol.OpenAIResponses
				if got := r.Attempts[0].Usage; billed != !got.Zero() || billed != got.Estimated {
					t.Errorf("the lost attempt is booked as %+v", r.Attempts[0].Usage)
				}
			})
		}
	}
}

// Each way of saying when to come back sets the cooldown, and passes on when nobody else is there.
func TestRetryAfterForms(t *testing.T) {
	for _, form := range imitation.RetryForms() {
		for _, a := range asks() {
			t.Run(string(form)+"/"+a.String(), func(t *testing.T) {
				t.Parallel()
				first, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
				w := newWorld(t, []*imitation.Vendor{first, second})
				first.Fault(imitation.Fault{Kind: imitation.Status429, RetryAfter: form})
				w.wantAnswer(a, w.send(a))
				d := w.live.Deployment(w.deployment(0, a), "acc_0", w.snap.Accounts[0].Host)
				_, until, kind := d.State(time.Now())
				cools := time.Until(until)
				low, high := 15*time.Second, 21*time.Second
				if form == imitation.RetryNone || form == imitation.RetryInfo && a.kind == imitation.Anthropic { // which has no such form
					low, high = 2*time.Second, 5*time.Second
				}
				if kind != protocol.RateLimited || cools < low || cools > high {
					t.Errorf("cools %v for %q", cools, kind)
				}

				second.Fault(imitation.Fault{Kind: imitation.Status429, RetryAfter: form})
				w.send(a)
				got := w.send(a) // now both are cooling: nobody is called
				if calls := len(first.Calls()) + len(second.Calls()); calls != 3 {
					t.Errorf("%d calls in all", calls)
				}
				if got.status != 429 || got.header.Get("Retry-After") == "" {
					t.Errorf("with all cooling: %d, Retry-After %q, %s", got.status, got.header.Get("Retry-After"), got.body)
				}
			})
		}
	}
}

// deployment is the id of what serves a at vendor i.
func (w *world) deployment(i int, a ask) string {
	found, err := w.snap.Names.Resolve(modelOf(a))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, ref := range found.Refs {
		if d := &w.snap.Deployments[ref]; d.Order == i {
			return d.ID
		}
	}
	w.t.Fatalf("vendor %d does not offer %s", i, modelOf(a))
	return ""
}

func modelOf(a ask) string {
	if m, ok := a.body["model"].(string); ok {
		return m
	}
	return "gemini-2.5-flash"
}

// What is at fault in the request goes straight back, in the vendor's own words and shape, and harms nobody's health.
func TestClientFaultsGoStraightBack(t *testing.T) {
	for _, a := range asks() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			first, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
			w := newWorld(t, []*imitation.Vendor{first, second})
			bad := a
			bad.body = map[string]any{"no_such_field": 1}
			for k, v := range a.body {
				bad.body[k] = v
			}
			got := w.send(bad)
			if got.status != 400 || !strings.Contains(got.body, "no_such_field") {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if n := len(second.Calls()); n != 0 {
				t.Errorf("the bad request was sent on to the second account, %d times", n)
			}
			w.wantAnswer(a, w.send(a))
			if n := len(first.Calls()); n != 2 {
				t.Errorf("after a bad request the first account got %d calls in all, not 2", n)
			}
			if r := w.records(2)[0]; r.State != routing.Failed || r.Status != 400 || !r.Usage.Zero() {
				t.Errorf("recorded as %+v", r)
			}
		})
	}
}

// After the first meaningful event nothing can be moved on: the stream ends with an error of its own protocol, and what
// came before is not taken for a complete answer.
func TestFailureAfterTheCommitPoint(t *testing.T) {
	for _, kind := range []imitation.FaultKind{imitation.ErrorMid, imitation.ResetMid, imitation.CutMid, imitation.CutEnd, imitation.TruncatedJSON} {
		for _, a := range asks() {
			if !a.stream {
				continue
			}
			t.Run(string(kind)+"/"+a.String(), func(t *testing.T) {
				t.Parallel()
				first, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
				w := newWorld(t, []*imitation.Vendor{first, second})
				first.Fault(imitation.Fault{Kind: kind})
				got := w.send(a)
				said, ok, errs := text(a, got.body)
				if got.status != 200 || said == "" || !strings.HasPrefix(imitation.Echo(question), said) {
					t.Errorf("status %d, said %q", got.status, said)
				}
				if ok || len(errs) != 1 || errs[0] == "" {
					t.Errorf("looks complete: %v; errors told: %q\n%s", ok, errs, got.body)
				}
				if n := len(second.Calls()); n != 0 {
					t.Errorf("the second account was called %d times", n)
				}
				r := w.records(1)[0]
				if r.State != routing.Failed || len(r.Attempts) != 1 || r.Attempts[0].Kind == "" || !r.Usage.Estimated || r.Usage.Output == 0 {
					t.Errorf("recorded as %+v", r)
				}
			})
		}
	}
}

// A first event in time is enough, however slowly the rest comes.
func TestSlowStreamsAreLeftAlone(t *testing.T) {
	a := asks()[slices.IndexFunc(asks(), func(a ask) bool { return a.stream && a.proto == protocol.Anthropic })]
	first, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
	w := newWorld(t, []*imitation.Vendor{first, second}, firstEvent(300*time.Millisecond))
	first.Pace(imitation.Pace{Delay: 60 * time.Millisecond}) // far more than the limit in all
	w.wantAnswer(a, w.send(a))
	if n := len(second.Calls()); n != 0 {
		t.Errorf("moved on although the first was answering")
	}
}

// An upstream that answers 404 for the path, not the model, does not serve that protocol: another account does, the
// first is not asked again for it, and keeps serving the protocols it has.
func TestMissingEndpointMovesOn(t *testing.T) {
	first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
	w := newWorld(t, []*imitation.Vendor{first, second})
	chat, responses := asks()[0], asks()[1]
	first.Fault(imitation.Fault{Kind: imitation.Custom, Status: 404, Body: `{"detail":"Not Found"}`})
	w.wantAnswer(responses, w.send(responses))
	w.wantAnswer(responses, w.send(responses))
	w.wantAnswer(chat, w.send(chat))
	if a, b := len(first.Calls()), len(second.Calls()); a != 2 || b != 2 {
		t.Errorf("the first got %d calls, the second %d", a, b)
	}
}

// A prompt that is too long for one deployment goes to a larger one, and straight back where there is none.
func TestTooLongMovesOnlyToWhereItFits(t *testing.T) {
	small, same, large := vendor(t, imitation.OpenAI, "small"), vendor(t, imitation.OpenAI, "same"), vendor(t, imitation.OpenAI, "large")
	w := newWorld(t, []*imitation.Vendor{small, same, large})
	chat := asks()[0]
	for i := range w.snap.Deployments {
		d := &w.snap.Deployments[i]
		d.Context = []int64{8000, 8000, 128000}[d.Order]
	}
	tooLong := imitation.Fault{Kind: imitation.Custom, Status: 400, Body: `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`}
	small.Fault(tooLong)
	w.wantAnswer(chat, w.send(chat))
	if n := len(same.Calls()); n != 0 {
		t.Errorf("one that is as small was asked %d times", n)
	}
	small.Fault(tooLong)
	large.Fault(tooLong)
	got := w.send(chat)
	if got.status != 400 || !strings.Contains(got.body, "context_length_exceeded") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	w.wantAnswer(chat, w.send(chat)) // nobody's health has suffered
	if r := w.records(3)[2]; r.Account() != "acc_0" {
		t.Errorf("served by %s", r.Account())
	}
}

// What an upstream says reaches the client without the key, the address or the account's name.
func TestErrorsCarryNoSecrets(t *testing.T) {
	for _, a := range asks() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v := vendor(t, a.kind, "only")
			w := newWorld(t, []*imitation.Vendor{v})
			host := w.snap.Accounts[0].Host
			says := "bad key " + v.Key + " at http://" + host + "/v1, masked sk-pr***********cdef and AIzaSy*****"
			for _, status := range []int{400, 401, 403, 500} {
				w.live.ClearAccount("acc_0")
				v.Fault(imitation.Fault{Kind: imitation.Custom, Status: status, Body: `{"type":"error","error":{"message":"` + says + `","type":"x","status":"X","code":1}}`})
				got := w.send(a)
				for _, secret := range []string{v.Key, host, "cdef", "AIza", "slug-0", "acc_0"} {
					if strings.Contains(got.body, secret) {
						t.Errorf("%d tells %q: %s", status, secret, got.body)
					}
				}
				if got.status < 400 || !strings.Contains(got.body, "bad key") {
					t.Errorf("%d became %d %s", status, got.status, got.body)
				}
			}
			for _, r := range w.records(4) {
				if strings.Contains(r.Error+r.Attempts[0].Error, v.Key) {
					t.Errorf("the record holds the key: %+v", r)
				}
			}
		})
	}
}
