package openairesponses

import "bytes"

// ourMark is in all that the codec puts into replies which only Metapi can read, and foreignID begins the ids of reasoning that another
// vendor's model made: no account of OpenAI's has stored it. Clients send both back with the conversation. foreignID begins, too, what stands
// in the place of its encrypted content: what the other vendor has signed or sealed, which goes back to it with the next turn.
const (
	ourMark   = "_metapi_"
	foreignID = "rs" + ourMark
)

// encrypted is what a client asks to include that sends reasoning back.
const encrypted = "reasoning.encrypted_content"

// foreign reports whether reasoning is what the codec put into a reply in place of another vendor's. Some clients leave its id away.
func foreign(id, sealed []byte) bool {
	return bytes.HasPrefix(id, []byte(foreignID)) || bytes.HasPrefix(sealed, []byte(foreignID))
}

// StripForeign takes out of the body of a request the reasoning that [Codec] wrote for the client in place of another vendor's, and puts
// its summary in the place of each compaction that Metapi has made. It is for bodies that are passed on as they stand. Without any it
// returns body itself.
func StripForeign(body []byte) []byte {
	if !bytes.Contains(body, []byte(ourMark)) {
		return body
	}
	body, _ = stripReasoning(body, foreign)
	return openCompactions(body)
}
