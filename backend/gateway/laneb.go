package gateway

import (
	"net/http"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/routing"
)

// laneB is the translation of one attempt: the client speaks one protocol, and the upstream another. See package
// conversation.
type laneB struct {
	body   []byte // for the upstream
	lost   []conversation.Lost
	back   conversation.Restorer // nil: nothing has to be restored
	reader conversation.Reader
	writer conversation.Writer
}

// translatable is what a request can be put into: nothing where it leans on state that one account keeps, or is none for a
// reply.
func (x *exchange) translatable(pin routing.Pin) protocol.Set {
	if pin.Only || x.ep.operation != protocol.Generate || codecs.Of(x.ep.protocol) == nil {
		return 0
	}
	return codecs.Spoken
}

// translate puts the request into the upstream's protocol.
func (a *attempt) translate() *failure {
	if a.conv == nil {
		conv, err := codecs.Of(a.ep.protocol).DecodeRequest(a.body, conversation.Asked{Model: a.ep.model, Stream: a.stream})
		if err != nil {
			return &failure{err: asError(err)}
		}
		a.conv = conv
	}
	ask := *a.conv // shallow: encoders change nothing
	ask.Model, ask.Stream = a.d.Upstream, a.stream
	to := conversation.Target{Model: a.d.Upstream, UsualOutput: a.d.MaxOutput, Reasons: a.d.Reasons, Described: a.d.Described}
	codec := codecs.Of(a.via)
	body, lost, err := codec.EncodeRequest(&ask, to)
	if err != nil {
		return &failure{err: asError(err), unsaid: true}
	}
	a.b.body, a.b.lost, a.b.back = body, lost, codec.Restorer(&ask, to)
	a.made.Via = a.via
	if a.stream {
		a.b.reader, a.b.writer = codec.NewReader(), codecs.Of(a.ep.protocol).NewWriter(a.conv)
	}
	return nil
}

// reply translates a whole reply.
func (b *laneB) reply(a *attempt, body []byte) ([]byte, error) {
	r, err := codecs.Of(a.via).DecodeReply(body)
	if err != nil {
		return nil, err
	}
	if b.back != nil {
		b.back.Reply(r)
	}
	r.ID = "" // the client's protocol has a form of its own for it
	return codecs.Of(a.ep.protocol).EncodeReply(r, a.conv)
}

// event translates one event of a stream, and appends what it comes to.
func (b *laneB) event(dst, name, data []byte) ([]byte, error) {
	events, err := b.reader.Read(name, data)
	return b.write(dst, events), err
}

// end appends the end of a stream that was whole. usage is told where the upstream told none: there are clients that want figures.
func (b *laneB) end(dst []byte, usage *protocol.Usage) ([]byte, error) {
	events, err := b.reader.End()
	if err != nil {
		return dst, err
	}
	if usage != nil {
		events = append(events, &conversation.Told{Usage: *usage})
	}
	return b.writer.Close(b.write(dst, events)), nil
}

// fault is the end of a stream that was not.
func (b *laneB) fault(e *protocol.Error) []byte {
	return b.writer.Write(nil, &conversation.Fault{Err: e})
}

func (b *laneB) write(dst []byte, events []conversation.Event) []byte {
	if b.back != nil {
		events = b.back.Events(events)
	}
	for _, e := range events {
		if start, ok := e.(*conversation.Start); ok {
			start.ID = "" // the client's protocol has a form of its own for it
		}
		dst = b.writer.Write(dst, e)
	}
	return dst
}

// header tells what of the request the upstream's protocol could not say.
func (b *laneB) header(h http.Header) {
	if len(b.lost) == 0 {
		return
	}
	names := make([]string, len(b.lost))
	for i, l := range b.lost {
		names[i] = l.Param
	}
	h["X-Metapi-Dropped"] = []string{strings.Join(names, ", ")}
}
