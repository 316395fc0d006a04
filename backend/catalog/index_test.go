package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// entries makes entries from "account name" lines; their refs are their places.
func entries(lines ...string) (out []Entry) {
	for i, l := range lines {
		account, name, _ := strings.Cut(l, " ")
		out = append(out, Entry{Ref: int32(i), Account: account, Name: name})
	}
	return out
}

func TestResolve(t *testing.T) {
	x := NewIndex(entries(
		/* 0 */ "work claude-sonnet-4-5-20250929",
		/* 1 */ "relay anthropic/claude-sonnet-4.5",
		/* 2 */ "cloud claude-sonnet-4-5@20250929",
		/* 3 */ "both claude-sonnet-4-5",
		/* 4 */ "both claude-sonnet-4-5-20250929",
		/* 5 */ "work gpt-4o-2024-05-13",
		/* 6 */ "relay gpt-4o",
		/* 7 */ "many gpt-4o-2024-08-06",
		/* 8 */ "many gpt-4o-2024-11-20",
		/* 9 */ "many gpt-4o-2024-05-13",
		/* 10 */ "local llama3:8b",
		/* 11 */ "local odd:latency",
		/* 12 */ "relay openai/gpt-4.1",
		/* 13 */ "relay gpt-4.1",
		/* 14 */ "relay deepseek/deepseek-r1:free",
		/* 15 */ "relay deepseek/deepseek-r1",
		/* 16 */ "work relay/gpt-4o-mini",
		/* 17 */ "relay gpt-4o-mini",
		/* 18 */ "own my-model-20250101",
		/* 19 */ "local odd",
	), map[string]string{
		"fast":      "llama3:8b",
		"thrifty":   "gpt-4o:cost",
		"gpt-4.1":   "claude-sonnet-4-5", // an alias stands above a model of that name
		"sonnet":    "work/claude-sonnet-4-5",
		"loop":      "fast", // no alias leads to another
		"lost":      "no-such-model",
		"qwen-plus": "also-not-there",
	})
	for _, c := range []struct {
		name, model, suffix string
		refs                []int32
	}{
		// Undated: every undated spelling, and at an account without one the snapshot that is the same priced model.
		{"claude-sonnet-4-5", "claude-sonnet-4-5", "", []int32{0, 1, 2, 3}},
		{"claude-sonnet-4.5", "claude-sonnet-4-5", "", []int32{0, 1, 2, 3}},
		{"anthropic/claude-sonnet-4.5", "claude-sonnet-4-5", "", []int32{0, 1, 2, 3}},
		{"CLAUDE-Sonnet-4-5[1m]", "claude-sonnet-4-5", "", []int32{0, 1, 2, 3}},
		// Dated: that snapshot, however it is spelt.
		{"claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929", "", []int32{0, 2, 4}},
		{"claude-sonnet-4.5@20250929", "claude-sonnet-4-5-20250929", "", []int32{0, 2, 4}},
		// Never the snapshot at twice the price; of those at the same price the newest.
		{"gpt-4o", "gpt-4o", "", []int32{6, 8}},
		{"gpt-4o-2024-05-13", "gpt-4o-2024-05-13", "", []int32{5, 9}},
		{"gpt-4o-20240513", "gpt-4o-2024-05-13", "", []int32{5, 9}},
		{"gpt-4o-2024-08-06", "gpt-4o-2024-08-06", "", []int32{7}},
		{"google/gpt-4.1", "gpt-4.1", "", []int32{13}}, // a vendor's name before the slash says nothing
		// account/model only where that account offers it.
		{"work/claude-sonnet-4-5", "claude-sonnet-4-5", "", []int32{0}},
		{"both/claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929", "", []int32{4}},
		{"relay/anthropic/claude-sonnet-4.5", "claude-sonnet-4-5", "", []int32{1}},
		{"relay/openai/gpt-4.1", "gpt-4.1", "", []int32{12}},
		{"relay/gpt-4.1", "gpt-4.1", "", []int32{13}},
		// An exact upstream name stands above account/model; an account's own spelling above a plainer one.
		{"relay/gpt-4o-mini", "gpt-4o-mini", "", []int32{16, 17}},
		{"openai/gpt-4.1", "gpt-4.1", "", []int32{12}},
		{"GPT-4.1", "gpt-4.1", "", []int32{13}},
		// :free is another model.
		{"deepseek-r1", "deepseek-r1", "", []int32{15}},
		{"deepseek-r1:free", "deepseek-r1:free", "", []int32{14}},
		// Modes.
		{"gpt-4o:cost", "gpt-4o", "cost", []int32{6, 8}},
		{"work/gpt-4o-2024-05-13:failover", "gpt-4o-2024-05-13", "failover", []int32{5}},
		{"llama3:8b", "llama3:8b", "", []int32{10}},
		{"llama3:8b:auto", "llama3:8b", "auto", []int32{10}},
		{"odd:latency", "odd:latency", "", []int32{11}},
		{"odd:latency:latency", "odd:latency", "latency", []int32{11}},
		{"odd:quality", "odd", "quality", []int32{19}},
		// Aliases.
		{"fast", "llama3:8b", "", []int32{10}},
		{"fast:balance", "llama3:8b", "balance", []int32{10}},
		{"thrifty", "gpt-4o", "cost", []int32{6, 8}},
		{"gpt-4.1", "claude-sonnet-4-5", "", []int32{0, 1, 2, 3}},
		{"sonnet", "claude-sonnet-4-5", "", []int32{0}},
		{"my-model-20250101", "my-model-2025-01-01", "", []int32{18}},
	} {
		r, err := x.Resolve(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if r.Model != c.model || r.Suffix != c.suffix || !slices.Equal(r.Refs, c.refs) {
			t.Errorf("%s: %+v, want %s %v %q", c.name, r, c.model, c.refs, c.suffix)
		}
	}
	for _, name := range []string{"", "gpt-5", "work/gpt-4o", "work/gpt-4.1", "nobody/gpt-4o", "gpt-4o:fastest", "gpt-4o:", ":cost", "relay/nobody/gpt-4o", "Work/gpt-4o",
		"gpt-4o:cost:cost", "loop", "lost", "qwen-plus", "my-model", "claude-sonnet-4-5-latest", "claude-sonnet-4-5-thinking", "llama3"} {
		r, err := x.Resolve(name)
		var unknown *UnknownModel
		if !errors.As(err, &unknown) || unknown.Name != name || len(unknown.Nearest) > 5 {
			t.Errorf("%q: %+v %v", name, r, err)
		}
	}
}

// TestUndatedSpellingStandsAboveSnapshot: an account that offers the undated model in any spelling serves it as that.
func TestUndatedSpellingStandsAboveSnapshot(t *testing.T) {
	x := NewIndex(entries("relay gpt-4o-2024-11-20", "relay openai/gpt-4o"), nil)
	for _, name := range []string{"gpt-4o", "relay/gpt-4o", "GPT-4o"} {
		if r, err := x.Resolve(name); err != nil || !slices.Equal(r.Refs, []int32{1}) {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
}

// TestAliasThatLeadsNowhere must not turn into the model that happens to have its name.
func TestAliasThatLeadsNowhere(t *testing.T) {
	x := NewIndex(entries("a gpt-4o"), map[string]string{"gpt-4o": "gpt-9", "mine": "a/gpt-4o"})
	if r, err := x.Resolve("gpt-4o"); err == nil {
		t.Errorf("%+v", r)
	}
	if r, err := x.Resolve("mine"); err != nil || !slices.Equal(r.Refs, []int32{0}) {
		t.Errorf("%+v %v", r, err)
	}
}

func TestNearest(t *testing.T) {
	x := NewIndex(entries("a claude-sonnet-4-5-20250929", "a claude-opus-4-1", "a gpt-5", "a gpt-5-mini", "a gpt-5.1", "a gpt-5-codex",
		"a gpt-5-nano", "a gpt-5-pro", "a gemini-3.1-pro-preview", "a text-embedding-3-small"), map[string]string{"best": "gpt-6"})
	for name, want := range map[string]string{
		"gemini-3-pro-preview": "gemini-3.1-pro-preview", // not silently another model: named, and the user decides
		"claude-sonet-4-5":     "claude-sonnet-4-5",
		"claude-4-5-sonnet":    "claude-sonnet-4-5",
		"gtp-5":                "gpt-5",
		"gpt5-mini":            "gpt-5-mini",
	} {
		_, err := x.Resolve(name)
		var unknown *UnknownModel
		if !errors.As(err, &unknown) || len(unknown.Nearest) == 0 || unknown.Nearest[0] != want {
			t.Errorf("%s: %v, want %s first", name, err, want)
		}
	}
	_, err := x.Resolve("zzz")
	if err == nil || err.Error() != `no account offers a model "zzz"; metapi models lists those there are` {
		t.Errorf("nothing is near: %v", err)
	}
	_, err = x.Resolve("best:cost")
	if err == nil || !strings.HasPrefix(err.Error(), `"best:cost" is an alias for "gpt-6", which no account offers; the nearest are gpt-5`) {
		t.Errorf("an alias that leads nowhere: %v", err)
	}
	_, err = NewIndex(nil, nil).Resolve("gpt-5")
	if err == nil || err.Error() != `no account offers a model "gpt-5": no account has any model yet; add one with metapi accounts add` {
		t.Errorf("nothing there: %v", err)
	}
	if _, err := x.Resolve(strings.Repeat("gpt-5 ", 100_000)); err == nil {
		t.Error("a senseless name resolves")
	}
}

func TestNames(t *testing.T) {
	x := NewIndex(entries("a claude-sonnet-4-5-20250929", "b anthropic/claude-sonnet-4.5", "a gpt-4o-2024-05-13", "a gpt-4.1-2025-04-14",
		"a claude-haiku-4-5-20251001", "b gpt-4.1-2025-04-14"), nil)
	want := []string{"anthropic/claude-sonnet-4.5", "claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929",
		"gpt-4.1", "gpt-4.1-2025-04-14", "gpt-4o-2024-05-13"}
	if got := x.Names(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestIndexProperties: whatever accounts offer, every listed name resolves, no name reaches two deployments of one account,
// a dated name reaches only its snapshot and an undated one only its family, and no name crosses a price at one vendor.
func TestIndexProperties(t *testing.T) {
	pool := []string{"gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "openai/gpt-4o", "openai/gpt-4o-2024-05-13",
		"GPT-4o", "gpt-4o-mini", "gpt-4o:extended", "claude-sonnet-4-5", "claude-sonnet-4.5", "claude-sonnet-4-5-20250929",
		"claude-sonnet-4-5@20250929", "anthropic/claude-sonnet-4.5", "claude-opus-4-1-20250805", "own", "own-20250101", "own:cost", "own:8b"}
	rapid.Check(t, func(t *rapid.T) {
		var es []Entry
		for i, n := range rapid.SliceOfN(rapid.SampledFrom(pool), 0, 40).Draw(t, "names") {
			es = append(es, Entry{Ref: int32(i), Account: fmt.Sprintf("a%d", rapid.IntRange(0, 4).Draw(t, "account")), Name: n})
		}
		x := NewIndex(es, nil)
		for _, e := range es {
			if !slices.Contains(x.Names(), e.Name) {
				t.Fatalf("%s is offered and not listed", e.Name)
			}
			r, err := x.Resolve(e.Account + "/" + e.Name)
			if err != nil || len(r.Refs) != 1 || es[r.Refs[0]].Name != e.Name || es[r.Refs[0]].Account != e.Account {
				t.Fatalf("%s/%s: %+v %v", e.Account, e.Name, r, err)
			}
		}
		for _, name := range x.Names() {
			r, err := x.Resolve(name)
			if err != nil || len(r.Refs) == 0 {
				t.Fatalf("%s is listed: %+v %v", name, r, err)
			}
			asked, accounts, last := Canonical(name), map[string]bool{}, int32(-1)
			_, price := Embedded().Model("openai", "", bare(name))
			for _, ref := range r.Refs {
				e := es[ref]
				n := Canonical(e.Name)
				if accounts[e.Account] || ref <= last {
					t.Fatalf("%s: %v: twice at %s, or out of order", name, r.Refs, e.Account)
				}
				accounts[e.Account], last = true, ref
				if n.Family != asked.Family || asked.Dated() && n != asked {
					t.Fatalf("%s reaches %s", name, e.Name)
				}
				if _, p := Embedded().Model("openai", "", bare(e.Name)); price != nil && !samePrice(price, p) {
					t.Fatalf("%s reaches %s, at another price", name, e.Name)
				}
			}
			if asked.Dated() {
				continue
			}
			for _, e := range es { // an undated spelling is reached wherever there is one
				if Canonical(e.Name) == asked && !accounts[e.Account] {
					t.Fatalf("%s does not reach %s at %s", name, e.Name, e.Account)
				}
			}
		}
	})
}

func manyEntries() (es []Entry) {
	for a := range 10 {
		for m := range 1000 {
			name := fmt.Sprintf("maker%d-model-%d.%d", m%7, m/10, m%10)
			if m%4 == 0 {
				name += "-20250929"
			}
			es = append(es, Entry{Ref: int32(len(es)), Account: fmt.Sprintf("account-%d", a), Name: name})
		}
	}
	return es
}

func TestResolveDoesNotAllocate(t *testing.T) {
	x := NewIndex(manyEntries(), map[string]string{"mine": "maker1-model-0.1"})
	for _, name := range []string{"maker1-model-0.1", "mine", "account-3/maker1-model-0.1", "maker1-model-0.1:cost"} {
		if n := testing.AllocsPerRun(100, func() { x.Resolve(name) }); n != 0 && !strings.ContainsAny(name, ":/") || n > 3 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	x := NewIndex(manyEntries(), nil)
	for what, name := range map[string]string{"exact": "maker1-model-0.1", "account": "account-3/maker1-model-0.1",
		"folded": "OpenAI/maker1-model-0-1", "mode": "maker1-model-0.1:cost", "unknown": "maker1-modle-0.1"} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Resolve(name)
			}
		})
	}
}

func BenchmarkNewIndex(b *testing.B) {
	es := manyEntries()
	b.ReportAllocs()
	for b.Loop() {
		NewIndex(es, nil)
	}
}
