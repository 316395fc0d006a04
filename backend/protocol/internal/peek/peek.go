// Package peek holds what the dialects' readings of a request body have in common: the guard over the members
// that routing judges by, and what is made of a conversation to know it again.
package peek

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// Guard watches for the members model and stream. What Metapi reads there must be what the upstream's parser will
// read, whichever that is: some take the first of two equal names, some the last, some resolve escapes in names,
// Go's ignores case (and takes U+017F for an s, U+212A for a k). So exactly one spelling passes, once.
type Guard struct {
	body          []byte
	model, stream protocol.Span
	fault         *protocol.Error
}

// NewGuard returns a guard over the top-level members of body.
func NewGuard(body []byte) Guard { return Guard{body: body} }

// Member takes in a top-level member if it is one of the guarded, and reports whether it was. c stands before
// the value.
func (g *Guard) Member(key []byte, escaped bool, c *scan.Cursor) bool {
	switch string(key) {
	case "model":
		g.once("model", &g.model, c)
		return true
	case "stream":
		g.once("stream", &g.stream, c)
		return true
	}
	if !escaped && (len(key) < len("model") || len(key) > len("stream")+1) { // the folds of a letter are at most a byte longer
		return false
	}
	name := key
	if escaped {
		name = scan.AppendUnquoted(nil, key)
	}
	for _, guarded := range []string{"model", "stream"} {
		if bytes.EqualFold(name, []byte(guarded)) {
			g.refuse(guarded, fmt.Sprintf("%q is another spelling of %q; send the member once, spelled exactly so", bounded(key), guarded))
			c.Value()
			return true
		}
	}
	return false
}

func (g *Guard) once(name string, at *protocol.Span, c *scan.Cursor) {
	if !at.Empty() {
		g.refuse(name, fmt.Sprintf("%q is there twice; send it once", name))
	}
	*at = c.Value()
}

func (g *Guard) refuse(param, message string) {
	if g.fault == nil {
		g.fault = &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: param, Message: message}
	}
}

// Members visits the top-level members of the object before c, which must be all that there is. Its error is a
// *[protocol.Error].
func Members(c *scan.Cursor, f func(key []byte, escaped bool)) error {
	object := c.Object(f)
	if !object {
		c.Value()
	}
	if err := c.End(); err != nil {
		return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Message: "the body is not valid JSON: " + err.Error()}
	}
	if !object {
		return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Message: "the body must be a JSON object"}
	}
	return nil
}

// Finish fills in what was guarded, or says what is wrong with it. With needModel a body without a model is at
// fault.
func (g *Guard) Finish(p *protocol.Peek, needModel bool) error {
	if !g.model.Empty() {
		model, ok := scan.String(g.body[g.model.From:g.model.To])
		if !ok {
			g.refuse("model", `"model" must be a string`)
		}
		if len(model) > protocol.LongestModel {
			g.refuse("model", fmt.Sprintf(`"model" is longer than %d bytes; name the model that should answer`, protocol.LongestModel))
		}
		p.Model, p.ModelAt = model, g.model
	}
	if needModel && p.Model == "" {
		g.refuse("model", `"model" is missing; name the model that should answer`)
	}
	switch v := string(g.body[g.stream.From:g.stream.To]); v {
	case "", "false", "null":
	case "true":
		p.Stream = true
	default:
		g.refuse("stream", `"stream" must be true or false`)
	}
	if g.fault != nil {
		return g.fault
	}
	return nil
}

func bounded(b []byte) []byte { return b[:min(len(b), 64)] }

// Limit takes in a limit on output tokens; 0 where the value is none.
func Limit(c *scan.Cursor) int64 {
	n, _ := c.Int()
	return max(n, 0)
}

// Text passes over a string and returns what it says; "" where it is no string.
func Text(c *scan.Cursor) string {
	raw, escaped, ok := c.String()
	if !ok {
		return ""
	}
	return scan.Unquote(raw, escaped)
}

// Service passes over the word for a service and returns which it is; "" where the vendor is to choose.
func Service(c *scan.Cursor) protocol.Service {
	raw, _, _ := c.String()
	return protocol.ServiceOf(raw)
}

// Is passes over a value and reports whether it is the string want.
func Is(c *scan.Cursor, want string) bool {
	raw, _, ok := c.String()
	return ok && string(raw) == want
}

// Filled passes over a value and reports whether it is an array or object with something in it.
func Filled(c *scan.Cursor) bool {
	kind := c.Kind()
	raw := c.Raw()
	return (kind == '[' || kind == '{') && len(bytes.TrimSpace(raw[1:max(len(raw)-1, 1)])) > 0
}

// longestSession bounds a session id that a client gave; a longer one is hashed.
const longestSession = 200

