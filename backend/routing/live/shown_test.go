package live

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"metapi/backend/protocol"
)

// What a person sees of a deployment is what it has done.
func TestSummary(t *testing.T) {
	r := NewRegistry()
	d, other := r.Deployment("d", "a", "h"), r.Deployment("e", "a", "h")
	if s := d.Summary(t0); s.Tries != 0 || s.First.Known() || s.Speed.Known() || s.Last.Kind != "" {
		t.Fatalf("of nobody known: %+v", s)
	}
	pass := enter(t, d, t0)
	for i := range 90 {
		first := 400 * time.Millisecond
		if i%10 == 0 { // one in ten is slow
			first = 4 * time.Second
		}
		d.Observe(Sample{Bytes: 1000, First: first, Took: first + 2*time.Second, Output: 200}, t0)
	}
	for range 9 {
		d.Observe(Sample{Failed: true, Kind: protocol.RateLimited, Message: "slow down"}, t0)
	}
	d.Observe(Sample{Failed: true, Kind: protocol.ServerError, Message: strings.Repeat("x", 5000)}, t0.Add(time.Second))
	s := d.Summary(t0.Add(time.Second))
	about := func(what string, got, want, by float64) {
		t.Helper()
		if math.IsNaN(got) || math.Abs(got-want) > by*want {
			t.Errorf("%s is %v, not about %v", what, got, want)
		}
	}
	about("the number of attempts", s.Tries, 100, 0.01)
	about("availability", s.Available(), 0.9, 0.01)
	about("the share of rate limits", s.Share(protocol.RateLimited), 0.09, 0.01)
	about("the share of server errors", s.Share(protocol.ServerError), 0.01, 0.01)
	about("P50 of the first token", s.First.P50(), 0.45, 0.3)
	about("P95 of the first token", s.First.P95(), 1.6, 0.5)
	about("P50 of the whole", s.Took.P50(), 2.5, 0.15)
	about("tokens a second", s.Speed.P50(), 100, 0.05)
	if s.InFlight != 1 || s.Last.Kind != protocol.ServerError || len(s.Last.Message) != longestMessage || !s.At.Equal(t0.Add(time.Second)) {
		t.Errorf("%+v", s)
	}
	pass.Succeed()

	later := d.Summary(t0.Add(7 * 24 * time.Hour))
	if later.Tries > 0.1 || later.Last.Kind != protocol.ServerError {
		t.Errorf("a week later %v attempts still count, and the last error is %q", later.Tries, later.Last.Kind)
	}

	for range 100 { // an account is all its models
		other.Observe(Sample{Whole: time.Second, Took: time.Second, Output: 20}, t0.Add(time.Second))
	}
	s.Add(other.Summary(t0.Add(time.Second)))
	about("the account's attempts", s.Tries, 200, 0.01)
	about("the account's availability", s.Available(), 0.95, 0.01)
	about("the account's rate limits", s.Share(protocol.RateLimited), 0.045, 0.01)
}

// A reply of a word says nothing of how fast a model writes.
func TestShortRepliesHaveNoSpeed(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	d.Observe(Sample{First: time.Second, Took: time.Second + time.Millisecond, Output: 3}, t0)
	if s := d.Summary(t0); s.Speed.Known() || !s.Took.Known() {
		t.Errorf("%+v", s)
	}
}

