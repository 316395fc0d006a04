package routing

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/settings"
)

// ruled puts a routing.yaml in force.
func ruled(t testing.TB, s *Snapshot, text string) *Snapshot {
	t.Helper()
	var set Settings
	if fault := settings.Parse("routing.yaml", []byte(text), &set); fault != nil {
		t.Fatal(fault)
	}
	s.Rules = NewRules(&set, s.Names)
	return s
}

func models(mode Mode) *Snapshot {
	s := world(mode, []string{"claude", "gpt"}, []string{"gemini", "gpt"}, []string{"claude", "gemini"})
	for i, p := range []string{"anthropic", "gemini", "openrouter"} {
		s.Accounts[i].Provider = p
	}
	return s
}

func TestRules(t *testing.T) {
	const long = "rules:\n- name: long\n  when: tokens > 200000\n  models: [gemini]\n"
	tokens := func(n int) func(*Request) { return func(r *Request) { r.Tokens = func() int { return n } } }
	for _, c := range []struct {
		name, yaml, model string
		change            func(*Request)
		want              string // the candidates, best first
		mode              Mode
		fired             string
	}{
		{"none", "", "claude", nil, "a/claude c/claude", Failover, ""},
		{"a long context goes elsewhere", long, "claude", tokens(300_000), "b/gemini c/gemini", Failover, "long"},
		{"a short one stays", long, "claude", tokens(1000), "a/claude c/claude", Failover, ""},
		{"a rule of one client", "rules:\n- {name: x, when: client == \"codex\", only: [c]}", "claude", func(r *Request) { r.Client = "codex" }, "c/claude", Failover, "x"},
		{"not of another", "rules:\n- {name: x, when: client == \"codex\", only: [c]}", "claude", nil, "a/claude c/claude", Failover, ""},
		{"a provider is kept out", "rules:\n- {name: x, never: [Anthropic]}", "claude", nil, "c/claude", Failover, "x"},
		{"rules add up", "rules:\n- {name: x, never: [a]}\n- {name: y, mode: balance}\n- {name: z, mode: failover, models: [gpt]}", "claude", nil, "b/gpt", Balance, "x y z"},
		{"one that is off does nothing", "rules:\n- {name: x, never: [a], off: true}", "claude", nil, "a/claude c/claude", Failover, ""},
		{"features", "rules:\n- {name: x, when: tools and not images and stream, models: [gpt]}", "claude",
			func(r *Request) { r.Features.Tools, r.Stream = true, true }, "a/gpt b/gpt", Failover, "x"},
		{"hours", "rules:\n- {name: x, when: 'hour >= 0 and hour < 24 and weekday in [\"friday\"]', models: [gpt]}", "claude",
			func(r *Request) { r.At = time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local) }, "a/gpt b/gpt", Failover, "x"},
		{"a header", "rules:\n- {name: x, when: 'header(\"X-Team\") == \"red\"', models: [gpt]}", "claude",
			func(r *Request) { r.Header = func(n string) string { return map[string]string{"X-Team": "red"}[n] } }, "a/gpt b/gpt", Failover, "x"},
		{"a pattern", "rules:\n- {name: x, when: text matches \"(?i)summar\", models: [gpt]}", "claude",
			func(r *Request) { r.Text = func() string { return "Please summarise" } }, "a/gpt b/gpt", Failover, "x"},
		{"a name that nobody offers", "rules:\n- {name: x, when: model startsWith \"best\", models: [gpt]}", "best-of-all", nil, "a/gpt b/gpt", Failover, "x"},
		{"a virtual model, in its order", "models: {coder: {models: [gemini, claude], then: [gpt]}}", "coder", nil, "b/gemini c/gemini a/claude c/claude a/gpt b/gpt", Failover, ""},
		{"of one account", "models: {coder: {models: [c/gemini, claude]}}", "coder", nil, "c/gemini a/claude c/claude", Failover, ""},
		{"with a mode of its own", "models: {coder: {mode: cost, models: [gpt]}}", "coder", nil, "a/gpt b/gpt", Cheapest, ""},
		{"a mode after its name", "models: {coder: {mode: cost, models: [gpt]}}", "coder:latency", nil, "a/gpt b/gpt", Fastest, ""},
		{"a mode in the header counts before the rule's", "rules:\n- {name: x, mode: cost}", "gpt", func(r *Request) { r.Mode = Fastest }, "a/gpt b/gpt", Fastest, "x"},
		{"what cannot be had is passed over", "models: {coder: {models: [nothing, gpt]}}", "coder", nil, "a/gpt b/gpt", Failover, ""},
		{"multi-line", "rules:\n- name: x\n  when: |\n    client == \"\" and\n    bytes >= 0\n  models: [gpt]", "claude", nil, "a/gpt b/gpt", Failover, "x"},
		{"one that fails does not hold", "rules:\n- {name: x, when: 'int(header(\"n\")) > 1', models: [gpt]}", "claude", nil, "a/claude c/claude", Failover, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ask(c.model)
			if c.change != nil {
				c.change(&r)
			}
			d, err := Decide(ruled(t, models(Failover), c.yaml), r)
			if c.mode == Balance && err == nil {
				if d.Mode != Balance || strings.Join(d.Rules, " ") != c.fired {
					t.Errorf("mode %s, rules %v", d.Mode, d.Rules)
				}
			} else if err != nil || ids(d.Candidates) != c.want || d.Mode != c.mode || strings.Join(d.Rules, " ") != c.fired {
				t.Errorf("got %q in mode %s by rules %v, %v; want %q in %s by %q", ids(d.Candidates), d.Mode, d.Rules, err, c.want, c.mode, c.fired)
			}
			for _, x := range d.Excluded {
				if x.Reason == "" {
					t.Errorf("%s is left out for no reason", x.Deployment)
				}
			}
		})
	}
}

