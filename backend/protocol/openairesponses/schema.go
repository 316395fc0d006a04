package openairesponses

import (
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol/scan"
)

var emptySchema = json.RawMessage(`{"type":"object","properties":{}}`)

// objectSchema makes of a schema one that the service takes for a function's arguments: at its root an object with
// properties, and no choice between several (anyOf, oneOf, allOf, enum, not). A schema that is one already is left as it is.
func objectSchema(raw json.RawMessage) json.RawMessage {
	fits, properties := false, false
	c := scan.At(raw)
	choice := false
	if !c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			fits = string(c.Raw()) == `"object"`
		case "properties":
			properties = c.Kind() == '{'
		case "anyOf", "oneOf", "allOf", "enum", "not", "$ref":
			choice = true
		}
	}) || c.End() != nil {
		return emptySchema
	}
	if fits && properties && !choice {
		return raw
	}
	var root map[string]json.RawMessage
	if json.Unmarshal(raw, &root) != nil {
		return emptySchema
	}
	m := merger{defs: root, properties: map[string]json.RawMessage{}}
	required := m.take(root, 0)
	for _, k := range []string{"anyOf", "oneOf", "allOf", "enum", "not", "$ref", "required"} {
		delete(root, k)
	}
	root["type"] = json.RawMessage(`"object"`)
	root["properties"], _ = json.Marshal(m.properties)
	if len(required) > 0 {
		root["required"], _ = json.Marshal(required)
	}
	out, err := json.Marshal(root)
	if err != nil {
		return emptySchema
	}
	return out
}

// merger gathers the properties of a root that is a choice between objects, or several of them at once.
type merger struct {
	defs       map[string]json.RawMessage
	properties map[string]json.RawMessage
}

// take adds an object's properties, and returns those that it requires: of a choice, what every branch requires.
func (m *merger) take(o map[string]json.RawMessage, level int) (required []string) {
	if level > 8 {
		return nil
	}
	var own map[string]json.RawMessage
	_ = json.Unmarshal(o["properties"], &own)
	for name, p := range own {
		if _, there := m.properties[name]; !there {
			m.properties[name] = p
		}
	}
	_ = json.Unmarshal(o["required"], &required)
	if target := m.resolve(o["$ref"]); target != nil {
		required = append(required, m.take(target, level+1)...)
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		var branches []map[string]json.RawMessage
		if json.Unmarshal(o[word], &branches) != nil {
			continue
		}
		var common []string
		for i, b := range branches {
			r := m.take(b, level+1)
			switch {
			case word == "allOf":
				common = append(common, r...)
			case i == 0:
				common = r
			default:
				common = slices.DeleteFunc(common, func(s string) bool { return !slices.Contains(r, s) })
			}
		}
		required = append(required, common...)
	}
	slices.Sort(required)
	return slices.Compact(required)
}

// resolve finds what a reference within the schema's own definitions stands for.
func (m *merger) resolve(ref json.RawMessage) (target map[string]json.RawMessage) {
	var path string
	if json.Unmarshal(ref, &path) != nil {
		return nil
	}
	for _, table := range []string{"$defs", "definitions"} {
		if name, ok := strings.CutPrefix(path, "#/"+table+"/"); ok {
			var defs map[string]json.RawMessage
			_ = json.Unmarshal(m.defs[table], &defs)
			_ = json.Unmarshal(defs[name], &target)
		}
	}
	return target
}
