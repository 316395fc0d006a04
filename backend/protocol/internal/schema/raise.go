package schema

import (
	"encoding/json"
	"slices"
	"strings"
)

// Raise turns a Schema into JSON Schema. Either spelling of its keywords is read; keywords that a Schema does not have pass as they
// are, since clients put JSON Schema there too.
func Raise(raw json.RawMessage) (json.RawMessage, error) {
	v, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return appendValue(nil, raise(v)), nil
}

// types are the values of the protobuf enum Type, by number.
var types = []string{"", "string", "number", "integer", "boolean", "array", "object", "null"}

// camel are the keywords of a Schema that have two spellings.
var camel = map[string]string{"max_items": "maxItems", "min_items": "minItems", "min_properties": "minProperties",
	"max_properties": "maxProperties", "min_length": "minLength", "max_length": "maxLength", "any_of": "anyOf",
	"property_ordering": "propertyOrdering"}

func raise(v any) any {
	o, ok := v.(object)
	if !ok {
		return v
	}
	var out object
	var order []any
	nullable := false
	for _, m := range o {
		if name, ok := camel[m.name]; ok {
			m.name = name
		}
		switch m.name {
		case "type":
			if m.value = typeName(m.value); m.value == "" {
				continue
			}
		case "nullable":
			nullable = m.value == true
			continue
		case "propertyOrdering":
			order, _ = m.value.([]any)
			continue
		case "example":
			m = member{"examples", []any{m.value}}
		case "format":
			if m.value == "enum" { // says no more than that there is one
				continue
			}
		case "items":
			m.value = raise(m.value)
		case "anyOf":
			m.value = raiseAll(m.value)
		case "properties":
			if properties, ok := m.value.(object); ok {
				raised := make(object, len(properties))
				for i, p := range properties {
					raised[i] = member{p.name, raise(p.value)}
				}
				m.value = raised
			}
		case "maxItems", "minItems", "minProperties", "maxProperties", "minLength", "maxLength":
			if s, ok := m.value.(string); ok { // int64 in the JSON form of protocol buffers
				m.value = json.Number(s)
				if !json.Valid([]byte(s)) || strings.Trim(s, "0123456789") != "" {
					continue
				}
			}
		}
		if m.value != nil || m.name == "default" {
			out = append(out, m)
		}
	}
	if nullable {
		out = orNull(out)
	}
	sortBy(out, order)
	if out == nil {
		return object{}
	}
	return out
}

func raiseAll(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(list))
	for i, el := range list {
		out[i] = raise(el)
	}
	return out
}

func typeName(v any) any {
	switch v := v.(type) {
	case string:
		if t := strings.ToLower(v); slices.Contains(types, t) {
			return t
		} else if t == "type_unspecified" {
			return ""
		}
	case json.Number:
		if i, ok := whole(v); ok && i >= 0 && int(i) < len(types) {
			return types[i]
		}
	}
	return v
}

// orNull lets a schema be null too.
func orNull(o object) object {
	for i, m := range o {
		switch value := m.value.(type) {
		case string:
			if m.name == "type" && value != "null" {
				o[i].value = []any{value, "null"}
			}
		case []any:
			switch m.name {
			case "enum":
				o[i].value = append(slices.Clone(value), nil)
			case "anyOf":
				o[i].value = append(slices.Clone(value), object{{"type", "null"}})
			}
		}
	}
	return o
}

// sortBy puts the properties into the order that a Schema tells apart from them.
func sortBy(o object, order []any) {
	for _, m := range o {
		properties, ok := m.value.(object)
		if m.name != "properties" || !ok || len(order) == 0 {
			continue
		}
		place := map[string]int{}
		for i, name := range order {
			if s, ok := name.(string); ok {
				place[s] = i + 1
			}
		}
		slices.SortStableFunc(properties, func(a, b member) int {
			x, y := place[a.name], place[b.name]
			if x == 0 || y == 0 {
				return y - x // those without a place come last
			}
			return x - y
		})
	}
}