func TestRuleThatKeepsEverybodyOutSaysSo(t *testing.T) {
	_, err := Decide(ruled(t, models(Failover), "rules:\n- {name: only home, only: [home]}"), ask("claude"))
	var none *NoCandidate
	if !errors.As(err, &none) || !strings.Contains(none.Err.Message, `"only home"`) {
		t.Errorf("%v", err)
	}
}

// A rule that sends prompts to a model for chats has no say where nobody could ask that model.
func TestRuleForChatsHasNoSayInEmbeddings(t *testing.T) {
	s := models(Failover)
	s.Deployments[0].Protocols |= protocol.SetOf(protocol.OpenAIEmbeddings)
	r := ask("claude")
	r.Protocol, r.Operation = protocol.OpenAIEmbeddings, protocol.Embed
	if d, err := Decide(ruled(t, s, "rules:\n- {name: x, models: [gpt]}"), r); err != nil || ids(d.Candidates) != "a/claude" {
		t.Errorf("%q, %v", ids(d.Candidates), err)
	}
}

// State that lives at an account keeps a request there, but not past a rule that keeps it out.
// Tokens are counted for the model that would reply, by whoever counts for it; where nobody does, it is known at least which model that is.
func TestCountsAreOfTheModelThatWouldReply(t *testing.T) {
	for name, c := range map[string]struct{ yaml, model string }{
		"a virtual model": {"models: {coder: {models: [gemini, claude]}}", "coder"},
		"a rule":          {"rules:\n- {name: x, models: [gemini]}", "claude"},
		"a rule's alone":  {"rules:\n- {name: x, models: [gemini]}", "no-such-model"},
	} {
		s := ruled(t, models(Failover), c.yaml)
		r := Request{ID: "x", Model: c.model, Protocol: protocol.OpenAIChat, Operation: protocol.CountTokens, At: t0}
		d, err := Decide(s, r)
		var none *NoCandidate
		if !errors.As(err, &none) || d.Model != "gemini" {
			t.Errorf("%s: %q, %v", name, d.Model, err)
		}
		for i := range s.Deployments {
			s.Deployments[i].Counts = s.Deployments[i].Protocols
		}
		if d, err = Decide(s, r); err != nil || d.Candidates[0].Upstream != "gemini" {
			t.Errorf("%s, where it is counted: %+v, %v", name, d.Candidates, err)
		}
	}
}

// Where nobody knows who holds the state, the first in the list is asked, and nobody that is there for when it cannot.
func TestPinWithinAPlan(t *testing.T) {
	s := ruled(t, models(Balance), "models: {coder: {models: [no-such, gemini], then: [gpt]}}")
	d, err := Decide(s, Request{ID: "x", Model: "coder", Protocol: protocol.OpenAIChat, At: t0, Pin: Pin{Only: true}})
	if err != nil || len(d.Candidates) != 1 || d.Candidates[0].Upstream != "gemini" {
		t.Errorf("%+v, %v", d.Candidates, err)
	}
}

func TestRulesAndPins(t *testing.T) {
	r := ask("claude")
	r.Pin = Pin{Account: "id-a", Only: true}
	if d, err := Decide(ruled(t, models(Failover), "rules:\n- {name: x, mode: cost}"), r); err != nil || ids(d.Candidates) != "a/claude" {
		t.Errorf("%v, %v", ids(d.Candidates), err)
	}
	if _, err := Decide(ruled(t, models(Failover), "rules:\n- {name: x, never: [a]}"), r); err == nil {
		t.Error("it went to an account that a rule keeps out")
	}
}

