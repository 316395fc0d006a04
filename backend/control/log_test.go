package control

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadLog(t *testing.T) {
	s := &Service{LogFile: filepath.Join(t.TempDir(), "metapi.log")}
	read := func(lines int, after int64) Log {
		t.Helper()
		log, err := s.readLog(t.Context(), &logInput{Lines: lines, After: after})
		if err != nil {
			t.Fatal(err)
		}
		return log
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(s.LogFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if log := read(10, -1); log.Lines == nil || len(log.Lines) != 0 {
		t.Errorf("without a log: %+v", log)
	}
	write("one\ntwo\nthree\nfo")
	log := read(2, -1)
	if !slices.Equal(log.Lines, []string{"two", "three"}) {
		t.Errorf("the last two whole lines: %q", log.Lines)
	}
	if again := read(0, log.Next); len(again.Lines) != 0 || again.Next != log.Next {
		t.Errorf("half a line was read: %+v", again)
	}
	write("one\ntwo\nthree\nfour\nfive\n")
	if log = read(0, log.Next); !slices.Equal(log.Lines, []string{"four", "five"}) {
		t.Errorf("what was added: %q", log.Lines)
	}
	write("new\n") // turned over
	if log = read(0, log.Next); !slices.Equal(log.Lines, []string{"new"}) {
		t.Errorf("after the log was turned over: %q", log.Lines)
	}
	var long strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&long, "line %06d %s\n", i, strings.Repeat("x", 20))
	}
	write(long.String())
	if log = read(10_000, -1); len(log.Lines) != 10_000 || !strings.HasPrefix(log.Lines[9999], "line 099999") {
		t.Errorf("of a long log: %d lines", len(log.Lines))
	}
	if log = read(0, 0); len(log.Lines) == 0 || log.Next >= int64(long.Len()) {
		t.Errorf("one call must not read a long log whole: %d lines", len(log.Lines))
	}
}
