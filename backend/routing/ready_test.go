package routing

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"metapi/backend/settings"
)

// Each ready rule can be written into a routing.yaml, names the models that were found, and says what it does.
func TestReadyRulesCanBeSwitchedOn(t *testing.T) {
	have := []string{"gpt-5-mini", "gpt-4o", "gpt-4o-2024-05-13", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "gemini-2.5-pro", "gemini-2.5-flash", "claude-opus-4-5"}
	seen := map[string]bool{}
	for _, r := range Readies() {
		models := map[string]string{}
		for _, n := range r.Needs {
			if models[n.Word] = n.Find(have); !slices.Contains(have, models[n.Word]) || strings.Contains(models[n.Word], "2025") || n.What == "" {
				t.Errorf("%s: %q is found for %s", r.Name, models[n.Word], n.What)
			}
			if n.Find([]string{"llama3"}) != "" {
				t.Errorf("%s takes anything", r.Name)
			}
		}
		text, err := yaml.Marshal(map[string]any{"rules": r.Fill(models)})
		if err != nil {
			t.Fatal(err)
		}
		var set Settings
		if fault := settings.Parse("routing.yaml", text, &set); fault != nil || !strings.HasSuffix(r.Says, ".") || strings.Contains(string(text), "<") && !strings.Contains(string(text), "<=") && !strings.Contains(string(text), "bytes <") {
			t.Errorf("%s: %v in\n%s", r.Name, fault, text)
		}
		for _, rule := range set.Rules {
			if seen[rule.Name] {
				t.Errorf("two are called %s", rule.Name)
			}
			seen[rule.Name] = true
		}
	}
}

// What the ready rules tell apart, by what agents send.
func TestReadyRulesTellRequestsApart(t *testing.T) {
	agent := func(text string) func(*Request) { return func(r *Request) { r.Text = func() string { return text } } }
	for _, c := range []struct {
		rule, what string
		change     func(*Request)
		holds      bool
	}{
		{"long context", "a long prompt", func(r *Request) { r.Tokens = func() int { return 200_000 } }, true},
		{"long context", "a short one", func(r *Request) { r.Tokens = func() int { return 2_000 } }, false},
		{"images", "an image", func(r *Request) { r.Features.Images = true }, true},
		{"images", "none", func(r *Request) {}, false},
		{"thinking", "thinking", func(r *Request) { r.Features.Think = true }, true},
		{"thinking", "none", func(r *Request) {}, false},
		{"background", "Claude Code's small model", func(r *Request) {
			r.Model, r.Header = "claude-haiku-4-5-20251001", func(string) string { return "claude-cli/2.1.330 (external, cli)" }
		}, true},
		{"background", "its own model", func(r *Request) {
			r.Model, r.Header = "claude-sonnet-4-5", func(string) string { return "claude-cli/2.1.330 (external, cli)" }
		}, false},
		{"background", "another tool", func(r *Request) { r.Model = "claude-haiku-4-5" }, false},
		{"titles", "OpenCode's title agent", agent("You are a title generator. You output ONLY a thread title."), true},
		{"titles", "Claude Code's topics", agent("Analyze if this message indicates a new conversation topic."), true},
		{"titles", "a question", agent("What is the title of this book?"), false},
		{"titles", "an agent's turn", func(r *Request) { agent("Generate a title for the page")(r); r.Features.Tools = true }, false},
		{"long summaries", "a long one", func(r *Request) { agent("Summarise this report")(r); r.Tokens = func() int { return 9000 } }, true},
		{"short summaries", "a short one", func(r *Request) { agent("Summarise this")(r); r.Tokens = func() int { return 500 } }, true},
		{"short summaries", "a long one", func(r *Request) { agent("Summarise this")(r); r.Tokens = func() int { return 9000 } }, false},
		{"short summaries", "a poem", agent("Write a poem"), false},
	} {
		found := false
		for _, ready := range Readies() {
			text, _ := yaml.Marshal(map[string]any{"rules": ready.Fill(map[string]string{"long": "gpt", "sees": "gpt", "small": "gpt", "thinks": "gpt", "claude": "gpt", "gemini": "gpt", "openai": "gpt"})})
			var set Settings
			if fault := settings.Parse("routing.yaml", text, &set); fault != nil {
				t.Fatal(fault)
			}
			for i := range set.Rules {
				if set.Rules[i].Name != c.rule {
					continue
				}
				found = true
				r := ask("claude")
				c.change(&r)
				if held, err := set.Rules[i].When.holds(factsOf(&r, t0.Location())); held != c.holds || err != nil {
					t.Errorf("%s, %s: %v, %v", c.rule, c.what, held, err)
				}
			}
		}
		if !found {
			t.Errorf("there is no %s", c.rule)
		}
	}
}
