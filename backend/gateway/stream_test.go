package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

func streams() []ask {
	var all []ask
	for _, a := range asks() {
		if a.stream {
			all = append(all, a)
		}
	}
	return all
}

// A stream comes through byte for byte the same, wherever it is cut into packets.
func TestStreamsPassUnchangedHoweverTheyAreCut(t *testing.T) {
	for _, pace := range []imitation.Pace{{Cut: imitation.CutEvents}, {Cut: imitation.CutEvery, N: 7}, {Cut: imitation.CutBytes}, {Cut: imitation.CutUTF8}, {Cut: imitation.CutJoined}, {Cut: imitation.CutEvery, N: 5, CRLF: true}} {
		for _, a := range streams() {
			t.Run(string(pace.Cut)+"/"+a.String(), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, a.kind, "only")
				w := newWorld(t, []*imitation.Vendor{v})
				if a.proto == protocol.OpenAIChat {
					a.body["stream_options"] = map[string]any{"include_usage": true}
				}
				v.Script(imitation.Text("Grüße 👩🏽‍💻 世界"))
				v.Pace(pace)
				got := w.send(a)
				said, ok, errs := text(a, got.body)
				if said != "Grüße 👩🏽‍💻 世界" || !ok || len(errs) > 0 {
					t.Errorf("said %q, complete %v, errors %v\n%s", said, ok, errs, got.body)
				}
			})
		}
	}
}

// A reply that was compressed though identity was asked for is read all the same.
func TestCompressedReplies(t *testing.T) {
	for _, a := range asks() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v := vendor(t, a.kind, "only")
			w := newWorld(t, []*imitation.Vendor{v})
			v.Fault(imitation.Fault{Kind: imitation.Gzip})
			got := w.send(a)
			w.wantAnswer(a, got)
			if enc := got.header.Get("Content-Encoding"); enc != "" {
				t.Errorf("marked as %s", enc)
			}
			if r := w.records(1)[0]; len(r.Attempts) != 1 || r.Usage.Estimated {
				t.Errorf("recorded as %+v", r)
			}
		})
	}
}

// The usage chunk that Metapi asks for is counted, and hidden from a client that did not ask.
func TestUsageChunkIsHiddenUnlessAsked(t *testing.T) {
	for name, options := range map[string]any{"no options": nil, "other options": map[string]any{"include_obfuscation": false},
		"usage refused": map[string]any{"include_usage": false}, "null": json.RawMessage("null"), "empty": map[string]any{}, "asked": map[string]any{"include_usage": true}} {
		t.Run(name, func(t *testing.T) {
			v := vendor(t, imitation.OpenAI, "only")
			w := newWorld(t, []*imitation.Vendor{v})
			chat := streams()[0]
			if options != nil {
				chat.body["stream_options"] = options
			}
			got := w.send(chat)
			w.wantAnswer(chat, got)
			if shown := strings.Contains(got.body, `"prompt_tokens"`); shown != (name == "asked") {
				t.Errorf("usage shown: %v\n%s", shown, got.body)
			}
			if r := w.records(1)[0]; r.Usage.Zero() || r.Usage.Estimated || r.Cost.USD == 0 || r.Cost.Unknown || r.Cost.Estimated {
				t.Errorf("booked %+v, %+v", r.Usage, r.Cost)
			}
		})
	}
}

// An upstream that refuses stream_options is asked again without, once, and remembered; its tokens are estimates then.
func TestUpstreamWithoutStreamOptions(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "only")
	w := newWorld(t, []*imitation.Vendor{v})
	chat := streams()[0]
	v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 400, Body: `{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}`})
	w.wantAnswer(chat, w.send(chat))
	w.wantAnswer(chat, w.send(chat))
	calls := v.Calls()
	if len(calls) != 3 || strings.Contains(string(calls[1].Body), "stream_options") || strings.Contains(string(calls[2].Body), "stream_options") {
		t.Fatalf("%d calls", len(calls))
	}
	if r := w.records(2)[0]; len(r.Attempts) != 2 || !r.Usage.Estimated || r.Usage.Output == 0 || r.Usage.Input == 0 {
		t.Errorf("booked %+v", r)
	}
}

// While the upstream thinks, the client hears something that means nothing; failover stays open behind it.
func TestKeepAliveWhileWaiting(t *testing.T) {
	for _, a := range streams() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			first, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
			w := newWorld(t, []*imitation.Vendor{first, second}, firstEvent(400*time.Millisecond))
			gateway.SetKeepAlive(w.gateway, 50*time.Millisecond)
			first.Fault(imitation.Fault{Kind: imitation.StallStart})
			got := w.send(a)
			w.wantAnswer(a, got)
			signs := strings.Count(got.body, "event: ping") + strings.Count(got.body, "\n: ") + strings.Count(got.body, "\n:\n")
			if strings.HasPrefix(got.body, ":") {
				signs++
			}
			if a.proto != protocol.Gemini && signs == 0 {
				t.Errorf("nothing was sent while waiting:\n%s", got.body)
			}
			if r := w.records(1)[0]; r.State != routing.OK || len(r.Attempts) != 2 {
				t.Errorf("recorded as %+v", r)
			}
		})
	}
}

