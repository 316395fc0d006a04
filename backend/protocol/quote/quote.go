// Package quote writes JSON strings, as encoding/json does but for HTML, onto the end of a buffer: streams are written event by
// event, and reflection would cost more than all else about one.
package quote

import "unicode/utf8"

const hex = "0123456789abcdef"

// Append appends s as a JSON string.
func Append(dst []byte, s string) []byte { return append(Escape(append(dst, '"'), s), '"') }

// Escape appends what stands between the quotes of the JSON string s. Bytes that are not UTF-8 become U+FFFD. U+2028 and U+2029 are
// escaped: they are line ends to JavaScript, and to some clients' line splitters.
func Escape(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); size > 1 && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
			dst = append(dst, s[from:i]...)
			if size > 1 {
				dst = append(dst, '\\', 'u', '2', '0', '2', hex[r&15])
			} else {
				dst = append(dst, "\uFFFD"...)
			}
		} else {
			dst = escape(append(dst, s[from:i]...), c)
		}
		i += size
		from = i
	}
	return append(dst, s[from:]...)
}

// escape appends a byte that may not stand in a JSON string as it is.
func escape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
