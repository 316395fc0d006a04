package openairesponses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// values reads JSON from left to right, and remembers the way to where it is, so that a fault can be named. Null stands
// everywhere for what was not said. Where it is strict, as for requests, a value of the wrong type is a fault and ends the
// walk; else, as for replies, it is passed over.
type values struct {
	scan.Cursor
	strict bool
	way    []hop
	fault  *protocol.Error
}

// hop is a member of an object, or, where key is nil, an element of an array.
type hop struct {
	key   []byte
	index int
}

func read(b []byte, strict bool) *values { return &values{Cursor: scan.At(b), strict: strict} }

// path names the value before the cursor, as input[3].content.
func (v *values) path() string {
	var b strings.Builder
	for _, s := range v.way {
		if s.key == nil {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.Write(s.key)
	}
	return strings.ToValidUTF8(b.String()[:min(b.Len(), 200)], "\ufffd")
}

// refuse ends the walk with the first fault that was found, at the value before the cursor or its member sub.
func (v *values) refuse(sub, format string, args ...any) {
	if v.fault != nil {
		return
	}
	param := v.path()
	if sub != "" && param != "" {
		param += "."
	}
	param += sub
	v.fault = bad(param, fmt.Sprintf("%q "+format, append([]any{param}, args...)...))
	v.Stop()
}

// mismatch passes over a value of the wrong type.
func (v *values) mismatch(want string) {
	if v.Null() || v.Kind() == 0 {
		return
	}
	if v.strict {
		v.refuse("", "must be %s", want)
		return
	}
	v.Value()
}

// object visits the members of an object.
func (v *values) object(f func(key string)) {
	if v.Kind() != '{' {
		v.mismatch("an object")
		return
	}
	n := len(v.way)
	v.Object(func(key []byte, escaped bool) {
		if escaped {
			key = scan.AppendUnquoted(nil, key)
		}
		v.way = append(v.way[:n], hop{key: key})
		f(string(key))
	})
	v.way = v.way[:n]
}

// array visits the elements of an array.
func (v *values) array(f func(i int)) {
	if v.Kind() != '[' {
		v.mismatch("an array")
		return
	}
	n, i := len(v.way), 0
	v.Array(func() {
		v.way = append(v.way[:n], hop{index: i})
		f(i)
		i++
	})
	v.way = v.way[:n]
}

func (v *values) text() string {
	raw, escaped, ok := v.String()
	if !ok {
		v.mismatch("a string")
		return ""
	}
	return scan.Unquote(raw, escaped)
}

func (v *values) integer() *int64 {
	if k := v.Kind(); k != '-' && (k < '0' || k > '9') {
		v.mismatch("a whole number")
		return nil
	}
	n, ok := scan.Int(v.peek())
	if !ok {
		v.mismatch("a whole number")
		return nil
	}
	v.Value()
	return &n
}

func (v *values) number() *float64 {
	if k := v.Kind(); k != '-' && (k < '0' || k > '9') {
		v.mismatch("a number")
		return nil
	}
	f, err := strconv.ParseFloat(string(v.peek()), 64)
	if err != nil {
		v.mismatch("a number that a computer can hold")
		return nil
	}
	v.Value()
	return &f
}

// peek returns the value before the cursor, without passing over it.
func (v *values) peek() []byte {
	ahead := v.Cursor
	return ahead.Raw()
}

func (v *values) boolean() *bool {
	if k := v.Kind(); k != 't' && k != 'f' {
		v.mismatch("true or false")
		return nil
	}
	b := v.True()
	return &b
}

// raw keeps a value as it came; nil for null.
func (v *values) raw() json.RawMessage {
	if v.Null() {
		return nil
	}
	return bytes.Clone(v.Raw())
}

// jsonText is a string's text, or any other value as JSON: relays send arguments as an object.
func (v *values) jsonText() string {
	if v.Kind() == '"' {
		return v.text()
	}
	return string(v.raw())
}
