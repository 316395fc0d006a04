package scores

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Nothing is shipped that its licence does not let us ship, or whose source and date are not told.
func TestTableHoldsOnlyWhatMayBeShipped(t *testing.T) {
	rows, err := read(embedded)
	if err != nil || len(rows) < 200 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	notice, err := os.ReadFile("NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !Shippable(r.Licence) || !Known(r.Benchmark) || r.Date == "" || r.Value <= 0 || r.Value >= 1 {
			t.Errorf("%+v", r)
		}
		if repository, _, _ := strings.Cut(r.Source, "@"); !bytes.Contains(notice, []byte("https://github.com/"+repository)) {
			t.Errorf("NOTICE does not name %s", repository)
		}
	}
	for _, l := range []string{"", "none stated in repo", "none stated in repo (LiveBench code Apache-2.0)", "CC-BY-NC-4.0", "Apache-2.0 (data CC-BY-NC-4.0)"} {
		if Shippable(l) {
			t.Errorf("%q may not be shipped", l)
		}
	}
	if strings.Contains(embedded, "LiveBench") || strings.Contains(embedded, "LMArena") || strings.Contains(embedded, "lpaca") {
		t.Error("a source without a licence is in the table")
	}
}

// The script lets nothing through that may not be shipped, whatever stands beside it.
func TestScriptLeavesOutForbiddenLicences(t *testing.T) {
	dir := t.TempDir()
	table := `canonical_model,model,benchmark,category,value,unit,ci_low,ci_high,extra,source,licence,date
m-1.5,m-1-5,GPQA (self-reported),overall,60,%,,,,a/b@1:x,CC-BY-4.0,2025-01-01
m-1.5,m-1-5,MMLU (self-reported),overall,80,%,,,,a/b@1:x,CC-BY-NC-4.0,2025-01-01
m-1.5,m-1-5,Aider polyglot,pass_rate_2,50,%,,,,a/b@1:x,none stated in repo,2025-01-01
m-1.5,m-1-5,AIME 2025 (self-reported),overall,90,%,,,python,a/b@1:x,CC-BY-4.0,2025-01-01
`
	if err := os.WriteFile(dir+"/table.csv", []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", "metapi/build/scores", dir+"/table.csv").CombinedOutput()
	want := "model,benchmark,reported_by_its_maker,value,source,licence,date\nm-1-5,GPQA,true,0.6000,a/b@1:x,CC-BY-4.0,2025-01-01\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScores(t *testing.T) {
	for _, c := range []struct {
		model    string
		evidence Evidence
		from     string
		low      float64
		high     float64
	}{
		{"claude-sonnet-4-5", Published, "5 published results", 0.8, 0.95},
		{"anthropic/claude-sonnet-4.5", Published, "5 published results", 0.8, 0.95},
		{"gpt-4o-2024-11-20", Published, "11 published results", 0.5, 0.7},
		{"llama3.1:8b", Published, "8 published results", 0.3, 0.5},
		{"llama-3.1-8b-instruct", Published, "8 published results", 0.3, 0.5},
		{"claude-opus-5", Family, "no evidence of its own: as claude-opus-4-1", 0.8, 0.9},
		{"gpt-5.6", Family, "no evidence of its own: as gpt-5", 0.8, 0.9},
		{"gpt-5.4-mini", Family, "no evidence of its own: as gpt-5-mini", 0.8, 0.9},
		{"deepseek-chat", Family, "no evidence of its own: as deepseek-v3-2", 0.8, 0.9},
		{"qwen3-8b", None, "no evidence", 0.4, 0.6}, // its family has none of its size
		{"my-own-model", None, "no evidence", 0.4, 0.6},
	} {
		s := Of(c.model)
		if s.Evidence != c.evidence || !strings.HasPrefix(s.From, c.from) || s.Prior < c.low || s.Prior > c.high {
			t.Errorf("%s: %+v", c.model, s)
		}
		if (s.Evidence != Published) != (s.Worth == worthNothing) || s.Worth > 60 {
			t.Errorf("%s: its prior is worth %.0f answers", c.model, s.Worth)
		}
	}
}

// Who has got better results in every public benchmark that both have is expected to be better.
func TestBetterResultsMakeABetterScore(t *testing.T) {
	for _, c := range [][2]string{{"claude-sonnet-4-5", "claude-haiku-4-5"}, {"gpt-4o", "gpt-4o-mini"}, {"gpt-5", "gpt-5-nano"},
		{"gemini-2.5-pro", "gemini-2.5-flash"}, {"gemini-2.5-flash", "gemini-2.5-flash-lite"}, {"llama-3.3-70b", "llama-3.1-8b"}} {
		if a, b := Of(c[0]), Of(c[1]); a.Prior <= b.Prior {
			t.Errorf("%s has %.3f, %s %.3f", c[0], a.Prior, c[1], b.Prior)
		}
	}
	if d := Of("gpt-5").Deviations; d[CodeEdit] <= 0 || d[Other] != 0 {
		t.Errorf("gpt-5's domains: %v", d)
	}
}

func TestOwnScoresCountAboveAll(t *testing.T) {
	all := 0.4
	s := Of("gpt-5").With(&all, map[Domain]float64{Math: 0.9})
	if s.Prior != 0.4 || s.Worth != worthOwn || s.Evidence != Own || s.Deviations[Math] != 0.5 || s.Deviations[CodeEdit] != 0 {
		t.Errorf("%+v", s)
	}
	if s := Of("gpt-5").With(nil, map[Domain]float64{Writing: 0.5}); s.Prior != Of("gpt-5").Prior || s.Prior+s.Deviations[Writing] != 0.5 {
		t.Errorf("of one domain alone: %+v", s)
	}
	if Of("gpt-5").Evidence != Published {
		t.Error("the user's word has changed the table")
	}
}

func TestClassify(t *testing.T) {
	long := strings.Repeat("The committee met and discussed the budget of the coming year. ", 100)
	for _, c := range []struct {
		want Domain
		p    Prompt
	}{
		{Agentic, Prompt{Tools: true, Text: []byte("hello")}},
		{Extraction, Prompt{Schema: true, Text: []byte("hello")}},
		{Extraction, Prompt{Text: []byte("Extract the names and dates, and answer with JSON only.")}},
		{CodeEdit, Prompt{Text: []byte("Please fix this:\n```go\nfunc f() {}\n```")}},
		{CodeEdit, Prompt{Text: []byte("Rename the handler in src/server/main.go and in util.py")}},
		{CodeQuestion, Prompt{Text: []byte("What does this do?\n```\nx = map(f, y)\n```")}},
		{CodeQuestion, Prompt{Text: []byte("Why does my python function throw an exception?")}},
		{Math, Prompt{Text: []byte("Solve the equation x^2 - 5x + 6 = 0")}},
		{Math, Prompt{Text: []byte("Prove the theorem of Pythagoras")}},
		{Reasoning, Prompt{Text: []byte("Here is a riddle about three doors.")}},
		{Writing, Prompt{Text: []byte("Write a poem about autumn")}},
		{Writing, Prompt{Text: []byte("A summary of this paragraph, please.")}},
		{Summary, Prompt{Size: len(long) + 30, Text: []byte("Summarise this:\n" + long[:3000])}},
		{Translation, Prompt{Text: []byte("Translate into French: good morning")}},
		{Foreign, Prompt{Text: []byte("Wie koche ich das Ei, und was ist mit dem Wasser nicht in Ordnung?")}},
		{Foreign, Prompt{Text: []byte("今天天气怎么样？")}},
		{Other, Prompt{Text: []byte("What should I cook for dinner tonight?")}},
		{Other, Prompt{}},
		{Other, Prompt{Text: []byte(long[:2000])}},
	} {
		if got := Classify(c.p); got != c.want {
			t.Errorf("%v, not %v: %.60s", got, c.want, c.p.Text)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte("Fix a.go"), true)
	f.Fuzz(func(t *testing.T, text []byte, tools bool) { _ = Classify(Prompt{Text: text, Tools: tools}).String() })
}

func BenchmarkClassify(b *testing.B) {
	p := Prompt{Size: 4000, Text: bytes.Repeat([]byte("What should I cook for dinner tonight, and how? "), 84)[:4000]}
	b.ReportAllocs()
	for b.Loop() {
		Classify(p)
	}
}
