package gemini

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
)

// Clients of this API do not send thoughts back, but the signature of a call, in which they look for nothing. So what another vendor's model
// has thought before it called a tool goes there with its proof: that vendor wants to see it again with the tool's result. To some clients a
// signature is bytes, hence the second base64.

// foreignMark begins such signatures.
const foreignMark = "bWV0YXBpZm9yZWln"

// carries reports whether thinking is another vendor's and can be proved to it.
func carries(t *conv.Thinking) bool {
	return t.Origin != protocol.Gemini && t.Origin != protocol.None && t.Signature+t.Sealed != ""
}

// wrap makes a signature of what was thought.
func wrap(thoughts []conv.Thinking) string {
	if len(thoughts) == 0 {
		return ""
	}
	var seals []string
	for _, t := range thoughts {
		seals = append(seals, carry.Carried{Origin: t.Origin, ID: t.ID, Summary: t.Summary, Text: t.Text, Signature: t.Signature, Sealed: t.Sealed}.Seal())
	}
	return base64.StdEncoding.EncodeToString([]byte(strings.Join(seals, ".")))
}

// unwrap reads what [wrap] made. ours tells that sig is such a one, whatever is in it.
func unwrap(sig string) (thoughts []conv.Part, ours bool) {
	if !strings.HasPrefix(sig, foreignMark) {
		return nil, false
	}
	plain, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(sig), "="))
	if err != nil {
		return nil, true
	}
	for seal := range strings.SplitSeq(string(plain), ".") {
		if c, ours := carry.Unseal(seal); ours && c.Signature+c.Sealed != "" {
			thoughts = append(thoughts, &conv.Thinking{ID: c.ID, Text: c.Text, Summary: c.Summary, Signature: c.Signature, Sealed: c.Sealed, Origin: c.Origin})
		}
	}
	return thoughts, true
}

// think puts what came with a call into the model's turn. A turn that calls tools begins with its thinking; that of a later call
// stands before the call. What the client has shown of it goes.
func think(said, thoughts []conv.Part, first bool) []conv.Part {
	said = slices.DeleteFunc(said, func(p conv.Part) bool {
		t, is := p.(*conv.Thinking)
		return is && t.Origin == protocol.None
	})
	if first {
		return slices.Concat(thoughts, said)
	}
	return append(said, thoughts...)
}

// StripForeign takes out of the body of a request the signatures that [Codec] wrote for the client in place of another vendor's thinking.
// It is for bodies that are passed on as they stand. Without any it returns body itself.
func StripForeign(body []byte) []byte {
	const begins = `"` + foreignMark
	if !bytes.Contains(body, []byte(begins)) {
		return body
	}
	out := make([]byte, 0, len(body))
	for {
		before, rest, found := bytes.Cut(body, []byte(begins))
		out = append(out, before...)
		_, after, closed := bytes.Cut(rest, []byte{'"'})
		if !found || !closed {
			return append(out, body[len(before):]...)
		}
		out = append(append(append(out, '"'), skipSignature...), '"')
		body = after
	}
}
