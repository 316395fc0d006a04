package scores

import (
	_ "embed"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

//go:embed scores.csv
var embedded string

// Row is a result of a model in a benchmark.
type Row struct {
	Model     string // its folded name
	Benchmark string
	Self      bool    // its maker reported it
	Value     float64 // 0 to 1
	Source    string
	Licence   string
	Date      string // 2006-01-02, or a month
}

var header = []string{"model", "benchmark", "reported_by_its_maker", "value", "source", "licence", "date"}

// Write writes a table.
func Write(to io.Writer, rows []Row) error {
	w := csv.NewWriter(to)
	w.Write(header)
	for _, r := range rows {
		w.Write([]string{r.Model, r.Benchmark, strconv.FormatBool(r.Self), strconv.FormatFloat(r.Value, 'f', 4, 64), r.Source, r.Licence, r.Date})
	}
	w.Flush()
	return w.Error()
}

// read reads what Write wrote.
func read(text string) ([]Row, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, l := range lines[1:] {
		value, err := strconv.ParseFloat(l[3], 64)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Row{Model: l[0], Benchmark: l[1], Self: l[2] == "true", Value: value, Source: l[4], Licence: l[5], Date: l[6]})
	}
	return rows, nil
}

// Shippable reports whether a licence lets the product hold what is under it.
func Shippable(licence string) bool {
	return slices.Contains([]string{"Apache-2.0", "CC-BY-4.0"}, licence)
}

// benchmark says what a benchmark is of, and how far off it usually is, as a share of answers, where it foretells another one of the same ability.
type benchmark struct {
	domain Domain // Other: of no one domain
	error  float64
}

// How far benchmarks of a kind have been found to be off, one left out at a time.
const (
	general      = 0.066
	code         = 0.12
	instructions = 0.163
)

var benchmarks = map[string]benchmark{
	"MMLU": {Other, general}, "MMLU-Pro": {Other, general}, "Arena-Hard": {Other, code},
	"GPQA": {Reasoning, general}, "HLE": {Reasoning, code},
	"AIME 2025": {Math, code}, "MATH": {Math, code}, "MMLU-Pro, math": {Math, general},
	"Aider polyglot": {CodeEdit, code}, "Aider edit": {CodeEdit, code},
	"HumanEval": {CodeQuestion, code}, "LiveCodeBench": {CodeQuestion, code}, "MMLU-Pro, computer science": {CodeQuestion, code},
	"SWE-bench Verified": {Agentic, code}, "Terminal-Bench": {Agentic, code}, "tau-bench retail": {Agentic, code},
	"IFEval": {Extraction, instructions},
}

// Known reports whether a benchmark's results are used.
func Known(name string) bool { return benchmarks[name] != (benchmark{}) }
