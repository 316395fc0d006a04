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
	ask    *conversation.Request // the client's
	client conversation.Codec
	up     conversation.Codec
	body   []byte // for the upstream
	lost   []conversation.Lost
	back   conversation.Restorer // nil: nothing has to be restored
	reader conversation.Reader
	writer conversation.Writer
}

// translatable is what a request can be put into: nothing where it leans on state that one account keeps, or is none for a
// reply.
func (x *exchange) translatable(pin routing.Pin) protocol.Set {
	if pin.Only || x.ep.operation != protocol.Generate && x.ep.operation != protocol.Compact || codecs.Of(x.ep.protocol) == nil {
		return 0
	}
	return codecs.Spoken
}

// translate puts the request into the upstream's protocol.
func (a *attempt) translate() *failure {
	b := &laneB{client: codecs.Of(a.ep.protocol), up: codecs.Of(a.via)}
	if a.conv == nil {
		conv, err := b.client.DecodeRequest(a.body, conversation.Asked{Model: a.ep.model, Stream: a.stream, Compact: a.ep.operation == protocol.Compact})
		if err != nil {
			return &failure{err: asError(err)}
		}
		a.conv = conv
		a.keepNew()
	}
	if a.keep != nil {
		a.conv.State = a.keep.state
	}
	ask := *a.conv // shallow: encoders change nothing
	ask.Model, ask.Stream = a.d.Upstream, a.stream
	if ask.Compaction != nil && a.d.MaxOutput > 0 {
		most := min(a.d.MaxOutput, longestSummary)
		ask.MaxOutput = &most
	}
	to := conversation.Target{Model: a.d.Upstream, UsualOutput: a.d.MaxOutput, Reasons: a.d.Reasons, Described: a.d.Described}
	var err error
	if b.body, b.lost, err = b.up.EncodeRequest(&ask, to); err != nil {
		return &failure{err: asError(err), unsaid: true}
	}
	b.ask, b.back = a.conv, b.up.Restorer(&ask, to)
	if a.stream {
		b.reader, b.writer = b.up.NewReader(), b.client.NewWriter(b.ask)
	}
	a.b, a.made.Via = b, a.via
	return nil
}

// reply translates a whole reply.
func (b *laneB) reply(body []byte) ([]byte, error) {
	r, err := b.up.DecodeReply(body)
	if err != nil {
		return nil, err
	}
	if b.back != nil {
		b.back.Reply(r)
	}
	r.ID = "" // the client's protocol has a form of its own for it
	return b.client.EncodeReply(r, b.ask)
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
