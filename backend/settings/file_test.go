package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type sample struct {
	Aliases map[string]string `yaml:"aliases"`
	Limit   int               `yaml:"limit"`
}

func (s *sample) Check() error {
	if s.Limit < 0 {
		return errors.New("limit must not be negative")
	}
	return nil
}

// opened opens a file in a fresh folder; changed delivers one value per change that was noticed.
func opened(t *testing.T, content string) (f *File[sample], path string, changed <-chan struct{}) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.yaml")
	if content != "" {
		write(t, path, content)
	}
	c := make(chan struct{}, 100)
	f, err := Open[sample](path, func() { c <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, path, c
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, changed <-chan struct{}) {
	t.Helper()
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Fatal("the change was not noticed")
	}
}

func TestFileFollowsEveryWayOfWriting(t *testing.T) {
	f, path, changed := opened(t, "")
	if f.Fault() != nil || f.Value().Aliases != nil {
		t.Fatal("a missing file is not the zero value")
	}
	write(t, path, "aliases: {a: b}\n")
	await(t, changed)
	if f.Value().Aliases["a"] != "b" {
		t.Errorf("created: %v, %v", f.Value(), f.Fault())
	}
	write(t, path, "aliases: {a: c}\n")
	await(t, changed)
	if f.Value().Aliases["a"] != "c" {
		t.Errorf("written in place: %v", f.Value())
	}
	write(t, path+"~", "aliases: {a: d}\n")
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
	await(t, changed)
	if f.Value().Aliases["a"] != "d" {
		t.Errorf("renamed over: %v", f.Value())
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	await(t, changed)
	if f.Value().Aliases != nil {
		t.Errorf("removed: %v", f.Value())
	}
}

func TestBadEditKeepsTheLastGood(t *testing.T) {
	f, path, changed := opened(t, "aliases: {a: b}\n")
	for content, want := range map[string]string{
		"aliases: {a: c}\nlimt: 3\n":      `:2:1: unknown field "limt"`,
		"aliases:\n  a: b\n  a: c\n":      ":3:3: ",
		"aliases: [1]\n":                  ":1:",
		"limit: many\n":                   ":1:8: ",
		"a: [\n":                          ":1:",
		"limit: -1\n":                     ": limit must not be negative",
		"limit: 1\n\x00":                  "x.yaml",
		"# " + strings.Repeat("x", 5<<20): "larger than 4 MiB",
	} {
		write(t, path, content)
		await(t, changed)
		fault := f.Fault()
		if fault == nil || !strings.Contains(fault.Error(), want) {
			t.Errorf("%.40q: fault %v, want %q", content, fault, want)
		}
		if f.Value().Aliases["a"] != "b" {
			t.Errorf("%.40q: the last good value is gone: %v", content, f.Value())
		}
	}
	write(t, path, "aliases: {a: b}\n")
	await(t, changed)
	if f.Fault() != nil {
		t.Errorf("mended, but %v", f.Fault())
	}
}

func TestLinkedFile(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "real.yaml")
	write(t, elsewhere, "limit: 1\n")
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.Symlink(elsewhere, path); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	c := make(chan struct{}, 100)
	f, err := Open[sample](path, func() { c <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write(t, elsewhere, "limit: 2\n")
	await(t, c)
	if f.Value().Limit != 2 {
		t.Errorf("got %+v", f.Value())
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "aliases: {a: b}", "a: &x [*x]", "limit: 1e9", "\xff", "- - - -", "aliases: {a: !!binary x}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v sample
		if fault := Parse("f", []byte(s), &v); fault != nil && fault.Error() == "f: " {
			t.Error("a fault that says nothing")
		}
	})
}
