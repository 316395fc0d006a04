// Command scores makes backend/catalog/scores/scores.csv of a table of published scores of models:
//
//	go run ./build/scores TABLE.csv >backend/catalog/scores/scores.csv
//
// TABLE.csv has a row for each result of a model in a benchmark, with its source, licence and date. Only those rows are taken whose licence lets
// the product ship them (Apache-2.0, and CC-BY-4.0 with attribution: see the NOTICE beside the table); of the others nothing gets in. Of several
// results of one model in one benchmark the middle one is taken: the best of many tries is no measure of the next.
package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"metapi/backend/catalog"
	"metapi/backend/catalog/scores"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "scores: give the table, as in: go run ./build/scores TABLE.csv")
		os.Exit(2)
	}
	in, err := os.Open(os.Args[1])
	if err == nil {
		err = run(in, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scores:", err)
		os.Exit(1)
	}
}

// result is one row of the table.
type result struct {
	scores.Row
	name  string // of the model, as the source has it
	extra string // how it was measured
}

func run(in io.Reader, out io.Writer) error {
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil || len(rows) < 2 {
		return fmt.Errorf("the table cannot be read: %w", cmp.Or(err, io.ErrUnexpectedEOF))
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	groups := map[string][]result{}
	for _, row := range rows[1:] {
		get := func(name string) string { return row[at[name]] }
		benchmark, self := strings.CutSuffix(get("benchmark"), " (self-reported)")
		benchmark = strings.TrimSuffix(benchmark, " (recomputed from outputs)")
		if category := get("category"); category != "overall" && category != "pass_rate_2" {
			benchmark += ", " + category
		}
		value, err := strconv.ParseFloat(get("value"), 64)
		r := result{scores.Row{Model: catalog.Fold(get("canonical_model")), Benchmark: benchmark, Self: self, Value: value / 100,
			Source: get("source"), Licence: get("licence"), Date: get("date")}, get("model"), get("extra")}
		if err == nil && r.usable() {
			key := r.Model + "\x00" + r.Benchmark
			groups[key] = append(groups[key], r)
		}
	}
	var kept []scores.Row
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b result) int { return cmp.Compare(a.Value, b.Value) })
		kept = append(kept, g[(len(g)-1)/2].Row)
	}
	slices.SortFunc(kept, func(a, b scores.Row) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Benchmark, b.Benchmark))
	})
	return scores.Write(out, kept)
}

// usable reports whether a result may be shipped, and says something of the model itself.
func (r *result) usable() bool {
	name, how := strings.ToLower(r.name), strings.ToLower(r.extra)
	switch {
	case !scores.Shippable(r.Licence), !scores.Known(r.Benchmark):
		return false
	case strings.Contains(name, " + "), strings.Contains(name, "-base"): // of two models; of one that follows no instructions
		return false
	case strings.HasPrefix(name, "meta-llama") && !strings.Contains(name, "instruct"):
		return false
	}
	for _, word := range []string{"python", "pass@64", "maj", "with tools"} { // of the model and something else
		if strings.Contains(how, word) {
			return false
		}
	}
	return r.Value > 0 && r.Value < 1
}
