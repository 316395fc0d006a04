package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
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
	{"redirect 302", imitation.Fault{Kind: imitation.Redirect302}, protocol.Wall, ""},
	{"redirect 307", imitation.Fault{Kind: imitation.Redirect307}, protocol.Wall, ""},
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
	w := newWorld(t, []*imitation.Vendor{first, second}, firstEvent(time.Second))
	first.Script(imitation.Reply{Text: imitation.Echo(question), Piece: 1})
	first.Pace(imitation.Pace{Delay: 30 * time.Millisecond}) // far more than the limit in all
	w.wantAnswer(a, w.send(a))
	if n := len(second.Calls()); n != 0 {
		t.Errorf("moved on although the first was answering")
	}
}

// An upstream that answers 404 for the path, not the model, does not serve that protocol: it is asked over another that it has, at once and
// from then on, and where it has none another account serves.
func TestMissingEndpointMovesOn(t *testing.T) {
	for _, c := range []struct {
		name          string
		settings      []setting
		first, second int
	}{{"to another protocol", nil, 4, 0}, {"to another account", []setting{only(protocol.OpenAIResponses)}, 1, 3}} {
		t.Run(c.name, func(t *testing.T) {
			first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
			w := newWorld(t, []*imitation.Vendor{first, second}, c.settings...)
			chat, responses := asks()[0], asks()[1]
			first.Fault(imitation.Fault{Kind: imitation.Custom, On: imitation.OpResponses, Status: 404, Body: `{"detail":"Not Found"}`})
			w.wantAnswer(responses, w.send(responses))
			w.wantAnswer(responses, w.send(responses))
			w.wantAnswer(chat, w.send(chat))
			if a, b := len(first.Calls()), len(second.Calls()); a != c.first || b != c.second {
				t.Errorf("the first got %d calls, the second %d", a, b)
			}
		})
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
			var escaped strings.Builder // as JSON may write it: each character as an escape
			for _, c := range says {
				fmt.Fprintf(&escaped, `\u%04x`, c)
			}
			bodies := []string{
				`{"type":"error","error":{"message":"` + says + `","type":"x","status":"X","code":1}}`,
				`{"type":"error","error":{"message":"` + escaped.String() + `","type":"x","status":"X","code":1}}`,
				`{"type":"error","error":{"message":"bad key","param":"` + v.Key + `","code":"` + v.Key + `","type":"x","status":"X"}}`,
				`{"type":"error","error":{"message":"bad key ` + strings.Repeat("x ", 480) + v.Key + `","type":"x","status":"X","code":1}}`, // cut within
			}
			for i, body := range bodies {
				for _, status := range []int{400, 401, 403, 500} {
					w.live.ClearAccount("acc_0")
					v.Fault(imitation.Fault{Kind: imitation.Custom, Status: status, Body: body})
					got := w.send(a)
					for _, secret := range []string{v.Key, v.Key[:20], host, "cdef", "AIza", "slug-0", "acc_0", `\u0062`} {
						if strings.Contains(got.body, secret) {
							t.Errorf("body %d, %d tells %q: %s", i, status, secret, got.body)
						}
					}
					if got.status < 400 || !strings.Contains(got.body, "bad key") {
						t.Errorf("body %d, %d became %d %s", i, status, got.status, got.body)
					}
				}
			}
			for _, r := range w.records(4 * len(bodies)) {
				if strings.Contains(r.Error+r.Attempts[0].Error, v.Key[:20]) {
					t.Errorf("the record holds the key: %+v", r)
				}
			}
		})
	}
}

