package schema

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// formats are those that the API takes, by type.
var formats = map[string][]string{
	"string":  {"date-time"},
	"number":  {"float", "double"},
	"integer": {"int32", "int64"},
}

// counts are the keywords that bound how many there are of something, by type.
var counts = map[string][]string{
	"string": {"minLength", "maxLength"},
	"array":  {"minItems", "maxItems"},
}

// fill sets what a node of one type has.
func (l *lowering) fill(n *node, o object, typ string, depth int) {
	switch typ {
	case "object":
		n.typ = "OBJECT"
		l.properties(n, o, depth)
	case "array":
		n.typ = "ARRAY"
		n.items = l.items(o, depth)
	case "boolean":
		n.typ = "BOOLEAN"
	default:
		if l.enum(n, o) {
			return
		}
		n.typ = map[string]string{"number": "NUMBER", "integer": "INTEGER"}[typ]
		if n.typ == "" {
			n.typ = "STRING"
		} else {
			n.limits(o, typ == "integer")
		}
	}
	if f := o.text("format"); slices.Contains(formats[typ], f) {
		n.format = f
	}
	for _, word := range counts[typ] {
		if i, ok := whole(o.get(word)); ok && i >= 0 {
			n.bounds = append(n.bounds, bound{word, json.Number(strconv.FormatInt(i, 10))})
		}
	}
}

func (l *lowering) properties(n *node, o object, depth int) {
	properties, _ := o.get("properties").(object)
	for _, p := range properties {
		n.properties = append(n.properties, property{p.name, l.lower(p.value, depth+1)})
	}
	required, _ := o.get("required").([]any)
	for _, r := range required {
		if name, ok := r.(string); ok && properties.has(name) && !slices.Contains(n.required, name) {
			n.required = append(n.required, name)
		}
	}
}

// items makes the one schema that all elements of an array have; of a tuple, that of any of its places.
func (l *lowering) items(o object, depth int) *node {
	places, _ := o.get("prefixItems").([]any)
	switch items := o.get("items").(type) {
	case []any:
		places = append(places, items...)
	case object:
		if len(places) == 0 {
			return l.lower(items, depth+1)
		}
		places = append(slices.Clone(places), items)
	}
	if len(places) == 0 {
		return &node{typ: "STRING"}
	}
	return l.union(nil, places, depth+1)
}

// enumOf returns the values that a schema is bound to.
func enumOf(o object) []any {
	if o.has("const") {
		return []any{o.get("const")}
	}
	values, _ := o.get("enum").([]any)
	return values
}

// enum makes a string of fixed values: the only kind of enum there is. Numbers are written out, and [Restore] reads them
// back. An empty value is refused by the API, and left out.
func (l *lowering) enum(n *node, o object) bool {
	for _, v := range enumOf(o) {
		s := ""
		switch v := v.(type) {
		case nil:
			n.nullable = true
		case string:
			s = v
		case json.Number:
			s = v.String()
		case bool:
			s = strconv.FormatBool(v)
		}
		if s != "" && !slices.Contains(n.enum, s) {
			n.enum = append(n.enum, s)
		}
	}
	if len(n.enum) > 0 {
		n.typ = "STRING"
	}
	return len(n.enum) > 0
}

// limits sets minimum and maximum. Exclusive ones become the next whole number, or, where there is no next, inclusive.
func (n *node) limits(o object, integer bool) {
	for _, b := range []struct {
		word, exclusive string
		step            float64
	}{{"minimum", "exclusiveMinimum", 1}, {"maximum", "exclusiveMaximum", -1}} {
		if v, ok := o.get(b.word).(json.Number); ok {
			n.bounds = append(n.bounds, bound{b.word, v})
			continue
		}
		v, ok := o.get(b.exclusive).(json.Number)
		if !ok {
			continue
		}
		if f, err := v.Float64(); err == nil && integer && math.Abs(f) < 1<<53 {
			next := math.Floor(f) + 1
			if b.step < 0 {
				next = math.Ceil(f) - 1
			}
			v = json.Number(strconv.FormatFloat(next, 'f', -1, 64))
		}
		n.bounds = append(n.bounds, bound{b.word, v})
	}
}

func whole(v any) (int64, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
