package scores

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"metapi/backend/catalog"
)

// Score is what is expected of a model's answers before the user has judged any.
type Score struct {
	Prior      float64 // the share of good answers
	Worth      float64 // how many answers that is worth as evidence
	Evidence   Evidence
	From       string // in words: what it rests on
	Deviations [Domains]float64
}

// Evidence says what kind of thing a score rests on.
type Evidence string

const (
	Published Evidence = "published"   // results of the model itself
	Family    Evidence = "family"      // none: those of the nearest model of its family stand in
	None      Evidence = "no evidence" // none, and no family
	Own       Evidence = "your own"    // the user's word
)

const (
	worthNothing = 5   // answers that a prior without evidence is worth
	worthOwn     = 100 // that the user's own word is
	halved       = 0.5 // of a deviation, the part that is no noise
)

// board is the scores of all models of the table.
type board struct {
	models map[string]*Score // by key
	kin    []member
	mean   float64
	spread float64
}

// member is a model that has been measured, as its relatives see it.
type member struct {
	name, family string
	version      []int
	size         float64
}

var measured = sync.OnceValue(func() *board {
	rows, err := read(embedded)
	if err != nil {
		panic("scores.csv: " + err.Error()) // it is embedded, and tested
	}
	return fit(rows)
})

// Of is the score of a model, by any spelling of its name.
func Of(model string) *Score {
	b := measured()
	name := plain(catalog.Canonical(model).Family)
	if s := b.models[key(name)]; s != nil {
		return s
	}
	if m := b.nearest(relative(name)); m != "" {
		s := *b.models[key(m)]
		s.Worth, s.Evidence, s.From = worthNothing, Family, "no evidence of its own: as "+m
		return &s
	}
	return &Score{Prior: b.mean - b.spread, Worth: worthNothing, Evidence: None, From: "no evidence: less than what the models that were measured get"}
}

// With is s with the user's own figures in place of others: shares of good answers, in all and by domain.
func (s *Score) With(all *float64, by map[Domain]float64) *Score {
	own := *s
	if all != nil {
		own = Score{Prior: *all, Worth: worthOwn}
	}
	own.Evidence, own.From = Own, "your own score"
	for d, v := range by {
		own.Deviations[d] = v - own.Prior
	}
	return &own
}

