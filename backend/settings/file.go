package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/goccy/go-yaml"
)

// maxSize bounds a settings file, in bytes; ones written by hand are a thousandth of it.
const maxSize = 4 << 20

// Fault says what is wrong with a file, and where.
type Fault struct {
	Path         string
	Line, Column int // from 1; 0 where the fault is not at one place
	Message      string
}

func (f *Fault) Error() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, f.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line, f.Column, f.Message)
}

// Checker is what a settings type may have to judge its values beyond their shape. A type that reads itself may return an error with a method
// Position() (line, column int), which tells where in the file the fault is.
type Checker interface{ Check() error }

// File is one watched file of type T. It is safe for concurrent use.
type File[T any] struct {
	watch
	path string

	mu    sync.Mutex
	value T
	fault *Fault
}

// Open reads the file at path and watches it until Close. onChange, which may be nil, is called after each later reading,
// good or bad, from one goroutine. The folder must exist; the file need not.
func Open[T any](path string, onChange func()) (*File[T], error) {
	// The folder is watched, not the file: renaming another file over it would end a watch on the file itself.
	w, err := watchFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	f := &File[T]{watch: w, path: path}
	f.watchTarget()
	f.read()
	go f.follow(f.read, onChange)
	return f, nil
}

// watchTarget watches where a symbolic link leads, for those who keep their settings in another folder.
func (f *File[T]) watchTarget() {
	if to, err := filepath.EvalSymlinks(f.path); err == nil && filepath.Dir(to) != filepath.Dir(f.path) {
		f.watcher.Add(filepath.Dir(to)) // a link that cannot be watched is read again at the next start
	}
}

// Value is the last good content.
func (f *File[T]) Value() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.value
}

// Fault is what is wrong with the file as it is now, or nil.
func (f *File[T]) Fault() *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault
}

// Reload reads the file at once, for who has just written it, and reports whether its value or fault is another than before.
func (f *File[T]) Reload() (changed bool) { return f.read() }

// Write puts data in the place of the file at path at once, so that whoever reads it has the old or the new. A link stays one.
func Write(path string, data []byte) error {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	mode := fs.FileMode(0o600)
	if was, err := os.Stat(path); err == nil {
		mode = was.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // where it did not become the file
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// read reads the file, and reports whether its value or fault is another than before.
func (f *File[T]) read() (changed bool) {
	value, fault := load[T](f.path, nil)
	f.mu.Lock()
	defer f.mu.Unlock()
	if fault != nil {
		changed = f.fault == nil || *f.fault != *fault
		f.fault = fault
		return changed
	}
	was, _ := yaml.Marshal(f.value)
	is, _ := yaml.Marshal(value)
	changed = f.fault != nil || string(was) != string(is)
	f.value, f.fault = value, nil
	return changed
}

func load[T any](path string, schema *Schema) (value T, fault *Fault) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return value, nil
	}
	if err != nil {
		return value, &Fault{Path: path, Message: "cannot be opened: " + errors.Unwrap(err).Error()}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return value, &Fault{Path: path, Message: "cannot be read: " + err.Error()}
	}
	if len(data) > maxSize {
		return value, &Fault{Path: path, Message: fmt.Sprintf("is larger than %d MiB", maxSize>>20)}
	}
	if schema != nil {
		if fault := schema.Check(path, data); fault != nil {
			return value, fault
		}
	}
	if fault := Parse(path, data, &value); fault != nil {
		var zero T
		return zero, fault
	}
	return value, nil
}

// Parse decodes data, the content of the file at path, strictly: an unknown or repeated key is a fault.
func Parse[T any](path string, data []byte, into *T) *Fault {
	err := yaml.UnmarshalWithOptions(data, into, yaml.Strict())
	if err == nil || errors.Is(err, io.EOF) { // an empty file
		if c, ok := any(into).(Checker); ok {
			if err := c.Check(); err != nil {
				return &Fault{Path: path, Message: err.Error()}
			}
		}
		return nil
	}
	return faultOf(path, err)
}

// faultOf is a fault of the YAML itself.
func faultOf(path string, err error) *Fault {
	fault := &Fault{Path: path, Message: err.Error()}
	var at yaml.Error
	var own interface{ Position() (line, column int) }
	if errors.As(err, &own) {
		fault.Message = own.(error).Error()
		fault.Line, fault.Column = own.Position()
	} else if errors.As(err, &at) {
		fault.Message = at.GetMessage()
		if token := at.GetToken(); token != nil && token.Position != nil {
			fault.Line, fault.Column = token.Position.Line, token.Position.Column
		}
	}
	return fault
}
