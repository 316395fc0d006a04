package openai

import (
	"encoding/json"
	"slices"
)

// deepest is how many levels of objects a strict schema may have
// (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
const deepest = 10

// StrictLegal reports whether a schema may be declared strict: each object is closed and requires all of its properties,
// and none lies deeper than the service follows (https://platform.openai.com/docs/guides/structured-outputs).
func StrictLegal(raw json.RawMessage) bool {
	var root any
	return json.Unmarshal(raw, &root) == nil && closed(root, 0)
}

func closed(schema any, depth int) bool {
	o, ok := schema.(map[string]any)
	if !ok {
		return true
	}
	if depth > deepest {
		return false
	}
	if properties, is := o["properties"].(map[string]any); is || o["type"] == "object" {
		required, _ := o["required"].([]any)
		if o["additionalProperties"] != false {
			return false
		}
		for name, p := range properties {
			if !slices.Contains(required, any(name)) || !closed(p, depth+1) {
				return false
			}
		}
	}
	for _, word := range []string{"items", "not"} {
		if !closed(o[word], depth+1) {
			return false
		}
	}
	for _, word := range []string{"anyOf", "oneOf", "allOf", "prefixItems"} {
		list, _ := o[word].([]any)
		for _, b := range list {
			if !closed(b, depth+1) {
				return false
			}
		}
	}
	for _, word := range []string{"$defs", "definitions"} {
		defs, _ := o[word].(map[string]any)
		for _, d := range defs {
			if !closed(d, depth+1) {
				return false
			}
		}
	}
	return true
}
