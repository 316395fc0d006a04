package live

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"metapi/backend/protocol"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func enter(t *testing.T, d *Deployment, now time.Time) *Pass {
	t.Helper()
	p, ok := d.Enter(now)
	if !ok {
		t.Fatalf("not let in at %v", now.Sub(t0))
	}
	return p
}

func TestEachFailureCoolsWhomItConcerns(t *testing.T) {
	for _, c := range []struct {
		kind                             protocol.Kind
		same, otherModel, otherAccountOf bool // may still be chosen: this deployment, another of the account, another account of the host
	}{
		{protocol.KeyRefused, false, false, true},
		{protocol.OutOfMoney, false, false, true},
		{protocol.Forbidden, false, true, true},
		{protocol.ModelNotFound, false, true, true},
		{protocol.RateLimited, false, true, true},
		{protocol.Overloaded, false, true, true},
		{protocol.ServerError, false, true, true},
		{protocol.BadReply, false, true, true},
		{protocol.Timeout, false, true, true},
		{protocol.Network, false, true, true},
		{protocol.Wall, false, false, true},
		{protocol.BadRequest, true, true, true},
		{protocol.ContextTooLong, true, true, true},
		{protocol.ContentPolicy, true, true, true},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			r := NewRegistry()
			d := r.Deployment("d", "a", "host")
			sibling := r.Deployment("d2", "a", "host")
			neighbour := r.Deployment("d3", "b", "host")
			stranger := r.Deployment("d4", "c", "elsewhere")
			enter(t, d, t0).Fail(t0, &protocol.Error{Kind: c.kind})
			for _, x := range []struct {
				who  string
				d    *Deployment
				want bool
			}{{"itself", d, c.same}, {"another model of the account", sibling, c.otherModel}, {"another account at the host", neighbour, c.otherAccountOf}, {"a stranger", stranger, true}} {
				if s, _, _ := x.d.State(t0); (s == Healthy) != x.want {
					t.Errorf("%s is %v, healthy wanted: %v", x.who, s, x.want)
				}
			}
		})
	}
}

func TestCooldownGrowsAndEndsWithOneProbe(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	now := t0
	var lengths []time.Duration
	for range 10 {
		enter(t, d, now).Fail(now, &protocol.Error{Kind: protocol.ServerError})
		_, until, kind := d.State(now)
		if kind != protocol.ServerError {
			t.Errorf("cools for %q", kind)
		}
		lengths = append(lengths, until.Sub(now))
		if _, ok := d.Enter(until.Add(-time.Millisecond)); ok {
			t.Fatal("let in while cooling")
		}
		now = until.Add(time.Millisecond)
	}
	if lengths[0] != time.Second || lengths[1] != 2*time.Second || lengths[9] != 2*time.Minute {
		t.Errorf("cooldowns %v; want 1s, 2s, ... up to 2m", lengths)
	}

	probe := enter(t, d, now)
	if _, ok := d.Enter(now); ok {
		t.Fatal("two probes at once")
	}
	probe.Abandon() // its client went away: nothing learned, the place is free again
	enter(t, d, now).Succeed()
	if s, _, _ := d.State(now); s != Healthy {
		t.Errorf("after a success it is %v", s)
	}
	enter(t, d, now).Fail(now, &protocol.Error{Kind: protocol.ServerError})
	if _, until, _ := d.State(now); until.Sub(now) != time.Second {
		t.Errorf("a failure after a success cools %v, as if nothing had been well in between", until.Sub(now))
	}
	if n := d.InFlight(); n != 0 {
		t.Errorf("%d in flight at the end", n)
	}
}

func TestRetryAfterIsTheUpstreamsWord(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	enter(t, d, t0).Fail(t0, &protocol.Error{Kind: protocol.RateLimited, RetryAfter: 37 * time.Second})
	if _, until, _ := d.State(t0); until.Sub(t0) != 37*time.Second {
		t.Errorf("cools %v", until.Sub(t0))
	}
	wild := NewRegistry().Deployment("d", "a", "h")
	enter(t, wild, t0).Fail(t0, &protocol.Error{Kind: protocol.RateLimited, RetryAfter: 1000 * time.Hour})
	if _, until, _ := wild.State(t0); until.Sub(t0) != 24*time.Hour {
		t.Errorf("a wild Retry-After cools %v", until.Sub(t0))
	}
}

func TestNewKeyClearsTheAccount(t *testing.T) {
	r := NewRegistry()
	d := r.Deployment("d", "a", "h")
	enter(t, d, t0).Fail(t0, &protocol.Error{Kind: protocol.KeyRefused})
	r.ClearAccount("a")
	enter(t, d, t0).Succeed()
}

