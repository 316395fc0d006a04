package imitation

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema/*.json
var schemaFiles embed.FS

// loadSchemas compiles the schema of each operation of a vendor, once a process.
var loadSchemas = map[Kind]func() map[string]*jsonschema.Schema{
	OpenAI:    sync.OnceValue(func() map[string]*jsonschema.Schema { return compile(OpenAI) }),
	Anthropic: sync.OnceValue(func() map[string]*jsonschema.Schema { return compile(Anthropic) }),
	Gemini:    sync.OnceValue(func() map[string]*jsonschema.Schema { return compile(Gemini) }),
}

func compile(k Kind) map[string]*jsonschema.Schema {
	raw, err := schemaFiles.ReadFile("schema/" + string(k) + ".json")
	if err != nil {
		panic(err) // embedded: a broken build, not an input
	}
	var file struct {
		Roots map[string]string `json:"roots"`
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = json.Unmarshal(raw, &file)
	}
	c := jsonschema.NewCompiler()
	url := "imitation:" + string(k)
	if err == nil {
		err = c.AddResource(url, doc)
	}
	if err != nil {
		panic(err)
	}
	out := map[string]*jsonschema.Schema{}
	for op, def := range file.Roots {
		out[op] = c.MustCompile(url + "#/$defs/" + def)
	}
	return out
}

type trouble int

const (
	unknownField trouble = iota
	missingField
	wrongType
	wrongValue
	outOfRange
)

// problem is the first thing wrong with a body: where, and of which sort. Each vendor puts it into its own words.
type problem struct {
	sort trouble
	path []string // of the object that has or lacks Name, or of the value itself
	name string   // the unknown or missing field
	want string   // the JSON type wanted; the value or values; or the bound, as ">= 16"
	got  any
}

// parse reads a body as the vendors do: of a key given twice, the last counts.
func parse(body []byte) (map[string]any, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the body is not a JSON object")
	}
	return m, nil
}

// check judges a parsed body by the schema of an operation; nil means that there is nothing wrong.
func (v *Vendor) check(op string, body map[string]any) *problem {
	if v.cfg.unchecked || op == "" { // a call that nobody has a schema of
		return nil
	}
	schema := loadSchemas[v.Kind]()[op]
	if schema == nil { // Gemini, where it speaks OpenAI's protocol
		schema = loadSchemas[OpenAI]()[op]
	}
	err := schema.Validate(body)
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return &problem{sort: wrongValue, want: err.Error()}
	}
	leaf, tags := worst(ve, nil)
	p := &problem{path: leaf.InstanceLocation, got: at(body, leaf.InstanceLocation)}
	switch k := leaf.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		p.sort, p.name = unknownField, k.Properties[0]
	case *kind.Required:
		p.sort, p.name = missingField, k.Missing[0]
	case *kind.Type:
		p.sort, p.want = wrongType, k.Want[0]
	case *kind.Const:
		p.sort, p.want = wrongValue, quoted(append(tags, k.Want))
	case *kind.Enum:
		p.sort, p.want = wrongValue, quoted(append(tags, k.Want...))
	case *kind.Minimum:
		p.sort, p.want = outOfRange, ">= "+k.Want.RatString()
	case *kind.Maximum:
		p.sort, p.want = outOfRange, "<= "+k.Want.RatString()
	case *kind.MinItems:
		p.sort, p.want = outOfRange, fmt.Sprintf(">= %d items", k.Want)
	case *kind.MaxItems:
		p.sort, p.want = outOfRange, fmt.Sprintf("<= %d items", k.Want)
	case *kind.MinLength:
		p.sort, p.want = outOfRange, fmt.Sprintf(">= %d characters", k.Want)
	case *kind.MaxLength:
		p.sort, p.want = outOfRange, fmt.Sprintf("<= %d characters", k.Want)
	default:
		p.sort, p.want = wrongValue, fmt.Sprint(leaf.ErrorKind)
	}
	return p
}

// worst follows the causes down to one. Of the branches of an anyOf it takes the one the value was meant for: a branch
// that fails at the tag (type, role) or at the JSON type of the value itself was not. Where the tag fits no branch, tags
// are what the other branches wanted there.
func worst(e *jsonschema.ValidationError, tags []any) (*jsonschema.ValidationError, []any) {
	if len(e.Causes) == 0 {
		return e, tags
	}
	best, bestScore := e.Causes[0], -1<<30
	_, union := e.ErrorKind.(*kind.AnyOf)
	for _, c := range e.Causes {
		score := -rank(c)
		if union {
			score = meant(c, len(e.InstanceLocation))
		}
		if score > bestScore {
			best, bestScore = c, score
		}
	}
	if union {
		tags = nil
		for _, c := range e.Causes {
			if c != best {
				tags = append(tags, tagsOf(c, len(e.InstanceLocation))...)
			}
		}
	}
	return worst(best, tags)
}

// tagged says whether an error is about the tag of the object at depth.
func tagged(e *jsonschema.ValidationError, depth int) bool {
	l := e.InstanceLocation
	if len(l) != depth+1 || l[depth] != "type" && l[depth] != "role" {
		return false
	}
	switch e.ErrorKind.(type) {
	case *kind.Const, *kind.Enum:
		return true
	}
	return false
}

func tagsOf(e *jsonschema.ValidationError, depth int) (out []any) {
	if tagged(e, depth) {
		switch k := e.ErrorKind.(type) {
		case *kind.Const:
			out = append(out, k.Want)
		case *kind.Enum:
			out = append(out, k.Want...)
		}
	}
	for _, c := range e.Causes {
		out = append(out, tagsOf(c, depth)...)
	}
	return out
}

// quoted lists values once each and in order, as 'a', 'b'.
func quoted(values []any) string {
	var out []string
	for _, v := range values {
		if s := fmt.Sprintf("'%v'", v); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// rank orders several faults of one object: its tag, a missing field, an unknown one, then the rest.
func rank(e *jsonschema.ValidationError) int {
	depth := len(e.InstanceLocation) - 1
	for len(e.Causes) == 1 {
		e = e.Causes[0]
	}
	switch e.ErrorKind.(type) {
	case *kind.Required:
		return 1
	case *kind.AdditionalProperties:
		return 2
	}
	if depth >= 0 && tagged(e, depth) {
		return 0
	}
	return 3
}

// meant says how likely a branch of an anyOf at depth was the intended one: higher is likelier. A union within counts
// as its likeliest branch does.
func meant(e *jsonschema.ValidationError, depth int) int {
	score := 0
	loc := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf:
		best := -1 << 30
		for _, c := range e.Causes {
			best = max(best, meant(c, depth))
		}
		return best
	case *kind.Type:
		switch {
		case len(loc) == depth && k.Want[0] == "null":
			score -= 2000
		case len(loc) == depth:
			score -= 1000
		default:
			score--
		}
	case *kind.Const, *kind.Enum:
		if tagged(e, depth) {
			score -= 500
		} else {
			score--
		}
	case *kind.Required:
		score -= 5 * len(k.Missing)
		if len(loc) == depth && (slices.Contains(k.Missing, "type") || slices.Contains(k.Missing, "role")) {
			score -= 45
		}
	case *kind.AdditionalProperties:
		score -= 2
	}
	for _, c := range e.Causes {
		score += meant(c, depth)
	}
	return score
}

// at finds a value by its path.
func at(v any, path []string) any {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Readers of parsed JSON. Each takes what is not there for the zero value.

func str(v any, path ...string) string      { s, _ := at(v, path).(string); return s }
func list(v any, path ...string) []any      { l, _ := at(v, path).([]any); return l }
func truth(v any, path ...string) bool      { b, _ := at(v, path).(bool); return b }
func has(m map[string]any, key string) bool { v, ok := m[key]; return ok && v != nil }

func number(v any, path ...string) (float64, bool) {
	n, ok := at(v, path).(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// texts joins the text of a message content: a string, or parts with a "text".
func texts(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case []any:
		out := ""
		for _, p := range x {
			out += str(p, "text")
		}
		return out
	}
	return ""
}
