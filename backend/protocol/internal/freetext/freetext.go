// Package freetext declares a tool that takes text, perhaps by a grammar, to models that know functions only: as a function with one
// parameter, which holds the text.
package freetext

import (
	"bytes"
	"encoding/json"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/quote"
	"metapi/backend/protocol/scan"
)

// Input is the one parameter.
const Input = "input"

// Schema is that of the function.
var Schema = json.RawMessage(`{"type":"object","properties":{"input":{"type":"string","description":"The whole text for the tool, as it is, with nothing around it."}},` +
	`"required":["input"],"additionalProperties":false}`)

// Description tells the model what the tool does, and in words what its text must be like, which a function has no place for.
func Description(t *conversation.Tool) string {
	var g struct{ Type, Syntax, Definition string }
	if len(t.Grammar) == 0 || json.Unmarshal(t.Grammar, &g) != nil || g.Definition == "" {
		return t.Description
	}
	return strings.TrimSpace(t.Description + "\n\nThe input must match this " + g.Syntax + " grammar:\n" + g.Definition)
}

// Wrap is the arguments of a call with a text.
func Wrap(text string) string {
	return string(append(quote.Append([]byte(`{"input":`), text), '}'))
}

// mostHeld bounds, in bytes, what is kept of arguments that do not begin as they should.
const mostHeld = 16 << 20

// Unwrapping takes a tool's text out of the arguments of the function that stood for it, as they come. A patch is long, and its client is to
// see it grou.
type Unwrapping struct {
	held   []byte // what has come and was not told
	inside bool   // the value of "input" has begun: held is what stands between its quotes
	past   bool   // and has ended
	odd    bool   // the arguments did not begin with "input", and are too long to wait for their end
}

// Add takes in a piece of the arguments, and returns what it adds to the input.
func (u *Unwrapping) Add(s string) string {
	switch {
	case u.odd:
		return s
	case u.past:
		return ""
	}
	u.held = append(u.held, s...)
	if !u.inside {
		at := afterInput(u.held)
		if u.odd = at < 0 && len(u.held) > mostHeld; u.odd { // no tool's text: it goes on as it is
			all := string(u.held)
			u.held = nil
			return all
		}
		if at < 0 {
			return ""
		}
		u.inside, u.held = true, u.held[at:]
	}
	end, closed := whole(u.held)
	text := string(scan.AppendUnquoted(nil, u.held[:end]))
	u.held, u.past = u.held[end:], closed
	return text
}

// End returns what is still to be told: all, where the arguments did not begin with "input".
func (u *Unwrapping) End() string {
	if u.inside || u.odd {
		return ""
	}
	return Unwrap(string(u.held))
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

// Unwrap is the text in whole arguments: the only member of an object, or the one called input; where there is no such member, what came is
// the text.
func Unwrap(arguments string) string {
	var input, only *string
	members := 0
	c := scan.At([]byte(arguments))
	c.Object(func(key []byte, escaped bool) {
		members++
		raw, escapes, is := c.String()
		if !is {
			return
		}
		s := scan.Unquote(raw, escapes)
		if only = &s; scan.Unquote(key, escaped) == Input {
			input = &s
		}
	})
	switch {
	case c.End() != nil:
	case input != nil:
		return *input
	case only != nil && members == 1:
		return *only
	}
	return arguments
}
