//go:build unix

package store

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// What is in use is there after a compaction, and the rest is given back; who reads and writes meanwhile notices nothing but a wait.
func TestCompact(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, WithBackupEvery(0))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const n = 400
	put := func(key string, text string) {
		t.Helper()
		if err := s.Update(func(tx *Tx) error { return notes.Put(tx, key, note{text}) }); err != nil {
			t.Error(err)
		}
	}
	for i := range n {
		put(fmt.Sprintf("old-%d", i), strings.Repeat("x", 10_000))
	}
	put("kept", "here")
	if err := s.Update(func(tx *Tx) error {
		for i := range n {
			if err := notes.Delete(tx, fmt.Sprintf("old-%d", i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	bytes, free, err := s.Size()
	if err != nil || bytes < 4_000_000 || free < bytes*3/4 {
		t.Fatalf("%d bytes, %d free, %v", bytes, free, err)
	}
	var others sync.WaitGroup
	for w := range 4 {
		others.Go(func() {
			for i := range 20 {
				put(fmt.Sprintf("new-%d-%d", w, i), "here too")
				if err := s.View(func(tx *Tx) error { _, _, err := notes.Get(tx, "kept"); return err }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	others.Wait()
	after, _, err := s.Size()
	if err != nil || after > bytes-free*9/10 {
		t.Errorf("%d bytes before, %d of them free, %d after, %v", bytes, free, after, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, WithBackupEvery(0)); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := map[string]note{}
	err = s.View(func(tx *Tx) error {
		return notes.Each(tx, "", func(k string, v note) error { found[k] = v; return nil })
	})
	if err != nil || len(found) != 81 || found["kept"].Text != "here" {
		t.Errorf("%d notes, %v", len(found), err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// compactForEver writes and compacts in turns, and tells each write that was acknowledged.
func compactForEver(dir string) {
	s, err := Open(dir, WithBackupEvery(0))
	for i := 0; err == nil; i++ {
		if err = s.Update(func(tx *Tx) error { return notes.Put(tx, fmt.Sprintf("%08d", i), note{strings.Repeat("x", i%3000)}) }); err == nil {
			fmt.Println(i)
			err = s.Compact()
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A compaction that is killed loses nothing, and leaves nothing behind once the database has been opened again.
func TestKillWhileCompacting(t *testing.T) {
	for round := range 8 {
		dir := t.TempDir()
		cmd := child(t, "compact", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		lines := bufio.NewScanner(out)
		for lines.Scan() { // the kill comes somewhere in the work that follows this line
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if last == 20+7*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		s, err := Open(dir, WithBackupEvery(0))
		if err != nil {
			t.Fatal(err)
		}
		err = s.View(func(tx *Tx) error {
			for i := range last + 1 {
				if n, ok, err := notes.Get(tx, fmt.Sprintf("%08d", i)); err != nil || !ok || len(n.Text) != i%3000 {
					return fmt.Errorf("note %d of %d: %v %v", i, last, ok, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(compacting(s.Path())); len(left) > 0 {
			t.Errorf("%v are left", left)
		}
		s.Close()
	}
}

// A compaction that is under way while the store closes leaves nothing open: else the next to open the file in this process would wait for its lock.
func TestCloseWhileCompacting(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		s, err := Open(dir, WithBackupEvery(0))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- s.Compact() }()
		for { // until the compaction has begun, or is over
			if left, _ := filepath.Glob(compacting(filepath.Join(dir, File))); len(left) > 0 {
				break
			}
			select {
			case err := <-done:
				go func() { done <- err }()
			default:
				continue
			}
			break
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		<-done // it may have come too late
		if _, _, err := s.Size(); err == nil {
			t.Fatal("it is open")
		}
	}
}
