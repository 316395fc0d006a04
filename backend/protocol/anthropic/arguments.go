package anthropic

import (
	"bytes"

	"metapi/backend/protocol/quote"
	"metapi/backend/protocol/scan"
)

// argumentsObject makes the input of a call out of its arguments: Messages takes an object and nothing else. None are the empty
// object, an object within a string is taken out of it, and what is no object at all is kept as text, for the tool to complain of.
func argumentsObject(arguments string) []byte {
	raw := bytes.TrimSpace([]byte(arguments))
	switch {
	case len(raw) == 0 || string(raw) == "null" || string(raw) == `""`:
		return []byte("{}")
	case raw[0] == '{' && scan.Valid(raw) == nil:
		return raw
	}
	if inner, ok := scan.String(raw); ok {
		if b := bytes.TrimSpace([]byte(inner)); len(b) > 0 && b[0] == '{' && scan.Valid(b) == nil {
			return b
		}
	}
	return append(quote.Append([]byte(`{"raw_arguments":`), arguments), '}')
}
