package control

import (
	"errors"
	"io"
	"os"
)

// WriteNew has something written into a file that is not there yet, and that nobody else may read. What cannot be written whole is removed: made
// tells that there was a file at all.
func WriteNew(path string, write func(io.Writer) error) (made bool, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false, err
	}
	if err = errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		os.Remove(path)
	}
	return true, err
}
