// Command report reads what `go test -json` prints, shows it in short, and judges it.
//
//	go test -json ./... | report -skips build/skips.txt -root DIR -result FILE
//	a-test-script | report -plain NAME -skips ...
//
// With -plain it reads the words of another test runner instead (plain.go).
//
// It prints one line for each package, the whole output of each test that failed, and each skipped test with its reason. A skip that the
// skips file does not expect fails the run, for a test that nobody runs is no test. FILE gets "PASSED FAILED SKIPPED" on its first line,
// then a line for each skip. The counts are of top-level tests; a skipped subtest counts as skipped, too.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

func main() {
	skips := flag.String("skips", "", "the `file` of expected skips")
	root := flag.String("root", ".", "the folder that paths in the skips file are relative to")
	result := flag.String("result", "", "the `file` that gets the counts and skips")
	plain := flag.String("plain", "", "read plain words, of the runner of this `name`")
	flag.Parse()

	expected, err := readSkips(*skips)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var run *run
	if *plain != "" {
		run = readPlain(os.Stdin, *plain, os.Stdout)
	} else {
		run = read(os.Stdin, os.Stdout)
	}
	unexpected := run.judge(expected, condition{root: *root}.holds, os.Stdout)
	if err := os.WriteFile(*result, run.result(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if run.failed > 0 || unexpected > 0 {
		os.Exit(1)
	}
}

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of a build's own lines
	FailedBuild                   string
	Elapsed                       float64
}

// skip is one test that did not run.
type skip struct{ name, reason string }

// run is what a whole `go test` came to.
type run struct {
	passed, failed int
	skips          []skip
}

// read shows the events as they come and adds them up. A line that is no event is shown as it is.
func read(in io.Reader, out io.Writer) *run {
	r := &run{}
	output := map[string][]string{} // what each test printed, by "package.Test"
	failedIn := map[string]int{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if !bytes.HasPrefix(lines.Bytes(), []byte("{")) || json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		name := e.Package + "." + e.Test
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			output[name] = append(output[name], e.Output)
		case "pass", "fail", "skip":
			if e.Test == "" {
				r.endPackage(e, failedIn[e.Package], output[name], out)
			} else {
				r.endTest(e, output[name], failedIn, out)
			}
			delete(output, name)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, "reading the test output:", err)
		r.failed++
	}
	return r
}

// endTest counts a test that is over. A failing subtest is shown and counted through its parent as well.
func (r *run) endTest(e event, output []string, failedIn map[string]int, out io.Writer) {
	name := e.Package + "." + e.Test
	top := !strings.Contains(e.Test, "/")
	switch e.Action {
	case "skip":
		r.skips = append(r.skips, skip{name: name, reason: reason(output)})
	case "fail":
		fmt.Fprintf(out, "--- FAIL: %s\n%s", name, strings.Join(output, ""))
		failedIn[e.Package]++
		if top {
			r.failed++
		}
	default:
		if top {
			r.passed++
		}
	}
}

// endPackage shows a package's line. A package that failed while none of its tests did (it does not compile, its TestMain ended it, it ran
// out of time) counts as one failure, with all that it printed.
func (r *run) endPackage(e event, failedTests int, output []string, out io.Writer) {
	if e.Action == "skip" {
		return // no test files
	}
	word := "ok"
	if e.Action == "fail" {
		word = "FAIL"
		if failedTests == 0 {
			r.failed++
			fmt.Fprint(out, strings.Join(output, ""))
		}
	}
	fmt.Fprintf(out, "%-4s %-50s %6.1f s\n", word, e.Package, e.Elapsed)
}

// reason finds what a test gave to t.Skip: the last lines of its output but for the runner's own.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, after, ok := strings.Cut(line, ".go:"); ok {
			if _, after, ok = strings.Cut(after, ": "); ok {
				line = after
			}
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

// judge shows each skip, and returns how many of them are not expected; those count as failures.
func (r *run) judge(expected []expectation, holds func(string) bool, out io.Writer) int {
	sort.Slice(r.skips, func(i, j int) bool { return r.skips[i].name < r.skips[j].name })
	unexpected := 0
	for i, s := range r.skips {
		word := "expected"
		if !isExpected(s, expected, holds) {
			word = "UNEXPECTED"
			unexpected++
		}
		r.skips[i].reason = fmt.Sprintf("%s (%s)", s.reason, word)
		fmt.Fprintf(out, "SKIP %s: %s\n", s.name, r.skips[i].reason)
	}
	r.failed += unexpected
	return unexpected
}

// result is the text of the result file.
func (r *run) result() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %d %d\n", r.passed, r.failed, len(r.skips))
	for _, s := range r.skips {
		fmt.Fprintf(&b, "%s: %s\n", s.name, s.reason)
	}
	return b.Bytes()
}
