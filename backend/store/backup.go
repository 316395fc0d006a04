package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

const (
	backupFolder = "backups"
	backupsKept  = 5
	backupEvery  = 24 * time.Hour
	backupTime   = "20060102T150405.000Z" // UTC; sorts as text
)

var backupName = regexp.MustCompile(`^metapi-v(\d+)-(\d{8}T\d{6}\.\d{3}Z)\.db$`)

// Backup is one copy of the database in DIR/backups.
type Backup struct {
	Path    string
	Version int       // the schema it holds
	Time    time.Time // UTC
}

// backups lists the copies beside a database, newest first. A folder that cannot be read has none.
func backups(dbPath string) []Backup {
	dir := filepath.Join(filepath.Dir(dbPath), backupFolder)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []Backup
	for _, e := range entries {
		m := backupName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		version, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		at, err := time.Parse(backupTime, m[2])
		if err != nil {
			continue
		}
		list = append(list, Backup{Path: filepath.Join(dir, e.Name()), Version: version, Time: at})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Time.After(list[j].Time) })
	return list
}

// Backups lists the copies in DIR/backups, newest first.
func (s *Store) Backups() []Backup { return backups(s.path) }

// backup copies the database as it is at this moment to DIR/backups, syncs it, and only then gives it its name: a
// backup that has its name is whole. Old ones are removed afterwards.
func (s *Store) backup(ctx context.Context, version int) (string, error) {
	dir := filepath.Join(filepath.Dir(s.path), backupFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", wrap("create the backup folder", dir, err)
	}
	// What a kill has left unfinished; only one backup is made at a time.
	if left, err := filepath.Glob(filepath.Join(dir, "unfinished-*")); err == nil {
		for _, old := range left {
			_ = os.Remove(old)
		}
	}
	path := filepath.Join(dir, fmt.Sprintf("metapi-v%d-%s.db", version, s.now().UTC().Format(backupTime)))
	f, err := os.CreateTemp(dir, "unfinished-*")
	if err != nil {
		return "", wrap("write the backup", path, err)
	}
	defer os.Remove(f.Name()) // does nothing once it has been renamed
	err = guard(false, func() error {
		s.swap.RLock()
		defer s.swap.RUnlock()
		return s.db.View(func(tx *bbolt.Tx) error {
			_, err := tx.WriteTo(stopWriter{ctx, f})
			return err
		})
	})
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if errors.Is(err, errFault) {
		return "", damaged(s.path, err)
	}
	if err != nil {
		return "", wrap("write the backup", path, err)
	}
	s.rotate()
	return path, nil
}

// rotate removes old backups, but never the newest of an older schema: it is the way back to an older Metapi.
func (s *Store) rotate() {
	list := backups(s.path)
	older := false // the newest of an older schema than the newest backup's has been seen
	for i, b := range list {
		first := !older && b.Version < list[0].Version
		older = older || first
		if i >= backupsKept && !first {
			_ = os.Remove(b.Path) // one copy too many does no harm
		}
	}
}

// stopWriter fails once its context has ended, so that closing the store does not wait for a large backup.
type stopWriter struct {
	ctx context.Context
	w   io.Writer
}

func (w stopWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// restoreHint says how to come back from a damaged file.
func restoreHint(path string) string {
	list := backups(path)
	if len(list) == 0 {
		return "Nothing was changed. There is no backup yet: move the file away and start again, then add your accounts anew."
	}
	return fmt.Sprintf("Nothing was changed. To go back to the newest backup, of %s: move the damaged file away and copy %s to %s.",
		list[0].Time.Format("2006-01-02 15:04 UTC"), list[0].Path, path)
}

// syncFolder makes a rename in a folder durable. Windows cannot sync a folder, and does not need to.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
