package openairesponses

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// What is written is appended by hand: a streamed event has a handful of members in a known order, and encoding/json would
// cost it several times what everything else does.

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	return append(appendEscaped(append(dst, '"'), s), '"')
}

// appendEscaped appends what stands between the quotes of the JSON string s.
func appendEscaped(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(dst, s[from:]...)
}

// member appends the name of an object's next member, with the comma before it where one is needed.
func member(dst []byte, name string) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(append(dst, '"'), name...), '"', ':')
}

func memberString(dst []byte, name, s string) []byte { return appendString(member(dst, name), s) }

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
