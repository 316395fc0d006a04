// Package carry takes what proves one vendor's thinking through a client of another protocol and back. Clients send back what they were
// given in the place of a signature or of sealed thinking, and look into it nowhere: so a conversation that goes on with the same
// model still has the model's own thinking, which vendors want to see again while tools are called.
package carry

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
)

// Mark begins all that a codec made up for a client in the place of a signature or of sealed thinking. It is of the alphabet of both base64
// and ids; no vendor's own begin so. What carries it must not reach the vendor whose protocol the client speaks: it would refuse it.
const Mark = "metapiforeign"

// Carried is what goes there and back.
type Carried struct {
	Origin    protocol.Protocol `json:"o,omitempty"`
	ID        string            `json:"i,omitempty"`
	Text      string            `json:"t,omitempty"` // where the client does not send it back itself
	Summary   bool              `json:"s,omitempty"`
	Signature string            `json:"g,omitempty"`
	Sealed    string            `json:"x,omitempty"`
	Call      bool              `json:"c,omitempty"` // Signature is of the next tool call
}

// Seal writes c as one word.
func (c Carried) Seal() string {
	if c == (Carried{}) {
		return Mark
	}
	text, err := json.Marshal(c)
	if err != nil { // a protocol without a word: nothing that could come back
		return Mark
	}
	return Mark + base64.RawStdEncoding.EncodeToString(text)
}

// Unseal reads what [Carried.Seal] made. ours tells that s carries the mark, whatever follows it.
func Unseal(s string) (c Carried, ours bool) {
	rest, ours := strings.CutPrefix(s, Mark)
	if !ours || rest == "" {
		return Carried{}, ours
	}
	text, err := base64.RawStdEncoding.DecodeString(rest)
	if err != nil || json.Unmarshal(text, &c) != nil {
		return Carried{}, true
	}
	return c, true
}
