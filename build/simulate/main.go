package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"text/tabwriter"

	"metapi/backend/routing"
)

func main() {
	seed := flag.Uint64("seed", 1, "what the traffic is drawn from")
	only := flag.String("scenario", "", "only this one")
	flag.Parse()
	found := false
	for _, sc := range scenarios() {
		if *only == "" || *only == sc.name {
			found = true
			print(os.Stdout, sc, simulate(sc, *seed))
		}
	}
	if *only == "" {
		if err := printWorked(os.Stdout, *seed); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if !found {
		fmt.Fprintf(os.Stderr, "there is no scenario %q\n", *only)
		os.Exit(2)
	}
}

// simulate runs one scenario under every policy.
func simulate(sc scenario, seed uint64) []result {
	traffic := week(newRand(seed))
	rest := map[string][]*request{}
	for i := range traffic {
		if r := &traffic[i]; r.session != "" {
			rest[r.session] = append(rest[r.session], r)
		}
	}
	n := len(sc.upstreams)
	var all []result
	for _, m := range routing.Modes {
		p := newMode(m.Mode, sc.upstreams, seed)
		r := run(string(m.Mode), p, sc.upstreams, traffic, seed)
		if sc.several() && (m.Mode == routing.Best || m.Mode == routing.Auto) {
			r.why = p.why(&r, sc.upstreams, traffic[len(traffic)-1].at)
		}
		all = append(all, r)
	}
	for i := range n {
		order := fixed{i}
		for j := range n {
			if j != i {
				order = append(order, j)
			}
		}
		all = append(all, run("first "+sc.upstreams[i].name, order, sc.upstreams, traffic, seed))
	}
	return append(all,
		run("round robin", &turns{n: n}, sc.upstreams, traffic, seed),
		run("oracle, dollars", &oracle{dollars, rest}, sc.upstreams, traffic, seed),
		run("oracle, seconds", &oracle{seconds, rest}, sc.upstreams, traffic, seed),
		run("oracle, answers", &oracle{answers, rest}, sc.upstreams, traffic, seed),
		run("oracle, worth", &oracle{worth, rest}, sc.upstreams, traffic, seed))
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// warm is how many requests the figures of latency leave out, while nothing is known yet.
const warm = 100

func print(out io.Writer, sc scenario, all []result) {
	fmt.Fprintf(out, "%s: %s\n", sc.name, sc.about)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	var names []string
	for _, u := range sc.upstreams {
		names = append(names, u.name)
	}
	fmt.Fprintf(t, "\tcost\tP95\terrors\tslow\tgood\tworth\t%s\t\n", strings.Join(names, "\t"))
	for _, r := range all {
		fmt.Fprintf(t, "%s\t$%.2f\t%.2f s\t%d\t%d\t%.1f %%\t$%.2f\t", r.name, r.usd, r.p95(warm).Seconds(), r.errors, r.slow, 100*r.quality(), r.worth())
		for _, n := range r.served {
			fmt.Fprintf(t, "%d\t", n)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	for _, r := range all {
		if r.why != "" {
			fmt.Fprintln(out, r.why)
		}
	}
	fmt.Fprintln(out)
}