func TestWhatIsWrongWithRoutingYAML(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		says         string
	}{
		{"rules:\n- name: x\n  when: tokns > 5\n  mode: cost", 3, 9, "tokns"},
		{"rules:\n- name: x\n  when: 'client == \"a\" andd tokens > 5'\n  mode: cost", 3, 24, "andd"},
		{"rules:\n- name: x\n  when: |\n    tools and\n    tokens > \"many\"\n  mode: cost", 5, 12, "string"},
		{"rules:\n- name: x\n  when: tokens + 5\n  mode: cost", 3, 9, "bool"},
		{"rules:\n- name: x\n  when: [1]\n  mode: cost", 3, 9, "text"},
		{"rules:\n- name: x\n  wen: true\n  mode: cost", 3, 3, "wen"},
		{"rules:\n- name: x\n  when: true\n", 0, 0, "does nothing"},
		{"rules:\n- when: true\n  mode: cost", 0, 0, "name"},
		{"rules:\n- {name: x, mode: cost}\n- {name: x, mode: cost}", 0, 0, "another rule"},
		{"rules:\n- {name: x, mode: cheap}", 0, 0, "choose"},
		{"prices: {a: {input: -1}}", 1, 21, "input"},
		{"prices: {a: {inputs: 1}}", 1, 14, "inputs"},
		{"models: {a: {models: []}}", 0, 0, "at least one"},
		{"models: {a: {models: [{model: b, weight: -1}]}}", 0, 0, "weight"},
		{"models: {a: {models: [b]}}\naliases: {a: c}", 0, 0, "alias"},
	} {
		var s Settings
		fault := settings.Parse("routing.yaml", []byte(c.text), &s)
		if fault == nil {
			t.Errorf("nothing is wrong with\n%s", c.text)
		} else if fault.Line != c.line || fault.Column != c.column && c.line > 0 || !strings.Contains(fault.Message, c.says) {
			t.Errorf("%v at %d:%d; want %q at %d:%d in\n%s", fault.Message, fault.Line, fault.Column, c.says, c.line, c.column, c.text)
		}
	}
}

func TestMissingModelsAreTold(t *testing.T) {
	s := ruled(t, models(Failover), "models: {coder: {models: [nothing]}}\nrules:\n- {name: x, models: [gone, gpt]}")
	if got := strings.Join(s.Rules.Lacks(), "\n"); !strings.Contains(got, `"nothing"`) || !strings.Contains(got, `"gone"`) {
		t.Errorf("%s", got)
	}
}

func TestBalanceFollowsWeights(t *testing.T) {
	s := ruled(t, models(Failover), "models: {m: {mode: balance, models: [{model: a/gpt, weight: 3}, b/gpt]}}")
	first := map[string]int{}
	for i := range 2000 {
		r := ask("m")
		r.ID = fmt.Sprint(i)
		d, err := Decide(s, r)
		if err != nil {
			t.Fatal(err)
		}
		first[d.Candidates[0].ID]++
	}
	if n := first["a/gpt"]; n < 1400 || n > 1600 {
		t.Errorf("a weight of three quarters got %d of 2000", n)
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, s := range []string{`client == "codex"`, `tokens > 5 and text matches "a+"`, `header("x") in ["a"]`, `(((`, `tokens.tokens`, `text()`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := ParseCondition(source)
		if err != nil {
			return
		}
		r := Request{Model: "m", Protocol: protocol.OpenAIChat, At: t0, Tokens: func() int { return 7 }, Text: func() string { return "text" }}
		c.holds(factsOf(&r, time.UTC))
	})
}

func BenchmarkDecideWithRules(b *testing.B) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 25 {
		fmt.Fprintf(&text, "- {name: client %d, when: 'client == \"tool-%d\" and tools', models: [model-1]}\n", i, i)
		fmt.Fprintf(&text, "- {name: size %d, when: 'tokens > %d and not images', models: [model-2]}\n", i, 1_000_000+i)
	}
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("model-%d", i)
	}
	offers := make([][]string, 10)
	for i := range offers {
		offers[i] = names
	}
	for _, m := range Modes {
		s := ruled(b, world(m.Mode, offers...), text.String())
		for i := range s.Deployments {
			s.Deployments[i].Price = cached(1, 0.1, 5)
		}
		r := ask("model-42")
		r.Client, r.Tokens = "claude-code", func() int { return 5000 }
		r.Weigh = weighing(Weight{Prompt: 5000, Output: 500, Turns: 3}, nil)
		b.Run(string(m.Mode), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decide(s, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
