package routing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/protocol"
	"metapi/backend/routing/live"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var chat = protocol.SetOf(protocol.OpenAIChat)

// world makes a snapshot in which each account offers the named models.
func world(mode Mode, offers ...[]string) *Snapshot {
	s := &Snapshot{Mode: mode, Accounts: make([]Account, len(offers))}
	reg := live.NewRegistry()
	var entries []catalog.Entry
	for i, models := range offers {
		slug := string(rune('a' + i))
		s.Accounts[i] = Account{ID: "id-" + slug, Slug: slug, Host: slug + ".test"}
		for _, m := range models {
			id := slug + "/" + m
			entries = append(entries, catalog.Entry{Ref: int32(len(s.Deployments)), Account: slug, Name: m})
			s.Deployments = append(s.Deployments, Deployment{ID: id, Account: &s.Accounts[i], Order: i, Upstream: m, Model: m, Protocols: chat,
				Live: reg.Deployment(id, "id-"+slug, slug+".test")})
		}
	}
	s.Names = catalog.NewIndex(entries, nil)
	return s
}

func ask(model string) Request {
	return Request{ID: "r", Model: model, Protocol: protocol.OpenAIChat, At: t0}
}

func ids(ds []Candidate) string {
	var s []string
	for _, d := range ds {
		s = append(s, d.ID)
	}
	return strings.Join(s, " ")
}

func fail(t *testing.T, d *Deployment, e protocol.Error) {
	t.Helper()
	p, ok := d.Live.Enter(t0)
	if !ok {
		t.Fatal("not let in")
	}
	p.Fail(t0, &e)
}

func TestFailoverKeepsTheUsersOrderAndSkipsWhoCools(t *testing.T) {
	s := world(Failover, []string{"m"}, []string{"m"}, []string{"m"})
	d, err := Decide(s, ask("m"))
	if err != nil || ids(d.Candidates) != "a/m b/m c/m" {
		t.Fatalf("got %q, %v", ids(d.Candidates), err)
	}
	fail(t, &s.Deployments[0], protocol.Error{Kind: protocol.RateLimited, RetryAfter: time.Minute})
	d, err = Decide(s, ask("m"))
	if err != nil || ids(d.Candidates) != "b/m c/m" {
		t.Fatalf("got %q, %v", ids(d.Candidates), err)
	}
	if len(d.Excluded) != 1 || d.Excluded[0].Reason != "cooling after a rate limit" || !d.Excluded[0].Until.Equal(t0.Add(time.Minute)) {
		t.Errorf("the exclusion does not say why and until when: %+v", d.Excluded)
	}
	later := ask("m")
	later.At = t0.Add(time.Minute)
	if d, _ = Decide(s, later); ids(d.Candidates) != "a/m b/m c/m" {
		t.Errorf("when its time has passed, the first is not tried again: %q", ids(d.Candidates))
	}
}

func TestAllCoolingSaysWhenTheSoonestIsBack(t *testing.T) {
	s := world(Failover, []string{"m"}, []string{"m"})
	fail(t, &s.Deployments[0], protocol.Error{Kind: protocol.RateLimited, RetryAfter: time.Minute})
	fail(t, &s.Deployments[1], protocol.Error{Kind: protocol.RateLimited, RetryAfter: 20 * time.Second})
	_, err := Decide(s, ask("m"))
	var none *NoCandidate
	if !errors.As(err, &none) || none.Err.Kind != protocol.RateLimited || none.Err.RetryAfter != 20*time.Second {
		t.Fatalf("got %v", err)
	}
}

