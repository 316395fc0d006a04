package store

import (
	"errors"
	"testing"
)

type note struct {
	Text string `json:"text"`
}

var notes = NewBucket[note]("notes")

func open(t *testing.T, dir string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s *Store, key, text string) {
	t.Helper()
	if err := s.Update(func(tx *Tx) error { return notes.Put(tx, key, note{text}) }); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *Store, key string) string {
	t.Helper()
	var n note
	err := s.View(func(tx *Tx) (err error) { n, _, err = notes.Get(tx, key); return err })
	if err != nil {
		t.Fatal(err)
	}
	return n.Text
}

func TestKeepsWhatWasWritten(t *testing.T) {
	dir := t.TempDir() + "/deep/er"
	s := open(t, dir)
	put(t, s, "a", "one")
	put(t, s, "a\x00\xff", "two")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if got := get(t, s, "a"); got != "one" {
		t.Fatalf("got %q", got)
	}
	if got := get(t, s, "a\x00\xff"); got != "two" {
		t.Fatalf("got %q", got)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestAnErrorUndoesTheUpdate(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, "a", "before")
	boom := errors.New("boom")
	err := s.Update(func(tx *Tx) error {
		if err := notes.Put(tx, "a", note{"after"}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	if got := get(t, s, "a"); got != "before" {
		t.Fatalf("got %q", got)
	}
}
