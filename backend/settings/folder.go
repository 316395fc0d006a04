package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Folder is a watched folder of YAML files, each of type T. A file that cannot be read leaves its last good value in force, and
// [Folder.Faults] tells of it; one that is removed is gone. It is safe for concurrent use.
type Folder[T any] struct {
	watch
	path   string
	schema *Schema

	mu     sync.Mutex
	values map[string]T // by the file's name
	faults map[string]*Fault
}

// OpenFolder reads every *.yaml and *.yml in the folder at path, which it makes if need be, and watches it until Close. Each is held against
// the schema, if there is one. onChange, which may be nil, is called after each later reading that found something else.
func OpenFolder[T any](path string, schema *Schema, onChange func()) (*Folder[T], error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	w, err := watchFolder(path)
	if err != nil {
		return nil, err
	}
	f := &Folder[T]{watch: w, path: path, schema: schema, values: map[string]T{}, faults: map[string]*Fault{}}
	f.read()
	go f.follow(f.read, onChange)
	return f, nil
}

// Values are the last good contents, in the order of the files' names.
func (f *Folder[T]) Values() []T {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []T
	for _, name := range sorted(f.values) {
		all = append(all, f.values[name])
	}
	return all
}

// Faults are what is wrong with the files as they are now, in the order of their names.
func (f *Folder[T]) Faults() []*Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*Fault
	for _, name := range sorted(f.faults) {
		all = append(all, f.faults[name])
	}
	return all
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// read reads all files, and reports whether any value or fault is another than before.
func (f *Folder[T]) read() (changed bool) {
	entries, err := os.ReadDir(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	there := map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		if ext := filepath.Ext(name); e.IsDir() || strings.HasPrefix(name, ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		there[name] = true
		value, fault := load[T](filepath.Join(f.path, name), f.schema)
		if fault != nil {
			if old := f.faults[name]; old == nil || *old != *fault {
				f.faults[name], changed = fault, true
			}
			continue
		}
		old, had := f.values[name]
		if f.faults[name] != nil || !had || !reflect.DeepEqual(old, value) {
			changed = true
		}
		delete(f.faults, name)
		f.values[name] = value
	}
	for _, name := range append(sorted(f.values), sorted(f.faults)...) {
		if !there[name] {
			delete(f.values, name)
			delete(f.faults, name)
			changed = true
		}
	}
	return changed
}
