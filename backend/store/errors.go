package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// The kinds of an [Error], for errors.Is.
var (
	ErrLocked    = errors.New("it is in use by another Metapi")
	ErrCorrupt   = errors.New("it is damaged")
	ErrReadOnly  = errors.New("it cannot be written")
	ErrFull      = errors.New("the disk is full")
	ErrNewer     = errors.New("it was written by a newer Metapi")
	ErrNotFolder = errors.New("it is not a folder")
)

// Error is every failure of this package that a person may have to act on. Its text is whole sentences: what could
// not be done, why, and what to do next.
type Error struct {
	Op    string // what was being done: "open the database"
	Path  string // the file or folder it was done to
	Kind  error  // one of the kinds above; nil where none fits
	Cause error  // what went wrong underneath; may be nil
	Hint  string // what to do next: one or more sentences; may be empty
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cannot %s at %s", e.Op, e.Path)
	if e.Kind != nil {
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, ". %s", e.Hint)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.Kind, e.Cause} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// wrap gives an error of the operating system its kind and its hint. An error that already is an [*Error] stays.
func wrap(op, path string, err error) error {
	var own *Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	e := &Error{Op: op, Path: path, Cause: err}
	var named *fs.PathError
	if errors.As(err, &named) && named.Path == path {
		e.Cause = named.Err // the path is named already
	}
	switch {
	case isFull(err):
		e.Kind = ErrFull
		e.Hint = "Nothing of what was there has changed. Free some space on that disk and try again."
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Kind = ErrReadOnly
		e.Hint = "Make it writable for your user, or choose another folder with --data or METAPI_HOME."
	case errors.Is(err, syscall.ENOTDIR):
		e.Kind = ErrNotFolder
		e.Hint = "Choose a folder with --data or METAPI_HOME."
	}
	return e
}

// isFull reports that there is no space left. bbolt puts some causes into its own errors as text only.
func isFull(err error) bool {
	for _, errno := range fullErrnos {
		if errors.Is(err, errno) || strings.Contains(err.Error(), errno.Error()) {
			return true
		}
	}
	return false
}
