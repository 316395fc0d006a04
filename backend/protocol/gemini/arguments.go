package gemini

import (
	"encoding/json"
	"strings"

	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/freetext"
	"metapi/backend/protocol/scan"
)

// deepest bounds how deep a value may nest that goes into a google.protobuf.Struct: the JSON parser of protocol buffers stops at
// a hundred levels, of which each object and array takes up to two.
const deepest = 40

// arguments are a call's arguments as an object, as the API wants them. Text that is no object is kept as the value of a member.
func arguments(c *conv.ToolCall) json.RawMessage {
	text := strings.ToValidUTF8(strings.TrimSpace(c.Arguments), "\uFFFD")
	if c.Kind == conv.Custom {
		return json.RawMessage(freetext.Wrap(c.Arguments))
	}
	if text == "" || text == "null" {
		return json.RawMessage("{}")
	}
	if isObject(text) {
		return json.RawMessage(text)
	}
	return wrapped("arguments", text)
}

// response is what a tool answered. An object stays one; anything else is put where the API looks for a function's output or error.
func response(text string, failed bool) json.RawMessage {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if failed {
		return wrapped("error", text)
	}
	if t := strings.TrimSpace(text); isObject(t) && !wrapper(t) {
		return json.RawMessage(t)
	}
	return wrapped("output", text)
}

// wrapper reports whether an object would be taken for one of ours, and so has to be wrapped itself.
func wrapper(object string) bool {
	count, ours := 0, false
	c := scan.At([]byte(object))
	c.Object(func(key []byte, _ bool) {
		count++
		switch string(key) {
		case "output", "error", "result":
			ours = true
		}
	})
	return count == 0 || count == 1 && ours
}

func wrapped(name, text string) json.RawMessage { return marshal(map[string]string{name: text}) }

// isObject reports whether a text is one JSON object, and not too deep.
func isObject(s string) bool {
	if s == "" || s[0] != '{' || scan.Valid([]byte(s)) != nil {
		return false
	}
	depth, text := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && text:
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > deepest {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}
