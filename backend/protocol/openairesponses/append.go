package openairesponses

import (
	"bytes"
	"encoding/json"
	"strconv"

	"metapi/backend/protocol/quote"
)

// What is written is appended by hand: a streamed event has a handful of members in a known order, and encoding/json would
// cost it several times what everything else does.

// member appends the name of an object's next member, with the comma before it where one is needed.
func member(dst []byte, name string) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(append(dst, '"'), name...), '"', ':')
}

func memberString(dst []byte, name, s string) []byte { return quote.Append(member(dst, name), s) }

func memberBool(dst []byte, name string, v bool) []byte {
	return strconv.AppendBool(member(dst, name), v)
}

func memberInt(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(member(dst, name), n, 10)
}

func memberRaw(dst []byte, name, raw string) []byte { return append(member(dst, name), raw...) }

// memberFloat appends a number; JSON has neither infinities nor NaN, and nothing decoded from JSON is one.
func memberFloat(dst []byte, name string, f float64) []byte {
	b, err := json.Marshal(f)
	if err != nil {
		b = []byte("null")
	}
	return append(member(dst, name), b...)
}

// comma appends the comma between elements where one is needed.
func comma(dst []byte) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '[' {
		return append(dst, ',')
	}
	return dst
}

// appendRaw appends a JSON value that was kept as it came, without the line feeds that would end a line of a stream; null
// where it is none.
func appendRaw(dst []byte, raw json.RawMessage) []byte {
	b := bytes.NewBuffer(dst)
	if len(raw) == 0 || json.Compact(b, raw) != nil {
		return append(dst, "null"...)
	}
	return b.Bytes()
}
