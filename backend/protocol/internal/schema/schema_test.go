package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

func equal(t *testing.T, got, want []byte) bool {
	t.Helper()
	return reflect.DeepEqual(decoded(t, got), decoded(t, want))
}

func TestLowerObject(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"case 29: missing", ``, ``},
		{"case 29: null", `null`, ``},
		{"case 29: empty", `{}`, ``},
		{"case 29: type null", `{"type":null}`, ``},
		{"case 29: type is null", `{"type":"null","properties":{"a":{"type":"string"}}}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}`},
		{"case 29: no properties", `{"type":"object","properties":{}}`, ``},
		{"case 29: anyOf at the root", `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"]},
			{"type":"object","properties":{"c":{"type":"boolean"},"b":{"type":"integer"}},"required":["b"]}]}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"INTEGER"},"c":{"type":"BOOLEAN"}},"required":["b"]}`},
		{"case 29: oneOf beside properties", `{"type":"object","properties":{"x":{"type":"string"}},"required":["x"],"oneOf":[{"properties":{"y":{"type":"number"}}},{"required":["x"]}]}`,
			`{"type":"OBJECT","properties":{"x":{"type":"STRING"},"y":{"type":"NUMBER"}},"required":["x"]}`},
		{"case 29: allOf at the root", `{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"$ref":"#/$defs/b"}],"$defs":{"b":{"properties":{"b":{"type":"number"}}}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"NUMBER"}},"required":["a"]}`},
		{"case 30: a property named like a keyword", `{"type":"object","title":"T","properties":{"title":{"type":"string","title":"x"},"default":{"type":"integer","default":3},
			"properties":{"type":"object","properties":{"propertyNames":{"type":"string"}},"propertyNames":{"pattern":"^a"}},"$ref":{"type":"string"}},"required":["title","$ref"]}`,
			`{"type":"OBJECT","properties":{"title":{"type":"STRING"},"default":{"type":"INTEGER"},"properties":{"type":"OBJECT","properties":{"propertyNames":{"type":"STRING"}}},"$ref":{"type":"STRING"}},"required":["title","$ref"]}`},
		{"case 30: what is not allowed goes", `{"$schema":"s","$id":"i","type":"object","additionalProperties":false,"patternProperties":{"^x":{}},"properties":{
			"n":{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10,"multipleOf":2,"examples":[1],"description":"d"},
			"f":{"type":"number","exclusiveMinimum":0.5,"maximum":2},
			"s":{"type":"string","format":"uri","pattern":"(?<x>a)","contentEncoding":"base64","minLength":1,"const":"only"},
			"t":{"type":"string","format":"date-time","minLength":1},
			"l":{"type":"array","uniqueItems":true,"minItems":1,"maxItems":3,"items":{"type":"string","not":{"const":"a"}}}}}`,
			`{"type":"OBJECT","properties":{"n":{"type":"INTEGER","description":"d","minimum":1,"maximum":9},"f":{"type":"NUMBER","minimum":0.5,"maximum":2},
			"s":{"type":"STRING","enum":["only"]},"t":{"type":"STRING","format":"date-time","minLength":1},
			"l":{"type":"ARRAY","minItems":1,"maxItems":3,"items":{"type":"STRING"}}}}`},
		{"case 30: references, and a cycle", `{"type":"object","properties":{"tree":{"$ref":"#/$defs/node"}},"$defs":{"node":{"type":"object","description":"d","properties":{"next":{"$ref":"#/$defs/node"},"v":{"type":"string"}}}}}`,
			`{"type":"OBJECT","properties":{"tree":{"type":"OBJECT","description":"d","properties":{"next":{"type":"OBJECT"},"v":{"type":"STRING"}}}}}`},
		{"case 30: a reference to itself", `{"$ref":"#"}`, ``},
		{"case 30: if, then, else keep their properties", `{"type":"object","properties":{"a":{"type":"string"}},"if":{"required":["a"]},"then":{"properties":{"b":{"type":"string"}},"required":["b"]},"else":{"properties":{"c":{"type":"string"}}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING"},"c":{"type":"STRING"}}}`},
		{"case 31: nullable", `{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"anyOf":[{"type":"integer"},{"type":"null"}]},"c":{"enum":["x",null]}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true},"b":{"type":"INTEGER","nullable":true},"c":{"type":"STRING","nullable":true,"enum":["x"]}}}`},
		{"case 31: several types", `{"type":"object","properties":{"a":{"type":["string","number","null"],"description":"d"}}}`,
			`{"type":"OBJECT","properties":{"a":{"anyOf":[{"type":"STRING","description":"d","nullable":true},{"type":"NUMBER","description":"d","nullable":true}]}}}`},
		{"case 31: enums", `{"type":"object","properties":{"n":{"type":"integer","enum":[1,2]},"c":{"oneOf":[{"const":"a","title":"A"},{"const":"b"}]},"e":{"type":"string","enum":[]},"x":{"type":"string","enum":["","y","y"]},"b":{"type":"boolean","enum":[true]}}}`,
			`{"type":"OBJECT","properties":{"n":{"type":"STRING","enum":["1","2"]},"c":{"type":"STRING","enum":["a","b"]},"e":{"type":"STRING"},"x":{"type":"STRING","enum":["y"]},"b":{"type":"BOOLEAN"}}}`},
		{"case 31: required without a property, arrays without items", `{"type":"object","properties":{"l":{"type":"array"},"m":{"type":"array","items":{}},"t":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]}},"required":["l","gone","l"]}`,
			`{"type":"OBJECT","properties":{"l":{"type":"ARRAY","items":{"type":"STRING"}},"m":{"type":"ARRAY","items":{"type":"STRING"}},"t":{"type":"ARRAY","items":{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]}}},"required":["l"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := LowerObject(json.RawMessage(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if got != nil {
					t.Errorf("got %s, want none", got)
				}
				return
			}
			if got == nil || !equal(t, got, []byte(c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Run("case 33: nested too deep", func(t *testing.T) {
		deep := strings.Repeat(`{"type":"array","items":`, 100) + `{}` + strings.Repeat(`}`, 100)
		if _, err := Lower(json.RawMessage(deep)); err != errDeep {
			t.Error(err)
		}
	})
	t.Run("references that multiply", func(t *testing.T) {
		var b strings.Builder
		b.WriteString(`{"$ref":"#/$defs/d0","$defs":{`)
		for i := range 30 {
			fmt.Fprintf(&b, `"d%d":{"properties":{"a":{"$ref":"#/$defs/d%d"},"b":{"$ref":"#/$defs/d%d"}}},`, i, i+1, i+1)
		}
		b.WriteString(`"d30":{"type":"string"}}}`)
		if _, err := Lower(json.RawMessage(b.String())); err != errLarge {
			t.Error(err)
		}
	})
	if _, err := Lower(json.RawMessage(`{"a"`)); err == nil {
		t.Error("half a schema passed")
	}
}

func TestRaise(t *testing.T) {
	for in, want := range map[string]string{
		`{"type":"OBJECT","properties":{"any_of":{"type":"STRING","nullable":true},"l":{"type":"ARRAY","min_items":"2","items":{"type":"INTEGER"}}},"propertyOrdering":["l","any_of"],"required":["l"]}`: `{"type":"object","properties":{"l":{"type":"array","minItems":2,"items":{"type":"integer"}},"any_of":{"type":["string","null"]}},"required":["l"]}`,
		`{"any_of":[{"type":3},{"type":"BOOLEAN"}],"nullable":true}`:               `{"anyOf":[{"type":"integer"},{"type":"boolean"},{"type":"null"}]}`,
		`{"type":"STRING","format":"enum","enum":["a"],"nullable":true}`:           `{"type":["string","null"],"enum":["a",null]}`,
		`{"type":"object","additionalProperties":false,"title":null}`:              `{"type":"object","additionalProperties":false}`,
		`{"type":"TYPE_UNSPECIFIED","example":{"a":1},"maxLength":"not a number"}`: `{"examples":[{"a":1}]}`,
		`{}`: `{}`,
	} {
		got, err := Raise(json.RawMessage(in))
		if err != nil || !equal(t, got, []byte(want)) {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", in, got, err, want)
		}
	}
	got, _ := Raise(json.RawMessage(`{"properties":{"a":{},"b":{},"c":{}},"propertyOrdering":["c","b"]}`))
	if string(got) != `{"properties":{"c":{},"b":{},"a":{}}}` {
		t.Errorf("the order is lost: %s", got)
	}
}

func TestRooted(t *testing.T) {
	for in, want := range map[string]string{
		``: empty, `null`: empty, `{}`: empty, `[]`: empty, `{"type`: empty,
		`{"type":null}`:     `{"type":"object","properties":{}}`,
		`{"type":"object"}`: `{"type":"object","properties":{}}`,
		`{"type":"object","properties":{"a":{}},"x-own":1}`: `{"type":"object","properties":{"a":{}},"x-own":1}`,
		`{"anyOf":[{"type":"object"}]}`:                     `{"type":"object","anyOf":[{"type":"object"}],"properties":{}}`,
	} {
		if got := Rooted(json.RawMessage(in)); !equal(t, got, []byte(want)) {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// Case 29: whatever stands at the root, functions are declared with an object, and every property that it may have.
func TestCase29Flat(t *testing.T) {
	for in, want := range map[string]string{
		``: empty, `null`: empty, `{}`: empty, `[1]`: empty, `true`: empty, `{"type`: empty, `{"type":null}`: empty, `{"type":"string"}`: empty,
		`{"type":"object","properties":{"properties":{"type":"string"}},"x":1}`:                                                                       `{"type":"object","properties":{"properties":{"type":"string"}},"x":1}`,
		`{"properties":{"a":{}},"required":["a"],"additionalProperties":false}`:                                                                       `{"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false}`,
		`{"anyOf":[{"properties":{"a":{"maximum":9007199254740993},"c":{}},"required":["a","c"]},{"properties":{"b":{},"c":{}},"required":["c"]}]}`:   `{"type":"object","properties":{"a":{"maximum":9007199254740993},"c":{},"b":{}},"required":["c"]}`,
		`{"type":"object","properties":{"x":{}},"allOf":[{"required":["x"]}],"additionalProperties":false}`:                                           `{"type":"object","properties":{"x":{}},"required":["x"]}`,
		`{"allOf":[{"properties":{"a":{}},"required":["a"]},{"$ref":"#/$defs/B"}],"$defs":{"B":{"properties":{"b":{}},"required":["b"]}}}`:            `{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"],"$defs":{"B":{"properties":{"b":{}},"required":["b"]}}}`,
		`{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}}}`:                                                `{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}}}`,
		`{"oneOf":[{"properties":{"kind":{"const":"a"},"n":{}}},{"properties":{"kind":{"const":"b"},"n":{}}},{"properties":{"kind":{"const":"c"}}}]}`: `{"type":"object","properties":{"kind":{"anyOf":[{"const":"a"},{"const":"b"},{"const":"c"}]},"n":{}}}`,
		`{"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"maxLength":3}}}]}`:                                                     `{"type":"object","properties":{"a":{"allOf":[{"type":"string"},{"maxLength":3}]}}}`,
		`{"$ref":"#"}`: empty,
	} {
		if got := Flat(json.RawMessage(in)); !equal(t, got, []byte(want)) {
			t.Errorf("%s:\ngot  %s\nwant %s", in, got, want)
		}
	}
	if got := string(Flat(json.RawMessage(`{"anyOf":[{"properties":{"z":{},"a":{}}}]}`))); got != `{"type":"object","properties":{"z":{},"a":{}}}` {
		t.Errorf("the order is lost: %s", got)
	}
}

func TestRestore(t *testing.T) {
	const tool = `{"properties":{"n":{"enum":[1,2.5,"3"]},"l":{"type":"array","items":{"$ref":"#/$defs/k"}},"s":{"type":"string"},"u":{"anyOf":[{"const":7},{"type":"string"}]}},"$defs":{"k":{"type":"integer","enum":[10]}}}`
	for in, want := range map[string]string{
		`{"n":"1","l":["10","11"],"s":"1","u":"7"}`: `{"n":1,"l":[10,"11"],"s":"1","u":7}`,
		`{"n":"3" }`:    `{"n":"3" }`,
		`{"n":"2.5"}`:   `{"n":2.5}`,
		`not an object`: `not an object`,
	} {
		if got := Restore(json.RawMessage(tool), in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	if got := Restore(nil, `{"n":"1"}`); got != `{"n":"1"}` {
		t.Error(got)
	}
}

// allowed are the keywords that the API takes.
var allowed = []string{"type", "format", "description", "nullable", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems",
	"maxItems", "items", "properties", "required", "anyOf"}

var upper = []string{"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"}

// judge says what a Schema may not be, and gathers the names of its properties.
func judge(v any, names map[string]bool) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no schema", v)
	}
	for k := range m {
		if !slices.Contains(allowed, k) {
			return fmt.Errorf("keyword %q", k)
		}
	}
	typ, _ := m["type"].(string)
	branches, _ := m["anyOf"].([]any)
	properties, _ := m["properties"].(map[string]any)
	enum, hasEnum := m["enum"].([]any)
	switch {
	case len(branches) > 0 && len(m) > 1:
		return fmt.Errorf("anyOf does not stand alone: %v", m)
	case len(branches) == 0 && !slices.Contains(upper, typ):
		return fmt.Errorf("type %q", typ)
	case hasEnum && (typ != "STRING" || len(enum) == 0):
		return fmt.Errorf("an enum of %s: %v", typ, enum)
	case (typ == "ARRAY") != (m["items"] != nil):
		return fmt.Errorf("items of a %s", typ)
	case properties != nil && typ != "OBJECT":
		return fmt.Errorf("properties of a %s", typ)
	}
	for _, e := range enum {
		if s, ok := e.(string); !ok || s == "" {
			return fmt.Errorf("enum value %v", e)
		}
	}
	required, _ := m["required"].([]any)
	for _, r := range required {
		if _, there := properties[r.(string)]; !there {
			return fmt.Errorf("required %v is no property", r)
		}
	}
	for name, p := range properties {
		names[name] = true
		if err := judge(p, names); err != nil {
			return err
		}
	}
	for _, b := range branches {
		if err := judge(b, names); err != nil {
			return err
		}
	}
	if m["items"] != nil {
		return judge(m["items"], names)
	}
	return nil
}

// schemas generates JSON Schemas, and gathers the names of all properties that they declare where a value can have them.
func schemas(t *rapid.T, depth int, names map[string]bool) map[string]any {
	keywords := []string{"title", "default", "properties", "propertyNames", "type", "$ref", "enum", "anyOf", "required", "items", "const", "not", "名前"}
	m := map[string]any{}
	junk := map[string]any{"$schema": "x", "title": "t", "default": 1.0, "additionalProperties": false, "examples": []any{1.0}, "uniqueItems": true,
		"multipleOf": 2.0, "not": map[string]any{"type": "null"}, "contentEncoding": "base64", "deprecated": true, "x-own": map[string]any{"properties": 3.0}}
	for _, k := range rapid.SliceOfN(rapid.SampledFrom([]string{"$schema", "title", "default", "additionalProperties", "examples", "uniqueItems", "multipleOf", "not", "contentEncoding", "deprecated", "x-own"}), 0, 3).Draw(t, "junk") {
		m[k] = junk[k]
	}
	kinds := []string{"string", "number", "integer", "boolean", "enum", "nothing"}
	if depth < 4 {
		kinds = append(kinds, "object", "object", "array", "anyOf", "allOf", "ref", "types")
	}
	properties := func() map[string]any {
		out := map[string]any{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(keywords), 1, 4, rapid.ID[string]).Draw(t, "names") {
			names[name] = true
			out[name] = schemas(t, depth+1, names)
		}
		return out
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "string", "number", "integer", "boolean":
		m["type"] = kind
	case "enum":
		m["enum"] = rapid.SliceOfN(rapid.SampledFrom([]any{"a", "", nil, 1.0, 2.5, true}), 0, 4).Draw(t, "enum")
	case "object":
		m["type"] = rapid.SampledFrom([]any{"object", []any{"object", "null"}, []any{"object"}}).Draw(t, "type")
		m["properties"] = properties()
		m["required"] = []any{rapid.SampledFrom(keywords).Draw(t, "required")}
	case "array":
		m["type"] = "array"
		if rapid.Bool().Draw(t, "items") {
			m["items"] = schemas(t, depth+1, names)
		}
	case "anyOf", "allOf":
		n := rapid.IntRange(1, 3).Draw(t, "branches")
		var branches []any
		for range n {
			if kind == "allOf" {
				branches = append(branches, map[string]any{"type": "object", "properties": properties()})
				continue
			}
			branches = append(branches, schemas(t, depth+1, names))
		}
		m[kind] = branches
	case "ref":
		m["$ref"] = "#/$defs/shared"
		names["of the shared"] = true
	case "types":
		m["type"] = []any{"string", "integer", "null"}
	}
	return m
}

// Whatever schema comes, what goes has only the keywords, types and forms that the API takes, and every property's name.
func TestLowerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := map[string]bool{}
		root := schemas(t, 0, names)
		root["$defs"] = map[string]any{"shared": map[string]any{"type": "object", "properties": map[string]any{
			"of the shared": map[string]any{"type": "string"}, "again": map[string]any{"$ref": "#/$defs/shared"}}}}
		raw, _ := json.Marshal(root)
		out, err := Lower(raw)
		if err != nil {
			t.Skip(err)
		}
		var v any
		if err := json.Unmarshal(out, &v); err != nil {
			t.Fatal(err)
		}
		kept := map[string]bool{}
		if err := judge(v, kept); err != nil {
			t.Fatalf("%v\nin  %s\nout %s", err, raw, out)
		}
		for name := range names {
			if !kept[name] {
				t.Fatalf("property %q is lost\nin  %s\nout %s", name, raw, out)
			}
		}
		if object, err := LowerObject(raw); err != nil {
			t.Fatalf("%v\n%s", err, raw)
		} else if object != nil {
			if err := json.Unmarshal(object, &v); err != nil {
				t.Fatal(err)
			}
			if err := judge(v, map[string]bool{}); err != nil {
				t.Fatalf("%v\nin  %s\nout %s", err, raw, object)
			}
		}
	})
}

func FuzzLower(f *testing.F) {
	f.Add([]byte(`{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#"}]}}}`))
	f.Add([]byte(`{"anyOf":[{"oneOf":[{"const":1}]},{"$ref":"#/anyOf/0"}],"type":["object",3]}`))
	f.Add([]byte(`{"properties":{"a":{"items":[{},true,null]}},"required":[1,"a"],"enum":{}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, lower := range []func(json.RawMessage) (json.RawMessage, error){Lower, LowerObject} {
			out, err := lower(raw)
			if err != nil || out == nil {
				continue
			}
			var v any
			if err := json.Unmarshal(out, &v); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if err := judge(v, map[string]bool{}); err != nil {
				t.Fatalf("%v\nin  %s\nout %s", err, raw, out)
			}
		}
		if out, err := Raise(raw); err == nil && !json.Valid(out) {
			t.Fatalf("raised to %s", out)
		}
		if !json.Valid(Rooted(raw)) {
			t.Fatal("rooted to no JSON")
		}
		if out := Flat(raw); !json.Valid(out) || !fits(out) {
			t.Fatalf("flattened to %s", out)
		}
		Restore(raw, string(raw))
	})
}
