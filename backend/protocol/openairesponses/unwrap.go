package openairesponses

import (
	"bytes"
	"strings"

	"metapi/backend/protocol/scan"
)

// wrapping takes a custom tool's input out of the arguments of the function that stood for it, as they come. A patch is long,
// and its client is to see it grow.
type wrapping struct {
	held   []byte // what has come and was not told
	inside bool   // the value of "input" has begun: held is what stands between its quotes
	past   bool   // and has ended
}

// add takes in a piece of the arguments, and returns what it adds to the input.
func (w *wrapping) add(s string) string {
	if w.past {
		return ""
	}
	w.held = append(w.held, s...)
	if !w.inside {
		at := afterInput(w.held)
		if at < 0 {
			return ""
		}
		w.inside, w.held = true, w.held[at:]
	}
	end, closed := whole(w.held)
	text := string(scan.AppendUnquoted(nil, w.held[:end]))
	w.held, w.past = w.held[end:], closed
	return text
}

// end returns what is still to be told: all, where the arguments did not begin with "input".
func (w *wrapping) end() string {
	if w.inside {
		return ""
	}
	return unwrap(w.held)
}

// afterInput is the place after {"input":" in b, or -1.
func afterInput(b []byte) int {
	rest := b
	for _, want := range []string{"{", `"input"`, ":", `"`} {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if !bytes.HasPrefix(rest, []byte(want)) {
			return -1
		}
		rest = rest[len(want):]
	}
	return len(b) - len(rest)
}

// whole is how much of a JSON string's inside can be read without what follows it: no escape is cut, and no pair of
// surrogates. closed tells that its closing quote stands there.
func whole(b []byte) (end int, closed bool) {
	for i := 0; i < len(b); {
		n := 1
		switch {
		case b[i] == '"':
			return i, true
		case b[i] != '\\':
		case i+1 < len(b) && b[i+1] != 'u':
			n = 2
		default:
			n = 6
			if i+4 <= len(b) && strings.EqualFold(string(b[i+1:i+3]), "ud") && strings.IndexByte("89abAB", b[i+3]) >= 0 {
				n = 12
				if i+6 < len(b) && b[i+6] != '\\' || i+7 < len(b) && b[i+7] != 'u' {
					n = 6 // half a pair, alone
				}
			}
		}
		if i+n > len(b) {
			return i, false
		}
		i += n
	}
	return len(b), false
}

// unwrap is the input in whole arguments: the only member of an object, or the one called input; where there is no such
// member, what came is the input.
func unwrap(arguments []byte) string {
	var input, only *string
	members := 0
	v := read(arguments, false)
	v.object(func(key string) {
		members++
		if v.Kind() != '"' {
			return
		}
		s := v.text()
		if only = &s; key == "input" {
			input = &s
		}
	})
	switch {
	case v.End() != nil:
	case input != nil:
		return *input
	case only != nil && members == 1:
		return *only
	}
	return string(arguments)
}
