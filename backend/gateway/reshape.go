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

// Some upstreams stream what was asked for whole, and the other way round (relays that know of one form only do). The client gets what it
// asked for: the reply is read in the upstream's protocol and written anew.

// decoded is the client's request in the canonical form.
func (x *exchange) decoded() (*conversation.Request, error) {
	if x.conv == nil {
		conv, err := codecs.Of(x.in).DecodeRequest(x.body, conversation.Asked{Model: x.ep.model, Stream: x.stream,
			Compact: x.ep.operation == protocol.Compact})
		if err != nil {
			return nil, err
		}
		x.conv = conv
	}
	return x.conv, nil
}

// wanted is the client's request for who writes the reply. One that leans on what an account keeps passed as it was and cannot be read here;
// for the reply that is no matter.
func (x *exchange) wanted() *conversation.Request {
	ask, err := x.decoded()
	if err != nil {
		return &conversation.Request{Model: x.rec.Asked, Stream: x.stream, IncludeUsage: x.peek.IncludeUsage}
	}
	return ask
}

// reshapes reports whether the reply can be written anew: replies can, and what is asked of stored ones cannot.
func (a *attempt) reshapes() bool {
	return a.ep.operation == protocol.Generate && codecs.Of(a.via) != nil
}

// streamWhole tells a whole reply as the stream that the client asked for.
func (a *attempt) streamWhole(body []byte, from http.Header) *failure {
	if !a.reshapes() {
		return a.failed(&protocol.Error{Kind: protocol.BadReply, Message: "the upstream answered a request for a stream with a plain reply"})
	}
	r, err := codecs.Of(a.via).DecodeReply(body)
	if err != nil {
		return a.failed(asError(err))
	}
	a.dog.rest()
	ask := a.wanted()
	a.tellKept(ask)
	w := codecs.Of(a.ep.protocol).NewWriter(ask)
	a.heard.reply(r)
	a.restore(r)
	var events []byte
	for _, e := range conversation.Replay(r) {
		events = w.Write(events, e)
	}
	events = w.Close(events)
	if !a.commit(from) {
		return a.failed(errOutrun)
	}
	a.keepEvents(events)
	a.pin()
	a.keepThoughts()
	gone := a.out.send(events) != nil
	return a.done(a.out.finish() != nil || gone)
}

// restore puts a whole reply in the words of the client's request, with usage where the upstream told none.
func (a *attempt) restore(r *conversation.Reply) {
	if estimate := a.estimate(); estimate != nil {
		r.Usage, r.HasUsage = *estimate, true
		a.w.Header()["X-Metapi-Estimated"] = []string{"usage"}
	}
	if a.b == nil {
		return
	}
	if a.b.back != nil {
		a.b.back.Reply(r)
	}
	r.ID = "" // the client's protocol has a form of its own for it
}

// isStream reports whether the body of a reply is a stream of events: by how it begins, since relays mislabel, and where that does not tell, by
// its type.
func isStream(h http.Header, body []byte) bool {
	body = bytes.TrimLeft(body[:min(len(body), 64)], "\xef\xbb\xbf \r\n")
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') { // nearly always
		return false
	}
	return mediaType(h) == "text/event-stream" || bytes.HasPrefix(body, []byte("data:")) || bytes.HasPrefix(body, []byte("event:")) || bytes.HasPrefix(body, []byte(": "))
}

// gather reads a stream as a whole reply. The error is an *[protocol.Error].
func (a *attempt) gather(stream []byte) (*conversation.Reply, error) {
	var whole conversation.Gathering
	rd, events := codecs.Of(a.via).NewReader(), sse.NewReader(bytes.NewReader(stream), maxEvent)
	for {
		e, err := events.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's stream cannot be read"}
		}
		if a.up.Event(e.Name, e.Data, &a.reply) == protocol.Failed {
			return nil, a.reply.Err
		}
		told, err := rd.Read(e.Name, e.Data)
		if err != nil {
			return nil, err
		}
		whole.Add(told...)
	}
	rest, err := rd.End()
	if err != nil {
		return nil, err
	}
	if !a.reply.Done && a.reply.Finish == "" {
		return nil, &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's stream ended before the answer was complete"}
	}
	whole.Add(rest...)
	return whole.Reply(), nil
}

// rewrite writes a whole reply for the client.
func (a *attempt) rewrite(r *conversation.Reply) ([]byte, error) {
	a.restore(r)
	ask := a.wanted()
	a.tellKept(ask)
	return codecs.Of(a.ep.protocol).EncodeReply(r, ask)
}
