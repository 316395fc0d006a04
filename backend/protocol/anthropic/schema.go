package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// encode writes v as JSON, with nothing escaped for HTML; v is made of what was JSON before.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n")
}

// answerKeywords are what output_config.format takes of JSON Schema, and what the value of each is. Anything else goes into the
// description, where the model reads it. Source: docs, structured outputs, "JSON Schema limitations".
var answerKeywords = map[string]holds{"type": plain, "enum": plain, "const": plain, "default": plain, "$ref": plain, "title": plain,
	"description": plain, "required": plain, "properties": table, "$defs": table, "definitions": table, "items": one,
	"anyOf": list, "allOf": list}

// holds says what the value of a keyword is made of.
type holds uint8

const (
	plain holds = iota // no schema
	one                // a schema
	list               // schemas
	table              // schemas by names, which are the user's own
)

// answerFormats are the formats of strings that are known.
var answerFormats = map[string]bool{"date-time": true, "time": true, "date": true, "duration": true, "email": true, "hostname": true,
	"uri": true, "ipv4": true, "ipv6": true, "uuid": true}

// answerSchema lowers a schema to what structured outputs take: objects are closed, a oneOf is an anyOf.
func answerSchema(raw json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return raw // true, false
	}
	out := map[string]json.RawMessage{}
	var hints []string
	for key, value := range m {
		if key == "oneOf" {
			if _, both := m["anyOf"]; !both {
				key = "anyOf"
			}
		}
		what, known := answerKeywords[key]
		var format string
		switch {
		case known:
			out[key] = answerValue(what, value)
		case key == "additionalProperties", strings.HasPrefix(key, "$"):
		case key == "minItems" && (string(value) == "0" || string(value) == "1"):
			out[key] = value
		case key == "format" && json.Unmarshal(value, &format) == nil && answerFormats[format]:
			out[key] = value
		default:
			hints = append(hints, key+": "+string(value))
		}
	}
	if isObject(m) {
		out["additionalProperties"] = json.RawMessage("false")
	}
	if len(hints) > 0 {
		slices.Sort(hints)
		var description string
		_ = json.Unmarshal(m["description"], &description)
		out["description"] = encode(strings.TrimSpace(description + " {" + strings.Join(hints, ", ") + "}"))
	}
	return encode(out)
}

func answerValue(what holds, value json.RawMessage) json.RawMessage {
	switch what {
	case one:
		return answerSchema(value)
	case list:
		var schemas []json.RawMessage
		if json.Unmarshal(value, &schemas) == nil {
			for i := range schemas {
				schemas[i] = answerSchema(schemas[i])
			}
			return encode(schemas)
		}
	case table:
		var schemas map[string]json.RawMessage
		if json.Unmarshal(value, &schemas) == nil {
			for name := range schemas {
				schemas[name] = answerSchema(schemas[name])
			}
			return encode(schemas)
		}
	}
	return value
}

func isObject(m map[string]json.RawMessage) bool {
	if _, there := m["properties"]; there {
		return true
	}
	var kinds []string
	if json.Unmarshal(m["type"], &kinds) == nil {
		return slices.Contains(kinds, "object")
	}
	return string(m["type"]) == `"object"`
}

// wrapsAnswer reports whether an answer by this schema must be wrapped in an object to be a tool's arguments.
func wrapsAnswer(raw json.RawMessage) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal(raw, &m) != nil || string(m["type"]) != `"object"`
}
