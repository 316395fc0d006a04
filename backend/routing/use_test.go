package routing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing/live"
	"metapi/backend/settings"
)

// limitedWorld puts a routing.yaml in force, with what it says of accounts.
func limitedWorld(t testing.TB, s *Snapshot, text string) *Snapshot {
	t.Helper()
	ruled(t, s, text)
	var set Settings
	if fault := settings.Parse("routing.yaml", []byte(text), &set); fault != nil {
		t.Fatal(fault)
	}
	for i := range s.Accounts {
		var err error
		if s.Accounts[i].Limits, err = NewLimits(&set, s.Accounts[i].Slug, new(live.Meter), t0, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// An account serves in its hours, by the clock on the user's wall: past midnight, and on the days that are an hour shorter or longer.
func TestSchedule(t *testing.T) {
	const night = "timezone: Europe/Berlin\naccounts:\n  a: {schedule: [{days: [friday], from: \"22:00\", to: \"06:00\"}]}"
	const day = "timezone: Europe/Berlin\naccounts:\n  a: {schedule: [{days: [monday, tuesday], from: \"09:00\", to: \"12:00\"}, {from: \"13:00\", to: \"18:00\"}]}"
	const small = "timezone: Europe/Berlin\naccounts:\n  a: {schedule: [{from: \"02:30\", to: \"04:00\"}]}"
	for _, c := range []struct {
		name, yaml, at string
		open           bool
		until          string
	}{
		{"before the night", night, "2026-01-02T21:59:00+01:00", false, "2026-01-02T22:00:00+01:00"},
		{"at its beginning", night, "2026-01-02T22:00:00+01:00", true, "2026-01-03T06:00:00+01:00"},
		{"after midnight", night, "2026-01-03T05:59:00+01:00", true, "2026-01-03T06:00:00+01:00"},
		{"after it", night, "2026-01-03T06:00:00+01:00", false, "2026-01-09T22:00:00+01:00"},
		{"another day's midnight", night, "2026-01-05T01:00:00+01:00", false, "2026-01-09T22:00:00+01:00"},
		{"between two times", day, "2026-01-05T12:30:00+01:00", false, "2026-01-05T13:00:00+01:00"},
		{"every day", day, "2026-01-04T13:30:00+01:00", true, "2026-01-04T18:00:00+01:00"},
		{"asked from elsewhere", day, "2026-01-05T03:30:00-05:00", true, "2026-01-05T12:00:00+01:00"},
		{"a night that is an hour short", night, "2026-03-28T00:00:00+01:00", true, "2026-03-28T06:00:00+01:00"},
		{"the morning that an hour is missing in", small, "2026-03-29T03:45:00+02:00", true, "2026-03-29T04:00:00+02:00"},
		{"the morning that has an hour twice, the first time", small, "2026-10-25T02:15:00+02:00", false, "2026-10-25T02:30:00+01:00"},
		{"and its end", small, "2026-10-25T04:00:00+01:00", false, "2026-10-26T02:30:00+01:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, _ := time.Parse(time.RFC3339, c.at)
			r := ask("claude")
			r.At = at
			d, err := Decide(limitedWorld(t, models(Failover), c.yaml), r)
			if err != nil {
				t.Fatal(err)
			}
			if open := d.Candidates[0].Account.Slug == "a"; open != c.open {
				t.Fatalf("in use: %v", open)
			}
			until, _ := time.Parse(time.RFC3339, c.until)
			if !c.open && (!d.Excluded[0].Until.Equal(until) || !strings.Contains(d.Excluded[0].Reason, "outside its hours until")) {
				t.Errorf("left out until %v (%s), want %v", d.Excluded[0].Until, d.Excluded[0].Reason, until)
			}
		})
	}
}

// Each cap leaves the account out once it is used up, says so with a time, and lets it in again when that has come.
func TestCaps(t *testing.T) {
	at := time.Date(2026, 1, 2, 12, 2, 30, 0, time.UTC)
	for _, c := range []struct {
		caps, says string
		until      time.Time
	}{
		{"requests_per_minute: 2", "at its cap of 2 requests a minute until 12:03", at.Add(30 * time.Second)},
		{"concurrent: 2", "at its cap of 2 requests at once", at.Add(time.Second)},
		{"tokens_per_minute: 11000", "at its cap of 11000 tokens a minute until 12:03", at.Add(30 * time.Second)},
		{"dollars_per_day: 0.02", "at its cap of $0.02 a day until Saturday 00:00", time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)},
		{"dollars_per_month: 0.02", "at its cap of $0.02 a month until 1 February", time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(c.caps, func(t *testing.T) {
			s := models(Failover)
			for i := range s.Deployments {
				s.Deployments[i].Price = cached(1, 0.1, 5)
			}
			limitedWorld(t, s, "timezone: UTC\naccounts: {a: {caps: {"+c.caps+"}}}")
			r := ask("claude")
			r.At, r.Weigh = at, func(*Deployment) Weight { return Weight{Prompt: 5000, Output: 500} } // $0.0075
			first := func() string {
				d, err := Decide(s, r)
				if err != nil {
					t.Fatal(err)
				}
				if d.Candidates[0].Account.Slug != "a" && (d.Excluded[0].Reason != c.says || !d.Excluded[0].Until.Equal(c.until)) {
					t.Errorf("left out: %s, until %v", d.Excluded[0].Reason, d.Excluded[0].Until)
				}
				return d.Candidates[0].Account.Slug
			}
			var held []*Held
			for range 2 {
				if got := first(); got != "a" {
					t.Fatalf("below its cap, %s was first", got)
				}
				h, full, _ := s.Accounts[0].Limits.Take(&s.Deployments[0], &r, nil)
				if full != "" {
					t.Fatal(full)
				}
				held = append(held, h)
			}
			if got := first(); got != "c" {
				t.Errorf("above its cap, %s was first", got)
			}
			for _, h := range held {
				h.Settle(protocol.Usage{Input: 5000, Output: 500}, 0.0075)
			}
			r.At = c.until
			if got := first(); got != "a" {
				t.Errorf("when the time had come, %s was first", got)
			}
		})
	}
}

// What is kept back is there for whom it is kept, and for nobody else.
func TestReserve(t *testing.T) {
	for name, yaml := range map[string]string{"a share": "percent: 50", "requests": "requests: 1"} {
		s := limitedWorld(t, models(Failover), "rules: [{name: urgent, when: 'header(\"x-urgent\") != \"\"', mode: failover}]\n"+
			"accounts: {a: {caps: {requests_per_minute: 2}, reserve: {"+yaml+", clients: [codex], rules: [urgent]}}}")
		r := ask("claude")
		first := func(change func(*Request)) string {
			r := r
			if change != nil {
				change(&r)
			}
			d, err := Decide(s, r)
			if err != nil {
				t.Fatal(err)
			}
			if d.Candidates[0].Account.Slug != "a" && !strings.Contains(d.Excluded[0].Reason, "is kept for others until") {
				t.Errorf("%s: left out: %s", name, d.Excluded[0].Reason)
			}
			return d.Candidates[0].Account.Slug
		}
		before := first(nil)
		if _, full, _ := s.Accounts[0].Limits.Take(&s.Deployments[0], &r, nil); full != "" {
			t.Fatal(full)
		}
		got := []string{before, first(nil), first(func(r *Request) { r.Client = "codex" }), first(func(r *Request) { r.Header = func(string) string { return "yes" } })}
		if want := []string{"a", "c", "a", "a"}; !slices.Equal(got, want) {
			t.Errorf("%s: served by %v, want %v", name, got, want)
		}
	}
}

// However many take at once, no more is taken than there is.
func TestCapsUnderParallelLoad(t *testing.T) {
	s := limitedWorld(t, models(Failover), "accounts: {a: {caps: {requests_per_minute: 20, concurrent: 7, tokens_per_minute: 1000}}}")
	r := ask("claude")
	r.Weigh = func(*Deployment) Weight { return Weight{Prompt: 60, Output: 20} }
	var running, most, served atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			h, full, _ := s.Accounts[0].Limits.Take(&s.Deployments[0], &r, nil)
			if full != "" {
				return
			}
			served.Add(1)
			n := running.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			running.Add(-1)
			h.Settle(protocol.Usage{Input: 60, Output: 20}, 0)
		})
	}
	wg.Wait()
	if most.Load() > 7 || served.Load() > 12 { // 1000 tokens are twelve and a half
		t.Errorf("%d at once, %d in all", most.Load(), served.Load())
	}
}

