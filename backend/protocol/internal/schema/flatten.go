package schema

import (
	"slices"
	"strconv"
	"strings"
)

// flatten resolves what a schema says by way of others: its reference, allOf, and the branches of conditions. done ends the
// resolving: until then a reference to the same place is a cycle.
func (l *lowering) flatten(v any, depth int) (o object, done func()) {
	o, _ = v.(object)
	held := len(l.refs)
	done = func() { l.refs = l.refs[:held] }
	for o.has("$ref") && l.allowed(depth) {
		ref := o.text("$ref")
		o = o.without("$ref")
		target, _ := pointer(l.root, ref).(object)
		if slices.Contains(l.refs, ref) { // a cycle: the type is all that can be told once more
			if t := target.get("type"); t != nil && !o.has("type") {
				o = o.with("type", t)
			} else if target.has("properties") {
				o = o.with("type", "object")
			}
			break
		}
		l.refs = append(l.refs, ref)
		o = merge(target, o)
	}
	all, _ := o.get("allOf").([]any)
	o = o.without("allOf")
	for _, part := range all {
		o = l.fold(o, part, depth, false)
	}
	for _, word := range []string{"then", "else"} {
		if o.has(word) {
			part := o.get(word)
			o = l.fold(o.without(word), part, depth, true)
		}
	}
	dependent, _ := o.get("dependentSchemas").(object)
	for _, m := range dependent {
		o = l.fold(o, m.value, depth, true)
	}
	return o.without("dependentSchemas"), done
}

// fold merges another schema into o: as a whole, or, where it holds only sometimes, its properties as ones that may be there. Its
// references stay those being resolved, for what it brings is lowered as part of o.
func (l *lowering) fold(o object, part any, depth int, sometimes bool) object {
	if !l.allowed(depth) {
		return o
	}
	flat, _ := l.flatten(part, depth+1)
	if sometimes {
		properties := flat.get("properties")
		if properties == nil {
			return o
		}
		flat = object{{"properties", properties}}
	}
	return merge(o, flat)
}

// merge returns a schema that says what both say. Where only one can be heard it is b.
func merge(a, b object) object {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := slices.Clone(a)
	for _, m := range b {
		i := slices.IndexFunc(out, func(x member) bool { return x.name == m.name })
		if i < 0 {
			out = append(out, m)
			continue
		}
		out[i].value = both(m.name, out[i].value, m.value)
	}
	return out
}

// both joins two values of a keyword.
func both(keyword string, a, b any) any {
	switch keyword {
	case "properties":
		x, _ := a.(object)
		y, _ := b.(object)
		at := make(map[string]int, len(x))
		for i, p := range x {
			at[p.name] = i
		}
		out := slices.Clone(x)
		for _, p := range y {
			if i, there := at[p.name]; there {
				out[i].value = object{{"allOf", []any{out[i].value, p.value}}}
			} else {
				out = append(out, p)
			}
		}
		return out
	case "required":
		x, _ := a.([]any)
		y, _ := b.([]any)
		out := slices.Clone(x)
		for _, r := range y {
			if !slices.ContainsFunc(out, same(r)) {
				out = append(out, r)
			}
		}
		return out
	case "anyOf", "oneOf":
		// Either list alone is true of the value; only one can be said, and the properties of both must stay.
		x, _ := a.([]any)
		y, _ := b.([]any)
		return slices.Concat(x, y)
	case "type":
		// "number" with "integer" is "integer"; a list with one of its members is that one.
		if list, ok := b.([]any); ok && slices.ContainsFunc(list, same(a)) {
			return a
		}
	}
	return b
}

// pointer follows a reference within the document: "#", "#/$defs/x". Anything else is not there.
func pointer(root any, ref string) any {
	rest, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	v := root
	for rest != "" {
		var step string
		if rest, ok = strings.CutPrefix(rest, "/"); !ok {
			return nil
		}
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			step, rest = rest[:i], rest[i:]
		} else {
			step, rest = rest, ""
		}
		step = strings.NewReplacer("~1", "/", "~0", "~", "%24", "$", "%20", " ", "%25", "%").Replace(step)
		switch x := v.(type) {
		case object:
			v = x.get(step)
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}
