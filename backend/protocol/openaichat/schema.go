package openaichat

import (
	"bytes"
	"encoding/json"
	"slices"

	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/scan"
)

// rootSchema makes a function's schema one that OpenAI takes: its root is an object without oneOf, anyOf, allOf, enum or not (case 29). A
// schema that is one already is left as it was declared.
func rootSchema(schema json.RawMessage) json.RawMessage {
	if len(schema) == 0 {
		return nil
	}
	object, properties, mixed := false, false, false
	err := scan.Object(schema, func(key []byte, escaped bool, value protocol.Span) bool {
		switch scan.Unquote(key, escaped) {
		case "type":
			object = string(schema[value.From:value.To]) == `"object"`
		case "properties":
			properties = schema[value.From] == '{'
		case "oneOf", "anyOf", "allOf", "enum", "not":
			mixed = true
		}
		return true
	})
	if err == nil && object && properties && !mixed {
		return schema
	}
	var root map[string]any
	d := json.NewDecoder(bytes.NewReader(schema))
	d.UseNumber() // 64 bits stay as they were written
	if d.Decode(&root) != nil || root == nil {
		root = map[string]any{}
	}
	flattenRoot(root)
	return compact(root)
}

// flattenRoot takes the alternatives at the root together: every property of each, and as required what all of them require. allOf
// requires what any of its parts does.
func flattenRoot(root map[string]any) {
	properties, _ := root["properties"].(map[string]any)
	if properties == nil {
		properties = map[string]any{}
	}
	required := wordsOf(root["required"])
	for _, word := range []string{"allOf", "oneOf", "anyOf"} {
		branches, _ := root[word].([]any)
		var shared []string
		for i, b := range branches {
			branch, _ := b.(map[string]any)
			inner, _ := branch["properties"].(map[string]any)
			for name, s := range inner {
				if _, there := properties[name]; !there {
					properties[name] = s
				}
			}
			wants := wordsOf(branch["required"])
			switch {
			case word == "allOf":
				required = append(required, wants...)
			case i == 0:
				shared = wants
			default:
				shared = slices.DeleteFunc(shared, func(n string) bool { return !slices.Contains(wants, n) })
			}
		}
		required = append(required, shared...)
		if len(branches) > 0 {
			delete(root, "additionalProperties") // it would know of the root's own properties only
		}
	}
	for _, word := range []string{"oneOf", "anyOf", "allOf", "enum", "not"} {
		delete(root, word)
	}
	root["type"], root["properties"] = "object", properties
	slices.Sort(required)
	if required = slices.Compact(required); len(required) > 0 {
		root["required"] = required
	} else {
		delete(root, "required")
	}
}

func wordsOf(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, el := range list {
		if s, ok := el.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// strictly reports whether a schema may be enforced (case 33), which wants an object at its root.
func strictly(schema json.RawMessage) bool {
	var root struct {
		Type any `json:"type"`
	}
	return json.Unmarshal(schema, &root) == nil && root.Type == "object" && openai.StrictLegal(schema)
}
