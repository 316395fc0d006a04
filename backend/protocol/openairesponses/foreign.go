package openairesponses

import "bytes"

// foreignID begins the ids of reasoning that another vendor's model made, and that the codec put into a reply: no account of
// OpenAI's has stored it. Clients send it back with the conversation.
const foreignID = "rs_metapi_"

// StripForeign takes out of the body of a request the reasoning that [Codec] wrote for the client in place of another vendor's.
// It is for bodies that are passed on as they stand. Without any it returns body itself.
func StripForeign(body []byte) []byte {
	if !bytes.Contains(body, []byte(foreignID)) {
		return body
	}
	body, _ = stripReasoning(body, func(id, _ []byte) bool { return bytes.HasPrefix(id, []byte(foreignID)) })
	return body
}
