package settings

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is a JSON Schema that files are held against. It is compiled when there is the first of them: often there is none.
type Schema struct {
	compiled func() (*jsonschema.Schema, error)
}

// NewSchema is the schema that text holds. What is wrong with text itself is the fault of each file that is held against it.
func NewSchema(text []byte) *Schema {
	return &Schema{sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(text) })}
}

func compile(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	const name = "file.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

// Check holds data, the content of the file at path, against the schema. The fault is at the first place that is wrong; nil where none is, and
// for a file without content.
func (s *Schema) Check(path string, data []byte) *Fault {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return faultOf(path, err)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	root := file.Docs[0].Body
	var value any
	if err := yaml.NodeToValue(root, &value); err != nil {
		return faultOf(path, err)
	}
	schema, err := s.compiled()
	if err != nil {
		return &Fault{Path: path, Message: err.Error()}
	}
	var wrong *jsonschema.ValidationError
	if err := schema.Validate(value); !errors.As(err, &wrong) {
		return nil
	}
	var first *Fault
	for _, leaf := range leaves(wrong) {
		at := leaf.InstanceLocation
		if extra, ok := leaf.ErrorKind.(*kind.AdditionalProperties); ok && len(extra.Properties) > 0 {
			at = append(slices.Clip(at), extra.Properties[0])
		}
		f := &Fault{Path: path, Message: inWords(leaf)}
		f.Line, f.Column = position(root, at)
		if first == nil || f.Line < first.Line || f.Line == first.Line && f.Column < first.Column {
			first = f
		}
	}
	return first
}

// leaves are the causes that have no causes. Where one of several forms would have been right, the last is told of.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, c := range e.Causes {
		all = append(all, leaves(c)...)
	}
	return all
}

var english = message.NewPrinter(language.English)

func inWords(e *jsonschema.ValidationError) string {
	said := e.ErrorKind.LocalizedString(english)
	if n := len(e.InstanceLocation); n > 0 {
		if _, err := strconv.Atoi(e.InstanceLocation[n-1]); err != nil {
			return e.InstanceLocation[n-1] + ": " + said
		}
	}
	return said
}

// position is where in the file the value at a path stands, or its key; of one that is not there, where it ought to be.
func position(n ast.Node, path []string) (line, column int) {
	at := n
	for _, step := range path {
		begins, value := child(n, step)
		if begins == nil {
			break
		}
		at, n = begins, value
	}
	switch m := at.(type) { // their own token is the first colon
	case *ast.MappingNode:
		if len(m.Values) > 0 && !m.IsFlowStyle {
			at = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		at = m.Key
	}
	place := at.GetToken().Position
	return place.Line, place.Column
}

// child returns the member or element of a node, and where it begins.
func child(n ast.Node, step string) (begins, value ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if v.Key.String() == step {
				return v.Key, v.Value
			}
		}
	case *ast.MappingValueNode:
		if n.Key.String() == step {
			return n.Key, n.Value
		}
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Values) {
			return n.Values[i], n.Values[i]
		}
	}
	return nil, nil
}
