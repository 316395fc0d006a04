package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

func TestApply(t *testing.T) {
	rule := yaml.MapSlice{{Key: "name", Value: "new one"}, {Key: "when", Value: `client == "codex"`}, {Key: "models", Value: []any{"a", "b/c"}}}
	path := func(steps ...any) []any { return steps }
	for _, c := range []struct {
		name, was string
		e         Edit
		want      string
	}{
		{"into nothing", "", Edit{Path: path("aliases", "a"), Value: "b"}, "aliases:\n  a: b\n"},
		{"under comments alone", "# mine\n", Edit{Path: path("rules", 0), Do: Insert, Value: rule}, "# mine\nrules:\n- name: new one\n  when: 'client == \"codex\"'\n  models: [a, b/c]\n"},
		{"without a last line end", "# mine", Edit{Path: path("aliases", "a"), Value: "b"}, "# mine\naliases:\n  a: b"},
		{"a value, its comment and quotes", "aliases: # here\n  a:   \"x\"   # why\n  'b': 'y'\n", Edit{Path: path("aliases", "a"), Value: "z"}, "aliases: # here\n  a:   z   # why\n  'b': 'y'\n"},
		{"a key at the end", "aliases:\n    a: x # why\n\n# rules\nrules: []\n", Edit{Path: path("aliases", "c d"), Value: "1"}, "aliases:\n    a: x # why\n    c d: \"1\"\n\n# rules\nrules: []\n"},
		{"in braces", "aliases: {a: x, b: y}\n", Edit{Path: path("aliases", "b"), Value: "z, z"}, "aliases: {a: x, b: \"z, z\"}\n"},
		{"into braces", "aliases: { a: x }\n", Edit{Path: path("aliases", "b"), Value: "y"}, "aliases: { a: x, b: y }\n"},
		{"out of braces", "aliases: {a: x, b: y}\n", Edit{Path: path("aliases", "a"), Do: Remove}, "aliases: {b: y}\n"},
		{"the last of a list", "rules:\n- {name: x}\naliases: {a: b}\n", Edit{Path: path("rules", 0), Do: Remove}, "aliases: {a: b}\n"},
		{"a rule switched off", "rules:\n  - name: x # first\n    mode: cost\n\n  - name: y\n", Edit{Path: path("rules", 0, "off"), Value: true}, "rules:\n  - name: x # first\n    mode: cost\n    off: true\n\n  - name: y\n"},
		{"and on again", "rules:\n  - name: x # first\n    off: true\n    mode: cost\n", Edit{Path: path("rules", 0, "off"), Do: Remove}, "rules:\n  - name: x # first\n    mode: cost\n"},
		{"a text on several lines", "rules:\n- name: x\n  when: |\n    tools and\n    stream\n  mode: cost\n", Edit{Path: path("rules", 0, "when"), Value: "tools"}, "rules:\n- name: x\n  when: tools\n  mode: cost\n"},
		{"an empty list", "rules: [] # none yet\n", Edit{Path: path("rules", 0), Do: Insert, Value: rule[:1]}, "rules: [{name: new one}] # none yet\n"},
		{"a key without a value", "rules:\naliases: {a: b}\n", Edit{Path: path("rules", 0), Do: Insert, Value: rule[:1]}, "rules: [{name: new one}]\naliases: {a: b}\n"},
		{"order, with comments", "rules:\n# one\n- name: a\n\n# two\n- name: b\n# three\n- name: c\n", Edit{Path: path("rules", 2), Do: Move, To: 0}, "rules:\n# three\n- name: c\n\n# one\n- name: a\n# two\n- name: b\n"},
		{"Windows' line ends", "rules:\r\n- name: a\r\n- name: b\r\n", Edit{Path: path("rules", 1), Do: Insert, Value: rule[:1]}, "rules:\r\n- name: a\r\n- name: new one\r\n- name: b\r\n"},
		{"a bracket on a line of its own", "rules: [\n  {name: a}, # x\n]\naliases: {a: b}\n", Edit{Path: path("rules", 0, "off"), Value: true}, "rules: [\n  {name: a, off: true}, # x\n]\naliases: {a: b}\n"},
		{"other letters", "aliases: {\"größe\": 大}\nrules:\n- {name: 速い, mode: cost} # 注\n", Edit{Path: path("rules", 0, "mode"), Value: "latency"}, "aliases: {\"größe\": 大}\nrules:\n- {name: 速い, mode: latency} # 注\n"},
		{"documents", "---\naliases: {a: b}\n...\n", Edit{Path: path("rules", 0), Do: Insert, Value: rule[:1]}, "---\naliases: {a: b}\nrules:\n- name: new one\n...\n"},
	} {
		got, err := Apply([]byte(c.was), c.e)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", c.name, err, got, c.want)
		}
	}
}

