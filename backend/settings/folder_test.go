package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const thingSchema = `{"type":"array","items":{"type":"object","additionalProperties":false,"required":["id"],
	"properties":{"id":{"type":"string","pattern":"^[a-z]+$"},"size":{"type":"integer","minimum":1},"parts":{"type":"array","items":{"enum":["a","b"]}}}}}`

type thing struct {
	ID    string   `yaml:"id"`
	Size  int      `yaml:"size,omitempty"`
	Parts []string `yaml:"parts,omitempty"`
}

// What is wrong is told at its line and column, in words that name it.
func TestSchemaTellsThePlace(t *testing.T) {
	s := NewSchema([]byte(thingSchema))
	for _, c := range []struct {
		text, word   string
		line, column int
	}{
		{"- id: a\n  size: 3\n", "", 0, 0},
		{"", "", 0, 0},
		{"# nothing yet\n", "", 0, 0},
		{"- id: a\n- id: B\n", "id", 2, 3},
		{"- id: a\n  size: none\n", "size", 2, 3},
		{"- id: a\n  size: 0\n", "size", 2, 3},
		{"- id: a\n  colour: red\n", "colour", 2, 3},
		{"- id: a\n  parts:\n    - a\n    - c\n", "'a', 'b'", 4, 7},
		{"- size: 1\n", "id", 1, 3},
		{"id: a\n", "array", 1, 1},
		{"- id: a\n  size: [\n", "", 2, 9},
		{"- id: a\n\tsize: 1\n", "", 2, 1},
	} {
		fault := s.Check("f.yaml", []byte(c.text))
		if c.line == 0 {
			if fault != nil {
				t.Errorf("%q: %v", c.text, fault)
			}
			continue
		}
		if fault == nil || fault.Line != c.line || !strings.Contains(fault.Message, c.word) {
			t.Errorf("%q: %v; want line %d and a word about %q", c.text, fault, c.line, c.word)
		}
		if fault != nil && c.word != "" && fault.Column != c.column {
			t.Errorf("%q: column %d, want %d: %v", c.text, fault.Column, c.column, fault)
		}
	}
}

// Files come, change, break and go while the folder is watched.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "things.d")
	s := NewSchema([]byte(thingSchema))
	changes := make(chan struct{}, 100)
	f, err := OpenFolder[[]thing](dir, s, func() { changes <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.After(10 * time.Second); !ok(); {
			select {
			case <-changes:
			case <-deadline:
				t.Fatalf("%s: values %v, faults %v", what, f.Values(), f.Faults())
			}
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("b.yaml", "- id: b\n")
	write("a.yml", "- id: a\n")
	write("notes.txt", "not ours")
	until("two files", func() bool { v := f.Values(); return len(v) == 2 && v[0][0].ID == "a" && v[1][0].ID == "b" })
	write("b.yaml", "- id: b\n  size: many\n")
	until("a bad edit", func() bool { return len(f.Faults()) == 1 && len(f.Values()) == 2 })
	if fault := f.Faults()[0]; fault.Line != 2 || filepath.Base(fault.Path) != "b.yaml" {
		t.Errorf("%v", fault)
	}
	write("b.yaml", "- id: b\n  size: 4\n")
	until("mended", func() bool { v := f.Values(); return len(f.Faults()) == 0 && v[1][0].Size == 4 })
	os.Remove(filepath.Join(dir, "a.yml"))
	until("one gone", func() bool { return len(f.Values()) == 1 })
}

func FuzzSchema(f *testing.F) {
	s := NewSchema([]byte(thingSchema))
	for _, text := range []string{"- id: a\n", "a: b", "- [", "- id: &x a\n- *x\n", "? - a\n: b\n", "--- \n...\n---\n- 1"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if fault := s.Check("f", data); fault != nil && fault.Error() == "" {
			t.Error("a fault without a word")
		}
	})
}
