package protocol

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"
)

// redacted stands where a secret stood.
const redacted = "[key]"

// Shorter secrets than shortSecret (the keys of local servers: "none", "ollama") are words of everyday text, and of
// JSON, which would break without them: they are taken out only where they stand alone, and by [DecodeError] only of
// the words that it has read.
const shortSecret = 8

// Redact returns text with each occurrence of each secret replaced by "[key]": as it is, as JSON may escape it
// (\u002d, \/, and so again where JSON is quoted within JSON), percent-encoded, or in any mixture of these. It is to
// come before anything that cuts the text. Text in which there is nothing to replace is returned as it is.
func Redact(text []byte, secrets ...string) []byte {
	secrets = slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may begin with another
	var out []byte
	kept := 0
	for i := 0; i < len(text) && len(secrets) > 0; i++ {
		for _, s := range secrets {
			end := occurs(text, i, s)
			if end < 0 || len(s) < shortSecret && !alone(text, i, end) {
				continue
			}
			out = append(append(out, text[kept:i]...), redacted...)
			kept, i = end, end-1
			break
		}
	}
	if kept == 0 {
		return text
	}
	return append(out, text[kept:]...)
}

// occurs returns where an occurrence of secret that begins at i ends, or -1.
func occurs(text []byte, i int, secret string) int {
	if bytes.HasPrefix(text[i:], []byte(secret)) { // also one that is not UTF-8
		return i + len(secret)
	}
	for _, r := range secret {
		if i = character(text, i, r); i < 0 {
			return -1
		}
	}
	return i
}

// Bounds of what one character may be preceded by: three levels of JSON in JSON, and of percent-encoding. They keep
// the work linear.
const (
	mostBackslashes = 7
	mostPercents    = 3
)

// character returns where the character r, which may be written in any way, ends if it stands at i; else -1.
func character(text []byte, i int, r rune) int {
	var as [utf8.UTFMax]byte
	plain := as[:utf8.EncodeRune(as[:], r)]
	rest := text[i:]
	if bytes.HasPrefix(rest, plain) && r != '\\' {
		return i + len(plain)
	}
	if len(rest) == 0 || rest[0] != '\\' && rest[0] != '%' {
		return -1
	}
	if rest[0] == '%' {
		for _, b := range plain {
			if i = percent(text, i, b); i < 0 {
				return -1
			}
		}
		return i
	}
	n := 0
	for n < len(rest) && n < mostBackslashes && rest[n] == '\\' {
		n++
	}
	if after := rest[n:]; r == '\\' {
		return i + n
	} else if bytes.HasPrefix(after, plain) {
		return i + n + len(plain)
	} else if len(after) >= 5 && after[0] == 'u' {
		if v, err := strconv.ParseUint(string(after[1:5]), 16, 16); err == nil && rune(v) == r {
			return i + n + 5
		}
	}
	return -1
}

// percent returns where the byte b, percent-encoded once or several times, ends if it stands at i; else -1.
func percent(text []byte, i int, b byte) int {
	if i >= len(text) || text[i] != '%' {
		return -1
	}
	i++
	for n := 1; n < mostPercents && bytes.HasPrefix(text[i:], []byte("25")); n++ {
		i += len("25")
	}
	if i+2 > len(text) {
		return -1
	}
	if v, err := strconv.ParseUint(string(text[i:i+2]), 16, 8); err != nil || byte(v) != b {
		return -1
	}
	return i + 2
}

// alone reports whether text[from:to] is a word of its own.
func alone(text []byte, from, to int) bool {
	word := func(i int) bool {
		return i >= 0 && i < len(text) && (text[i] >= utf8.RuneSelf || text[i] == '_' || '0' <= text[i] && text[i] <= '9' ||
			'a' <= text[i]|0x20 && text[i]|0x20 <= 'z')
	}
	return !word(from-1) && !word(to)
}

// long leaves out the secrets that are taken out only of what has been decoded.
func long(secrets []string) []string {
	return slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return len(s) < shortSecret })
}
