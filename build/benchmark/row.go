package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// row is one line of the table: a figure of each target in each round.
type row struct {
	Work   string               `json:"work"`
	Unit   string               `json:"unit"`
	Rounds map[string][]float64 `json:"rounds"` // by target; what it took, or gave, in each round
	Goals  []goal               `json:"goals"`  // from the easiest to the hardest

	added bool // shown and compared as what is added to the direct call of the same round
	more  bool // more is better
}

// goal is one of the goals of the design's table of speed, as a bound on Metapi's figure: Factor times that of another target, or a figure.
type goal struct {
	Text   string  `json:"text"`
	Of     string  `json:"of,omitempty"` // a target; none for a bound that is a figure
	Factor float64 `json:"factor"`
	Met    bool    `json:"met"`
}

// stages names the columns of the design's table that goals come from.
var stages = []string{"first", "then", "stretch"}

func (r *row) note(target string, figure float64) {
	if r.Rounds == nil {
		r.Rounds = map[string][]float64{}
	}
	r.Rounds[target] = append(r.Rounds[target], figure)
}

// figures returns a target's figure in each round, less the direct call's where the row is of what is added.
func (r *row) figures(target string) []float64 {
	list := slices.Clone(r.Rounds[target])
	if r.added && target != direct {
		// A run that broke off may have one round fewer of one of them.
		list = list[:min(len(list), len(r.Rounds[direct]))]
		for i := range list {
			list[i] -= r.Rounds[direct][i]
		}
	}
	return list
}

// ratio returns the median, over the rounds, of Metapi's figure in another target's; NaN where there is none to be had.
func (r *row) ratio(of string) float64 {
	ours, theirs := r.figures(metapi), r.figures(of)
	if len(ours) == 0 || len(ours) != len(theirs) {
		return math.NaN()
	}
	for i := range ours {
		if theirs[i] <= 0 { // added, but less than the noise: compare the medians
			return positive(median(r.figures(metapi)) / median(theirs))
		}
		ours[i] /= theirs[i]
	}
	return median(ours)
}

func positive(x float64) float64 {
	if x <= 0 || math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}

// judge fills in which goals are met. It compares differences within rounds, which have a meaning also where a figure is near 0.
func (r *row) judge() {
	ours := r.figures(metapi)
	for i := range r.Goals {
		g := &r.Goals[i]
		theirs := r.figures(g.Of)
		if len(ours) == 0 || g.Of != "" && len(theirs) != len(ours) {
			continue
		}
		over := slices.Clone(ours)
		for j := range over {
			bound := g.Factor
			if g.Of != "" {
				bound *= theirs[j]
			}
			over[j] -= bound
		}
		g.Met = median(over) < 0 != r.more
	}
}

// reached is the hardest goal that is met, with all before it.
func (r *row) reached() string {
	last := "none"
	for i, g := range r.Goals {
		if !g.Met {
			break
		}
		last = stages[i]
	}
	return last
}

// markdown is the table of the rows.
func markdown(rows []*row) string {
	var b strings.Builder
	b.WriteString("| work (medians over rounds) | direct | nginx | ReverseProxy | Metapi | of nginx | of ReverseProxy | first goal | met | reached |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|---|---|---|\n")
	for _, r := range rows {
		cells := []string{r.Work}
		for _, target := range []string{direct, nginx, reverse, metapi} {
			cells = append(cells, r.cell(target))
		}
		cells = append(cells, times(r.ratio(nginx)), times(r.ratio(reverse)))
		if len(r.Goals) > 0 && len(r.Rounds[metapi]) > 0 {
			cells = append(cells, r.Goals[0].Text, yes(r.Goals[0].Met), r.reached())
		} else {
			cells = append(cells, "", "", "")
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

func (r *row) cell(target string) string {
	list := r.figures(target)
	if len(list) == 0 {
		return ""
	}
	sign := ""
	if r.added && target != direct && median(list) > 0 {
		sign = "+"
	}
	return strings.TrimSpace(fmt.Sprintf("%s%s %s", sign, short(median(list)), r.Unit))
}

// short writes a figure as a person would: 12,345, 123, 12.3.
func short(x float64) string {
	switch {
	case math.Abs(x) >= 1000:
		n := int(math.Round(math.Abs(x)))
		text := fmt.Sprintf("%d,%03d", n/1000, n%1000)
		if x < 0 {
			text = "-" + text
		}
		return text
	case math.Abs(x) >= 100:
		return fmt.Sprintf("%.0f", x)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}

func times(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return fmt.Sprintf("%.2f x", x)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "**no**"
}

func median(list []float64) float64 { return quantile(list, 0.5) }

// quantile returns the q-th quantile, by the nearest rank; of an even number, the median is the mean of the two in the middle.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	if n := len(sorted); q == 0.5 && n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// micros turns durations into microseconds.
func micros(list []time.Duration) []float64 {
	out := make([]float64, len(list))
	for i, d := range list {
		out[i] = float64(d) / float64(time.Microsecond)
	}
	return out
}
