package store

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Size is how large the file is, in bytes, and how much of that a compaction would give back, about.
func (s *Store) Size() (bytes, free int64, err error) {
	err = s.View(func(tx *Tx) error {
		db := tx.tx.DB()
		stats := db.Stats()
		bytes = tx.tx.Size()
		free = min(int64(stats.FreePageN+stats.PendingPageN)*int64(db.Info().PageSize), bytes)
		return nil
	})
	return bytes, free, err
}

// compacting is how the new file is called while it is written; of one that a compaction was killed over there is no use.
func compacting(path string) string {
	return filepath.Join(filepath.Dir(path), ".compact-"+filepath.Base(path)+"-*")
}

// reopenTimeout is how long the lock of a file may take that nobody else wants.
const reopenTimeout = 10 * time.Second

// compactTx is about how many bytes go into one transaction.
const compactTx = 8 << 20

// Compact writes the database anew, without what is no longer used in it, and puts the new file in the place of the old. Writers wait meanwhile, and
// readers for the moment of the exchange. A kill at any time leaves one of the two in place, each of them whole.
func (s *Store) Compact() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	f, err := os.CreateTemp(filepath.Split(compacting(s.path)))
	if err != nil {
		return wrap("compact the database", s.path, err)
	}
	f.Close()
	defer os.Remove(f.Name())
	if err := s.copyTo(f.Name()); err != nil {
		return wrap("compact the database", s.path, err)
	}
	s.swap.Lock()
	defer s.swap.Unlock()
	if err := s.db.Close(); err != nil {
		return wrap("compact the database", s.path, err)
	}
	moved := os.Rename(f.Name(), s.path)
	if moved == nil {
		moved = syncFolder(filepath.Dir(s.path))
	}
	// Whichever file is there now is whole.
	db, err := bbolt.Open(s.path, 0o600, &bbolt.Options{Timeout: reopenTimeout, FreelistType: bbolt.FreelistMapType})
	if err == nil {
		s.db = db
	}
	return wrap("compact the database", s.path, errors.Join(moved, err))
}

// copyTo writes what is in use into a file of its own, and waits until the disk has it.
func (s *Store) copyTo(path string) error {
	s.swap.RLock()
	defer s.swap.RUnlock()
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: reopenTimeout, NoSync: true})
	if err != nil {
		return err
	}
	return errors.Join(guard(false, func() error { return bbolt.Compact(to, s.db, compactTx) }), to.Sync(), to.Close())
}

// sweep removes what killed compactions of a file have left.
func sweep(path string) {
	left, _ := filepath.Glob(compacting(path))
	for _, path := range left {
		_ = os.Remove(path)
	}
}
