package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/build/imitation"
)

// Case 7: an upstream that streams what was asked for whole, or answers whole what was to be streamed, is answered for as if it had not. It is
// so for each client protocol in front of each upstream protocol, its own among them, and whatever the upstream calls its answer.
func TestReshaped(t *testing.T) {
	for _, u := range upstreams {
		for _, a := range asks() {
			for _, kind := range []string{"", "as another type"} {
				t.Run(fmt.Sprintf("%s at %s %s", a, u.proto, kind), func(t *testing.T) {
					t.Parallel()
					v := vendor(t, u.kind, "A")
					w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
					v.Script(imitation.Reply{Text: imitation.Echo(question), Usage: &imitation.Usage{Input: 100, Cached: 40, Output: 17}})
					other := native(u, !a.stream)
					given := w.send(other) // in the form that is not asked for
					if given.status != 200 {
						t.Fatalf("%d %s", given.status, given.body)
					}
					form := http.Header{"Content-Type": {map[bool]string{true: "application/json", false: "text/event-stream"}[a.stream]}}
					if kind != "" {
						form.Set("Content-Type", map[bool]string{true: "text/event-stream-of-a-kind", false: "application/json"}[a.stream])
					}
					v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 200, Header: form, Body: given.body})
					got := w.send(a.of(u.model))
					w.wantAnswer(a, got)
					want := "application/json"
					if a.stream {
						want = "text/event-stream"
					}
					if !strings.HasPrefix(got.header.Get("Content-Type"), want) {
						t.Errorf("the answer is %s", got.header.Get("Content-Type"))
					}
					r := w.records(2)[1]
					if r.Usage.Input != 60 || r.Usage.CacheRead != 40 || r.Usage.Output != 17 || r.Usage.Estimated {
						t.Errorf("booked %+v", r.Usage)
					}
				})
			}
		}
	}
}

// A stream that breaks off is no whole reply: the next account is asked.
func TestReshapedBroken(t *testing.T) {
	for _, a := range asks() {
		if a.stream {
			continue
		}
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			v, other := vendor(t, a.kind, "A"), vendor(t, a.kind, "B")
			w := newWorld(t, []*imitation.Vendor{v, other})
			whole := w.send(native(upstream{a.proto, a.kind, ""}, true)).body
			v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: whole[:len(whole)/3]})
			w.wantAnswer(a, w.send(a))
			if r := w.records(2)[1]; len(r.Attempts) != 2 || r.Attempts[0].Kind == "" {
				t.Errorf("attempts %+v", r.Attempts)
			}
		})
	}
}

// native is the question in an upstream's own protocol.
func native(u upstream, stream bool) ask {
	for _, a := range asks() {
		if a.proto == u.proto && a.stream == stream {
			if stream && u.proto == protocol.OpenAIChat {
				a.body["stream_options"] = m{"include_usage": true}
			}
			if u.model == "" {
				return a
			}
			return a.of(u.model)
		}
	}
	panic("no such protocol")
}
