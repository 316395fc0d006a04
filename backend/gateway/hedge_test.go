package gateway_test

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/ledger/budget"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// hedged lets latency mode ask twice.
func hedged(o *gateway.Options, s *snapshot.Snapshot) {
	o.Hedge = func() bool { return true }
	s.Mode = routing.Fastest
}

// usually lets the first account be known to begin to answer within some time, and all others to be slower.
func (w *world) usually(within time.Duration) {
	for i := range w.snap.Deployments {
		d := &w.snap.Deployments[i]
		for range 30 {
			took := within * time.Duration(d.Order+1)
			d.Live.Observe(live.Sample{Bytes: 100, First: took}, time.Now())
			d.Live.Observe(live.Sample{Bytes: 100, Whole: took}, time.Now())
		}
	}
}

// lanes are the ways of a request past a race: both speak the protocol of the one who asks, or one or both do not.
var lanes = map[string][2]imitation.Kind{
	"lane A":           {imitation.OpenAI, imitation.OpenAI},
	"lane B":           {imitation.Anthropic, imitation.Anthropic},
	"lane B at first":  {imitation.Anthropic, imitation.OpenAI},
	"lane B at second": {imitation.OpenAI, imitation.Anthropic},
}

// raced is a world of two accounts, the first of which is known to be the faster, and a question to either of them.
func raced(t *testing.T, kinds [2]imitation.Kind, stream bool) (*world, ask) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, kinds[0], "A"), vendor(t, kinds[1], "B")}, prices(3, 3), hedged,
		rules(t, "models: {either: {models: [gpt-4o, claude-sonnet-4-5]}}"))
	w.usually(20 * time.Millisecond)
	a := chatOf(stream)
	a.body["model"] = "either"
	return w, a
}

// Where the first takes longer than it ever does, the second answers, whole and with its own head; the first is cancelled, and what it may cost is
// booked as an attempt of the same request, before the one that served.
func TestHedgeTheSecondWins(t *testing.T) {
	for name, kinds := range lanes {
		for _, stream := range []bool{false, true} {
			w, a := raced(t, kinds, stream)
			w.vendors[0].Pace(imitation.Pace{First: 40 * time.Second})
			begun, lead := time.Now(), w.snap.Deployments[0].Live
			tries := lead.Summary(begun).Tries
			got := w.send(a)
			said, done, errs := text(a, got.body)
			if got.status != 200 || !strings.Contains(said, question) || !done || errs != nil || !strings.HasPrefix(got.header.Get("X-Metapi-Deployment"), "dep_1_") || time.Since(begun) > 30*time.Second {
				t.Fatalf("%s, stream %v: %d after %v, from %s: %s", name, stream, got.status, time.Since(begun), got.header.Get("X-Metapi-Deployment"), got.body)
			}
			if n := lead.Summary(begun).Tries; n > tries {
				t.Errorf("%s, stream %v: who lost has not shown that it answers: %v tries, %v before", name, stream, n, tries)
			}
			r := w.records(1)[0]
			if r.State != routing.OK || len(r.Attempts) != 2 {
				t.Fatalf("%s, stream %v: %s %+v", name, stream, r.State, r.Attempts)
			}
			lost, won := r.Attempts[0], r.Attempts[1]
			if lost.Kind != "hedged" || lost.Account != "acc_0" || !lost.Usage.Estimated || lost.Cost.USD == 0 || !lost.Cost.Estimated {
				t.Errorf("%s, stream %v: who lost: %+v", name, stream, lost)
			}
			if won.Kind != "" || won.Account != "acc_1" || won.Start == 0 || won.Usage.Estimated || r.Account() != "acc_1" {
				t.Errorf("%s, stream %v: who won: %+v", name, stream, won)
			}
			if r.Cost.USD != lost.Cost.USD+won.Cost.USD || r.Usage != lost.Usage.Add(won.Usage) {
				t.Errorf("%s, stream %v: the request came to %+v, %+v", name, stream, r.Cost, r.Usage)
			}
			if p := r.Parts; math.Abs(p.Fresh+p.Cached+p.Written+p.Output+p.Reasoning+p.PerCall-r.Cost.USD) > 1e-9 {
				t.Errorf("%s, stream %v: it came to %v, but its parts to %+v", name, stream, r.Cost.USD, p)
			}
			for i := range w.snap.Deployments {
				d := &w.snap.Deployments[i]
				if state, _, _ := d.Live.State(time.Now()); state != live.Healthy || d.Live.InFlight() != 0 {
					t.Errorf("%s: %s is %v, with %d in flight", name, d.ID, state, d.Live.InFlight())
				}
			}
		}
	}
}