// Session makes the session id of what the body says: prompt_cache_key, else the session part of
// metadata.user_id, else the hash of system text and first user turn; "" where none is there.
func Session(cacheKey, userID string, h *Hash) string {
	id := cacheKey
	if id == "" {
		id = fromUserID(userID)
	}
	if id == "" {
		return h.id()
	}
	if len(id) > longestSession {
		return Digest([]byte(id))
	}
	return id
}

// fromUserID takes the session out of what Claude Code sends: "user_<hash>_account_<uuid>_session_<uuid>", or since
// 2.1 a JSON text with session_id. Any other user id names a user, not a session.
func fromUserID(s string) string {
	if strings.HasPrefix(s, "{") {
		session := ""
		c := scan.At([]byte(s))
		c.Object(func(key []byte, _ bool) {
			if string(key) == "session_id" {
				session = Text(&c)
			}
		})
		if c.End() == nil {
			return session
		}
		return ""
	}
	if i := strings.LastIndex(s, "_session_"); i >= 0 {
		return s[i+len("_session_"):]
	}
	return ""
}

// Metadata passes over a metadata object and returns its user_id.
func Metadata(c *scan.Cursor) (userID string) {
	c.Object(func(key []byte, _ bool) {
		if string(key) == "user_id" {
			userID = Text(c)
		}
	})
	return userID
}

// Digest names a text without keeping it: the first 128 bits of its SHA-256, in hexadecimal.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// ReasoningID is the id of a [protocol.ReasoningRef] for the encrypted content written as raw: the digest of what the
// string says, so that a client may write its escapes differently from the upstream.
func ReasoningID(raw []byte, escaped bool) string {
	if escaped {
		raw = scan.AppendUnquoted(nil, raw)
	}
	return Digest(raw)
}

// Hash gathers what a conversation begins with, to know its later turns by: FNV-1a, in words of eight bytes, over
// system text and first user turn. Of each text the length, the first and the last kilobyte count, which bounds the work; agents put
// what differs (folder, date, the task) at either end.
type Hash struct {
	sum    uint64
	user   bool
	begun  bool
	blocks int
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
	hashEnd   = 1 << 10
	hashParts = 16 // texts that count
)

// Text adds one text, as it stands in the JSON.
func (h *Hash) Text(raw []byte) {
	// Claude Code's first system text is a billing line that changes from call to call.
	if len(raw) == 0 || h.blocks >= hashParts || bytes.HasPrefix(raw, []byte("x-anthropic-billing-header")) {
		return
	}
	if !h.begun {
		h.sum, h.begun = fnvOffset, true
	}
	h.blocks++
	h.sum = (h.sum ^ uint64(len(raw))) * fnvPrime
	if len(raw) > 2*hashEnd {
		h.add(raw[:hashEnd])
		raw = raw[len(raw)-hashEnd:]
	}
	h.add(raw)
}

// add takes eight bytes at a step, the last of them with zeros behind; the length added before tells those apart.
func (h *Hash) add(b []byte) {
	sum := h.sum
	for len(b) >= 8 {
		sum = (sum ^ binary.LittleEndian.Uint64(b)) * fnvPrime
		sum ^= sum >> 32 // a product's low bits never learn of the word's high ones
		b = b[8:]
	}
	var word uint64
	for i, c := range b {
		word |= uint64(c) << (8 * i)
	}
	sum = (sum ^ word) * fnvPrime
	h.sum = sum ^ sum>>32
}

// Content adds the texts of a content value: a string, or blocks with a text member. The value has been passed over
// before, so that a string, which may be long, is what stands between its quotes.
func (h *Hash) Content(value []byte) {
	if n := len(value); n >= 2 && value[0] == '"' {
		h.Text(value[1 : n-1])
		return
	}
	c := scan.At(value)
	c.Array(func() {
		if raw, _, ok := c.String(); ok {
			h.Text(raw)
			return
		}
		c.Object(func(key []byte, _ bool) {
			if string(key) == "text" {
				if raw, _, ok := c.String(); ok {
					h.Text(raw)
				}
			}
		})
	})
}

// Turn adds one message if it counts: system text before the first user turn, and that turn.
func (h *Hash) Turn(role, content []byte) {
	if h.user {
		return
	}
	switch string(role) {
	case "user":
		h.user = true
	case "system", "developer":
	default:
		return
	}
	h.Content(content)
}

// Done reports whether the first user turn has been added.
func (h *Hash) Done() bool { return h.user }

// User marks the first user turn as seen.
func (h *Hash) User() { h.user = true }

func (h *Hash) id() string {
	if !h.begun {
		return ""
	}
	return "h" + strconv.FormatUint(h.sum, 16)
}
