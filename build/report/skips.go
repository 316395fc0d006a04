package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// expectation is one line of the skips file: tests that may be skipped while a condition holds.
type expectation struct {
	test      *regexp.Regexp // matched against "metapi/backend/store.TestName/subtest", whole
	condition string
}

// readSkips reads lines of the form
//
//	test pattern | condition | reason
//
// Empty lines and lines that begin with # are for people, as is the reason.
func readSkips(path string) ([]expectation, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the list of expected skips: %w", err)
	}
	var list []expectation
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		// A pattern may hold a |, so the last two fields are cut off from the end.
		fields := strings.Split(line, " | ")
		if len(fields) < 3 {
			return nil, fmt.Errorf("%s:%d: want \"test pattern | condition | reason\"", path, i+1)
		}
		n := len(fields)
		pattern, err := regexp.Compile("^(?:" + strings.Join(fields[:n-2], " | ") + ")$")
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		cond := strings.TrimSpace(fields[n-2])
		if !knownCondition(cond) {
			return nil, fmt.Errorf("%s:%d: unknown condition %q", path, i+1, cond)
		}
		list = append(list, expectation{test: pattern, condition: cond})
	}
	return list, nil
}

func isExpected(s skip, list []expectation, holds func(string) bool) bool {
	for _, e := range list {
		if e.test.MatchString(s.name) && holds(e.condition) {
			return true
		}
	}
	return false
}

// condition judges the conditions of the skips file:
//
//	always          the test is run in another way, which the reason names
//	root            this runs as root, who may do all
//	absent PATH     there is no such file or folder, relative to the top of the tree
//	fails COMMAND   the command, run there without a shell, does not end with 0
//	on GOOS         this runs on that system
type condition struct{ root string }

func knownCondition(text string) bool {
	word, rest, has := strings.Cut(text, " ")
	switch word {
	case "always", "root":
		return !has
	case "absent", "fails", "on":
		return rest != ""
	}
	return false
}

func (c condition) holds(text string) bool {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "always":
		return true
	case "root":
		return os.Geteuid() == 0
	case "absent":
		_, err := os.Stat(filepath.Join(c.root, rest))
		return os.IsNotExist(err)
	case "fails":
		words := strings.Fields(rest)
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = c.root
		return cmd.Run() != nil
	case "on":
		return runtime.GOOS == rest
	}
	return false
}
