package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk is a real file system of a given size.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("metapi-test", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDiskLosesNothingAndWorksAgainWithSpace(t *testing.T) {
	dir := smallDisk(t, "1m")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 400<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	n := 0
	var err error
	for ; n < 1000 && err == nil; n++ {
		err = s.Update(func(tx *Tx) error { return notes.Put(tx, fmt.Sprintf("%08d", n), note{strings.Repeat("x", 4000)}) })
	}
	n-- // the last one failed
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "Free some space") {
		t.Fatalf("got %v", err)
	}
	check := func(s *Store) {
		t.Helper()
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		for i := range n {
			if got := get(t, s, fmt.Sprintf("%08d", i)); len(got) != 4000 {
				t.Fatalf("update %d of %d is lost", i, n)
			}
		}
	}
	check(s)
	if _, err := s.backup(t.Context(), 1); !errors.Is(err, ErrFull) {
		t.Errorf("the backup says %v", err)
	}
	if list := s.Backups(); len(list) != 0 {
		t.Errorf("a backup that is not whole has a name: %v", list)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, WithBackupEvery(0)) // still full
	check(s)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	put(t, s, "more", "space")
	check(s)
}

func TestFirstStartOnAFullDiskLeavesNoHalfFile(t *testing.T) {
	dir := smallDisk(t, "64k")
	ballast := filepath.Join(dir, "ballast")
	_ = os.WriteFile(ballast, make([]byte, 1<<20), 0o600) // fills it, and fails
	if _, err := Open(dir); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, File)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	put(t, open(t, dir), "a", "works")
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := smallDisk(t, "1m")
	s := open(t, dir)
	put(t, s, "a", "one")
	s.Close()
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrReadOnly) {
		t.Errorf("got %v", err)
	}
}
