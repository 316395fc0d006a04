package store

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func withTable(table []migration) Option     { return func(o *options) { o.table = table } }
func withNow(now func() time.Time) Option    { return func(o *options) { o.now = now } }
func version(t *testing.T, s *Store) (v int) { t.Helper(); mustView(t, s, &v); return v }
func mustView(t *testing.T, s *Store, v *int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) (err error) { *v, err = schema(tx); return err }); err != nil {
		t.Fatal(err)
	}
}

// replace is a migration that rewrites a note, so that its run can be seen.
func replace(text string) migration {
	return migration{"rewrite the notes", func(tx *bbolt.Tx) error {
		return notes.Put(&Tx{tx}, "a", note{text})
	}}
}

func TestMigrationsRunInOrderEachAfterABackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, "a", "one")
	s.Close()

	table := append(migrations[:1:1], replace("two"), replace("three"))
	s = open(t, dir, withTable(table))
	if got := get(t, s, "a"); got != "three" || version(t, s) != 3 {
		t.Fatalf("got %q, schema %d", got, version(t, s))
	}
	list := s.Backups()
	if len(list) != 2 || list[0].Version != 2 || list[1].Version != 1 {
		t.Fatalf("backups %+v", list)
	}
	s.Close()
	// Each backup is a whole database from before its step.
	for i, want := range []string{"two", "one"} {
		old := t.TempDir()
		raw, err := os.ReadFile(list[i].Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(old+"/"+File, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, old, withTable(table[:list[i].Version]))
		if err := b.Check(); err != nil {
			t.Error(err)
		}
		if got := get(t, b, "a"); got != want {
			t.Errorf("backup of version %d has %q, want %q", list[i].Version, got, want)
		}
	}
	// And nothing runs twice.
	s = open(t, dir, withTable(table))
	if len(s.Backups()) != 2 {
		t.Errorf("another backup was made")
	}
}

func TestAFailedMigrationChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, "a", "one")
	s.Close()
	boom := errors.New("boom")
	failing := migration{"rewrite the notes", func(tx *bbolt.Tx) error {
		return errors.Join(notes.Put(&Tx{tx}, "a", note{"half"}), boom)
	}}
	_, err := Open(dir, withTable(append(migrations[:1:1], failing)))
	var e *Error
	if !errors.Is(err, boom) || !errors.As(err, &e) || !strings.Contains(err.Error(), "backups/metapi-v1-") {
		t.Fatalf("got %v", err)
	}
	s = open(t, dir)
	if got := get(t, s, "a"); got != "one" || version(t, s) != 1 {
		t.Errorf("got %q, schema %d", got, version(t, s))
	}
}

func TestANewerSchemaIsRefusedUntouched(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, "a", "one")
	s.Close()
	s = open(t, dir, withTable(append(migrations[:1:1], replace("two"))))
	s.Close()
	before, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "metapi-v1-") {
		t.Fatalf("got %v", err)
	}
	after, err := os.ReadFile(s.Path())
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed (%v)", err)
	}
}

func TestAnothersDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := bbolt.Open(dir+"/"+File, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "not one of Metapi's") {
		t.Fatalf("got %v", err)
	}
}

func TestABackupADayAndFiveAreKeptAndTheLastOfTheOlderSchema(t *testing.T) {
	dir := t.TempDir()
	day := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	clock := withNow(func() time.Time { return day })
	s := open(t, dir, clock)
	put(t, s, "a", "one")
	s.Close()
	if list := s.Backups(); len(list) != 0 {
		t.Fatalf("an empty database was backed up: %v", list)
	}
	table := append(migrations[:1:1], replace("two"))
	for range 10 {
		for range 2 { // the second start of a day makes none
			s = open(t, dir, clock, withTable(table))
			s.worker.Wait()
			if trouble := s.Trouble(); trouble != "" {
				t.Fatal(trouble)
			}
			s.Close()
		}
		day = day.Add(24 * time.Hour)
	}
	list := s.Backups()
	if len(list) != backupsKept+1 || list[backupsKept].Version != 1 {
		t.Fatalf("kept %+v", list)
	}
	for i, b := range list[:backupsKept] {
		if want := day.Add(-24 * time.Hour * time.Duration(i+1)); b.Version != 2 || !b.Time.Equal(want) {
			t.Errorf("backup %d is of %v, version %d, want %v", i, b.Time, b.Version, want)
		}
	}
}

func TestADailyBackupThatFailsIsToldAndNotFatal(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	if err := os.WriteFile(dir+"/"+backupFolder, nil, 0o600); err != nil { // in the folder's place
		t.Fatal(err)
	}
	s := open(t, dir)
	s.worker.Wait()
	if trouble := s.Trouble(); !strings.Contains(trouble, backupFolder) {
		t.Errorf("trouble %q", trouble)
	}
	put(t, s, "a", "works")
}
