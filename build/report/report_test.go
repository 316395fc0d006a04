package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const events = `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestGood"}
{"Action":"output","Package":"m/a","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"pass","Package":"m/a","Test":"TestGood"}
{"Action":"output","Package":"m/a","Test":"TestReal","Output":"=== RUN   TestReal\n"}
{"Action":"output","Package":"m/a","Test":"TestReal","Output":"    a_test.go:12: no tinylm here: see README\n"}
{"Action":"output","Package":"m/a","Test":"TestReal","Output":"--- SKIP: TestReal (0.00s)\n"}
{"Action":"skip","Package":"m/a","Test":"TestReal"}
{"Action":"output","Package":"m/a","Test":"TestBad/one","Output":"    a_test.go:20: 1 is not 2\n"}
{"Action":"fail","Package":"m/a","Test":"TestBad/one"}
{"Action":"fail","Package":"m/a","Test":"TestBad"}
{"Action":"fail","Package":"m/a","Elapsed":0.5}
{"Action":"skip","Package":"m/none"}
{"ImportPath":"m/b","Action":"build-output","Output":"b/b.go:3:1: syntax error\n"}
{"ImportPath":"m/b","Action":"build-fail"}
{"Action":"fail","Package":"m/b","FailedBuild":"m/b"}
a line of go's own
`

func TestReadCountsAndShows(t *testing.T) {
	var out strings.Builder
	r := read(strings.NewReader(events), &out)
	if r.passed != 1 || r.failed != 2 || len(r.skips) != 1 {
		t.Errorf("passed %d, failed %d, skipped %d; want 1, 2 (a test, a package that does not compile), 1", r.passed, r.failed, len(r.skips))
	}
	if got, want := r.skips[0], (skip{"m/a.TestReal", "no tinylm here: see README"}); got != want {
		t.Errorf("skip %+v, want %+v", got, want)
	}
	for _, want := range []string{"1 is not 2", "syntax error", "a line of go's own", "FAIL m/a", "FAIL m/b"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not shown in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "m/none") {
		t.Errorf("a package without tests is shown:\n%s", out.String())
	}
}

func TestUnexpectedSkipFails(t *testing.T) {
	list, err := readSkips(writeSkips(t, "# people read this\n\nm/a\\.TestReal(/.*)? | absent ../nowhere | the model is not part of the product\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		condition  bool
		unexpected int
	}{
		{"m/a.TestReal", true, 0},
		{"m/a.TestReal/sub", true, 0},
		{"m/a.TestReal", false, 1},
		{"m/a.TestRealOther", true, 1},
		{"x/m/a.TestReal", true, 1},
	} {
		r := &run{passed: 3, skips: []skip{{c.name, "why"}}}
		if got := r.judge(list, func(string) bool { return c.condition }, io.Discard); got != c.unexpected || r.failed != c.unexpected {
			t.Errorf("%s with condition %v: %d unexpected, %d failed; want %d", c.name, c.condition, got, r.failed, c.unexpected)
		}
	}
}

func TestReadPlain(t *testing.T) {
	for _, c := range []struct {
		text                    string
		passed, failed, skipped int
	}{
		{"ok list\nskip real model: not here\n2 passed, 0 failed, 1 skipped\n", 2, 0, 1},
		{"2 passed, 1 failed\n", 2, 1, 0},
		{"2 passed, 0 failed, 2 skipped\n", 2, 0, 2},
		{"it broke off\n", 0, 1, 0},
	} {
		r := readPlain(strings.NewReader(c.text), "sdk", io.Discard)
		if r.passed != c.passed || r.failed != c.failed || len(r.skips) != c.skipped {
			t.Errorf("%q: %d passed, %d failed, %v", c.text, r.passed, r.failed, r.skips)
		}
	}
	r := readPlain(strings.NewReader("skip real model: not here\n"), "sdk", io.Discard)
	if want := (skip{"sdk.real model", "not here"}); r.skips[0] != want {
		t.Errorf("%+v, want %+v", r.skips[0], want)
	}
}

func TestConditions(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "there"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"always": true, "absent there": false, "absent not/there": true, "on plan9": false,
		"fails go version": false, "fails go no-such-command": true, "fails such-program-is-nowhere": true,
	} {
		if got := (condition{root: dir}).holds(text); got != want {
			t.Errorf("%q holds: %v, want %v", text, got, want)
		}
	}
	for _, bad := range []string{"TestX", "TestX | sometimes | why", "Test( | always | why", "TestX | absent | why"} {
		if _, err := readSkips(writeSkips(t, bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func writeSkips(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "skips.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
