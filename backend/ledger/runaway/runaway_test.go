package runaway

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// alarms is what a guard says of requests, in the order of time.
func alarms(usual int64, requests ...Request) (said []string) {
	g := &Guard{Raise: func(a Alarm) { said = append(said, a.Client+": "+a.Why) }, Usual: func(string) int64 { return usual }}
	for _, r := range requests {
		g.Watch(r)
	}
	return said
}

func every(d time.Duration, n int, make func(i int) Request) (list []Request) {
	for i := range n {
		r := make(i)
		r.Client, r.At = "agent", start.Add(time.Duration(i)*d)
		list = append(list, r)
	}
	return list
}

// A tool that sends the same again and again is noticed, though a clock in its prompt goes on; once an hour is enough.
func TestSameRequests(t *testing.T) {
	same := func(i int) Request {
		return Request{Body: fmt.Appendf(nil, `{"messages":[{"role":"user","content":"It is %s. Is it done?"}]}`, start.Add(time.Duration(i)*time.Second).Format(time.TimeOnly))}
	}
	got := alarms(0, every(2*time.Second, 300, same)...)
	if len(got) != 1 || !strings.Contains(got[0], "near-identical") {
		t.Errorf("%q", got)
	}
	if got := alarms(0, every(time.Minute, 300, same)...); len(got) > 0 {
		t.Errorf("once a minute, as a watch does: %q", got)
	}
	if got := alarms(0, every(2*time.Second, 2000, same)...); len(got) != 2 {
		t.Errorf("in 67 minutes: %q", got)
	}
}

// An agent that calls the same tool with the same words for ever is noticed, though its prompt grows.
func TestSameSteps(t *testing.T) {
	body := make([]byte, 20_000)
	loop := func(i int) Request {
		body = append(body, make([]byte, 412+i%3)...) // ids may be a letter longer
		return Request{Session: "s", Body: body, Fresh: 500, Output: 87}
	}
	if got := alarms(0, every(4*time.Second, 40, loop)...); len(got) != 1 || !strings.Contains(got[0], "do the same") {
		t.Errorf("%q", got)
	}
	ask := func(int) Request {
		return Request{Session: "s", Body: []byte(`{"messages":["Is it done?"]}`), Output: 3}
	}
	if got := alarms(0, every(time.Minute, 300, ask)...); len(got) > 0 {
		t.Errorf("a watch that asks once a minute: %q", got)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	body = body[:20_000]
	work := func(int) Request {
		body = append(body, make([]byte, 200+rng.IntN(3000))...)
		return Request{Session: "s", Body: body, Fresh: 2000, Output: int64(50 + rng.IntN(600))}
	}
	if got := alarms(0, every(4*time.Second, 300, work)...); len(got) > 0 {
		t.Errorf("an agent at work: %q", got)
	}
}

// Far more tokens than ever before are noticed; as many as the client has used before are not.
func TestHurry(t *testing.T) {
	burn := every(time.Second, 400, func(i int) Request { return Request{Fresh: 100_000, Output: int64(i)} })
	if got := alarms(1_000_000, burn...); len(got) != 1 || !strings.Contains(got[0], "million tokens") {
		t.Errorf("%q", got)
	}
	if got := alarms(30_000_000, burn...); len(got) > 0 {
		t.Errorf("a client that does that: %q", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	g := &Guard{Raise: func(Alarm) {}}
	for i := range 5000 {
		g.Watch(Request{Client: "c", Session: fmt.Sprint(i), At: start.Add(time.Duration(i) * time.Millisecond), Body: make([]byte, i*64)})
	}
	if h := g.clients["c"]; len(h.sessions) > maxKept || len(h.sizes) > maxKept || len(h.bodies) > maxKept {
		t.Errorf("%d sessions, %d sizes, %d bodies", len(h.sessions), len(h.sizes), len(h.bodies))
	}
}

func BenchmarkWatch(b *testing.B) {
	g := &Guard{Raise: func(Alarm) {}}
	body := make([]byte, 100<<10)
	r := Request{Client: "c", Session: "s", Body: body, Fresh: 10}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.At, r.Body, r.Output = start.Add(time.Duration(i)*time.Second), body[:len(body)-i*67%50_000], int64(i)
		g.Watch(r)
	}
}
