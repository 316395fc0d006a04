package gemini

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// input reads one JSON text by the JSON mapping of protocol buffers: names in either spelling, null for what is not there,
// numbers also as strings. It knows where it is, so that an error can name the place; after the first, nothing more is read.
type input struct {
	c    scan.Cursor
	path []byte
	kind protocol.Kind // of the error, where there is one
	err  *protocol.Error
}

func newInput(body []byte, kind protocol.Kind) input { return input{c: scan.At(body), kind: kind} }

// fail says that the value at hand is not what it must be.
func (d *input) fail(format string, args ...any) {
	if d.err != nil {
		return
	}
	d.err = &protocol.Error{Kind: d.kind, Param: string(d.path), Message: fmt.Sprintf(format, args...)}
	if d.kind == protocol.BadRequest {
		d.err.Status = 400
	}
	d.c.Stop()
}

// want passes over a value that is of the wrong type, or not there.
func (d *input) want(what string) {
	if d.c.Kind() != 0 && !d.c.Null() {
		name := string(d.path)
		if name == "" {
			name = "the body"
		}
		d.fail("%s must be %s", name, what)
	}
}

// end is the error of the whole text.
func (d *input) end() error {
	if d.err != nil {
		return d.err
	}
	if err := d.c.End(); err != nil {
		d.path = nil
		d.fail("the body is not valid JSON: %v", err)
		return d.err
	}
	return nil
}

// object visits the members of an object by their names in camelCase.
func (d *input) object(f func(key string)) {
	at := len(d.path)
	if !d.c.Object(func(key []byte, escaped bool) {
		if d.err != nil {
			return
		}
		if escaped {
			key = scan.AppendUnquoted(nil, key)
		}
		name := known(key)
		if at > 0 {
			d.path = append(d.path, '.')
		}
		d.path = append(d.path, name[:min(len(name), 64)]...)
		f(name)
		if d.err == nil {
			d.path = d.path[:at]
		}
	}) {
		d.want("an object")
	}
}

// array visits the elements of an array. A single object stands for an array of one, as the peek and Google's own clients have it.
func (d *input) array(f func(i int)) {
	if d.c.Kind() == '{' {
		f(0)
		return
	}
	at, i := len(d.path), 0
	if !d.c.Array(func() {
		if d.err != nil {
			return
		}
		d.path = append(strconv.AppendInt(append(d.path, '['), int64(i), 10), ']')
		f(i)
		i++
		if d.err == nil {
			d.path = d.path[:at]
		}
	}) {
		d.want("an array")
	}
}

func (d *input) text() string {
	raw, escaped, ok := d.c.String()
	if !ok {
		d.want("a string")
		return ""
	}
	return scan.Unquote(raw, escaped)
}

func (d *input) texts() (out []string) {
	d.array(func(int) { out = append(out, d.text()) })
	return out
}

func (d *input) truth() bool {
	switch raw := string(d.c.Raw()); raw {
	case "true":
		return true
	case "false", "null":
	default:
		d.fail("%s must be true or false", d.path)
	}
	return false
}

// digits is a number's text; empty where it is null.
func (d *input) digits() []byte {
	if raw, escaped, ok := d.c.String(); ok {
		if escaped {
			raw = scan.AppendUnquoted(nil, raw)
		}
		return raw
	}
	if d.c.Null() {
		return nil
	}
	return d.c.Raw()
}

func (d *input) whole() *int64 {
	raw := d.digits()
	if raw == nil {
		return nil
	}
	n, ok := scan.Int(raw)
	if !ok {
		d.fail("%s must be a whole number", d.path)
		return nil
	}
	return &n
}

func (d *input) number() *float64 {
	raw := d.digits()
	if raw == nil {
		return nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != f || f-f != 0 {
		d.fail("%s must be a number", d.path)
		return nil
	}
	return &f
}

// raw takes a value as it stands; nil where it is null, or no JSON.
func (d *input) raw() json.RawMessage {
	if d.c.Null() {
		return nil
	}
	value := d.c.Raw()
	if d.c.Err() != nil || len(value) == 0 {
		return nil
	}
	return json.RawMessage(bytes.Clone(value))
}

// known is a member's name in camelCase. The names that occur in every stream event cost no allocation.
func known(key []byte) string {
	switch string(key) {
	case "candidates":
		return "candidates"
	case "content":
		return "content"
	case "parts":
		return "parts"
	case "text":
		return "text"
	case "thought":
		return "thought"
	case "thoughtSignature":
		return "thoughtSignature"
	case "role":
		return "role"
	case "index":
		return "index"
	case "finishReason":
		return "finishReason"
	case "usageMetadata":
		return "usageMetadata"
	case "modelVersion":
		return "modelVersion"
	case "responseId":
		return "responseId"
	case "functionCall":
		return "functionCall"
	case "name":
		return "name"
	case "args":
		return "args"
	case "id":
		return "id"
	}
	s := string(key)
	if strings.IndexByte(s, '_') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i > 0 && i+1 < len(s) && 'a' <= s[i+1] && s[i+1] <= 'z' {
			i++
			b.WriteByte(s[i] - 'a' + 'A')
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
