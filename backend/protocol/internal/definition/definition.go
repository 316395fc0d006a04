// Package definition holds what the codecs write against the vendors' own definitions, which are kept as JSON Schema beside the tests of
// each protocol. Nothing but tests imports it.
package definition

import (
	"bytes"
	"os"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// T is a test, or a property of one.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// File is one vendor's definitions.
type File struct {
	path     string
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

// In returns the definitions in a file, which is read when the first is asked for.
func In(path string) *File { return &File{path: path, schemas: map[string]*jsonschema.Schema{}} }

// Check fails a test whose body is not as the definition of that name in $defs has it; "" is the file's own root.
func (f *File) Check(t T, name string, body []byte) {
	t.Helper()
	if err := f.Fault(t, name, body); err != nil {
		t.Fatalf("no valid %s by %s: %v\n%s", name, f.path, err, body)
	}
}

// Fault is what is wrong with a body; nil where it is as it must be.
func (f *File) Fault(t T, name string, body []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return f.schema(t, name).Validate(v)
}

func (f *File) schema(t T, name string) *jsonschema.Schema {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.schemas[name]; s != nil {
		return s
	}
	const id = "vendor:definitions"
	if f.compiler == nil {
		raw, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatalf("%v", err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
		f.compiler = jsonschema.NewCompiler()
		if err := f.compiler.AddResource(id, doc); err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
	}
	place := id
	if name != "" {
		place += "#/$defs/" + name
	}
	s, err := f.compiler.Compile(place)
	if err != nil {
		t.Fatalf("%s: %v", f.path, err)
	}
	f.schemas[name] = s
	return s
}