// What an account has cost before counts, though Metapi was started since or the cap is new.
func TestCapsInDollarsKnowWhatWasSpent(t *testing.T) {
	var set Settings
	if fault := settings.Parse("routing.yaml", []byte("accounts: {a: {caps: {dollars_per_day: 5}}}"), &set); fault != nil {
		t.Fatal(fault)
	}
	meter := new(live.Meter)
	spent := func(time.Time) (float64, error) { return 4.5, nil }
	for range 2 { // the second time, the meter knows it itself
		l, err := NewLimits(&set, "a", meter, t0, spent)
		if err != nil || strings.Join(l.Standing(t0), ", ") != "$4.50 used of $5.00 a day" {
			t.Errorf("%v, %v", l.Standing(t0), err)
		}
	}
	if _, err := NewLimits(&set, "a", new(live.Meter), t0, func(time.Time) (float64, error) { return 0, errors.New("broken") }); err == nil {
		t.Error("a ledger that cannot be read is no reason to spend")
	}
}

func TestWhoIsOutsideItsHoursSaysWhen(t *testing.T) {
	s := limitedWorld(t, world(Failover, []string{"claude"}), "accounts: {a: {caps: {requests_per_minute: 1}}}")
	r := ask("claude")
	s.Accounts[0].Limits.Take(&s.Deployments[0], &r, nil)
	_, err := Decide(s, r)
	var none *NoCandidate
	if !errors.As(err, &none) || none.Err.Kind != protocol.RateLimited || none.Err.RetryAfter <= 0 || !strings.Contains(none.Err.Message, "at its cap of 1 requests a minute until") {
		t.Errorf("%v", err)
	}
}