// plain is a folded name without what makes no other model of it. Ollama has a colon before sizes.
func plain(name string) string {
	name = strings.ReplaceAll(name, ":", "-")
	for _, end := range []string{"-latest", "-instruct", "-it", "-chat", "-preview", "-versatile"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

// key is a name as models are looked up by: llama3-1-8b is llama-3-1-8b.
func key(name string) string { return strings.ReplaceAll(name, "-", "") }

var sized = regexp.MustCompile(`^(?:a?\d+|\d+x\d+)b$`)

// relative takes a name apart into what the members of a family have in common, and what tells them apart.
func relative(name string) member {
	m := member{name: name}
	var common []string
	for part := range strings.SplitSeq(name, "-") {
		if sized.MatchString(part) {
			if n, err := strconv.ParseFloat(strings.TrimSuffix(part, "b"), 64); err == nil {
				m.size = max(m.size, n)
			}
			continue
		}
		i := strings.IndexAny(part, "0123456789")
		if i < 0 {
			common = append(common, part)
			continue
		}
		digits := part[i:]
		if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = digits[:end]
		}
		if n, err := strconv.Atoi(digits); err == nil && n < 100 { // else a date or the like
			m.version = append(m.version, n)
		}
		if i > 1 || i == 1 && len(common) == 0 {
			common = append(common, part[:i])
		}
	}
	m.family = strings.Join(common, "-")
	return m
}

// nearest is the member of a family that is the newest of those which are no newer, or else the oldest; "" where there is none of about its size. A
// name without a version is the vendor's for the newest.
func (b *board) nearest(to member) string {
	if len(to.version) == 0 {
		to.version = []int{math.MaxInt}
	}
	var best *member
	better := func(m *member) bool {
		if best == nil {
			return true
		}
		past, bestPast := slices.Compare(m.version, to.version) <= 0, slices.Compare(best.version, to.version) <= 0
		if past != bestPast {
			return past
		}
		newer := slices.Compare(m.version, best.version) > 0
		return newer == past
	}
	for i := range b.kin {
		m := &b.kin[i]
		alike := m.size == to.size || m.size > 0 && to.size > 0 && max(m.size, to.size) <= 2*min(m.size, to.size)
		if m.family == to.family && alike && better(m) {
			best = m
		}
	}
	if best == nil {
		return ""
	}
	return best.name
}

// rounds of fitting, after which nothing changes by a thousandth.
const rounds = 60

func logit(p float64) float64 { p = min(max(p, 0.02), 0.98); return math.Log(p / (1 - p)) }
func share(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// fit finds how able the models and how hard the benchmarks are: in turn, each as the mean of what its results say of it, given the others.
func fit(rows []Row) *board {
	able, hard := newFactor(rows, func(r *Row) string { return r.Model }), newFactor(rows, func(r *Row) string { return r.Benchmark })
	levels := make([]float64, len(rows))
	for i := range rows {
		levels[i] = logit(rows[i].Value)
	}
	for range rounds {
		hard.fit(rows, func(i int) float64 { return able.at(i) - levels[i] })
		able.fit(rows, func(i int) float64 { return levels[i] + hard.at(i) })
	}
	var middling mean
	for i, name := range hard.names {
		middling.add(hard.values[i], 1/square(benchmarks[name].error))
	}

	b := &board{models: map[string]*Score{}}
	for i, name := range able.names {
		var results []result
		for j := range rows {
			if able.of[j] == i {
				results = append(results, result{&rows[j], share(levels[j] + hard.at(j) - middling.value)})
			}
		}
		b.models[key(name)] = judge(results)
		b.kin = append(b.kin, relative(name))
	}
	var all mean
	for _, m := range b.kin {
		all.add(b.models[key(m.name)].Prior, 1)
	}
	var spread mean
	for _, m := range b.kin {
		spread.add(square(b.models[key(m.name)].Prior-all.value), 1)
	}
	b.mean, b.spread = all.value, math.Sqrt(spread.value)
	return b
}

// factor is what results are explained by: a figure for each name.
type factor struct {
	names  []string
	of     []int // by row, the place of its name
	values []float64
}

func newFactor(rows []Row, name func(*Row) string) *factor {
	f := &factor{of: make([]int, len(rows))}
	places := map[string]int{}
	for i := range rows {
		n := name(&rows[i])
		at, known := places[n]
		if !known {
			at = len(f.names)
			places[n], f.names = at, append(f.names, n)
		}
		f.of[i] = at
	}
	f.values = make([]float64, len(f.names))
	return f
}

func (f *factor) at(row int) float64 { return f.values[f.of[row]] }

func (f *factor) fit(rows []Row, says func(row int) float64) {
	sums := make([]mean, len(f.names))
	for i := range rows {
		sums[f.of[i]].add(says(i), 1/square(benchmarks[rows[i].Benchmark].error))
	}
	for i := range sums {
		f.values[i] = sums[i].value
	}
}

// result is one of a model's, with the level that it shows.
type result struct {
	*Row
	level float64
}

// judge makes a score of a model's results.
func judge(results []result) *Score {
	var all mean
	var in [Domains]mean
	exact := math.Inf(1) // the error of the best benchmark
	newest := ""
	for _, r := range results {
		of := benchmarks[r.Benchmark]
		w := 1 / square(of.error)
		all.add(r.level, w)
		in[of.domain].add(r.level, w)
		exact = min(exact, of.error)
		newest = max(newest, r.Date)
	}
	s := &Score{Prior: all.value, Worth: all.value * (1 - all.value) / square(exact), Evidence: Published}
	s.From = strconv.Itoa(len(results)) + " published results, the newest of " + newest
	if len(results) == 1 {
		s.From = results[0].Benchmark + ", published " + newest
	}
	for d := range in {
		if in[d].weight > 0 && Domain(d) != Other {
			s.Deviations[d] = halved * (in[d].value - all.value)
		}
	}
	return s
}

type mean struct{ value, weight float64 }

func (m *mean) add(x, w float64) {
	m.weight += w
	m.value += (x - m.value) * w / m.weight
}

func square(x float64) float64 { return x * x }