// Two keys at one vendor, the commonest set-up: what happens to the one must not bar the other, though they share a host.
func TestFailoverBetweenAccountsOfOneHost(t *testing.T) {
	for _, kind := range []imitation.FaultKind{imitation.ResetHeaders, imitation.HTMLWall, imitation.HTMLWall403, imitation.Status401, imitation.Status500, imitation.StallHeaders} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			const other = "sk-proj-other-0123456789abcdef0123456789abcdef"
			v := vendor(t, imitation.OpenAI, "first", imitation.WithKey(other))
			w := newWorld(t, []*imitation.Vendor{v, v}, firstEvent(200*time.Millisecond), func(_ *gateway.Options, s *snapshot.Snapshot) {
				p, _ := provider.Get("openai")
				s.Targets[1], _ = p.Target(provider.Credential{BaseURL: v.BaseURL, Secret: other})
			})
			v.Fault(imitation.Fault{Kind: kind})
			chat := asks()[0]
			w.wantAnswer(chat, w.send(chat))
			calls := v.Calls()
			if len(calls) != 2 || calls[0].Key != v.Key || calls[1].Key != other {
				t.Errorf("%d calls: %+v", len(calls), calls)
			}
		})
	}
}

// When a host cannot be reached at all, the client is told that, and not that it asks too often.
func TestUnreachableHostIsToldAsSuch(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "only")
	w := newWorld(t, []*imitation.Vendor{v, v})
	v.Refuse()
	chat := asks()[0]
	if got := w.send(chat); got.status != 502 || !strings.Contains(got.body, "refused the connection") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if err := v.Accept(); err != nil {
		t.Fatal(err)
	}
}

// A request that has begun to stream after a failure is no reason to turn others away.
func TestProbeDoesNotBlockOthersWhileItStreams(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "only")
	w := newWorld(t, []*imitation.Vendor{v})
	stream := streams()[0]
	d := w.live.Deployment(w.deployment(0, stream), "acc_0", w.snap.Accounts[0].Host)
	pass, _ := d.Enter(time.Now().Add(-time.Hour))
	pass.Fail(time.Now().Add(-time.Hour), &protocol.Error{Kind: protocol.ServerError}) // long past: half-open now
	v.Fault(imitation.Fault{Kind: imitation.StallMid})
	res, err := http.DefaultTransport.RoundTrip(w.request(stream))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	chat := asks()[0]
	w.wantAnswer(chat, w.send(chat))
}

// A vendor's 404 without a word about the model; text/html on good JSON; an empty stream.
func TestOddReplies(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  imitation.Fault
		stream bool
		served int // by which account
	}{
		{"JSON called HTML", imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"text/html"}},
			Body: `{"id":"1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"` + imitation.Echo(question) + `"},"finish_reason":"stop"}]}`}, false, 0},
		{"a stream of [DONE] alone", imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: "data: [DONE]\n\n"}, true, 1},
		{"a stream that ends at once", imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: ""}, true, 1},
		{"JSON for a stream", imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"choices":[]}`}, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
			w := newWorld(t, []*imitation.Vendor{first, second})
			first.Fault(c.fault)
			a := asks()[0]
			if c.stream {
				a = streams()[0]
			}
			w.wantAnswer(a, w.send(a))
			if r := w.records(1)[0]; r.Account() != []string{"acc_0", "acc_1"}[c.served] {
				t.Errorf("served by %s: %+v", r.Account(), r.Attempts)
			}
		})
	}
}

// After the protocol's own end it does not matter how the connection ends.
func TestResetAfterTheEndIsNoFailure(t *testing.T) {
	a := streams()[2]
	upstream := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(rw, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"+
			"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":"+strconv.Quote(imitation.Echo(question))+"}}\n\n"+
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n"+
			"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
		http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer upstream.Close()
	v := vendor(t, imitation.Anthropic, "only")
	w := newWorld(t, []*imitation.Vendor{v}, func(_ *gateway.Options, s *snapshot.Snapshot) {
		p, _ := provider.Get("anthropic")
		s.Targets[0], _ = p.Target(provider.Credential{BaseURL: upstream.URL, Secret: v.Key})
	})
	w.wantAnswer(a, w.send(a))
	if r := w.records(1)[0]; r.State != routing.OK || r.Usage.Estimated {
		t.Errorf("recorded as %+v", r)
	}
}
