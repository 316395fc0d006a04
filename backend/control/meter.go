package control

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"metapi/backend/routing"
)

// What Prometheus reads is written by hand, in its text format: its own client library would make the binary 4.5 MB larger, for what is a
// table and a loop.

// Meter counts what requests have come to since the start, for /metrics. It is asked once a request, after the client has its last byte. The
// zero value is ready for use; all methods are safe for concurrent use.
type Meter struct {
	mu       sync.Mutex
	counters [len(counters)]map[labels]float64
	spans    [len(spans)]map[labels]*histogram
}

// labels are the values of a series' labels, in the order of its family's names: no more than a family has.
type labels [4]string

// mostSeries bounds each family: what is beyond goes to one series whose labels all say so.
const mostSeries = 1000

const others = "(others)"

// family is what is told of several series. Labels called client and account hold ids until they are written.
type family struct {
	name, help string
	labels     []string
}

const (
	countRequests = iota
	countAttempts
	countTokens
	countDollars
	countUnpriced
)

var counters = [...]family{
	countRequests: {"metapi_requests_total", "Requests that have ended, by how; account: the one that had the last word.", []string{"client", "account", "model", "state"}},
	countAttempts: {"metapi_attempts_total", "Attempts, by what came of them: ok, or a kind of failure.", []string{"account", "model", "outcome"}},
	countTokens:   {"metapi_tokens_total", "Tokens of attempts, by class; reasoning is a part of output.", []string{"client", "account", "model", "class"}},
	countDollars: {"metapi_cost_dollars_total", "What attempts cost in US dollars; measured: by tokens that the upstream told, or told by it; estimated: by tokens that Metapi counted.",
		[]string{"client", "account", "model", "source"}},
	countUnpriced: {"metapi_attempts_unpriced_total", "Attempts some of whose tokens have no known price; metapi_cost_dollars_total leaves them out.", []string{"client", "account", "model"}},
}

const (
	spanFirst = iota
	spanWhole
	spanOverhead
)

var spans = [...]struct {
	family
	bounds []float64 // seconds
}{
	spanFirst:    {family{"metapi_first_token_seconds", "From the arrival of a request to its first meaningful event, of streams that were answered.", []string{"account", "model"}}, longSpans},
	spanWhole:    {family{"metapi_request_seconds", "From the arrival of a request to its end, of those that were answered.", []string{"account", "model"}}, longSpans},
	spanOverhead: {family{"metapi_overhead_seconds", "From the arrival of a request to its first attempt: reading its body, and deciding.", nil}, shortSpans},
}

var (
	longSpans  = []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	shortSpans = []float64{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 100e-3, 1}
)

type histogram struct {
	within []int64 // each bound, and not the one before; the last: beyond all
	sum    float64
}

// Count takes in a request that has ended.
func (m *Meter) Count(r *routing.Record) {
	account := r.Account()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(countRequests, 1, r.Client, account, r.Model, string(r.State))
	for i := range r.Attempts {
		a := &r.Attempts[i]
		outcome := string(a.Kind)
		if outcome == "" {
			outcome = "ok"
		}
		m.add(countAttempts, 1, a.Account, r.Model, outcome)
		u := a.Usage
		for _, c := range [...]struct {
			class string
			n     int64
		}{{"input", u.Input}, {"cache_read", u.CacheRead}, {"cache_write", u.CacheWrite}, {"cache_write_1h", u.CacheWrite1h}, {"output", u.Output}, {"reasoning", u.Reasoning}} {
			if c.n > 0 {
				m.add(countTokens, float64(c.n), r.Client, a.Account, r.Model, c.class)
			}
		}
		if c := a.Cost; c.USD > 0 {
			source := "measured"
			if c.Estimated {
				source = "estimated"
			}
			m.add(countDollars, c.USD, r.Client, a.Account, r.Model, source)
		}
		if a.Cost.Unknown {
			m.add(countUnpriced, 1, r.Client, a.Account, r.Model)
		}
	}
	if len(r.Attempts) > 0 {
		m.span(spanOverhead, r.Attempts[0].Start.Seconds())
	}
	if r.State == routing.OK {
		m.span(spanWhole, r.End.Sub(r.Start).Seconds(), account, r.Model)
		if r.FirstByte > 0 {
			m.span(spanFirst, r.FirstByte.Seconds(), account, r.Model)
		}
	}
}

