// Package reply holds what the dialects' readings of replies have in common: keeping strings, counting text, and
// the many envelopes in which relays hide an error under status 200, whatever protocol they speak.
package reply

import (
	"bytes"
	"net/http"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// Envelope watches the top-level members of a reply for the ways in which errors come under status 200.
type Envelope struct {
	certain bool // error, base_resp, success:false, object:"error"
	code    bool // a code that is not "all is well"
	words   bool // detail, msg, message: errors where nothing else is there
}

// Member takes in a member if it speaks of an error, and reports whether it did. c stands before the value.
func (e *Envelope) Member(key []byte, c *scan.Cursor) bool {
	switch string(key) {
	case "error":
		raw := c.Raw()
		e.certain = e.certain || !empty(raw)
	case "base_resp": // MiniMax
		c.Object(func(key []byte, _ bool) {
			if string(key) == "status_code" {
				if n, ok := c.Int(); ok && n != 0 {
					e.certain = true
				}
			}
		})
	case "success":
		e.certain = string(c.Raw()) == "false" || e.certain
	case "object":
		raw, _, ok := c.String()
		e.certain = ok && string(raw) == "error" || e.certain
	case "code", "error_code", "errcode":
		switch raw := c.Raw(); string(raw) {
		case "0", "200", `"0"`, `"200"`, `"success"`, `"Success"`, `""`, "null":
		default:
			e.code = true
		}
	case "detail", "msg", "message", "error_msg", "errmsg", "error_message":
		raw := c.Raw()
		e.words = e.words || !empty(raw)
	default:
		return false
	}
	return true
}

// Bad reports whether the reply is an error; payload tells that it holds what was asked for.
func (e *Envelope) Bad(payload bool) bool {
	return e.certain || !payload && (e.words || e.code)
}

// empty: the values that stand for no error.
func empty(raw []byte) bool {
	switch string(raw) {
	case "", "null", `""`, "{}", "[]", "false", "0":
		return true
	}
	return false
}

// Fail sets r.Err to what data says went wrong.
func Fail(data []byte, r *protocol.Reply) protocol.Class {
	r.Err = protocol.DecodeError(http.StatusOK, nil, data, time.Time{})
	return protocol.Failed
}

// Unreadable sets r.Err for an event whose data is not JSON. Relays put plain words there when they fail, and
// those are judged; anything else was cut or garbled.
func Unreadable(data []byte, err error, r *protocol.Reply) protocol.Class {
	if b := bytes.TrimSpace(data); len(b) > 0 && b[0] != '{' && b[0] != '[' {
		Fail(data, r)
		if r.Err.Kind == protocol.ServerError {
			r.Err.Kind = protocol.BadReply
		}
		return protocol.Failed
	}
	r.Err = &protocol.Error{Kind: protocol.BadReply, Status: http.StatusOK,
		Message: "the provider's answer holds something that cannot be read: " + err.Error()}
	return protocol.Failed
}

// Unusable sets r.Err for a whole reply that is no JSON object: empty, a web page, plain words, cut off.
func Unusable(body []byte, r *protocol.Reply) {
	err := scan.Valid(body)
	b := bytes.TrimSpace(body)
	switch {
	case len(b) == 0:
		Bad(r, "the provider's answer is empty")
	case protocol.IsHTML(nil, body):
		Fail(body, r)
	case b[0] != '{' && b[0] != '[':
		Unreadable(body, err, r)
	case err != nil:
		Bad(r, "the provider's answer is not valid JSON: "+err.Error())
	default:
		Bad(r, "the provider's answer is no JSON object")
	}
}

// Bad sets r.Err to a reply that could be read but does not hold what was asked for.
func Bad(r *protocol.Reply, what string) {
	r.Err = &protocol.Error{Kind: protocol.BadReply, Status: http.StatusOK, Message: what}
}

// Certain notes that the reply calls itself an error.
func (e *Envelope) Certain() { e.certain = true }