func TestWhyNobodyCanServe(t *testing.T) {
	s := world(Failover, []string{"m"})
	responses := ask("m")
	responses.Protocol = protocol.OpenAIResponses
	paused := world(Failover, []string{"m"})
	paused.Accounts[0].Blocked = "the account is paused"
	elsewhere := ask("m")
	elsewhere.Pin = Pin{Account: "id-gone", Only: true}
	for _, c := range []struct {
		name string
		s    *Snapshot
		r    Request
		kind protocol.Kind
		says string
	}{
		{"another protocol", s, responses, protocol.Unsupported, "openai-chat"},
		{"paused", paused, ask("m"), protocol.Unavailable, "paused"},
		{"state elsewhere", s, elsewhere, protocol.Unavailable, "no other has it"},
		{"nothing at all", world(Failover), Request{Protocol: protocol.OpenAIResponses, At: t0}, protocol.Unavailable, "accounts add"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decide(c.s, c.r)
			var none *NoCandidate
			if !errors.As(err, &none) || none.Err.Kind != c.kind || !strings.Contains(none.Err.Message, c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	var unknown *catalog.UnknownModel
	if _, err := Decide(s, ask("nope")); !errors.As(err, &unknown) {
		t.Errorf("an unknown model gives %v", err)
	}
}

// Tokens are counted by who can, over whichever protocol; who was found not to can make replies all the same.
func TestWhoCountsTokens(t *testing.T) {
	s := world(Failover, []string{"m"}, []string{"m"}, []string{"m"})
	responses, messages := protocol.SetOf(protocol.OpenAIResponses), protocol.SetOf(protocol.Anthropic)
	s.Deployments[0].Protocols = responses // a relay's
	s.Deployments[1].Protocols, s.Deployments[1].Counts = responses, responses
	s.Deployments[2].Protocols, s.Deployments[2].Counts = messages, messages
	r := Request{Model: "m", Protocol: protocol.OpenAIResponses, Operation: protocol.CountTokens, Translate: responses | messages, At: t0}
	d, err := Decide(s, r)
	if err != nil || ids(d.Candidates) != "b/m c/m" || len(d.Excluded) != 1 || d.Excluded[0].Reason != "does not count tokens" {
		t.Fatalf("%s, without %+v: %v", ids(d.Candidates), d.Excluded, err)
	}
	if via, _ := d.Candidates[1].Via(r); via != protocol.Anthropic {
		t.Errorf("the last is asked over %v", via)
	}
	s.Deployments[1].Live.Lack(protocol.OpenAIResponses, protocol.CountTokens, t0, t0)
	if d, err = Decide(s, r); err != nil || ids(d.Candidates) != "c/m" {
		t.Errorf("after a lack: %s, %v", ids(d.Candidates), err)
	}
	r.Operation = protocol.Generate
	if d, err = Decide(s, r); err != nil || ids(d.Candidates) != "a/m b/m c/m" {
		t.Errorf("replies: %s, %v", ids(d.Candidates), err)
	}
	r.Operation, r.Translate = protocol.CountTokens, 0
	var none *NoCandidate
	s.Deployments[1].Counts = 0
	if _, err = Decide(s, r); !errors.As(err, &none) || none.Err.Kind != protocol.Unsupported {
		t.Errorf("nobody counts: %v", err)
	}
}

func TestPinnedRequestsGoToOneAccountOnly(t *testing.T) {
	s := world(Failover, []string{"m"}, []string{"m"})
	r := ask("m")
	r.Pin = Pin{Account: "id-b", Only: true}
	if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "b/m" {
		t.Errorf("known owner: %q, %v", ids(d.Candidates), err)
	}
	r.Pin = Pin{Only: true}
	if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "a/m" {
		t.Errorf("unknown owner: %q, %v", ids(d.Candidates), err)
	}
}

func TestModeSuffixAppliesToOneRequest(t *testing.T) {
	s := world(Failover, []string{"m"}, []string{"m"})
	if d, err := Decide(s, ask("m:balance")); err != nil || d.Mode != Balance || len(d.Candidates) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestBalanceSpreadsAndPrefersTheLessBusy(t *testing.T) {
	s := world(Balance, []string{"m"}, []string{"m"}, []string{"m"}, []string{"m"})
	first := map[string]int{}
	for i := range 4000 {
		r := ask("m")
		r.ID = fmt.Sprint("r", i)
		d, err := Decide(s, r)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Decide(s, r)
		if ids(d.Candidates) != ids(again.Candidates) {
			t.Fatal("the same request is ranked in two ways")
		}
		first[d.Candidates[0].ID]++
	}
	for id, n := range first {
		if n < 800 || n > 1200 { // 1000 each, and four times the standard deviation
			t.Errorf("%s came first %d times of 4000", id, n)
		}
	}
	for range 10 {
		s.Deployments[2].Live.Enter(t0)
	}
	for i := range 1000 {
		r := ask("m")
		r.ID = fmt.Sprint("busy", i)
		if d, _ := Decide(s, r); d.Candidates[0].ID == "c/m" {
			t.Fatal("the busiest of all was chosen, though each draw has a less busy one beside it")
		}
	}
}

// A session goes on where its prompt is cached, as long as that is not much busier than another; others are spread all the same.
func TestBalanceLeavesSessionsWhereTheyAreCached(t *testing.T) {
	s := world(Balance, []string{"m"}, []string{"m"}, []string{"m"})
	held := map[string]int64{"b/m": 900, "c/m": 20_000}
	firsts := func(change func(*Request)) map[string]int {
		n := map[string]int{}
		for i := range 300 {
			r := ask("m")
			r.ID, r.Session, r.Warm = fmt.Sprint("r", i), "s", func(d *Deployment) int64 { return held[d.ID] }
			change(&r)
			d, err := Decide(s, r)
			if err != nil || len(d.Candidates) != 3 {
				t.Fatalf("%v, %v", d.Candidates, err)
			}
			n[d.Candidates[0].ID]++
		}
		return n
	}
	for range crowd {
		s.Deployments[2].Live.Enter(t0)
	}
	if n := firsts(func(*Request) {}); n["c/m"] != 300 {
		t.Errorf("a session has left its cache: %v", n)
	}
	if n := firsts(func(r *Request) { r.Session = "" }); n["a/m"] == 0 || n["b/m"] == 0 {
		t.Errorf("requests of no session are not spread: %v", n)
	}
	s.Deployments[2].Live.Enter(t0)
	if n := firsts(func(*Request) {}); n["c/m"] > 0 || n["a/m"] == 0 || n["b/m"] == 0 {
		t.Errorf("a session stays where it is crowded, or for a cache too small to hold anything: %v", n)
	}
}

// Whatever the mode and health, a decision accounts for each deployment of the name once: as a candidate or with a reason.
func TestEveryDeploymentIsACandidateOrHasAReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "accounts")
		offers := make([][]string, n)
		for i := range offers {
			offers[i] = []string{"m"}
		}
		s := world(rapid.SampledFrom([]Mode{Failover, Balance}).Draw(t, "mode"), offers...)
		for i := range s.Deployments {
			switch rapid.IntRange(0, 2).Draw(t, "standing") {
			case 1:
				s.Accounts[i].Blocked = "the account is paused"
			case 2:
				p, _ := s.Deployments[i].Live.Enter(t0)
				p.Fail(t0, &protocol.Error{Kind: protocol.ServerError})
			}
		}
		d, err := Decide(s, ask("m"))
		var seen []string
		for _, c := range d.Candidates {
			seen = append(seen, c.ID)
		}
		for _, e := range d.Excluded {
			if e.Reason == "" {
				t.Fatal("an exclusion without a reason")
			}
			seen = append(seen, e.Deployment)
		}
		slices.Sort(seen)
		if len(slices.Compact(seen)) != n || len(d.Candidates)+len(d.Excluded) != n {
			t.Fatalf("%d deployments became %v", n, seen)
		}
		if (err == nil) != (len(d.Candidates) > 0) {
			t.Fatalf("candidates %v, error %v", ids(d.Candidates), err)
		}
	})
}

