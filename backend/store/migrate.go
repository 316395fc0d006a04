package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// migration brings a database from the version before it to its own. Versions count up from 1 without a gap: a
// migration's version is its place in the table, plus one.
type migration struct {
	what string // completes "cannot ...": for the error when it fails
	run  func(*bbolt.Tx) error
}

// migrations is the history of the schema. Buckets are made by the first write to them, so that only a change to
// what is already written needs a line here. Lines are only ever added.
var migrations = []migration{
	{"lay out an empty database", func(*bbolt.Tx) error { return nil }},
}

var (
	metaBucket = []byte("meta")
	versionKey = []byte("schema")
)

// errNotOurs is a bbolt file without our mark.
var errNotOurs = errors.New("it is a database, but not one of Metapi's")

// schema reads the version of the database: 0 for one that is quite empty.
func schema(tx *bbolt.Tx) (int, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		if first, _ := tx.Cursor().First(); first != nil {
			return 0, errNotOurs
		}
		return 0, nil
	}
	v := meta.Get(versionKey)
	if len(v) != 8 {
		return 0, errNotOurs
	}
	return int(binary.BigEndian.Uint64(v)), nil
}

func setSchema(tx *bbolt.Tx, version int) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	return meta.Put(versionKey, binary.BigEndian.AppendUint64(nil, uint64(version)))
}

// migrate brings the database up to date, one version at a time, each after a backup and in its own transaction.
func (s *Store) migrate(table []migration) error {
	var version int
	err := s.db.View(func(tx *bbolt.Tx) (err error) { version, err = schema(tx); return err })
	if err != nil {
		return damaged(s.path, err)
	}
	if version > len(table) {
		return &Error{Op: "open the database", Path: s.path, Kind: ErrNewer,
			Cause: fmt.Errorf("its schema is version %d, this Metapi knows up to %d", version, len(table)),
			Hint:  newerHint(s.path, len(table))}
	}
	for ; version < len(table); version++ {
		step := table[version]
		hint := "Nothing was changed."
		if version > 0 { // an empty database needs no backup
			path, err := s.backup(context.Background(), version)
			if err != nil {
				return err
			}
			hint = "The database is as it was before; a backup is at " + path + "."
		}
		err := s.db.Update(func(tx *bbolt.Tx) error {
			if err := step.run(tx); err != nil {
				return err
			}
			return setSchema(tx, version+1)
		})
		if err != nil {
			err = wrap(step.what, s.path, err)
			var e *Error
			if errors.As(err, &e) && e.Kind == nil {
				e.Hint = hint + " Start the Metapi you had before, and report this."
			}
			return err
		}
	}
	return nil
}

// newerHint says how to come back from a database that a newer Metapi has brought up to date.
func newerHint(path string, known int) string {
	for _, b := range backups(path) {
		if b.Version <= known {
			return fmt.Sprintf("Nothing was changed. Install that Metapi or a later one, or copy the backup %s over it (what happened since is not in it).", b.Path)
		}
	}
	return "Nothing was changed. Install that Metapi or a later one."
}