// When all fail after a keep-alive has opened the stream, it ends with an error of the protocol.
func TestFailureBehindAKeepAlive(t *testing.T) {
	for _, a := range streams() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v, second := vendor(t, a.kind, "first"), vendor(t, a.kind, "second")
			w := newWorld(t, []*imitation.Vendor{v, second}, firstEvent(300*time.Millisecond))
			gateway.SetKeepAlive(w.gateway, 50*time.Millisecond)
			v.Fault(imitation.Fault{Kind: imitation.StallStart})
			second.Fault(imitation.Fault{Kind: imitation.Status500})
			got := w.send(a)
			_, ok, errs := text(a, got.body)
			if got.status != 200 || ok || len(errs) != 1 {
				t.Errorf("status %d, complete %v, errors %q\n%s", got.status, ok, errs, got.body)
			}
		})
	}
}

// A stream that falls silent after it began ends truthfully.
func TestStallAfterTheCommitPoint(t *testing.T) {
	for _, a := range streams() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v := vendor(t, a.kind, "only")
			w := newWorld(t, []*imitation.Vendor{v})
			gateway.SetIdle(w.gateway, 200*time.Millisecond)
			v.Fault(imitation.Fault{Kind: imitation.StallMid})
			got := w.send(a)
			said, ok, errs := text(a, got.body)
			if said == "" || ok || len(errs) != 1 || !strings.Contains(errs[0], "silent") {
				t.Errorf("said %q, complete %v, errors %q", said, ok, errs)
			}
		})
	}
}

// A client that goes away stops the upstream within a second, and does not harm the upstream's health.
func TestClientGoesAway(t *testing.T) {
	for _, a := range asks() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v := vendor(t, a.kind, "only")
			w := newWorld(t, []*imitation.Vendor{v})
			kind := imitation.StallMid
			if !a.stream {
				kind = imitation.StallHeaders
			}
			v.Fault(imitation.Fault{Kind: kind})
			ctx, cancel := context.WithCancel(context.Background())
			gone := make(chan error, 1)
			go func() {
				res, err := http.DefaultTransport.RoundTrip(w.request(a).WithContext(ctx))
				if err == nil {
					_, err = io.ReadAll(res.Body)
					res.Body.Close()
				}
				gone <- err
			}()
			if !v.Await(5*time.Second, func(s []imitation.Seen) bool { return len(s) > 0 }) {
				t.Fatal("no call arrived")
			}
			cancel()
			<-gone
			if !v.Await(time.Second, func(s []imitation.Seen) bool { return s[0].RemoteClosed }) {
				t.Error("a second later the upstream is still at work")
			}
			r := w.records(1)[0]
			if r.State != routing.Cancelled || !r.Usage.Estimated || r.Usage.Input == 0 {
				t.Errorf("recorded as %+v", r)
			}
			w.wantAnswer(a, w.send(a))
		})
	}
}

// Gemini without alt=sse streams one JSON array.
func TestGeminiArrayStream(t *testing.T) {
	v := vendor(t, imitation.Gemini, "only")
	w := newWorld(t, []*imitation.Vendor{v})
	a := streams()[3]
	a.path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
	read := func(body string) (said string, last map[string]any) {
		var chunks []map[string]any
		if err := json.Unmarshal([]byte(body), &chunks); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		for _, c := range chunks {
			b, _ := json.Marshal(c)
			s, _, _ := text(ask{proto: protocol.Gemini}, string(b))
			said, last = said+s, c
		}
		return said, last
	}
	got := w.send(a)
	if said, _ := read(got.body); said != imitation.Echo(question) || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		t.Errorf("said %q as %s", said, got.header.Get("Content-Type"))
	}
	v.Fault(imitation.Fault{Kind: imitation.CutMid})
	if _, last := read(w.send(a).body); last["error"] == nil {
		t.Errorf("a cut array ends with %v", last)
	}
}

// The end of grace: what is still streaming ends with an error of its own, and what has not begun gets a 503.
func TestShutdownDrainsThenEndsTruthfully(t *testing.T) {
	for _, a := range streams() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v := vendor(t, a.kind, "only")
			w := newWorld(t, []*imitation.Vendor{v})
			v.Fault(imitation.Fault{Kind: imitation.StallMid})
			res, err := http.DefaultTransport.RoundTrip(w.request(a))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			rd := bufio.NewReader(res.Body)
			head, _ := rd.Peek(1)
			w.stop()
			rest, err := io.ReadAll(rd)
			said, ok, errs := text(a, string(rest))
			if len(head) == 0 || err != nil || said == "" || ok || len(errs) != 1 || !strings.Contains(errs[0], "shutting down") {
				t.Errorf("said %q, complete %v, errors %q, read error %v", said, ok, errs, err)
			}
			if err := <-w.done; err != nil {
				t.Errorf("Serve returned %v", err)
			}
			if r := w.records(1)[0]; r.State != routing.Failed {
				t.Errorf("recorded as %+v", r)
			}
		})
	}
}

func TestShutdownLetsShortRequestsFinish(t *testing.T) {
	a := streams()[0]
	v := vendor(t, a.kind, "only")
	w := newWorld(t, []*imitation.Vendor{v})
	v.Pace(imitation.Pace{Delay: 20 * time.Millisecond})
	res, err := http.DefaultTransport.RoundTrip(w.request(a))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	w.stop()
	body, err := io.ReadAll(res.Body)
	w.wantAnswer(a, answer{res.StatusCode, res.Header, string(body), err})
}