func TestIDsSortByTime(t *testing.T) {
	var last string
	for i := range 10000 {
		id := NewID(t0.Add(time.Duration(i/100) * time.Millisecond))
		if len(id) != 20 || id <= last {
			t.Fatalf("%q does not come after %q", id, last)
		}
		last = id
	}
}

// A pin of the user's leaves nobody else, whatever rules and modes say; where state lives elsewhere nobody can serve.
func TestPinnedClientsGoToOneAccountOnly(t *testing.T) {
	s := world(Balance, []string{"m", "other"}, []string{"m"})
	r := ask("m")
	r.Pinned = "id-b"
	for i := range 20 {
		r.ID = fmt.Sprint("r", i)
		if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "b/m" {
			t.Fatalf("%q, %v", ids(d.Candidates), err)
		}
	}
	for _, c := range []struct {
		change func(*Request)
		kind   protocol.Kind
		words  string
	}{
		{func(r *Request) { r.Pin = Pin{Account: "id-a", Only: true} }, protocol.Unavailable, "lives at another account"},
		{func(r *Request) { r.Model = "other" }, protocol.Unavailable, `does not offer the model "other"`},
		{func(r *Request) {
			fail(t, &s.Deployments[2], protocol.Error{Kind: protocol.RateLimited, RetryAfter: time.Hour})
		}, protocol.RateLimited, "cooling after"},
	} {
		r := r
		c.change(&r)
		_, err := Decide(s, r)
		var none *NoCandidate
		if !errors.As(err, &none) || none.Err.Kind != c.kind || !strings.Contains(err.Error(), c.words) {
			t.Errorf("want %q, got %v", c.words, err)
		}
	}
}
