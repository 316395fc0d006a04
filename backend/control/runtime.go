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

// tokenPath is the admin token alone, for programs that read a credential from a file, as Prometheus does.
func tokenPath(dir string) string { return filepath.Join(dir, "admin.token") }

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

// WriteRuntime writes r into dir, atomically, and its token into a file of its own.
func WriteRuntime(dir string, r Runtime) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(tokenPath(dir), []byte(r.Token)); err != nil {
		return err
	}
	return replace(runtimePath(dir), append(b, '\n'))
}

// replace writes a file whole or not at all, for the user alone.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "runtime-*.tmp") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// RemoveRuntime removes the files; that there are none is no error.
func RemoveRuntime(dir string) error {
	var failed error
	for _, path := range []string{runtimePath(dir), tokenPath(dir)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	return failed
}
