package scan

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"metapi/backend/protocol"
)

// Valid reports, as an *[Error], why b is not one JSON value; nil where it is.
func Valid(b []byte) error {
	c := At(b)
	c.pass()
	return c.End()
}

// Object visits the members of the object that is the whole of b, giving each value's place in b. f returns
// false to stop; what follows is then not checked.
func Object(b []byte, f func(key []byte, escaped bool, value protocol.Span) bool) error {
	c := At(b)
	if !c.Object(func(key []byte, escaped bool) {
		if v := c.Value(); c.err == nil && !f(key, escaped, v) {
			c.Stop()
		}
	}) {
		return misfit(b, c.i, "an object was expected")
	}
	return c.End()
}

// Array visits the elements of the array that is the whole of b, with the rules of [Object].
func Array(b []byte, f func(value protocol.Span) bool) error {
	c := At(b)
	if !c.Array(func() {
		if v := c.Value(); c.err == nil && !f(v) {
			c.Stop()
		}
	}) {
		return misfit(b, c.i, "an array was expected")
	}
	return c.End()
}

// String returns what the JSON string token says; false where the token is no string.
func String(token []byte) (string, bool) {
	c := At(token)
	raw, escaped, ok := c.String()
	if !ok || c.End() != nil {
		return "", false
	}
	return Unquote(raw, escaped), true
}

// Int returns the whole number that a JSON number token stands for; 12.0 and 1e3 are whole numbers too.
func Int(token []byte) (int64, bool) {
	if len(token) == 0 || len(token) > 64 || token[0] != '-' && (token[0] < '0' || token[0] > '9') {
		return 0, false
	}
	if len(token) <= 18 { // cannot overflow: the common case, without a conversion to string
		n, digits := int64(0), token
		if token[0] == '-' {
			digits = token[1:]
		}
		plain := len(digits) > 0
		for _, d := range digits {
			if d < '0' || d > '9' {
				plain = false
				break
			}
			n = n*10 + int64(d-'0')
		}
		if plain {
			if token[0] == '-' {
				n = -n
			}
			return n, true
		}
	}
	if n, err := strconv.ParseInt(string(token), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(token), 64)
	if err != nil || f != float64(int64(f)) || f > 1<<53 || f < -1<<53 {
		return 0, false
	}
	return int64(f), true
}

// Unquote returns what stands between the quotes of a checked string, its escapes resolved as encoding/json
// does: half a surrogate pair, and bytes that are not UTF-8, become U+FFFD.
func Unquote(raw []byte, escaped bool) string {
	if !escaped && utf8.Valid(raw) {
		return string(raw)
	}
	return string(AppendUnquoted(make([]byte, 0, len(raw)), raw))
}

// AppendUnquoted is [Unquote] onto dst.
func AppendUnquoted(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '\\' && i+1 < len(raw):
			i += 2
			switch raw[i-1] {
			case 'b':
				dst = append(dst, '\b')
			case 'f':
				dst = append(dst, '\f')
			case 'n':
				dst = append(dst, '\n')
			case 'r':
				dst = append(dst, '\r')
			case 't':
				dst = append(dst, '\t')
			case 'u':
				r := hex4(raw, i)
				i += 4
				if utf16.IsSurrogate(r) {
					pair := rune(-1)
					if i+6 <= len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
						pair = utf16.DecodeRune(r, hex4(raw, i+2))
					}
					if r = utf8.RuneError; pair >= 0 && pair != utf8.RuneError {
						r = pair
						i += 6
					}
				}
				dst = utf8.AppendRune(dst, r)
			default:
				dst = append(dst, raw[i-1])
			}
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// Len is the number of bytes that [Unquote] would return, without making them. (It counts U+FFFD for each half
// of a surrogate pair that stands alone, and bytes that are not UTF-8 as they are.)
func Len(raw []byte, escaped bool) int {
	if !escaped {
		return len(raw)
	}
	n := 0
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			n++
			i++
			continue
		}
		if i+1 < len(raw) && raw[i+1] == 'u' {
			r := hex4(raw, i+2)
			i += 6
			if utf16.IsSurrogate(r) && i+6 <= len(raw) && raw[i] == '\\' && raw[i+1] == 'u' &&
				utf16.DecodeRune(r, hex4(raw, i+2)) != utf8.RuneError {
				n += 4
				i += 6
			} else {
				n += max(utf8.RuneLen(r), 1)
				if utf16.IsSurrogate(r) {
					n += 2
				}
			}
			continue
		}
		n++
		i += 2
	}
	return n
}

// hex4 reads four hexadecimal digits at i; missing ones count as zero.
func hex4(b []byte, i int) rune {
	var r rune
	for j := i; j < i+4; j++ {
		r <<= 4
		if j >= len(b) {
			continue
		}
		switch c := b[j]; {
		case c >= 'a':
			r |= rune(c - 'a' + 10)
		case c >= 'A':
			r |= rune(c - 'A' + 10)
		default:
			r |= rune(c - '0')
		}
	}
	return r
}

// AppendKept appends an object with those of its members alone that keep is for, as they stand. The error is that of [Object].
func AppendKept(dst, object []byte, keep func(key []byte) bool) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	err := Object(object, func(key []byte, _ bool, value protocol.Span) bool {
		if keep(key) {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(append(append(dst, '"'), key...), `":`...)
			dst = append(dst, object[value.From:value.To]...)
		}
		return true
	})
	return append(dst, '}'), err
}