// Where the first answers after all, and before the second, it has the client.
func TestHedgeTheFirstWins(t *testing.T) {
	for name, kinds := range lanes {
		for _, stream := range []bool{false, true} {
			w, a := raced(t, kinds, stream)
			w.vendors[0].Pace(imitation.Pace{First: 400 * time.Millisecond})
			w.vendors[1].Pace(imitation.Pace{First: 40 * time.Second})
			got := w.send(a)
			said, done, errs := text(a, got.body)
			if got.status != 200 || !strings.Contains(said, question) || !done || errs != nil || !strings.HasPrefix(got.header.Get("X-Metapi-Deployment"), "dep_0_") {
				t.Fatalf("%s, stream %v: %d from %s: %s", name, stream, got.status, got.header.Get("X-Metapi-Deployment"), got.body)
			}
			r := w.records(1)[0]
			if len(r.Attempts) != 2 || r.Attempts[0].Kind != "hedged" || r.Attempts[0].Account != "acc_1" || r.Attempts[1].Kind != "" || r.Account() != "acc_0" {
				t.Errorf("%s, stream %v: %+v", name, stream, r.Attempts)
			}
		}
	}
}

// What the one that loses has told of its usage until then is what it is booked with.
func TestHedgeUsageOfTheLoser(t *testing.T) {
	first, second := vendor(t, imitation.Anthropic, "A"), vendor(t, imitation.Anthropic, "B")
	w := newWorld(t, []*imitation.Vendor{first, second}, prices(3, 3), hedged)
	w.usually(20 * time.Millisecond)
	first.Script(imitation.Reply{Text: "slow", Usage: &imitation.Usage{Input: 4321, Output: 9}})
	first.Fault(imitation.Fault{Kind: imitation.StallStart}) // message_start has the usage of the prompt
	a := asks()[6]
	if got := w.send(a); got.status != 200 || got.header.Get("X-Metapi-Attempts") == "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	r := w.records(1)[0]
	if lost := r.Attempts[0]; len(r.Attempts) != 2 || lost.Kind != "hedged" || lost.Usage.Prompt() != 4321 {
		t.Errorf("%+v", r.Attempts)
	}
}

// Where both fail, the others are asked; where there are none, the client is told what is most worth telling, once.
func TestHedgeBothFail(t *testing.T) {
	for _, stream := range []bool{false, true} {
		for _, third := range []bool{true, false} {
			vendors := []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}
			if third {
				vendors = append(vendors, vendor(t, imitation.OpenAI, "C"))
			}
			w := newWorld(t, vendors, prices(3, 3, 3), hedged, firstEvent(600*time.Millisecond))
			w.usually(20 * time.Millisecond)
			fault := imitation.Fault{Kind: imitation.ResetHeaders}
			vendors[0].Fault(imitation.Fault{Kind: imitation.StallHeaders})
			vendors[1].Fault(fault)
			if !third {
				vendors[0].Clear()
				vendors[0].Fault(imitation.Fault{Kind: imitation.Status500})
				vendors[0].Pace(imitation.Pace{First: 300 * time.Millisecond})
			}
			a := chatOf(stream)
			got := w.send(a)
			r := w.records(1)[0]
			if third {
				if got.status != 200 || r.State != routing.OK || len(r.Attempts) != 3 || r.Account() != "acc_2" {
					t.Errorf("stream %v: %d %s %+v", stream, got.status, got.body, r.Attempts)
				}
			} else if _, _, errs := text(ask{kind: a.kind, proto: a.proto}, got.body); got.status < 500 || len(errs) != 1 || r.State != routing.Failed || len(r.Attempts) != 2 {
				t.Errorf("stream %v: %d %s %+v", stream, got.status, got.body, r.Attempts)
			}
			for _, at := range r.Attempts[:2] {
				if at.Kind == "" || at.Kind == "hedged" {
					t.Errorf("stream %v: %+v", stream, at)
				}
			}
		}
	}
}

// Where the client goes away both end, and the request is settled once.
func TestHedgeClientGoesAway(t *testing.T) {
	for _, stream := range []bool{false, true} {
		vendors := []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}
		w := newWorld(t, vendors, prices(3, 3), hedged)
		w.usually(20 * time.Millisecond)
		for _, v := range vendors {
			v.Pace(imitation.Pace{First: 40 * time.Second})
		}
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			for len(vendors[1].Requests()) == 0 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			leave()
		}()
		if res, err := http.DefaultClient.Do(w.request(chatOf(stream)).WithContext(ctx)); err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		r := w.records(1)[0]
		if r.State != routing.Cancelled || len(r.Attempts) != 2 || r.Attempts[0].Kind != "cancelled" || r.Attempts[1].Kind != "cancelled" || r.Cost.USD == 0 {
			t.Errorf("stream %v: %s %+v", stream, r.State, r.Attempts)
		}
		for i := range w.snap.Deployments {
			if n := w.snap.Deployments[i].Live.InFlight(); n != 0 {
				t.Errorf("stream %v: %d in flight at %s", stream, n, w.snap.Deployments[i].ID)
			}
		}
		w.stop()
		<-w.done
		if n := len(w.records(1)); n != 1 {
			t.Errorf("stream %v: settled %d times", stream, n)
		}
	}
}

