package openaichat

import (
	"encoding/json"
	"fmt"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// What is large of a request, its messages with their media and results, is read where it stands: encoding/json goes over each
// level of it twice, and over what is kept raw once more. at is the place of what is read, for the error's Param.

// members visits an object's members. A nil object has none.
func members(raw []byte, at string, visit func(name string, value []byte) error) error {
	var failed error
	err := scan.Object(raw, func(key []byte, escaped bool, value protocol.Span) bool {
		failed = visit(scan.Unquote(key, escaped), raw[value.From:value.To])
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return notThat(raw, at, "an object", err)
	}
	return nil
}

// elements visits an array's elements. Null, and nothing, are an empty one.
func elements(raw []byte, at string, visit func(i int, raw []byte) error) error {
	if given(raw) == nil {
		return nil
	}
	var failed error
	i := 0
	err := scan.Array(raw, func(value protocol.Span) bool {
		failed = visit(i, raw[value.From:value.To])
		i++
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return notThat(raw, at, "an array", err)
	}
	return nil
}

// textOf reads a string; null is an empty one.
func textOf(raw []byte, at string) (string, error) {
	if given(raw) == nil {
		return "", nil
	}
	s, ok := scan.String(raw)
	if !ok {
		return "", notThat(raw, at, "a string", nil)
	}
	return s, nil
}

// texts reads those members of an object that are named: name, *string, name, *string...
func texts(raw []byte, at string, want ...any) error {
	if given(raw) == nil {
		return nil
	}
	return members(raw, at, func(name string, value []byte) (err error) {
		for i := 0; i < len(want); i += 2 {
			if want[i] == name {
				*want[i+1].(*string), err = textOf(value, at+"."+name)
			}
		}
		return err
	})
}

// notThat is the refusal of a value of the wrong type, or of a body that is no JSON.
func notThat(raw []byte, at, want string, err error) error {
	if at == "" && !json.Valid(raw) {
		return bad("", "the request is not valid JSON: "+err.Error())
	}
	return bad(at, fmt.Sprintf("%s must be %s", first(at, "the body"), want))
}
