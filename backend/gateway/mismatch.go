package gateway

import (
	"bytes"
	"io"
	"net/http"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
)

// Some relays do not know of streams, and some know of nothing else (case 7). What they answer is a good answer all the same, told in
// the other way: it is read and written again, in lane A too.

// complete makes of a reply what the client's request spoke of, with the usage that is known.
func (a *attempt) complete(reply *conversation.Reply) {
	if estimate := a.estimate(); estimate != nil {
		reply.Usage, reply.HasUsage = *estimate, true
	}
	if a.b == nil {
		return
	}
	if reply.ID = ""; a.b.back != nil {
		a.b.back.Reply(reply)
	}
}

// wanted is the client's request for the writers, as far as it can be read.
func (a *attempt) wanted() *conversation.Request {
	if a.conv == nil {
		a.conv, _ = codecs.Of(a.ep.protocol).DecodeRequest(a.body, conversation.Asked{Model: a.ep.model, Stream: a.stream})
	}
	if a.conv == nil { // it leans on what one account keeps, which is no matter to who writes the answer
		return &conversation.Request{Model: a.peek.Model, IncludeUsage: a.peek.IncludeUsage}
	}
	return a.conv
}

// rewrites reports whether an answer of this attempt can be told in another way than it came.
func (a *attempt) rewrites() bool {
	return a.ep.operation == protocol.Generate && codecs.Of(a.via) != nil && codecs.Of(a.ep.protocol) != nil
}

// tellAsStream streams an answer that came whole.
func (a *attempt) tellAsStream(body []byte, from http.Header) *failure {
	reply, err := codecs.Of(a.via).DecodeReply(body)
	if err != nil {
		return a.unreadable(err, false, nil)
	}
	a.complete(reply)
	w := codecs.Of(a.ep.protocol).NewWriter(a.wanted())
	var out []byte
	for _, e := range conversation.Replay(reply) {
		out = w.Write(out, e)
	}
	out = w.Close(out)
	a.pin()
	a.commit(from)
	return a.delivered(out)
}

// streams reports whether a body is a stream, whatever its type is said to be.
func streams(body []byte) bool {
	begin := bytes.TrimLeft(body, "\r\n ")
	for _, field := range []string{"data:", "event:", ":"} {
		if bytes.HasPrefix(begin, []byte(field)) {
			return true
		}
	}
	return false
}

// gather reads an answer that came as a stream where none was asked for, and returns it as it would have come whole.
func (a *attempt) gather(body []byte) ([]byte, error) {
	rd, in := sse.NewReader(bytes.NewReader(body), maxEvent), codecs.Of(a.via).NewReader()
	var all []conversation.Event
	for {
		ev, err := rd.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if a.up.Event(ev.Name, ev.Data, &a.reply) == protocol.Failed {
			return nil, a.reply.Err
		}
		events, err := in.Read(ev.Name, ev.Data)
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
	}
	events, err := in.End()
	if err != nil {
		return nil, err
	}
	reply := conversation.Gather(append(all, events...))
	a.complete(reply)
	return codecs.Of(a.ep.protocol).EncodeReply(reply, a.wanted())
}
