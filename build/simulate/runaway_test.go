package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"metapi/backend/ledger/runaway"
)

// A week of agents, chats and reports raises no alarm, nor do a dozen agents that one tool starts at once, with no cache to help them.
func TestNoFalseAlarm(t *testing.T) {
	for seed := range uint64(5) {
		var said []string
		g := runaway.Guard{Raise: func(a runaway.Alarm) { said = append(said, a.Client+" has sent "+a.Why) }}
		traffic := week(newRand(seed))
		for s := range 12 { // as many at once as an agent starts
			var began time.Time
			for _, r := range week(newRand(100 + seed*12 + uint64(s))) {
				if r.session != "agent-0-0" {
					continue
				}
				if began.IsZero() {
					began = r.at
				}
				r.session, r.at = fmt.Sprint("parallel-", s), begin.AddDate(0, 0, days).Add(r.at.Sub(began))
				traffic = append(traffic, r)
			}
		}
		slices.SortStableFunc(traffic, func(a, b request) int { return a.at.Compare(b.at) })
		for _, r := range traffic {
			body := bytes.Repeat(fmt.Appendf(nil, "%s: %d ", r.session, r.prompt), int(r.prompt)/8)
			g.Watch(runaway.Request{Client: r.client, Session: r.session, At: r.at, Body: body, Fresh: r.prompt + r.output, Output: r.output})
		}
		if len(said) > 0 {
			t.Errorf("seed %d, %d requests: %q", seed, len(traffic), said)
		}
	}
}

// One of those agents that begins to go in circles raises one.
func TestTrueAlarm(t *testing.T) {
	var said []string
	g := runaway.Guard{Raise: func(a runaway.Alarm) { said = append(said, a.Why) }}
	at, last := begin, request{}
	for _, r := range week(newRand(1)) {
		if r.session == "agent-0-0" {
			at, last = r.at, r
			g.Watch(runaway.Request{Client: r.client, Session: r.session, At: r.at, Body: make([]byte, 4*r.prompt), Fresh: r.prompt, Output: r.output})
		}
	}
	if len(said) > 0 {
		t.Fatalf("before: %q", said)
	}
	turns := 0
	for ; len(said) == 0 && turns < 60; turns++ {
		at, last.prompt = at.Add(5*time.Second), last.prompt+640
		g.Watch(runaway.Request{Client: last.client, Session: last.session, At: at, Body: make([]byte, 4*last.prompt), Fresh: 640, Output: 120})
	}
	if len(said) != 1 || turns > 30 {
		t.Errorf("after %d turns: %q", turns, said)
	}
}