// There may be as many tiers as are wanted, each with its own weights; the older form with then is the same as two.
func TestTiers(t *testing.T) {
	for yaml, want := range map[string]string{
		"models: {m: {tiers: [[b/gpt], [c/claude, a/claude], [gemini]]}}": "b/gpt c/claude a/claude b/gemini c/gemini",
		"models: {m: {models: [b/gpt], then: [a/claude]}}":                "b/gpt a/claude",
		"models: {m: {tiers: [[b/gpt], [a/claude]]}}":                     "b/gpt a/claude",
		"rules: [{name: x, tiers: [[gemini], [b/gpt], [a/claude]]}]":      "b/gemini c/gemini b/gpt a/claude",
		"models: {m: {tiers: [[nothing], [b/gpt]]}}":                      "b/gpt",
		"models: {m: {within: 1h, tiers: [[b/gpt], [a/claude]]}}":         "b/gpt a/claude",
		"models: {m: {within: 1ms, tiers: [[b/gpt], [a/claude]]}}":        "b/gpt a/claude", // all are slower: the order stays
	} {
		if d, err := Decide(ruled(t, models(Failover), yaml), ask("m")); err != nil || ids(d.Candidates) != want {
			t.Errorf("%s: %q, %v; want %q", yaml, ids(d.Candidates), err, want)
		}
	}
	s := ruled(t, models(Failover), "models: {m: {mode: balance, tiers: [[b/gpt], [{model: a/claude, weight: 3}, c/claude], [gemini]]}}")
	second := map[string]int{}
	for i := range 2000 {
		r := ask("m")
		r.ID = fmt.Sprint(i)
		d, _ := Decide(s, r)
		if d.Candidates[0].ID != "b/gpt" {
			t.Fatalf("first: %s", d.Candidates[0].ID)
		}
		second[d.Candidates[1].ID]++
	}
	if n := second["a/claude"]; n < 1400 || n > 1600 {
		t.Errorf("a weight of three quarters in the second tier got %d of 2000", n)
	}
}

// Whoever is slower than the plan allows comes last, and is used all the same where there is nobody else.
func TestWithinPutsTheSlowLast(t *testing.T) {
	s := ruled(t, models(Failover), "models: {m: {within: 5s, tiers: [[b/gpt], [a/claude]]}}")
	for i := range s.Deployments {
		for range 20 {
			wait := time.Second
			if s.Deployments[i].ID == "b/gpt" {
				wait = 30 * time.Second
			}
			s.Deployments[i].Live.Observe(live.Sample{Whole: wait}, t0)
		}
	}
	if d, err := Decide(s, ask("m")); err != nil || ids(d.Candidates) != "a/claude b/gpt" {
		t.Errorf("%q, %v", ids(d.Candidates), err)
	}
}

// Each thing that a condition may ask about is there, and is what the request has.
func TestEveryFactOfACondition(t *testing.T) {
	r := Request{Model: "gpt-5", Client: "codex", Session: "s1", Protocol: protocol.OpenAIChat, At: time.Date(2026, 1, 2, 21, 30, 0, 0, time.UTC), Stream: true, Bytes: 1234,
		Features: Features{Tools: true, Images: true, Schema: true, Think: true, MaxOutput: 99},
		Tokens:   func() int { return 7000 }, Text: func() string { return "You are a title generator\nfoo bar" }, Header: func(n string) string { return map[string]string{"x-team": "red"}[strings.ToLower(n)] }}
	zone, _ := time.LoadLocation("Europe/Berlin")
	for _, when := range []string{
		`model == "gpt-5"`, `model startsWith "gpt"`, `client == "codex"`, `client in ["codex", "zed"]`, `session == "s1"`, `protocol == "openai-chat"`, `stream`, `tools`, `images`,
		`schema`, `thinking`, `bytes > 1000`, `output == 99`, `hour == 22`, `time >= "22:30" and time < "23:00"`, `weekday == "friday"`, `tokens > 6999`,
		`text contains "title"`, `text matches "(?i)TITLE gen"`, `len(text) > 20`, `header("X-Team") == "red"`,
	} {
		c, err := ParseCondition(when)
		not, err2 := ParseCondition("not (" + when + ")")
		if err != nil || err2 != nil {
			t.Errorf("%s: %v, %v", when, err, err2)
			continue
		}
		held, err := c.holds(factsOf(&r, zone))
		if opposite, _ := not.holds(factsOf(&r, zone)); !held || opposite || err != nil {
			t.Errorf("%s does not hold: %v", when, err)
		}
		if nothing := (&Request{At: time.Date(2026, 1, 3, 3, 0, 0, 0, time.UTC)}); when != "" {
			if held, _ := c.holds(factsOf(nothing, zone)); held {
				t.Errorf("%s holds for a request that has nothing of it", when)
			}
		}
	}
}

