package ledger

import (
	"fmt"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	st, err := store.Open(dir, store.WithBackupEvery(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func openLedger(t testing.TB, dir string) *Ledger {
	t.Helper()
	st := openStore(t, dir)
	l, err := Open(dir, st)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

var t0 = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// settled is a typical record of request number n, a second after the one before.
func settled(n int) *routing.Record {
	start := t0.Add(time.Duration(n) * time.Second)
	return settledAt(n, start)
}

// testID is an id as [routing.NewID] makes it, but for any time: NewID never goes back behind an id it has given out.
func testID(start time.Time, n int) string { return idFloor(start) + fmt.Sprintf("%07d", n) }

func settledAt(n int, start time.Time) *routing.Record {
	usage := protocol.Usage{Input: 1000 + int64(n), CacheRead: 500, Output: 200, Reasoning: 50}
	cost := routing.Cost{USD: 0.0123}
	return &routing.Record{
		ID: testID(start, n), Start: start, End: start.Add(2 * time.Second), State: routing.OK, Client: "cl_7f3a9b2c", Protocol: protocol.Anthropic,
		Stream: true, Asked: "claude-sonnet-4-5", Model: "claude-sonnet-4-5", Session: "9a1b2c3d4e5f6071", Bytes: 48213,
		Features: routing.Features{Tools: true, MaxOutput: 32000}, Mode: "failover",
		Candidates: []routing.Figure{{Deployment: "d_a1b2c3", Account: "ac_one", Upstream: "claude-sonnet-4-5-20250929", Price: 3, Would: 0.0123, WouldKnown: true, Cold: 0.015125, Warm: 0.0034},
			{Deployment: "d_d4e5f6", Account: "ac_two", Upstream: "claude-sonnet-4-5", Order: 1, InFlight: 2, Price: 3, Would: 0.0123, WouldKnown: true, Cold: 0.015125, Warm: 0.0034}},
		Attempts: []routing.Attempt{{Deployment: "d_a1b2c3", Account: "ac_one", Upstream: "claude-sonnet-4-5-20250929", Took: 2 * time.Second,
			FirstByte: 400 * time.Millisecond, Status: 200, Finish: "end_turn", Usage: usage, Cost: cost}},
		Status: 200, FirstByte: 410 * time.Millisecond, Usage: usage, Cost: cost,
		Issued: []protocol.Ref{{Kind: protocol.ResponseRef, ID: fmt.Sprintf("msg_%d", n)}},
	}
}

func TestSettledIsThere(t *testing.T) {
	l := openLedger(t, t.TempDir())
	r := settled(0)
	l.Begin(r)
	running, _, err := l.Requests(Query{})
	if err != nil || len(running) != 1 || running[0].State != routing.Running {
		t.Fatalf("%v %+v", err, running)
	}
	l.Settle(r)
	rows, next, err := l.Requests(Query{})
	if err != nil || len(rows) != 1 || next != "" || rows[0].State != routing.OK || rows[0].Usage != r.Usage {
		t.Fatalf("%v %q %+v", err, next, rows)
	}
	sum, err := l.Totals(time.Time{}, time.Time{})
	if err != nil || sum.Requests != 1 || sum.OK != 1 || sum.CostUSD != 0.0123 || sum.Usage != r.Usage {
		t.Fatalf("%v %+v", err, sum)
	}
	if a, ok := l.Account(r.Issued[0]); !ok || a != "ac_one" {
		t.Fatalf("pin: %q %v", a, ok)
	}
}
