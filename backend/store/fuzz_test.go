package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzOpen overwrites part of a small database. Opening it must give a store or an error of ours, and never end the
// program; a header that still holds must not lead to a fault.
func FuzzOpen(f *testing.F) {
	whole := func() []byte {
		dir := f.TempDir()
		s, err := Open(dir)
		if err == nil {
			err = s.Update(func(tx *Tx) error { return notes.Put(tx, "a", note{"one"}) })
			err = errors.Join(err, s.Close())
		}
		raw, readErr := os.ReadFile(filepath.Join(dir, File))
		if err := errors.Join(err, readErr); err != nil {
			f.Fatal(err)
		}
		return raw
	}()
	f.Add(uint16(0), []byte{0})
	f.Add(uint16(16), []byte{0xed})
	f.Add(uint16(56), []byte{0xff, 0xff})
	f.Add(uint16(len(whole)/2), []byte("garbage"))
	f.Fuzz(func(t *testing.T, at uint16, patch []byte) {
		raw := append([]byte(nil), whole...)
		copy(raw[int(at)%len(raw):], patch)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, File), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, WithBackupEvery(0))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Kind == nil {
				t.Fatalf("not in our words: %v", err)
			}
			return
		}
		_ = s.Check() // must only end
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
