package schema

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Bounds of the work. Real tools stay far below: the deepest known have some thirty levels, the largest some thousand
// schemas. References can make a short text stand for an endless one.
const (
	maxDepth = 64
	maxNodes = 20_000
)

var (
	errDeep  = errors.New("the schema is nested too deep for this provider")
	errLarge = errors.New("the schema is too large for this provider, its references resolved")
)

// Lower turns a JSON Schema into a Schema.
func Lower(raw json.RawMessage) (json.RawMessage, error) {
	l, root, err := start(raw)
	if err != nil {
		return nil, err
	}
	n := l.lower(root, 0)
	if l.err != nil {
		return nil, l.err
	}
	return n.append(nil), nil
}

// LowerObject turns the JSON Schema of a function's arguments into a Schema whose root is an object with properties. It returns
// nil where there are none: a function without arguments is declared without parameters.
func LowerObject(raw json.RawMessage) (json.RawMessage, error) {
	l, root, err := start(raw)
	if err != nil {
		return nil, err
	}
	o, done := l.flatten(root, 0)
	defer done()
	for _, word := range []string{"anyOf", "oneOf"} {
		o = l.alternatives(o, word)
	}
	n := l.lower(o.with("type", "object").without("nullable", "enum", "const", "items"), 0)
	switch {
	case l.err != nil:
		return nil, l.err
	case len(n.properties) == 0:
		return nil, nil
	}
	return n.append(nil), nil
}

// lowering is the state of one call of Lower.
type lowering struct {
	root  any
	refs  []string // references that are being resolved, to know a cycle by
	nodes int
	err   error
}

func start(raw json.RawMessage) (*lowering, any, error) {
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	root, err := parse(raw)
	return &lowering{root: root}, root, err
}

// allowed counts the work, and reports whether it may go on.
func (l *lowering) allowed(depth int) bool {
	if l.nodes++; l.nodes > maxNodes && l.err == nil {
		l.err = errLarge
	}
	if depth > maxDepth && l.err == nil {
		l.err = errDeep
	}
	return l.err == nil
}

// lower makes the Schema of one JSON Schema. What says nothing at all becomes a string, since each Schema needs a type.
func (l *lowering) lower(v any, depth int) *node {
	if !l.allowed(depth) {
		return &node{typ: "STRING"}
	}
	o, done := l.flatten(v, depth)
	defer done()
	for _, word := range []string{"anyOf", "oneOf"} {
		branches, _ := o.get(word).([]any)
		if len(branches) == 0 {
			continue
		}
		if n := l.union(o.without(word), branches, depth); n != nil {
			return n
		}
		o = o.without(word)
	}
	types, nullable := typesOf(o)
	if len(types) > 1 {
		branches := make([]any, len(types))
		for i, t := range types { // each with what can be said of its type, so that none is taken for another again
			one := o.without("nullable").with("type", t)
			if t != "object" {
				one = one.without("properties")
			}
			if t != "array" {
				one = one.without("items")
			}
			branches[i] = one
		}
		base := object{{"description", o.text("description")}}
		if nullable {
			base = base.with("nullable", true)
		}
		return l.union(base, branches, depth)
	}
	n := &node{description: o.text("description"), nullable: nullable}
	l.fill(n, o, types[0], depth)
	return n
}

// union makes a Schema of alternatives. What stands beside them holds for each: Google wants anyOf to stand alone.
func (l *lowering) union(base object, branches []any, depth int) *node {
	n := &node{}
	nullable := base.get("nullable") == true
	var kept []any
	for _, b := range branches {
		if isNull(b) {
			nullable = true
			continue
		}
		kept = append(kept, b)
	}
	if values, ok := constants(kept); ok {
		kept = []any{values}
	}
	seen := map[string]bool{}
	for _, b := range kept {
		if !l.allowed(depth) {
			break
		}
		flat, done := l.flatten(b, depth+1)
		if branch := l.lower(merge(base.without("nullable"), flat), depth+1); len(branch.anyOf) > 0 {
			n.anyOf = append(n.anyOf, branch.anyOf...)
		} else if text := string(branch.append(nil)); !seen[text] {
			seen[text] = true
			n.anyOf = append(n.anyOf, branch)
		}
		done()
	}
	switch len(n.anyOf) {
	case 0:
		n = l.lower(base.without("nullable"), depth+1)
	case 1:
		n = n.anyOf[0]
	}
	if nullable {
		n.null()
	}
	return n
}

