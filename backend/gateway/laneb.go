package gateway

import (
	"net/http"
	"slices"
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
	back   conversation.Restorer // nil: nothing has to be restored
	reader conversation.Reader
	writer conversation.Writer
}

// translatable is what a request can be put into: nothing where it leans on state that one account keeps, or is none for a
// reply.
func (x *exchange) translatable(pin routing.Pin) protocol.Set {
	makes := x.ep.operation == protocol.Generate || x.ep.operation == protocol.Compact
	if pin.Only || !makes && !x.counting() || codecs.Of(x.in) == nil {
		return 0
	}
	return codecs.Spoken
}

// encode puts the request into the upstream's protocol, with what is known to be needed mended. Where that is the client's own protocol, and
// nothing has to be restored in the reply, the reply passes as it is.
func (a *attempt) encode() *failure {
	b := &laneB{client: codecs.Of(a.ep.protocol), up: codecs.Of(a.via)}
	conv, err := a.decoded()
	if err != nil {
		return &failure{err: asError(err), unsaid: a.via == a.in}
	}
	ask := *conv // shallow: encoders change nothing
	ask.Model, ask.Stream = a.d.Upstream, a.stream
	if ask.Compaction != nil && a.d.MaxOutput > 0 {
		most := min(a.d.MaxOutput, longestSummary)
		ask.MaxOutput = &most
	}
	a.set(&ask)
	lost := a.mends.request(&ask)
	if a.quirks[wantsThoughts] {
		ask.Messages = slices.Clone(ask.Messages)
		a.g.thoughts.recall(a.rec.Client, &ask)
	}
	to := a.toward()
	if a.via == protocol.Anthropic && a.in != protocol.Anthropic { // all others use their caches without being told to
		to.Quirks = withQuirk(a.quirks, "auto-cache")
	}
	body, unsaid, err := b.up.EncodeRequest(&ask, to)
	if err != nil {
		return &failure{err: conversation.InWords(asError(err), a.in), unsaid: true}
	}
	if a.counting() {
		body = counts[a.via].request(body, a.d.Upstream)
	}
	a.encoded, a.dropped = body, slices.Concat(conv.Lost, lost, unsaid)
	b.ask, b.back = conv, b.up.Restorer(&ask, to)
	if a.via == a.ep.protocol && b.back == nil && !a.emulates() {
		a.hide = a.addsUsage()
		return nil
	}
	a.b = b
	a.keepNew()
	a.tellKept(conv)
	if a.stream {
		b.reader, b.writer = b.up.NewReader(), b.client.NewWriter(b.ask)
	}
	return nil
}

// toward is who the request is written for.
func (a *attempt) toward() conversation.Target {
	return conversation.Target{Model: a.d.Upstream, UsualOutput: a.d.MaxOutput, Reasons: a.d.Reasons, Described: a.d.Described, Quirks: a.quirks}
}

// event translates one event of a stream, and appends what it comes to.
func (b *laneB) event(dst, name, data []byte) ([]byte, error) {
	events, err := b.reader.Read(name, data)
	return b.write(dst, events), err
}

// end appends the end of a stream that was whole. estimate is told where the upstream told no usage: there are clients that want figures,
// and a zero would be a lie where a guess is known.
func (b *laneB) end(dst []byte, estimate *protocol.Usage) ([]byte, error) {
	events, err := b.reader.End()
	if err != nil {
		return dst, err
	}
	if estimate != nil {
		events = append(events, &conversation.Told{Usage: *estimate})
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

// mostLost bounds the header that lists what was left out: the names in it are the client's own.
const mostLost = 32

// lostHeader tells what of the request has no place in the canonical form, or could not be said in the upstream's protocol.
func (a *attempt) lostHeader(h http.Header) {
	var names []string
	for _, l := range a.dropped {
		name := conversation.Called(l.Param, a.in)
		if len(names) < mostLost && len(name) <= mostLost*2 && strings.IndexFunc(name, foreign) < 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names != nil {
		h["X-Metapi-Dropped"] = []string{strings.Join(names, ", ")}
	}
}

// foreign: no parameter of any vendor's has such a character, and in a header it could do harm.
func foreign(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-.[]$", r))
}
