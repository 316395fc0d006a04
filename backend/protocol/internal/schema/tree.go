package schema

import (
	"encoding/json"
	"fmt"
	"strconv"

	"metapi/backend/protocol/scan"
)

// object is a JSON object in the order in which it was written: models take the properties in that order. Its other values are
// []any, string, json.Number, bool and nil.
type object []member

type member struct {
	name  string
	value any
}

func (o object) get(name string) any {
	for i := range o {
		if o[i].name == name {
			return o[i].value
		}
	}
	return nil
}

func (o object) has(name string) bool {
	for i := range o {
		if o[i].name == name {
			return true
		}
	}
	return false
}

func (o object) text(name string) string {
	s, _ := o.get(name).(string)
	return s
}

// with returns o with the member set; o itself stays as it is.
func (o object) with(name string, value any) object {
	out := make(object, 0, len(o)+1)
	for _, m := range o {
		if m.name != name {
			out = append(out, m)
		}
	}
	return append(out, member{name, value})
}

// without returns o without the members named.
func (o object) without(names ...string) object {
	out := make(object, 0, len(o))
next:
	for _, m := range o {
		for _, n := range names {
			if m.name == n {
				continue next
			}
		}
		out = append(out, m)
	}
	return out
}

// parse reads a JSON text. Of a name given twice the last counts, as everywhere.
func parse(raw []byte) (any, error) {
	if err := scan.Valid(raw); err != nil { // also bounds the depth
		return nil, fmt.Errorf("the schema is not valid JSON: %w", err)
	}
	c := scan.At(raw)
	return value(&c), nil
}

func value(c *scan.Cursor) any {
	switch c.Kind() {
	case '{':
		o := object{}
		at := map[string]int{}
		c.Object(func(key []byte, escaped bool) {
			name := scan.Unquote(key, escaped)
			v := value(c)
			if i, twice := at[name]; twice {
				o[i].value = v
				return
			}
			at[name] = len(o)
			o = append(o, member{name, v})
		})
		return o
	case '[':
		l := []any{}
		c.Array(func() { l = append(l, value(c)) })
		return l
	case '"':
		raw, escaped, _ := c.String()
		return scan.Unquote(raw, escaped)
	case 't', 'f':
		return c.True()
	case 'n':
		c.Null()
		return nil
	}
	return json.Number(c.Raw())
}

// appendValue writes what parse has read.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, m.name), ':')
			dst = appendValue(dst, m.value)
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, el := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, el)
		}
		return append(dst, ']')
	case string:
		return appendText(dst, v)
	case json.Number:
		return append(dst, v...)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	return append(dst, "null"...)
}

func appendText(dst []byte, s string) []byte {
	b, _ := json.Marshal(s) // a string: cannot fail
	return append(dst, b...)
}
