package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// File is the name of the database in the data folder.
const File = "metapi.db"

// Store is an open database. It is safe for concurrent use; many may read while one writes.
type Store struct {
	db   *bbolt.DB // guarded by swap
	path string
	now  func() time.Time

	stop   context.CancelFunc // ends a backup in the background
	worker sync.WaitGroup

	writing sync.RWMutex // held by updates, and alone by who writes the file anew; taken before swap
	swap    sync.RWMutex // held by whoever uses db, and alone by who puts another in its place

	mu      sync.Mutex // guards trouble
	trouble string
}

type options struct {
	file    string
	timeout time.Duration
	every   time.Duration
	now     func() time.Time
	table   []migration
}

// Option changes how [Open] works.
type Option func(*options)

// WithFile opens another file of the folder in place of [File]: for what can be lost without harm, and should be in no backup.
func WithFile(name string) Option {
	return func(o *options) { o.file, o.every = name, 0 }
}

// WithTimeout sets how long Open waits for another process to let go of the file. Default: a second.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithBackupEvery sets how old the newest backup may be before Open makes another in the background. Default: a day;
// 0 turns it off. The backup before a migration is always made.
func WithBackupEvery(d time.Duration) Option { return func(o *options) { o.every = d } }

// Open opens DIR/metapi.db, and creates both where they do not exist. See the package comment for what it refuses.
func Open(dir string, opts ...Option) (*Store, error) {
	o := options{file: File, timeout: time.Second, every: backupEvery, now: time.Now, table: migrations}
	for _, opt := range opts {
		opt(&o)
	}
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, o.file)
	err := checkHeader(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		err = create(path, o.timeout)
	}
	if err != nil {
		return nil, wrap("open the database", path, err)
	}

	var db *bbolt.DB
	var file *os.File
	err = guard(false, func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: o.timeout, FreelistType: bbolt.FreelistMapType,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			}})
		return err
	})
	if errors.Is(err, errFault) && file != nil {
		letGo(file) // bbolt did not come to it, and the lock would last until the program ends
	}
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, &Error{Op: "open the database", Path: path, Kind: ErrLocked,
			Hint: "Use the Metapi that is running, stop it with `metapi stop`, or choose another folder with --data or METAPI_HOME."}
	case errors.Is(err, errFault), errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, damaged(path, err)
	case err != nil:
		return nil, wrap("open the database", path, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{db: db, path: path, now: o.now, stop: stop}
	if err := checkTop(db); err != nil {
		err = damaged(path, err)
		return nil, errors.Join(err, s.Close())
	}
	// A file restored by hand may have come back readable by others.
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		_ = os.Chmod(path, 0o600)
	}
	if err := s.migrate(o.table); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	sweep(path)
	if o.every > 0 && !fresh {
		s.backupIfOld(ctx, o.every, len(o.table))
	}
	return s, nil
}

// prepareFolder makes the data folder where it is missing, and makes sure that files can be created in it.
func prepareFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return &Error{Op: "use the data folder", Path: dir, Kind: ErrNotFolder, Hint: "Choose a folder with --data or METAPI_HOME."}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return wrap("create the data folder", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err == nil {
		probe.Close()
		return wrap("use the data folder", dir, os.Remove(probe.Name()))
	}
	if isFull(err) { // what is there can still be read, and an update will say it
		return nil
	}
	return wrap("use the data folder", dir, err)
}

// create lays out an empty database under another name and gives it its own only when it is whole, so that a start
// that was killed, or ran out of space, never leaves half a file. Of two processes that do so at once, one wins.
func create(path string, timeout time.Duration) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	f.Close()
	defer os.Remove(f.Name())
	db, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{Timeout: timeout})
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	switch err := os.Link(f.Name(), path); {
	case err == nil, errors.Is(err, fs.ErrExist):
	default: // a file system without links
		if err := os.Rename(f.Name(), path); err != nil {
			return err
		}
	}
	return syncFolder(dir)
}

// backupIfOld makes a backup in the background when the newest is older than every. That it failed is kept for
// [Store.Trouble]: a program without a fresh backup is better than no program.
func (s *Store) backupIfOld(ctx context.Context, every time.Duration, version int) {
	if list := backups(s.path); len(list) > 0 && s.now().Sub(list[0].Time) < every {
		return
	}
	s.worker.Add(1)
	go func() {
		defer s.worker.Done()
		_, err := s.backup(ctx, version)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		s.trouble = err.Error()
		s.mu.Unlock()
	}()
}

// Trouble says in a sentence why the daily backup could not be made; empty when there is none.
func (s *Store) Trouble() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// Path is the database file.
func (s *Store) Path() string { return s.path }

// Dir is the data folder.
func (s *Store) Dir() string { return filepath.Dir(s.path) }

// Close waits for running transactions and lets go of the file. It may be called twice.
func (s *Store) Close() error {
	s.stop()
	s.worker.Wait()
	s.writing.Lock() // a compaction would open it again
	defer s.writing.Unlock()
	s.swap.RLock()
	defer s.swap.RUnlock()
	return wrap("close the database", s.path, s.db.Close())
}

// Tx is a transaction. It must not be used after the function it was given to has returned.
type Tx struct{ tx *bbolt.Tx }

// Bolt is the transaction underneath, for keys and values that are not JSON.
func (tx *Tx) Bolt() *bbolt.Tx { return tx.tx }

// View runs fn over the database as it is now. Writes in it fail.
func (s *Store) View(fn func(*Tx) error) error {
	s.swap.RLock()
	defer s.swap.RUnlock()
	return s.result("read", guard(true, func() error {
		return s.db.View(func(tx *bbolt.Tx) error { return fn(&Tx{tx}) })
	}))
}

// Update runs fn and makes its writes durable, all or none: an error from fn undoes them. One update runs at a time.
func (s *Store) Update(fn func(*Tx) error) error {
	s.writing.RLock()
	defer s.writing.RUnlock()
	s.swap.RLock()
	defer s.swap.RUnlock()
	return s.result("write", guard(true, func() error {
		return s.db.Update(func(tx *bbolt.Tx) error { return fn(&Tx{tx}) })
	}))
}

// Batch is Update for many goroutines at once: it gathers their functions for up to 10 ms into one transaction, and
// so into one sync of the disk. fn may be run more than once.
func (s *Store) Batch(fn func(*Tx) error) error {
	s.writing.RLock()
	defer s.writing.RUnlock()
	s.swap.RLock()
	defer s.swap.RUnlock()
	return s.result("write", s.db.Batch(func(tx *bbolt.Tx) error {
		return guard(true, func() error { return fn(&Tx{tx}) })
	}))
}

// result gives an error of a transaction its words. The caller's own errors pass as they are.
func (s *Store) result(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errFault):
		return damaged(s.path, err)
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return &Error{Op: op, Path: s.path, Cause: errors.New("it has been closed")}
	case isFull(err), errors.Is(err, fs.ErrPermission):
		return wrap(op, s.path, err)
	}
	return fmt.Errorf("%s %s: %w", op, filepath.Base(s.path), err)
}