func TestHalfOpenLetsExactlyOneIn(t *testing.T) {
	r := NewRegistry()
	d := r.Deployment("d", "a", "h")
	enter(t, d, t0).Fail(t0, &protocol.Error{Kind: protocol.Network})
	later := t0.Add(time.Minute)
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, ok := d.Enter(later); ok {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d probes were let in", in.Load())
	}
}

func TestLackingAProtocolLeavesTheOthers(t *testing.T) {
	r := NewRegistry()
	d := r.Deployment("d", "a", "h")
	d.Lack(protocol.OpenAIResponses, protocol.Generate, t0, t0)
	until, lacks := d.Lacks(protocol.OpenAIResponses, protocol.Generate, t0)
	if _, chat := d.Lacks(protocol.OpenAIChat, protocol.Generate, t0); !lacks || chat || until.Sub(t0) != 10*time.Second {
		t.Errorf("lacks %v until %v; another protocol: %v", lacks, until.Sub(t0), chat)
	}
	if _, counts := d.Lacks(protocol.OpenAIResponses, protocol.CountTokens, t0); counts {
		t.Error("who makes no replies is taken not to count tokens")
	}
	later := until.Add(time.Second)
	if _, lacks := d.Lacks(protocol.OpenAIResponses, protocol.Generate, later); lacks {
		t.Error("it is not asked again when the time has passed")
	}
	d.Lack(protocol.OpenAIResponses, protocol.Generate, later, later)
	if until, _ := d.Lacks(protocol.OpenAIResponses, protocol.Generate, later); until.Sub(later) != 20*time.Second {
		t.Errorf("the second time it is %v", until.Sub(later))
	}
	if d.Serves(protocol.OpenAIResponses, protocol.Generate); func() bool { _, l := d.Lacks(protocol.OpenAIResponses, protocol.Generate, later); return l }() {
		t.Error("an answer does not clear it")
	}
	d.Lack(protocol.OpenAIResponses, protocol.Generate, later, later)
	if r.ClearAccount("a"); func() bool { _, l := d.Lacks(protocol.OpenAIResponses, protocol.Generate, later); return l }() {
		t.Error("clearing the account does not forget it")
	}
}

func TestUnreachableHostConcernsAllItsAccounts(t *testing.T) {
	r := NewRegistry()
	d, neighbour, stranger := r.Deployment("d", "a", "host"), r.Deployment("e", "b", "host"), r.Deployment("f", "a", "elsewhere")
	enter(t, d, t0).FailHost(t0, &protocol.Error{Kind: protocol.Network})
	for _, x := range []struct {
		d    *Deployment
		want State
	}{{d, Cooling}, {neighbour, Cooling}, {stranger, Healthy}} {
		if s, _, _ := x.d.State(t0); s != x.want {
			t.Errorf("%v, not %v", s, x.want)
		}
	}
}

// One hiccup met by many requests at once is one failure.
func TestFailuresThatOverlapCountOnce(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	var passes []*Pass
	for range 10 {
		passes = append(passes, enter(t, d, t0))
	}
	for i, p := range passes {
		p.Fail(t0.Add(time.Duration(i+1)*time.Millisecond), &protocol.Error{Kind: protocol.ServerError})
	}
	now := t0.Add(10 * time.Millisecond)
	if _, until, _ := d.State(now); until.Sub(now) != time.Second {
		t.Errorf("ten requests met one failure, and it cools %v", until.Sub(now))
	}
}

// A probe whose stream has begun has proved the deployment: nobody waits for its end.
func TestProbeIsOverWhenItsStreamBegins(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	enter(t, d, t0).Fail(t0, &protocol.Error{Kind: protocol.ServerError})
	later := t0.Add(2 * time.Second)
	probe := enter(t, d, later)
	probe.Answering()
	second := enter(t, d, later) // takes the place that the first gave up
	probe.Prove()
	third := enter(t, d, later)
	for _, p := range []*Pass{probe, second, third} {
		p.Succeed()
		p.Succeed() // does nothing
	}
	if s, _, _ := d.State(later); s != Healthy || d.InFlight() != 0 {
		t.Errorf("%v, %d in flight", s, d.InFlight())
	}
}

func TestCallsOfNoModelAreJudgedByAccountAndHost(t *testing.T) {
	d := NewRegistry().Deployment("d", "a", "h")
	enter(t, d, t0).Fail(t0, &protocol.Error{Kind: protocol.ServerError})
	p := enter(t, d.AnyModel(), t0)
	p.Fail(t0, &protocol.Error{Kind: protocol.KeyRefused})
	if _, ok := d.AnyModel().Enter(t0); ok {
		t.Error("the account's cooldown is not seen")
	}
}