// What was learned is the same after a restart, but for the time that has passed; what was not is not made up.
func TestKeptOverARestart(t *testing.T) {
	r := NewRegistry()
	d := r.Deployment("d", "a", "h")
	for range 50 {
		d.Observe(Sample{Bytes: 1000, First: 3 * time.Second, Took: 5 * time.Second, Output: 100, Billed: 1.5}, t0)
	}
	d.Observe(Sample{Failed: true, Kind: protocol.Timeout, Message: "no event in time"}, t0)
	var m Memory
	turn := Turn{Client: "c", Session: "s", Model: "m"}
	for range 100 {
		m.Learn(turn, "d", protocol.Usage{Input: 5000, Output: 3000}, Automatic, t0)
	}
	figures, _ := json.Marshal(r.Keep(t0))
	habits, _ := json.Marshal(m.Keep(t0))

	again := NewRegistry()
	var kept Kept
	if err := json.Unmarshal(figures, &kept); err != nil {
		t.Fatal(err)
	}
	later := t0.Add(time.Minute)
	if err := again.Restore(kept, later); err != nil {
		t.Fatal(err)
	}
	again.Deployment("d", "a", "") // as long as the account's key cannot be read
	if locked, _ := json.Marshal(again.Keep(later)); string(locked) != string(figures) {
		t.Errorf("kept while the keys are locked it is another:\n%s\n%s", figures, locked)
	}
	e, neighbour, stranger := again.Deployment("d", "a", "h"), again.Deployment("new", "a", "h"), again.Deployment("x", "b", "elsewhere")
	if was, is := d.P95(1000, true, later), e.P95(1000, true, later); was != is {
		t.Errorf("P95 was %v and is %v", was, is)
	}
	if was, is := d.Failing(later), e.Failing(later); was != is {
		t.Errorf("failing was %v and is %v", was, is)
	}
	if was, is := d.Billed(later), e.Billed(later); was != is || is < 1.3 {
		t.Errorf("billed was %v and is %v", was, is)
	}
	if was, is := fmt.Sprint(d.Summary(later)), fmt.Sprint(e.Summary(later)); was[:20] != is[:20] || e.Summary(later).Last.Kind != protocol.Timeout {
		t.Errorf("was %v\nis  %v", was, is)
	}
	if n, s := neighbour.P95(1000, true, later), stranger.P95(1000, true, later); n < 2*s {
		t.Errorf("what is known of the host is lost: %v, a stranger %v", n, s)
	}
	if again2, _ := json.Marshal(again.Keep(later)); string(again2) != string(figures) {
		t.Errorf("kept again it is another:\n%s\n%s", figures, again2)
	}

	var km KeptMemory
	if err := json.Unmarshal(habits, &km); err != nil {
		t.Fatal(err)
	}
	var fresh, old Memory
	if fresh.Restore(km, time.Minute) != nil || old.Restore(km, 300*24*time.Hour) != nil {
		t.Fatal("not restored")
	}
	if was, is := m.Output(turn), fresh.Output(turn); math.Abs(was-is) > 1 {
		t.Errorf("an output was %v and is %v", was, is)
	}
	if o := old.Output(turn); o > 2700 {
		t.Errorf("habits of last year are as sure as ever: %v", o)
	}
	if was, is := m.Turns(turn), fresh.Turns(turn); math.Abs(was-is) > 0.01 || was < 5 {
		t.Errorf("turns were %v and are %v", was, is)
	}
	if n := fresh.Cached(turn, "d", later); n != 5000 {
		t.Errorf("%d tokens are in the cache", n)
	}
	if n := fresh.Cached(turn, "d", t0.Add(time.Hour)); n != 0 {
		t.Errorf("%d tokens are in a cache that has gone cold", n)
	}
}

// What is kept is bounded, whoever asked for however much.
func TestWhatIsKeptIsBounded(t *testing.T) {
	r := NewRegistry()
	var m Memory
	for i := range 3 * mostKept {
		id := fmt.Sprint(i)
		r.Deployment(id, "a", "h"+id).Observe(Sample{First: time.Second}, t0.Add(time.Duration(i)*time.Second))
		m.Learn(Turn{Client: id, Session: id + strings.Repeat("s", i%500), Model: id}, id, protocol.Usage{Input: 5000}, Automatic, t0)
	}
	now := t0.Add(3 * mostKept * time.Second)
	k := r.Keep(now)
	if len(k.Deployments) != mostKept || len(k.Hosts) != mostKept || k.Deployments[fmt.Sprint(3*mostKept-1)] == nil {
		t.Errorf("%d deployments and %d hosts are kept", len(k.Deployments), len(k.Hosts))
	}
	for _, s := range m.Keep(t0).Caches {
		if len(s.ID) > longestSession {
			t.Fatalf("a session of %d bytes is kept", len(s.ID))
		}
	}
	raw, _ := json.Marshal([]any{k, m.Keep(t0)})
	if len(raw) > 5<<20 {
		t.Errorf("%d bytes", len(raw))
	}
	if k := r.Keep(now.Add(keptFor)); len(k.Deployments) != 0 {
		t.Errorf("%d are kept for ever", len(k.Deployments))
	}
}