func seriesOf[V any](of map[labels]V, f *family, values []string) (l labels) {
	copy(l[:], values)
	if _, known := of[l]; !known && len(of) >= mostSeries {
		for i := range f.labels {
			l[i] = others
		}
	}
	return l
}

func (m *Meter) add(which int, n float64, values ...string) {
	of := &m.counters[which]
	if *of == nil {
		*of = map[labels]float64{}
	}
	(*of)[seriesOf(*of, &counters[which], values)] += n
}

func (m *Meter) span(which int, seconds float64, values ...string) {
	of, bounds := &m.spans[which], spans[which].bounds
	if *of == nil {
		*of = map[labels]*histogram{}
	}
	l := seriesOf(*of, &spans[which].family, values)
	h := (*of)[l]
	if h == nil {
		h = &histogram{within: make([]int64, len(bounds)+1)}
		(*of)[l] = h
	}
	at, _ := slices.BinarySearch(bounds, seconds)
	h.within[at]++
	h.sum += seconds
}

// write writes all that was counted, with names in place of ids.
func (m *Meter) write(w *exposition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range counters {
		w.begin(&counters[i], "counter")
		called := map[labels]float64{}
		for l, n := range m.counters[i] {
			called[w.called(l)] += n
		}
		for _, l := range inOrder(called) {
			w.value("", called[l], l)
		}
	}
	for i := range spans {
		w.begin(&spans[i].family, "histogram")
		called := map[labels]*histogram{}
		for l, h := range m.spans[i] {
			called[w.called(l)] = h.and(called[w.called(l)])
		}
		for _, l := range inOrder(called) {
			h, n := called[l], int64(0)
			for b, within := range h.within {
				n += within
				bound := "+Inf"
				if b < len(spans[i].bounds) {
					bound = strconv.FormatFloat(spans[i].bounds[b], 'g', -1, 64)
				}
				w.value("_bucket", float64(n), l, "le", bound)
			}
			w.value("_sum", h.sum, l)
			w.value("_count", float64(n), l)
		}
	}
}

// and is what both have seen; o may be nil.
func (h *histogram) and(o *histogram) *histogram {
	if o == nil {
		return h
	}
	sum := &histogram{slices.Clone(h.within), h.sum + o.sum}
	for i, n := range o.within {
		sum.within[i] += n
	}
	return sum
}

func inOrder[V any](of map[labels]V) []labels {
	return slices.SortedFunc(maps.Keys(of), func(a, b labels) int { return slices.Compare(a[:], b[:]) })
}

// exposition writes Prometheus' text format.
type exposition struct {
	io.Writer
	names names
	in    *family
}

func (w *exposition) begin(f *family, kind string) {
	w.in = f
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, kind)
}

// gauge writes a family of one series.
func (w *exposition) gauge(name, help string, v float64) {
	w.begin(&family{name: name, help: help}, "gauge")
	w.value("", v, labels{})
}

var escapeLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// value writes a series of the family that was begun last; more are labels beside the family's own.
func (w *exposition) value(suffix string, v float64, l labels, more ...string) {
	var b strings.Builder
	b.WriteString(w.in.name + suffix)
	separator := "{"
	label := func(name, value string) {
		b.WriteString(separator + name + `="` + escapeLabel.Replace(value) + `"`)
		separator = ","
	}
	for i, name := range w.in.labels {
		label(name, l[i])
	}
	for i := 0; i < len(more); i += 2 {
		label(more[i], more[i+1])
	}
	if separator == "," {
		b.WriteByte('}')
	}
	fmt.Fprintf(w, "%s %s\n", b.String(), strconv.FormatFloat(v, 'g', -1, 64))
}

// called puts names in place of ids. A key that was made anew after it was revoked has the name of the one before: the two are one series, since
// Prometheus takes none that comes twice, and nothing at all that is not UTF-8.
func (w *exposition) called(l labels) labels {
	for i, name := range w.in.labels {
		switch name {
		case "client":
			l[i] = cmp.Or(w.names.clients[l[i]], l[i])
		case "account":
			l[i] = cmp.Or(w.names.accounts[l[i]], l[i])
		}
		l[i] = strings.ToValidUTF8(l[i], "\uFFFD")
	}
	return l
}