func (n *node) null() {
	if n.typ != "" {
		n.nullable = true
	}
	for _, b := range n.anyOf {
		b.nullable = true
	}
}

// isNull reports whether a branch stands for null alone.
func isNull(v any) bool {
	o, _ := v.(object)
	if o.text("type") == "null" {
		return true
	}
	values, _ := o.get("enum").([]any)
	return o.has("const") && o.get("const") == nil || len(values) == 1 && values[0] == nil
}

// constants joins branches that are constants, {"const": "a"} and their like, into one enum.
func constants(branches []any) (object, bool) {
	var values []any
	typ := any(nil)
	for _, b := range branches {
		o, _ := b.(object)
		for _, m := range o {
			switch m.name {
			case "const":
				values = append(values, m.value)
			case "enum":
				list, _ := m.value.([]any)
				values = append(values, list...)
			case "type":
				typ = m.value
			case "title", "description":
			default:
				return nil, false
			}
		}
		if !o.has("const") && !o.has("enum") {
			return nil, false
		}
	}
	if len(branches) < 2 {
		return nil, false
	}
	out := object{{"enum", values}}
	if typ != nil {
		out = out.with("type", typ)
	}
	return out, true
}

// alternatives folds the branches of a root into the root itself: an object with the properties of all, of which those are
// required that each branch requires.
func (l *lowering) alternatives(o object, word string) object {
	branches, _ := o.get(word).([]any)
	out := o.without(word)
	var required []any
	for i, b := range branches {
		if !l.allowed(0) {
			break
		}
		flat, done := l.flatten(b, 1)
		for _, w := range []string{"anyOf", "oneOf"} {
			if w != word || flat.has(w) {
				flat = l.alternatives(flat, w)
			}
		}
		done()
		wants, _ := flat.get("required").([]any)
		if i == 0 {
			required = wants
		} else {
			required = slices.DeleteFunc(slices.Clone(required), func(r any) bool { return !slices.ContainsFunc(wants, same(r)) })
		}
		out = merge(out, flat.without("required"))
	}
	if len(required) > 0 {
		out = merge(out, object{{"required", required}})
	}
	return out
}

func same(a any) func(any) bool {
	s, ok := a.(string)
	return func(b any) bool {
		t, is := b.(string)
		return ok && is && s == t
	}
}

// typesOf returns the JSON types that a schema allows, null apart; at least one.
func typesOf(o object) (types []string, nullable bool) {
	nullable = o.get("nullable") == true
	add := func(v any) {
		t, _ := v.(string)
		switch t = strings.ToLower(t); t {
		case "null":
			nullable = true
		case "string", "number", "integer", "boolean", "array", "object":
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	switch v := o.get("type").(type) {
	case string:
		add(v)
	case []any:
		for _, t := range v {
			add(t)
		}
	}
	if len(types) == 0 {
		types = []string{guess(o)}
	}
	// What has a structure is of its type, whatever else was said: two schemas that contradict each other may have been merged.
	properties, _ := o.get("properties").(object)
	items, _ := o.get("items").(object)
	for _, s := range []struct {
		typ   string
		there bool
	}{{"object", len(properties) > 0}, {"array", len(items) > 0}} {
		if !s.there || slices.Contains(types, s.typ) {
			continue
		}
		if !slices.Contains(types, "object") && !slices.Contains(types, "array") {
			types = nil
		}
		types = append(types, s.typ)
	}
	return types, nullable
}

// guess is the type of a schema that does not tell it.
func guess(o object) string {
	if values := enumOf(o); len(values) > 0 {
		for _, v := range values {
			switch v.(type) {
			case bool:
				return "boolean"
			case json.Number:
				return "number"
			case string:
				return "string"
			}
		}
	}
	for _, hint := range []struct{ typ, words string }{
		{"object", "properties required additionalProperties patternProperties propertyNames minProperties maxProperties"},
		{"array", "items prefixItems minItems maxItems uniqueItems contains"},
		{"number", "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"},
	} {
		for _, w := range strings.Fields(hint.words) {
			if o.has(w) {
				return hint.typ
			}
		}
	}
	return "string"
}
