package catalog

import (
	"fmt"
	"slices"
	"testing"
)

func samePrice(p, o *Price) bool {
	if p == nil || o == nil {
		return p == o
	}
	return slices.EqualFunc(append([]Terms{p.Terms}, p.Later...), append([]Terms{o.Terms}, o.Later...), func(a, b Terms) bool {
		return a.Rates == b.Rates && a.PerCall == b.PerCall && slices.Equal(a.Tiers, b.Tiers) && a.From.Equal(b.From) &&
			a.Start == b.Start && a.End == b.End
	})
}

func brief(p *Price) string {
	if p == nil {
		return "unknown"
	}
	return fmt.Sprintf("%v/%v", p.Input.USD, p.Output.USD)
}

func TestModel(t *testing.T) {
	for _, c := range []struct {
		provider, baseURL, name string
		want                    Model
	}{
		{"anthropic", "", "claude-sonnet-4-5-20250929", Model{ID: "claude-sonnet-4-5-20250929", Name: "Claude Sonnet 4.5",
			Maker: "anthropic", Context: 200_000, UsualOutput: 64_000, Described: true, Reasons: true, Images: true}},
		// At a relay the facts are known, by whatever spelling, and only the price is not.
		{"openai-compatible", "https://relay.example/v1", "Anthropic/Claude-Sonnet-4.5", Model{ID: "claude-sonnet-4-5", Name: "Claude Sonnet 4.5",
			Maker: "anthropic", Context: 200_000, UsualOutput: 64_000, Described: true, Reasons: true, Images: true}},
		{"openai-compatible", "https://relay.example/v1", "gpt-4-1", Model{ID: "gpt-4.1", Name: "gpt 4.1",
			Maker: "openai", Context: 1_000_000, UsualOutput: 16_384, Described: true, Images: true}},
		{"gemini-compatible", "https://relay.example", "models/gemini-2.5-pro", Model{ID: "gemini-2.5-pro", Name: "Gemini 2.5 Pro",
			Maker: "google", Context: 1_048_576, UsualOutput: 50_000, Described: true, Reasons: true, Images: true}},
	} {
		m, _ := Embedded().Model(c.provider, c.baseURL, c.name)
		if m == nil {
			t.Errorf("%s is not known", c.name)
			continue
		}
		if m.Family != Canonical(c.name).Family {
			t.Errorf("%s: family %s", c.name, m.Family)
		}
		if m.ID != c.want.ID || m.Name != c.want.Name || m.Maker != c.want.Maker || m.Context != c.want.Context ||
			m.UsualOutput != c.want.UsualOutput || m.Described != c.want.Described || m.Reasons != c.want.Reasons || m.Images != c.want.Images {
			t.Errorf("%s: %+v, want %+v", c.name, *m, c.want)
		}
	}
	if m, _ := Embedded().Model("openai-compatible", "http://127.0.0.1:8080", "my-own-finetune"); m != nil {
		t.Errorf("nothing can be known of a name of one's own, but: %+v", *m)
	}
}

func TestPriceList(t *testing.T) {
	for _, c := range [][3]string{
		{"openai", "", "OpenAI"},
		{"openai", "http://127.0.0.1:9999/v1", "OpenAI"}, // the user says it is OpenAI: a proxy of their own
		{"openai", "https://api.deepseek.com/v1", "Deepseek"},
		{"openai-compatible", "https://api.openai.com/v1", "OpenAI"},
		{"openai-compatible", "https://API.OpenAI.com:443/v1", "OpenAI"},
		{"openai-compatible", "https://api.z.ai/api/paas/v4", "Z.AI"},
		{"openai-compatible", "https://api.moonshot.cn/v1", "MoonshotAi"},
		{"gemini", "https://generativelanguage.googleapis.com", "Google"},
		{"openai-compatible", "https://router.huggingface.co/groq/v1", "HuggingFace (groq)"},
		{"openai-compatible", "https://relay.example/v1", ""},
		{"openai-compatible", "http://api.openai.com/v1", ""},
		{"openai-compatible", "https://api.openai.com.evil.example/v1", ""},
		{"anthropic-compatible", "", ""},
		{"nobody", "::", ""},
	} {
		if got := Embedded().PriceList(c[0], c[1]); got != c[2] {
			t.Errorf("%s at %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestOne: which snapshots an undated name may stand for.
func TestOne(t *testing.T) {
	for _, c := range []struct {
		undated, dated string
		want           bool
	}{
		{"claude-sonnet-4-5", "claude-sonnet-4-5-20250929", true},
		{"anthropic/claude-sonnet-4.5", "claude-sonnet-4-5@20250929", true},
		{"claude-sonnet-4", "claude-sonnet-4-20250514", true},
		{"claude-haiku-4-5", "claude-haiku-4-5-20251001", true},
		{"gpt-4o", "gpt-4o-2024-08-06", true},
		{"gpt-4o", "gpt-4o-2024-11-20", true},
		{"gpt-4o", "gpt-4o-2024-05-13", false}, // twice the price
		{"gpt-4.1", "gpt-4.1-2025-04-14", true},
		{"o3", "o3-2025-04-16", true},
		{"gpt-4o", "gpt-4o-2031-01-01", false}, // not known
		{"my-model", "my-model-20250101", false},
	} {
		a, b := Canonical(c.undated), Canonical(c.dated)
		if got := a.Family == b.Family && Embedded().One(a.Family, b.Date); got != c.want {
			t.Errorf("%s for %s: %v", c.dated, c.undated, got)
		}
	}
}

// TestID: two names have one id exactly where they fold alike.
func TestID(t *testing.T) {
	for name, want := range map[string]string{
		"Claude-Sonnet-4.5":           "claude-sonnet-4-5",
		"claude-sonnet-4-5@20250929":  "claude-sonnet-4-5-20250929",
		"gpt-4-1":                     "gpt-4.1",
		"openai/gpt-4o-20240513":      "gpt-4o-2024-05-13",
		"models/gemini-2.5-pro":       "gemini-2.5-pro",
		"Qwen/My-Own-Thing-1.5":       "my-own-thing-1-5",
		"claude-future-9-20300101":    "claude-future-9-20300101",
		"gpt-future-9.1@20300101":     "gpt-future-9-1-2030-01-01",
		"deepseek/deepseek-chat:free": "deepseek-chat:free",
	} {
		if got := Embedded().ID(name); got != want {
			t.Errorf("%s has the id %s, want %s", name, got, want)
		}
	}
	seen := map[string]string{}
	for key, id := range Embedded().pretty {
		if Fold(id) != key {
			t.Errorf("%s is spelt %s, which folds to %s", key, id, Fold(id))
		}
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s share the id %s", key, other, id)
		}
		seen[id] = key
	}
}

func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		if _, err := parse(snapshotJSON); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkModel(b *testing.B) {
	c := Embedded()
	b.ReportAllocs()
	for b.Loop() {
		c.Model("openai-compatible", "https://relay.example/v1", "anthropic/claude-sonnet-4.5")
	}
}