// What cannot be changed alone is not changed at all.
func TestApplyRefuses(t *testing.T) {
	for text, e := range map[string]Edit{
		"aliases: &all {a: b}\nmodels: *all\n": {Path: []any{"aliases", "a"}, Value: "c"},
		"rules: x\n":                           {Path: []any{"rules", 0}, Do: Insert, Value: "y"},
		"rules: [a]\n":                         {Path: []any{"rules", 3}, Do: Remove},
		"rules: [a\n":                          {Path: []any{"rules", 0}, Do: Remove},
	} {
		if got, err := Apply([]byte(text), e); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// piece is a part of a drawn file: what one edit concerns, or what stands between.
type piece struct {
	text string
	at   int // which rule it is; -1: none
}

func drawFile(t *rapid.T) (pieces []piece, rules int) {
	text := func(label string, choices ...string) string { return rapid.SampledFrom(choices).Draw(t, label) }
	add := func(s string) { pieces = append(pieces, piece{s, -1}) }
	add(text("head", "", "# mine: keep\n\n", "---\n", "aliases: # names\n    fast:  'gpt'   # small\n    \"größe\": x\n\n", "timezone: UTC\n"))
	margin := text("margin", "", "  ", "    ")
	add("rules:" + text("behind", "", "   # in order") + "\n")
	rules = rapid.IntRange(1, 5).Draw(t, "rules")
	for i := range rules {
		if i > 0 {
			add(text("between", "", "\n", "\n\n", "\n"+margin+"# -- section --\n\n"))
		}
		var b strings.Builder
		b.WriteString(text("comment", "", margin+"# about it: [\n", margin+"# one\n"+margin+"#two\n"))
		if rapid.Bool().Draw(t, "braces") {
			fmt.Fprintf(&b, "%s- {name: r%d, mode: cost%s}%s\n", margin, i, text("more", "", ", only: [a, 'b, c']", ",\n"+margin+"     set: {effort: low}"), text("note", "", "  # y: z"))
		} else {
			deep := margin + "  "
			fmt.Fprintf(&b, "%s- name: r%d%s\n", margin, i, text("note", "", "  # y: z"))
			b.WriteString(text("when", "", deep+"when: 'tools and text contains \"#\"'   # why\n", deep+"when: |\n"+deep+"  tools and\n\n"+deep+"  # no comment\n"+deep+"  stream\n", deep+"when: \"client == \\\"a\\\"\"\n"))
			b.WriteString(deep + "mode:   cost" + text("note2", "", " # for now") + "\n")
			b.WriteString(text("models", "", deep+"models: [a, {model: b, weight: 2}]\n", deep+"models:\n"+deep+"- a\n"+deep+"# or\n"+deep+"- {model: b}\n", deep+"models:\n"+deep+"  - a\n"))
		}
		pieces = append(pieces, piece{b.String(), i})
	}
	add(text("tail", "", "\n# the end\n", "models: {a: b} # c\n", "\nprices:\n  gpt: {input: 1}\n\n"))
	return pieces, rules
}

// Whatever is changed, every byte outside of the edited rule stays, and the file says the change and nothing else.
func TestApplyKeepsEveryOtherByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces, n := drawFile(t)
		returns, bare := rapid.Bool().Draw(t, "CRLF"), rapid.Bool().Draw(t, "bare")
		finish := func(s string) string {
			if bare {
				s = strings.TrimSuffix(s, "\n")
			}
			if returns {
				s = strings.ReplaceAll(s, "\n", "\r\n")
			}
			return s
		}
		join := func(ps []piece) string {
			var b strings.Builder
			for _, p := range ps {
				b.WriteString(p.text)
			}
			return b.String()
		}
		was := finish(join(pieces))
		i := rapid.IntRange(0, n-1).Draw(t, "rule")
		at := slices.IndexFunc(pieces, func(p piece) bool { return p.at == i })
		before, after := join(pieces[:at]), join(pieces[at+1:])
		apply := func(e Edit) string {
			got, err := Apply([]byte(was), e)
			if err != nil {
				t.Fatalf("%+v: %v in\n%s", e, err, was)
			}
			return string(got)
		}
		around := func(got, before, after string) {
			before, after = finish(before + "-")[:len(finish(before+"-"))-1], finish(after)
			if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) || len(got) < len(before)+len(after) {
				t.Fatalf("more has changed than rule %d:\n%q\nbecame\n%q", i, was, got)
			}
		}
		switch rapid.SampledFrom([]string{"put", "add", "remove", "insert", "move", "unset"}).Draw(t, "edit") {
		case "put":
			around(apply(Edit{Path: []any{"rules", i, "mode"}, Value: "latency"}), before, after)
		case "add":
			around(apply(Edit{Path: []any{"rules", i, "off"}, Value: true}), before, after)
		case "unset":
			around(apply(Edit{Path: []any{"rules", i, "mode"}, Do: Remove}), before, after)
		case "remove":
			if n == 1 {
				return // the list goes with it
			}
			got := apply(Edit{Path: []any{"rules", i}, Do: Remove})
			if want := finish(before + after); got != want {
				t.Fatalf("got\n%q\nwant\n%q", got, want)
			}
		case "insert":
			got := apply(Edit{Path: []any{"rules", i}, Do: Insert, Value: map[string]any{"name": "fresh"}})
			margin := strings.Repeat(" ", strings.Index(pieces[at].text, pieces[at].text[indent(pieces[at].text):]))
			if want := finish(before + margin + "- name: fresh\n" + pieces[at].text + after); got != want {
				t.Fatalf("got\n%q\nwant\n%q", got, want)
			}
		case "move":
			to := rapid.IntRange(0, n-1).Draw(t, "to")
			got := apply(Edit{Path: []any{"rules", i}, Do: Move, To: to})
			var order []string
			for _, p := range pieces {
				if p.at >= 0 {
					order = append(order, p.text)
				}
			}
			one := order[i]
			order = slices.Insert(slices.Delete(order, i, i+1), to, one)
			var want strings.Builder
			for _, p := range pieces {
				if p.at >= 0 {
					p.text = order[p.at]
				}
				want.WriteString(p.text)
			}
			if got != finish(want.String()) {
				t.Fatalf("got\n%q\nwant\n%q", got, finish(want.String()))
			}
		}
	})
}

// Nothing that can be read makes it fail in another way than by saying so, and what comes of it can be read.
func FuzzApply(f *testing.F) {
	for _, s := range []string{"", "rules: [a, {b: c}]", "rules:\n- name: x\n  when: |\n    a\n", "a: &x {b: c}\nd: *x\n", "? a\n: b\n", "rules: !!seq [a]\n", "\ufeffrules: []\n", "rules:\n-\n  name: x\n", "{rules: [a, ], b: }"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, e := range []Edit{{Path: []any{"rules", 0, "off"}, Value: true}, {Path: []any{"rules", 0}, Do: Remove}, {Path: []any{"rules", 0}, Do: Insert, Value: "x"}, {Path: []any{"rules", 0}, Do: Move, To: 1}} {
			got, err := Apply([]byte(s), e)
			if err != nil {
				continue
			}
			if _, err := ordered(got); err != nil && !errors.Is(err, ErrEntangled) {
				t.Errorf("%q became %q: %v", s, got, err)
			}
		}
	})
}
