package gemini

import (
	"bytes"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/reply"
)

// DecodeReply reads a GenerateContentResponse, or the array of them that a stream without alt=sse is: a reply is a stream of one event.
func (c Codec) DecodeReply(body []byte) (*conv.Reply, error) {
	if b := bytes.TrimSpace(body); len(b) == 0 || b[0] != '{' && b[0] != '[' {
		var bad protocol.Reply
		reply.Unusable(body, &bad)
		return nil, bad.Err
	}
	r := &reader{}
	events, err := r.Read(nil, body)
	if err != nil {
		return nil, err
	}
	rest, err := r.End()
	if err != nil {
		return nil, err
	}
	return conv.Gather(append(events, rest...)), nil
}
