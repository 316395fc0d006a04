package catalog

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestCanonical(t *testing.T) {
	for name, want := range map[string]Name{
		"claude-sonnet-4-5":                     {"claude-sonnet-4-5", ""},
		"claude-sonnet-4.5":                     {"claude-sonnet-4-5", ""},
		"Claude-Sonnet-4.5":                     {"claude-sonnet-4-5", ""},
		"anthropic/claude-sonnet-4.5":           {"claude-sonnet-4-5", ""},
		"claude-sonnet-4-5[1m]":                 {"claude-sonnet-4-5", ""},
		"claude-sonnet-4-5-20250929":            {"claude-sonnet-4-5", "20250929"},
		"claude-sonnet-4-5@20250929":            {"claude-sonnet-4-5", "20250929"},
		"claude-sonnet-4-5-20250929[1m]":        {"claude-sonnet-4-5", "20250929"},
		"anthropic/claude-sonnet-4.5-20250929":  {"claude-sonnet-4-5", "20250929"},
		"models/gemini-2.5-pro":                 {"gemini-2-5-pro", ""},
		"accounts/fireworks/models/deepseek-v3": {"deepseek-v3", ""},
		"gpt-4o-2024-05-13":                     {"gpt-4o", "20240513"},
		"gpt-4o":                                {"gpt-4o", ""},
		"gpt-4.1-mini":                          {"gpt-4-1-mini", ""},
		" gpt-4o ":                              {"gpt-4o", ""},
		// These are models of their own.
		"claude-3-7-sonnet-20250219-thinking": {"claude-3-7-sonnet-thinking", "20250219"},
		"claude-3-5-sonnet-latest":            {"claude-3-5-sonnet-latest", ""},
		"gpt-4o-mini-2024-07-18":              {"gpt-4o-mini", "20240718"},
		"deepseek/deepseek-r1:free":           {"deepseek-r1:free", ""},
		"gpt-4o-2024-08-06:extended":          {"gpt-4o:extended", "20240806"},
		"llama3:8b":                           {"llama3:8b", ""},
		"gpt-4-0613":                          {"gpt-4-0613", ""},
		"gemini-2.5-flash-preview-05-20":      {"gemini-2-5-flash-preview-05-20", ""},
		// And these are no dates.
		"model-20251345":      {"model-20251345", ""},
		"model-19991231":      {"model-19991231", ""},
		"model-202509291":     {"model-202509291", ""},
		"model-2024-05-13b":   {"model-2024-05-13b", ""},
		"-20250929":           {"-20250929", ""},
		"v1.5.2":              {"v1-5-2", ""},
		"gpt-4o.":             {"gpt-4o.", ""},
		"[1m]":                {"[1m]", ""},
		"relay/":              {"relay/", ""},
		"":                    {"", ""},
		"qwen3-vl-plus.en":    {"qwen3-vl-plus.en", ""},
		"grok-4.6[fast=true]": {"grok-4-6[fast=true]", ""},
	} {
		if got := Canonical(name); got != want {
			t.Errorf("%q: %+v, want %+v", name, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"claude-sonnet-4.5@20250929[1m]", "a/b/c-2024-05-13:free", "x-2025.01.01", "a-2025-20240101-01-01", "[1m][1m]", "1.2.3", "İ/ ", "0.2000.01.01:/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folded := Fold(name)
		if again := Fold(folded); again != folded {
			t.Errorf("%q folds to %q, and that to %q", name, folded, again)
		}
		if upper := Fold(strings.ToUpper(name)); ascii(name) && upper != folded {
			t.Errorf("%q folds to %q, in capitals to %q", name, folded, upper)
		}
		Embedded().Model("openai", "", name)
		Embedded().ID(name)
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

func bare(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// TestNoTwoPricesOneName goes through every name that the snapshot spells out: where two models of one provider fold to one
// name, that name could reach the dearer for the cheaper.
func TestNoTwoPricesOneName(t *testing.T) {
	c := Embedded()
	count := 0
	for _, l := range c.order {
		type known struct {
			name string
			m    listed
		}
		folded := map[string]known{}
		for _, name := range slices.Sorted(maps.Keys(l.exact)) {
			m := l.models[l.exact[name]]
			key := Fold(name)
			count++
			if old, ok := folded[key]; ok && !samePrice(old.m.price, m.price) {
				if l.id == "openrouter" && bare(old.name) == bare(name) {
					continue // the source has two records of one model there, the one without a vendor out of date
				}
				t.Errorf("%s: %s and %s fold to %s, and cost %s and %s", l.id, old.name, name, key, brief(old.m.price), brief(m.price))
			} else if !ok {
				folded[key] = known{name, m}
			}
		}
	}
	if count < 1500 {
		t.Errorf("only %d names were compared", count)
	}
}
