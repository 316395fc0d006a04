package schema

import "encoding/json"

// Restore reads the arguments of a call that was made by a lowered schema as the schema itself wants them: where that has an enum
// of numbers, the string that stands for one becomes the number. Arguments that need nothing, or cannot be read, come back as they are.
func Restore(raw json.RawMessage, arguments string) string {
	root, err := parse(raw)
	if err != nil {
		return arguments
	}
	v, err := parse([]byte(arguments))
	if err != nil {
		return arguments
	}
	r := restoring{lowering: lowering{root: root}}
	if v = r.restore(root, v, 0); !r.changed {
		return arguments
	}
	return string(appendValue(nil, v))
}

type restoring struct {
	lowering
	changed bool
}

func (r *restoring) restore(schema, v any, depth int) any {
	o, ok := schema.(object)
	if !ok || !r.allowed(depth) {
		return v
	}
	if o.has("$ref") {
		v = r.restore(pointer(r.root, o.text("$ref")), v, depth+1)
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := o.get(word).([]any)
		for _, branch := range list {
			v = r.restore(branch, v, depth+1)
		}
	}
	switch x := v.(type) {
	case object:
		properties, _ := o.get("properties").(object)
		for i := range x {
			x[i].value = r.restore(properties.get(x[i].name), x[i].value, depth+1)
		}
	case []any:
		for i := range x {
			x[i] = r.restore(o.get("items"), x[i], depth+1)
		}
	case string:
		for _, value := range enumOf(o) {
			if value == x {
				return x // a string of that form is allowed as it is
			}
		}
		for _, value := range enumOf(o) {
			if n, ok := value.(json.Number); ok && n.String() == x {
				r.changed = true
				return n
			}
		}
	}
	return v
}
