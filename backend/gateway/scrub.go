package gateway

import (
	"bytes"
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
)

// What an upstream says may quote the key that it was sent, whole or in part, and name the host where the account is.
// None of that may reach a client or a log.

// keyPart is how many bytes of a key in a row give something away. The prefixes that keys of one vendor share are shorter.
const keyPart = 12

// scrub takes the key, the account's address and what [protocol.Clean] knows by its looks out of an upstream's words.
// Where a part of the key is left all the same, the words are withheld.
func (a *attempt) scrub(s string) string {
	s = string(protocol.Redact([]byte(s), a.secret))
	host := a.target.Host()
	s = strings.ReplaceAll(s, host, "[upstream]")
	if name, _, ok := strings.Cut(host, ":"); ok {
		s = strings.ReplaceAll(s, name, "[upstream]")
	}
	if s = protocol.Clean(s); a.quotesKey(s) {
		return "the upstream's words are withheld, since they quote its key"
	}
	return s
}

// quotesKey reports whether s holds keyPart bytes of the key in a row.
func (a *attempt) quotesKey(s string) bool {
	for i := 0; i+keyPart <= len(a.secret); i++ {
		if strings.Contains(s, a.secret[i:i+keyPart]) {
			return true
		}
	}
	return false
}

// unchanged returns s if nothing in it has to be scrubbed, else nothing: a code or a field's name that was changed is of
// no use to a client.
func (a *attempt) unchanged(s string) string {
	if a.scrub(s) == s {
		return s
	}
	return ""
}

// showable reports whether an upstream's error body may be shown as it is: it is in the protocol's own shape, and holds
// nothing that would have to be scrubbed, however its strings are escaped.
func (a *attempt) showable(body []byte) bool {
	if !nativeError(a.ep.protocol, body) {
		return false
	}
	var value any
	if json.Unmarshal(body, &value) != nil {
		return false
	}
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if enc.Encode(value) != nil {
		return false
	}
	return a.unchanged(strings.TrimSpace(plain.String())) != ""
}

// nativeError reports whether body is an error in p's own shape.
func nativeError(p protocol.Protocol, body []byte) bool {
	var shape struct {
		Type  string
		Error *struct {
			Message *string
			Type    string
			Status  string
		}
	}
	if json.Unmarshal(body, &shape) != nil || shape.Error == nil || shape.Error.Message == nil {
		return false
	}
	switch p {
	case protocol.Anthropic:
		return shape.Type == "error" && shape.Error.Type != ""
	case protocol.Gemini:
		return shape.Error.Status != ""
	}
	return true
}
