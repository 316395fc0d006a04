package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

const emptySchema = `{"type":"object","properties":{}}`

// inputSchema makes a tool's schema fit for input_schema (Tool.InputSchema): an object at its root, with no union there. One that is
// fit stays as it is, byte for byte. It reports false where the schema is none at all.
func inputSchema(raw json.RawMessage) (json.RawMessage, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage(emptySchema), true
	}
	object, union := false, false
	if scan.Object(raw, func(key []byte, _ bool, v protocol.Span) bool {
		switch string(key) {
		case "type":
			object = string(raw[v.From:v.To]) == `"object"`
		case "oneOf", "anyOf", "allOf":
			union = true
		}
		return true
	}) != nil {
		return nil, false
	}
	if object && !union {
		return raw, true
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil, false
	}
	if union {
		flatten(m)
	}
	m["type"] = json.RawMessage(`"object"`)
	if p := m["properties"]; len(p) == 0 || p[0] != '{' {
		m["properties"] = json.RawMessage("{}")
	}
	return encode(m), true
}

// flatten joins the alternatives at the root of a schema: a property of any is a property of all, and what is required is what
// every alternative of a union requires, or any part of an allOf.
func flatten(m map[string]json.RawMessage) {
	properties := map[string]json.RawMessage{}
	_ = json.Unmarshal(m["properties"], &properties)
	var required []string
	_ = json.Unmarshal(m["required"], &required)
	for _, union := range []string{"allOf", "anyOf", "oneOf"} {
		var branches []map[string]json.RawMessage
		if json.Unmarshal(m[union], &branches) != nil {
			delete(m, union)
			continue
		}
		var common []string
		for i, branch := range branches {
			var inner map[string]json.RawMessage
			_ = json.Unmarshal(branch["properties"], &inner)
			for name, schema := range inner {
				if _, there := properties[name]; !there {
					properties[name] = schema
				}
			}
			var wants []string
			_ = json.Unmarshal(branch["required"], &wants)
			switch {
			case union == "allOf" || i == 0:
				common = append(common, wants...)
			default:
				common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(wants, name) })
			}
		}
		required = append(required, common...)
		delete(m, union)
	}
	m["properties"] = encode(properties)
	delete(m, "required")
	if len(required) > 0 {
		slices.Sort(required)
		m["required"] = encode(slices.Compact(required))
	}
}

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
