package schema

import "encoding/json"

// empty is the schema of a function without arguments.
const empty = `{"type":"object","properties":{}}`

// Rooted returns the JSON Schema of a function's arguments with a root that says it is an object, and otherwise as it is.
func Rooted(raw json.RawMessage) json.RawMessage {
	v, err := parse(raw)
	o, ok := v.(object)
	if err != nil || !ok || len(o) == 0 {
		return json.RawMessage(empty)
	}
	if o.text("type") == "object" && o.has("properties") {
		return raw
	}
	if o.text("type") != "object" {
		o = append(object{{"type", "object"}}, o.without("type")...)
	}
	if _, ok := o.get("properties").(object); !ok {
		o = o.with("properties", object{})
	}
	return appendValue(nil, o)
}
