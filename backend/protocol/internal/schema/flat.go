package schema

import (
	"bytes"
	"encoding/json"
	"slices"

	"metapi/backend/protocol/scan"
)

// unions are what a root may be made of that the vendors of functions want without any: OpenAI and Anthropic refuse them there.
var unions = []string{"allOf", "anyOf", "oneOf", "$ref", "enum", "const", "not", "if", "then", "else", "dependentSchemas"}

// Flat returns the JSON Schema of a function's arguments with a root that is an object with properties, and no choice between several
// (case 29). One that is so already stays as it is, byte for byte; none, and what is no schema of an object, is that of a function without
// arguments.
//
// A property of any part is a property of the whole. Where several parts have one by the same name, it is any of theirs, or all of
// theirs where they are parts of an allOf. What every part of a choice requires is required, and what any part of an allOf does.
func Flat(raw json.RawMessage) json.RawMessage {
	if fits(raw) {
		return raw
	}
	root, err := parse(raw)
	o, is := root.(object)
	if err != nil || !is {
		return json.RawMessage(empty)
	}
	f := flat{lowering{root: root}}
	properties, required := f.take(o, 0)
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out = append(out, member{"required", required})
	}
	rest := o.without(append([]string{"type", "properties", "required", "nullable", "items"}, unions...)...)
	if slices.ContainsFunc(unions, o.has) {
		rest = rest.without("additionalProperties") // it would know of the root's own properties only
	}
	return appendValue(nil, append(out, rest...))
}

// fits reports whether a schema is flat as it stands, without reading all of it.
func fits(raw json.RawMessage) bool {
	object, properties, union := false, false, false
	c := scan.At(raw)
	ok := c.Object(func(key []byte, escaped bool) {
		switch name := scan.Unquote(key, escaped); name {
		case "type":
			object = string(c.Raw()) == `"object"`
		case "properties":
			properties = c.Kind() == '{'
		default:
			union = union || slices.Contains(unions, name)
		}
	})
	return ok && c.End() == nil && object && properties && !union
}

// flat gathers what a root is made of.
type flat struct{ lowering }

// take returns all properties of o and its parts, and which of them are required.
func (f *flat) take(o object, depth int) (properties object, required []any) {
	const deepest = 8 // of parts within parts; a cycle of references ends there
	if depth > deepest || !f.allowed(depth) {
		return object{}, nil
	}
	own, _ := o.get("properties").(object)
	properties = slices.Clone(own)
	if properties == nil {
		properties = object{}
	}
	wants, _ := o.get("required").([]any)
	required = union(nil, wants)
	parts := func(word string, list []any) {
		var common []any
		for i, part := range list {
			branch, _ := part.(object)
			inner, wants := f.take(branch, depth+1)
			properties = joined(properties, inner, word)
			switch {
			case word == "allOf" || i == 0:
				common = union(common, wants)
			default:
				common = slices.DeleteFunc(common, func(r any) bool { return !slices.ContainsFunc(wants, same(r)) })
			}
		}
		required = union(required, common)
	}
	if target, is := pointer(f.root, o.text("$ref")).(object); is && o.has("$ref") {
		parts("allOf", []any{target})
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := o.get(word).([]any)
		parts(word, list)
	}
	return properties, required
}

// union adds those of more that are texts and not there yet.
func union(list, more []any) []any {
	for _, r := range more {
		if _, text := r.(string); text && !slices.ContainsFunc(list, same(r)) {
			list = append(list, r)
		}
	}
	return list
}

// joined adds the properties of a part that stands in a list called word.
func joined(all, part object, word string) object {
	if word != "allOf" {
		word = "anyOf"
	}
	for _, p := range part {
		i := slices.IndexFunc(all, func(m member) bool { return m.name == p.name })
		switch {
		case i < 0:
			all = append(all, p)
			continue
		case bytes.Equal(appendValue(nil, all[i].value), appendValue(nil, p.value)):
			continue
		}
		several := []any{all[i].value}
		if made, is := all[i].value.(object); is && len(made) == 1 && made[0].name == word {
			several, _ = made[0].value.([]any)
		}
		all[i].value = object{{word, append(slices.Clone(several), p.value)}}
	}
	return all
}