func FuzzRestore(f *testing.F) {
	r := NewRegistry()
	r.Deployment("d", "a", "h").Observe(Sample{First: time.Second, Took: 2 * time.Second, Output: 50}, t0)
	r.Deployment("d", "a", "h").Observe(Sample{Failed: true, Kind: protocol.Timeout}, t0)
	good, _ := json.Marshal(r.Keep(t0))
	f.Add(string(good))
	f.Add(`{"deployments":{"d":null}}`)
	f.Add(`{"deployments":{"d":{"failing":[1,1,9e18,9e18],"tries":1e300}}}`)
	f.Add(`{"deployments":{"d":{"failing":[1,0,9e17,0],"tries":1,"waits":[[{"recent":[1,59,3000,1],"past":[1,-59,0,1],"slow":-9223372036854775808}]]}}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		var k Kept
		r := NewRegistry()
		if json.Unmarshal([]byte(raw), &k) != nil || r.Restore(k, t0) != nil {
			return
		}
		d := r.Deployment("d", "a", "h")
		d.Observe(Sample{First: time.Second, Took: 2 * time.Second, Output: 50}, t0)
		for _, x := range []float64{d.Failing(t0), d.Billed(t0), d.P95(0, true, t0).Seconds(), d.Summary(t0).Available()} {
			if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
				t.Fatalf("%v", x)
			}
		}
	})
}

// Whoever shows how accounts stand hears of it when one begins to cool, when it is cleared, and when its time has passed.
func TestWatch(t *testing.T) {
	r := NewRegistry()
	d := r.Deployment("d", "a", "h")
	told := make(chan time.Time)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Watch(ctx, func() {
			select {
			case told <- time.Now():
			case <-ctx.Done():
			}
		})
	}()
	hear := func(what string) time.Time {
		t.Helper()
		select {
		case at := <-told:
			return at
		case <-time.After(10 * time.Second):
			t.Fatal("nobody is told that " + what)
		}
		return time.Time{}
	}
	now := time.Now()
	enter(t, d, now).Fail(now, &protocol.Error{Kind: protocol.RateLimited, RetryAfter: 500 * time.Millisecond})
	if at := hear("it cools"); at.Sub(now) > time.Second {
		t.Errorf("told after %v", at.Sub(now))
	}
	if at := hear("its time has passed"); at.Sub(now) < 500*time.Millisecond || at.Sub(now) > 1500*time.Millisecond {
		t.Errorf("told after %v", at.Sub(now))
	}
	now = time.Now()
	enter(t, d, now).Fail(now, &protocol.Error{Kind: protocol.RateLimited, RetryAfter: time.Hour})
	hear("it cools again")
	r.ClearAccount("a")
	hear("it is cleared")
	enter(t, d, now).Succeed() // nothing has changed, and nobody is told
	cancel()
	<-ended
}

// Who was outrun has shown that it takes long, and nothing of whether it answers.
func TestOutrunIsNoAnswer(t *testing.T) {
	now := time.Now()
	d := NewRegistry().Deployment("d", "a", "h")
	for range 5 {
		d.Observe(Sample{Bytes: 100, Failed: true, Kind: protocol.Timeout}, now)
	}
	failing, wait, seen := d.Failing(now), d.P95(100, true, now), d.Summary(now)
	d.Observe(Sample{Bytes: 100, Outrun: true, First: time.Minute}, now)
	if got := d.Failing(now); got != failing {
		t.Errorf("it is expected to fail %.2f of the time, %.2f before", got, failing)
	}
	if got := d.P95(100, true, now); got <= wait {
		t.Errorf("it is expected to take %v, %v before", got, wait)
	}
	if got := d.Summary(now); got.Tries != seen.Tries || got.First.Known() {
		t.Errorf("%+v, %+v before", got, seen)
	}
}
