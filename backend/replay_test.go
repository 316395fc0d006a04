package backend_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/backend/ledger"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

// used makes a data folder with n requests of the last day, each served by the dearer of two accounts.
func used(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(dir, st)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now().Add(-20 * time.Hour)
	usage := protocol.Usage{Input: 1000, Output: 100}
	for i := range n {
		start := begin.Add(time.Duration(i) * (19 * time.Hour / time.Duration(n)))
		l.Settle(&routing.Record{ID: routing.NewID(start), Start: start, End: start.Add(time.Second), State: routing.OK, Client: "cl", Asked: "m", Model: "m",
			Protocol: protocol.OpenAIChat, Operation: protocol.Generate, Mode: routing.Failover,
			Candidates: []routing.Figure{{Deployment: "a", Account: "acc_a", Would: 0.003, WouldKnown: true}, {Deployment: "b", Account: "acc_b", Order: 1, Would: 0.001, WouldKnown: true}},
			Attempts:   []routing.Attempt{{Deployment: "a", Account: "acc_a", Took: time.Second, Usage: usage, Cost: routing.Cost{USD: 0.003}}},
			Usage:      usage, Cost: routing.Cost{USD: 0.003}})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A replay tells how far it is, and what it came to in the end.
func TestReplay(t *testing.T) {
	const n = 5000
	b := open(t, used(t, n))
	c := client.InProcess(b.Handler())
	rose := -1.0
	got, err := c.Replay(t.Context(), 1, nil, func(r client.Replayed) {
		if r.Share < rose || r.Report != nil {
			t.Errorf("after %v it is at %v", rose, r.Share)
		}
		rose = r.Share
	})
	if err != nil || got.Running || got.Share != 1 || got.Report == nil || rose < 0 {
		t.Fatalf("%v %+v", err, got)
	}
	r := got.Report
	usd := map[routing.Mode]float64{}
	for _, o := range r.Modes {
		usd[o.Mode] = o.USD
	}
	near := func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }
	if r.Requests != n || r.Compared != n || !near(r.Real.USD, 15) || !near(usd[routing.Failover], 15) || !near(usd[routing.Cheapest], 5) {
		t.Errorf("%+v", r)
	}
	if r.Checked != n || r.Repeated != n {
		t.Errorf("%d of %d decisions came out as they were", r.Repeated, r.Checked)
	}
	one, err := c.Replay(t.Context(), 1, []string{"cost"}, nil)
	if err != nil || len(one.Report.Modes) != 1 || one.Report.Modes[0].Moved != n {
		t.Errorf("%v %+v", err, one.Report)
	}
	if _, err := c.Replay(t.Context(), 1, []string{"cheap"}, nil); err == nil || !strings.Contains(err.Error(), "no mode") {
		t.Errorf("%v", err)
	}
	if _, err := c.Replay(t.Context(), 0, nil, nil); err == nil {
		t.Error("no days at all are replayed")
	}
}

// Who stops listening ends it, and nothing of it is told; another may begin.
func TestReplayIsStopped(t *testing.T) {
	b := open(t, used(t, 5000))
	c := client.InProcess(b.Handler())
	ctx, stop := context.WithCancel(t.Context())
	told := 0
	_, err := c.Replay(ctx, 1, nil, func(r client.Replayed) {
		if told++; told == 1 {
			stop()
		}
	})
	if err == nil {
		t.Fatal("it went on")
	}
	got, err := c.Replay(t.Context(), 1, nil, nil)
	if err != nil || got.Report == nil || got.Stopped || got.Report.Compared != 5000 {
		t.Errorf("%v %+v", err, got)
	}
	ctx, stop = context.WithCancel(t.Context())
	if _, err := c.Replay(ctx, 1, nil, func(client.Replayed) { stop() }); err == nil {
		t.Error("it went on")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