// A deny list may name an account, a provider or a host, for one client.
func TestNeverNamesAccountsProvidersAndHosts(t *testing.T) {
	for _, word := range []string{"a", "anthropic", "api.one.example", "API.one.example:443"} {
		s := models(Failover)
		s.Accounts[0].Host = "api.one.example:443"
		ruled(t, s, "rules:\n- {name: x, when: client == \"codex\", never: [\""+word+"\"]}")
		r := ask("claude")
		if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "a/claude c/claude" {
			t.Errorf("%s, another client: %q, %v", word, ids(d.Candidates), err)
		}
		r.Client = "codex"
		if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "c/claude" || !strings.Contains(d.Excluded[0].Reason, `"x"`) {
			t.Errorf("%s: %q, %v", word, ids(d.Candidates), err)
		}
	}
}

func TestWhatIsWrongWithUse(t *testing.T) {
	for text, says := range map[string]string{
		"accounts: {a: {caps: {requests_per_minute: -1}}}":                              "less than nothing",
		"accounts: {a: {caps: {requests: 1}}}":                                          "requests",
		"accounts: {a: {reserve: {percent: 5}}}":                                        "no caps",
		"accounts: {a: {caps: {concurrent: 5}, reserve: {percent: 5}}}":                 "for which",
		"accounts: {a: {caps: {concurrent: 5}, reserve: {percent: 101, clients: [x]}}}": "100",
		"accounts: {a: {schedule: [{days: [someday]}]}}":                                "someday",
		"accounts: {a: {schedule: [{from: nine}]}}":                                     "nine",
		"timezone: Nowhere/Here":                                                        "Nowhere/Here",
		"rules: [{name: x, set: {temperature: 3}}]":                                     "temperature",
		"rules: [{name: x, set: {effort: much}}]":                                       "much",
		"rules: [{name: x, set: {max_output: 0}}]":                                      "max_output",
		"rules: [{name: x, set: {colour: red}}]":                                        "colour",
		"rules: [{name: x, models: [a], tiers: [[b]]}]":                                 "not both",
		"models: {m: {tiers: [[]]}}":                                                    "empty",
		"models: {m: {models: [a], within: soon}}":                                      "soon",
	} {
		var s Settings
		if fault := settings.Parse("routing.yaml", []byte(text), &s); fault == nil || !strings.Contains(fault.Message, says) {
			t.Errorf("%s: %v; want %q", text, fault, says)
		}
	}
}

// A thousand deployments of which rules, caps and hours have a say.
func BenchmarkDecideManyLimited(b *testing.B) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 25 {
		fmt.Fprintf(&text, "- {name: client %d, when: 'client == \"tool-%d\" and tools', models: [model-1]}\n", i, i)
		fmt.Fprintf(&text, "- {name: size %d, when: 'tokens > %d and not images', models: [model-2]}\n", i, 1_000_000+i)
	}
	rules := text.String()
	offers, names := make([][]string, 10), make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("model-%d", i)
	}
	for i := range offers {
		offers[i] = names
	}
	text.WriteString("accounts:\n")
	for i := range offers {
		fmt.Fprintf(&text, "  %c: {caps: {requests_per_minute: 1000, concurrent: 100, dollars_per_day: 50}, schedule: [{from: \"00:00\", to: \"24:00\"}]}\n", 'a'+i)
	}
	for _, c := range []struct{ name, yaml string }{{"rules", rules}, {"rules, caps and hours", text.String()}} {
		s := limitedWorld(b, world(Failover, offers...), c.yaml)
		r := ask("model-42")
		r.Client, r.Tokens, r.Weigh = "claude-code", func() int { return 5000 }, func(*Deployment) Weight { return Weight{Prompt: 5000, Output: 500} }
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decide(s, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
