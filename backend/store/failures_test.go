package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// filled is a folder with a database of some size, closed, and one backup of it.
func filled(t *testing.T) (dir string, raw []byte) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir)
	err := s.Update(func(tx *Tx) error {
		for i := range 200 {
			if err := notes.Put(tx, fmt.Sprintf("%04d", i), note{strings.Repeat("x", 500)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.backup(t.Context(), len(migrations)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err = os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	return dir, raw
}

// Every damage must be refused in words that name the backup, leave the file as it is, and be mended by doing what the
// words say.
func TestDamagedFilesAreRefusedAndTheBackupBringsThemBack(t *testing.T) {
	page := os.Getpagesize()
	tests := []struct {
		what   string
		damage func(raw []byte) []byte
	}{
		{"zero length", func([]byte) []byte { return nil }},
		{"one byte", func([]byte) []byte { return []byte{0} }},
		{"garbage", func(raw []byte) []byte { return bytes.Repeat([]byte("no database "), len(raw)/12) }},
		{"zeros", func(raw []byte) []byte { return make([]byte, len(raw)) }},
		{"half a page", func(raw []byte) []byte { return raw[:page/2] }},
		{"headers only", func(raw []byte) []byte { return raw[:2*page] }},
		{"half the file", func(raw []byte) []byte { return raw[:len(raw)/2] }},
		{"both headers overwritten", func(raw []byte) []byte {
			copy(raw[16:], bytes.Repeat([]byte{0xff}, 64))
			copy(raw[page+16:], bytes.Repeat([]byte{0xff}, 64))
			return raw
		}},
		{"pages overwritten", func(raw []byte) []byte {
			for i := 2 * page; i < len(raw); i++ {
				raw[i] = 0xa5
			}
			return raw
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			dir, raw := filled(t)
			path := filepath.Join(dir, File)
			bad := tt.damage(bytes.Clone(raw))
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			var e *Error
			if !errors.Is(err, ErrCorrupt) || !errors.As(err, &e) || e.Path != path {
				t.Fatalf("got %v", err)
			}
			newest := backups(path)[0].Path
			if !strings.Contains(err.Error(), newest) || !strings.Contains(err.Error(), "Nothing was changed") {
				t.Errorf("the words do not help: %v", err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, bad) {
				t.Errorf("the file was changed (%v)", err)
			}

			// What the words say.
			if err := os.Rename(path, path+".damaged"); err != nil {
				t.Fatal(err)
			}
			copied, err := os.ReadFile(newest)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, copied, 0o644); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir)
			if got := get(t, s, "0199"); len(got) != 500 {
				t.Errorf("restored %q", got)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others may read it: %v, %v", info.Mode(), err)
			}
		})
	}
}

// Cut at any length, a database is either whole or refused: never a crash, never something missing.
func TestCutAnywhere(t *testing.T) {
	dir, raw := filled(t)
	path := filepath.Join(dir, File)
	refused := 0
	for size := len(raw) - 1; size >= 0; size -= 509 {
		if err := os.WriteFile(path, raw[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, WithBackupEvery(0))
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("cut to %d: %v", size, err)
			}
			refused++
			continue
		}
		if err := s.Check(); err != nil {
			t.Errorf("cut to %d of %d: opened, but %v", size, len(raw), err)
		}
		if got := get(t, s, "0199"); len(got) != 500 {
			t.Errorf("cut to %d: lost a record", size)
		}
		s.Close()
	}
	if refused < len(raw)/509/2 {
		t.Errorf("only %d were refused", refused)
	}
}

// What only a full read finds, doctor finds.
func TestCheckFindsAnOverwrittenPage(t *testing.T) {
	dir, raw := filled(t)
	path := filepath.Join(dir, File)
	page := os.Getpagesize()
	found := 0
	for n := 2; n < len(raw)/page; n++ {
		bad := bytes.Clone(raw)
		copy(bad[n*page:(n+1)*page], bytes.Repeat([]byte{0xa5}, page))
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, WithBackupEvery(0))
		if err == nil {
			err = s.Check()
			s.Close()
		}
		if err == nil {
			continue // a free page
		}
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("page %d: %v", n, err)
		}
		found++
	}
	if found < 20 {
		t.Errorf("only %d overwritten pages were found", found)
	}
}

func TestAFileCutWhileOpenIsAnErrorNotACrash(t *testing.T) {
	dir, _ := filled(t)
	s := open(t, dir, WithBackupEvery(0))
	if err := os.Truncate(s.Path(), int64(2*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	err := s.View(func(tx *Tx) error {
		_, err := notes.All(tx)
		return err
	})
	if !errors.Is(err, ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
}

func TestAMistakeOfTheCallersIsNotCalledDamage(t *testing.T) {
	s := open(t, t.TempDir())
	defer func() {
		if recover() == nil {
			t.Error("the panic was swallowed")
		}
		put(t, s, "a", "after") // the transaction was rolled back and let go
	}()
	_ = s.Update(func(*Tx) error { panic("mistake") })
}

func TestASecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	start := time.Now()
	_, err := Open(dir)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "metapi stop") {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestTwoFirstStartsAtOnceMakeOneDatabase(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		done := make(chan error, 2)
		for i := range 2 {
			go func() {
				s, err := Open(dir, WithTimeout(10*time.Second))
				if err == nil {
					err = s.Update(func(tx *Tx) error { return notes.Put(tx, fmt.Sprint(i), note{"x"}) })
					err = errors.Join(err, s.Close())
				}
				done <- err
			}()
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		if get(t, s, "0") != "x" || get(t, s, "1") != "x" {
			t.Fatal("one of them wrote to a database that is gone")
		}
		left, _ := filepath.Glob(filepath.Join(dir, ".*"))
		if len(left) != 0 {
			t.Fatalf("left behind: %v", left)
		}
		s.Close()
	}
}

func TestNotAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := Open(dir); !errors.Is(err, ErrNotFolder) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestAFolderInPlaceOfTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, File), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
}

func TestClosedTwiceAndUsedAfter(t *testing.T) {
	s := open(t, t.TempDir())
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	err := s.View(func(*Tx) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Fatalf("got %v", err)
	}
}

func TestARecordThatCannotBeReadNamesItself(t *testing.T) {
	s := open(t, t.TempDir())
	err := s.Update(func(tx *Tx) error {
		b, err := tx.Bolt().CreateBucketIfNotExists([]byte("notes"))
		if err != nil {
			return err
		}
		return b.Put([]byte("bad"), []byte("{"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(func(tx *Tx) error { _, _, err := notes.Get(tx, "bad"); return err })
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), `notes "bad"`) {
		t.Fatalf("got %v", err)
	}
}