// A keep-alive that opens the client's stream just when the second is asked is in nobody's way.
func TestHedgeBesideKeepAlives(t *testing.T) {
	for range 6 { // they do not always meet
		w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(3, 3), hedged)
		a := chatOf(true)
		w.usually(50 * time.Millisecond)
		gateway.SetKeepAlive(w.gateway, 10*time.Millisecond)
		w.vendors[0].Pace(imitation.Pace{First: 40 * time.Second})
		w.vendors[1].Pace(imitation.Pace{First: 200 * time.Millisecond})
		got := w.send(a)
		if said, done, errs := text(a, got.body); !strings.Contains(said, question) || !done || errs != nil || !strings.HasPrefix(got.body, ":") {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}

// Where Metapi fails after the second has answered, nobody else is asked, and nothing follows the answer.
func TestHedgeFailsAfterTheAnswer(t *testing.T) {
	vendors := []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B"), vendor(t, imitation.OpenAI, "C")}
	w := newWorld(t, vendors, prices(3, 3, 3), hedged, func(o *gateway.Options, _ *snapshot.Snapshot) {
		o.Watch = func(*routing.Record, []byte) { panic("a fault of ours") }
	})
	w.usually(20 * time.Millisecond)
	vendors[0].Pace(imitation.Pace{First: 40 * time.Second})
	res, err := http.DefaultClient.Do(w.request(chatOf(true)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body) // it ends with an error, perhaps, as the connection does
	w.stop()
	<-w.done
	if said, done, errs := text(chatOf(true), string(body)); !strings.Contains(said, question) || !done || errs != nil {
		t.Errorf("%s", body)
	}
	if n := len(vendors[2].Requests()); n != 0 {
		t.Errorf("another was asked %d times", n)
	}
}

// Nobody is asked twice but where the user wants it, the first is known to be late, and the request may be made twice.
func TestHedgeOnlyWhereItMay(t *testing.T) {
	slow := func(w *world) { w.vendors[0].Pace(imitation.Pace{First: 200 * time.Millisecond}) }
	responses := func(store any) ask {
		a := asks()[1]
		if store != nil {
			a.body["store"] = store
		}
		return a
	}
	inNeed := chatOf(false)
	inNeed.body["model"] = "either"
	_, spent := budgeted(t, budget.Budget{Name: "tight", Scope: budget.Total, Period: budget.Day, USD: .2, Hard: true})
	for name, c := range map[string]struct {
		settings []setting
		ask      ask
		known    bool
		mode     string
		twice    bool
	}{
		"as wanted":              {[]setting{hedged}, chatOf(false), true, "", true},
		"it is off":              {[]setting{hedged, func(o *gateway.Options, _ *snapshot.Snapshot) { o.Hedge = func() bool { return false } }}, chatOf(false), true, "", false},
		"another mode":           {[]setting{hedged}, chatOf(false), true, "failover", false},
		"nothing is known of it": {[]setting{hedged}, chatOf(false), false, "", false},
		"a response is stored":   {[]setting{hedged}, responses(nil), true, "", false},
		"a response is not":      {[]setting{hedged}, responses(false), true, "", true},
		"it serves in need only": {[]setting{hedged, rules(t, "models: {either: {tiers: [[slug-0/gpt-4o], [slug-1/gpt-4o]]}}")}, inNeed, true, "", false},
		"a budget has no room":   {[]setting{hedged, spent}, chatOf(false), true, "", false},
	} {
		w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, append([]setting{prices(1, 1)}, c.settings...)...)
		if c.known {
			w.usually(10 * time.Millisecond)
		}
		if strings.Contains(name, "budget") {
			c.ask.body["max_tokens"] = 15000 // $0.15 of the $0.2
		}
		slow(w)
		r := w.request(c.ask)
		if c.mode != "" {
			inMode(r, c.mode)
		}
		if got := w.do(r); got.status != 200 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		rec := w.records(1)[0]
		if twice := len(rec.Attempts) == 2; twice != c.twice {
			t.Errorf("%s: %+v", name, rec.Attempts)
		}
	}
}

// On a slow day no more than a share is asked twice.
func TestHedgesAreAShare(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")}, prices(1, 1), hedged)
	const n = 60
	for range n {
		for range 30 { // it is always expected to be fast, and never is
			w.snap.Deployments[0].Live.Observe(live.Sample{Bytes: 100, Whole: time.Millisecond}, time.Now())
		}
		w.usually(2 * time.Millisecond)
		w.vendors[0].Pace(imitation.Pace{First: 30 * time.Millisecond})
		w.vendors[1].Pace(imitation.Pace{First: 30 * time.Millisecond})
		w.send(chatOf(false))
	}
	twice := 0
	for _, r := range w.records(n) {
		if len(r.Attempts) > 1 {
			twice++
		}
	}
	if twice < n/20 || twice > 3+n/20 {
		t.Errorf("%d of %d were asked twice", twice, n)
	}
}

// chatOf asks the question by chat completions.
func chatOf(stream bool) ask {
	if stream {
		return asks()[4]
	}
	return asks()[0]
}
