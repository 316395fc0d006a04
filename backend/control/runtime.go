package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Runtime is what a running instance leaves in its data folder, so that the CLI and a second start find it. The
// file holds the admin token: it is 0600, written whole or not at all, and removed when the instance ends.
type Runtime struct {
	Addresses []string  `json:"addresses"` // host:port, the one to use first
	PID       int       `json:"pid"`
	Token     string    `json:"token"`    // admin token, new at each start
	Instance  string    `json:"instance"` // told back by GET /api/status: whoever answers has read this file too
	Version   string    `json:"version"`
	Started   time.Time `json:"started"`
}

func runtimePath(dir string) string { return filepath.Join(dir, "runtime.json") }

// ReadRuntime reads the file that a running instance left in dir. The error is fs.ErrNotExist where there is none.
func ReadRuntime(dir string) (Runtime, error) {
	var r Runtime
	b, err := os.ReadFile(runtimePath(dir))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil || len(r.Addresses) == 0 {
		return r, fmt.Errorf("%s cannot be read: it is not a file that Metapi wrote", runtimePath(dir))
	}
	return r, nil
}

// WriteRuntime writes r into dir, atomically.
func WriteRuntime(dir string, r Runtime) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "runtime-*.tmp") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), runtimePath(dir))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// RemoveRuntime removes the file; that there is none is no error.
func RemoveRuntime(dir string) error {
	if err := os.Remove(runtimePath(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
