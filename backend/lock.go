package backend

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"metapi/backend/control"
)

// lockFile is held by the one process that has the data folder open. The operating system lets go of it when the
// process ends, however it ends.
const lockFile = "lock"

// DefaultDir is the data folder of a user who has named none: metapi in the folder of the operating system for the
// configuration of programs.
func DefaultDir() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", control.NewProblem(control.Storage, "There is no home folder to keep data in.", "Name a folder with --data or METAPI_HOME.")
	}
	return filepath.Join(base, "metapi"), nil
}

// makeDir makes the data folder where it is missing, and keeps other users out of it.
func makeDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(dir, 0o700)
	case err == nil && !info.IsDir():
		return control.NewProblem(control.Storage, fmt.Sprintf("%s is not a folder.", dir), "Choose a folder with --data or METAPI_HOME.")
	}
	if err != nil {
		return control.NewProblem(control.Storage, control.Sentence(fmt.Sprintf("the data folder cannot be used: %v", err)),
			"Make it writable for your user, or choose another with --data or METAPI_HOME.")
	}
	return nil
}

// lock takes the instance lock of dir. The error is a [control.Problem] with code Held where another process has it.
func lock(dir string) (*flock.Flock, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, control.NewProblem(control.Storage, control.Sentence(fmt.Sprintf("the data folder cannot be locked: %v", err)),
			"Make it writable for your user, or choose another with --data or METAPI_HOME.")
	}
	if !ok {
		return nil, held(dir)
	}
	return l, nil
}

// held names who has the folder, as far as that is known.
func held(dir string) *control.Problem {
	rt, err := control.ReadRuntime(dir)
	if err != nil {
		return control.NewProblem(control.Held, fmt.Sprintf("Another Metapi uses the data folder %s.", dir),
			"It may be a command that waits for an answer, or one that starts or ends right now: try again in a moment.")
	}
	return control.NewProblem(control.Held, fmt.Sprintf("Metapi is already running on %s: process %d at http://%s, since %s.",
		dir, rt.PID, rt.Addresses[0], rt.Started.Local().Format("2006-01-02 15:04:05")),
		"Use that one, end it with `metapi stop`, or choose another folder with --data.")
}

// Free reports whether nobody has the data folder open.
func Free(dir string) (bool, error) {
	if _, err := os.Stat(filepath.Join(dir, lockFile)); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	l, err := lock(dir)
	if err == nil {
		return true, l.Close()
	}
	var p *control.Problem
	if errors.As(err, &p) && p.Code == control.Held {
		return false, nil
	}
	return false, err
}
