package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

var (
	countsLine = regexp.MustCompile(`^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$`)
	skipLine   = regexp.MustCompile(`(?i)^\s*skip(?:ped)?:? ([^:]+): (.+)$`)
)

// readPlain reads the words of a test script that is not Go's: lines "skip NAME: REASON", and, last, "N passed, N failed, N skipped".
// Each skip is named prefix.NAME. Skips that were counted and not named have no reason, so none of them is expected.
func readPlain(in io.Reader, prefix string, out io.Writer) *run {
	r := &run{}
	counted, skipped := false, 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		fmt.Fprintln(out, lines.Text())
		if m := skipLine.FindStringSubmatch(lines.Text()); m != nil {
			r.skips = append(r.skips, skip{name: prefix + "." + m[1], reason: m[2]})
		}
		if m := countsLine.FindStringSubmatch(lines.Text()); m != nil {
			counted = true
			r.passed, _ = strconv.Atoi(m[1])
			r.failed, _ = strconv.Atoi(m[2])
			skipped, _ = strconv.Atoi(m[3]) // 0 where it is not said
		}
	}
	if !counted {
		fmt.Fprintf(out, "%s did not say what it ran.\n", prefix)
		r.failed++
	}
	for n := len(r.skips); n < skipped; n++ {
		r.skips = append(r.skips, skip{name: prefix + ".unnamed", reason: "not said"})
	}
	return r
}
