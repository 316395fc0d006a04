package openairesponses

import "bytes"

// ourMark is in all that the codec puts into replies which only Metapi can read, and foreignID begins the ids of reasoning that another
// vendor's model made: no account of OpenAI's has stored it. Clients send both back with the conversation.
const (
	ourMark   = "_metapi_"
	foreignID = "rs" + ourMark
)

// StripForeign takes out of the body of a request the reasoning that [Codec] wrote for the client in place of another vendor's, and puts
// its summary in the place of each compaction that Metapi has made. It is for bodies that are passed on as they stand. Without any it
// returns body itself.
func StripForeign(body []byte) []byte {
	if !bytes.Contains(body, []byte(ourMark)) {
		return body
	}
	body, _ = stripReasoning(body, func(id, _ []byte) bool { return bytes.HasPrefix(id, []byte(foreignID)) })
	return openCompactions(body)
}
