package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/sse"
	"metapi/backend/routing"
)

// maxEvent bounds one event of a stream: the last event of a response with images in it carries them all.
const maxEvent = 64 << 20

// maxHeld bounds what is held back before the first meaningful event, beside what the request itself makes an upstream
// repeat: a Responses stream begins with the instructions and tools, twice.
const maxHeld = 1 << 20

// lastWords is how long an upstream may take to end a stream after the protocol's own end of it.
const lastWords = 2 * time.Second

// passStream passes on a stream, event by event. Events are held back until the first meaningful one: up to there the
// attempt can fail and the client never know.
func (a *attempt) passStream(res *http.Response) *failure {
	src, f := a.openStream(res)
	if src == nil {
		return f
	}
	rd := sse.NewReader(src, maxEvent)
	var held []byte // whole events that the client does not have yet
	committed := false
	for {
		ev, err := rd.Next()
		if err != nil {
			return a.streamEnded(err, committed, held, res.Header)
		}
		class := a.up.Event(ev.Name, ev.Data, &a.reply)
		a.heard.event(ev.Name, ev.Data)
		if class == protocol.Failed && a.storedFailure() {
			class = protocol.Final
		}
		if class == protocol.Failed {
			if !committed {
				return a.failed(a.reply.Err)
			}
			return a.broken(a.reply.Err, held)
		}
		if a.b != nil {
			if held, err = a.b.event(held, ev.Name, ev.Data); err != nil {
				return a.unreadable(err, committed, held)
			}
		} else if a.keeps() != nil {
			held = a.retold(held, &ev, class)
		} else if class != protocol.UsageOnly || !a.hide {
			held = append(held, ev.Raw...)
			if ev.Unended {
				held = append(held, "\n\n"...) // so that nothing that follows becomes a part of it
			}
		}
		if !committed && (class == protocol.Meaningful || class == protocol.Final && a.reply.Finish != "") {
			if !a.commit(res.Header) {
				return a.failed(errOutrun)
			}
			committed = true
		}
		if !committed && len(held) > maxHeld+4*len(a.body) {
			return a.failed(&protocol.Error{Kind: protocol.BadReply, Message: "the upstream sent much, but no answer"})
		}
		a.pin()
		if committed && !rd.More() {
			a.dog.rest()
			if a.out.send(held) != nil {
				return a.unheard()
			}
			held = held[:0]
			if a.reply.Done {
				a.dog.idleAfter(lastWords)
			} else {
				a.dog.idleAfter(a.g.timing.idle)
			}
		}
	}
}

// openStream checks that the answer is a stream; where it returns none, the attempt has ended, well or not. Relays forget or misname the type
// of streams, so it is the first bytes that tell a web page or a whole reply from one.
func (a *attempt) openStream(res *http.Response) (io.Reader, *failure) {
	body, err := plain(res)
	if err != nil {
		return nil, a.lost(err)
	}
	if mediaType(res.Header) == "text/event-stream" {
		return body, nil
	}
	first := bufio.NewReaderSize(body, 512)
	begin, err := first.Peek(1)
	if err != nil && len(begin) == 0 && err != io.EOF {
		return nil, a.lost(err)
	}
	begin, _ = first.Peek(first.Buffered())
	if protocol.IsHTML(nil, begin) {
		return nil, a.failed(errWall)
	}
	if begin = bytes.TrimLeft(begin, "\xef\xbb\xbf \r\n"); len(begin) > 0 && (begin[0] == '{' || begin[0] == '[') {
		return nil, a.notStream(first, res)
	}
	return first, nil
}

// notStream takes a plain body that came where a stream was asked for: an error that came with status 200, or the whole reply (case 7). There are
// models that never stream images or text of speech; what they say passes as it is.
func (a *attempt) notStream(src io.Reader, res *http.Response) *failure {
	body, err := readAll(io.LimitReader(src, maxReply), -1)
	if err != nil {
		return a.lost(err)
	}
	if a.up.Body(body, &a.reply); a.reply.Err != nil {
		return a.failed(a.reply.Err)
	}
	if codecs.Of(a.via) == nil && !a.streamOpen() {
		return a.deliver(res, body)
	}
	return a.streamWhole(body, res.Header)
}

// commit opens the client's stream with this attempt's headers. From here on there is no other deployment. It returns false where another
// attempt at the request has done so.
func (a *attempt) commit(from http.Header) bool {
	if !a.wins() {
		return false
	}
	a.pass.Prove()
	a.made.FirstByte = time.Since(a.start)
	a.rec.FirstByte = time.Since(a.rec.Start)
	a.rec.Status = http.StatusOK
	a.out.begin(func(h http.Header) { a.replyHead(h, from) })
	return true
}

// streamEnded tells an upstream's proper end from a cut. After the protocol's own end it does not matter how the
// connection ends; without one, a finish reason and a clean end will do.
func (a *attempt) streamEnded(err error, committed bool, held []byte, from http.Header) *failure {
	if said := committed || a.reply.Finish != ""; said && (a.reply.Done || err == io.EOF && a.reply.Finish != "") {
		if a.b != nil {
			whole, err := a.b.end(held, a.estimate())
			if err != nil {
				return a.unreadable(err, committed, held)
			}
			a.keepEvents(whole[len(held):])
			held = whole
		}
		if !committed && !a.commit(from) { // an answer without a word, but a whole one
			return a.failed(errOutrun)
		}
		a.keepThoughts()
		gone := a.out.send(held) != nil
		return a.done(a.out.finish() != nil || gone)
	}
	e, gone := a.dog.verdict(err)
	var tooLong *sse.TooLong
	switch {
	case gone:
		a.cancelled()
		return nil
	case errors.As(err, &tooLong):
		e = &protocol.Error{Kind: protocol.BadReply, Message: "the upstream sent an event that is too large"}
	case err == io.EOF && e.Kind == protocol.Network:
		e = &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's stream ended before the answer was complete"}
	}
	if !committed {
		return a.failed(e)
	}
	return a.broken(e, held)
}

// done ends an attempt that has served the client; gone tells that the client has not taken it.
func (a *attempt) done(gone bool) *failure {
	a.pass.Succeed()
	a.close("", "")
	a.observe()
	if gone {
		a.gone()
	} else {
		a.settle(routing.OK, nil)
	}
	return nil
}

// unreadable ends an attempt whose stream makes no sense in its own protocol.
func (a *attempt) unreadable(err error, committed bool, held []byte) *failure {
	var e *protocol.Error
	if !errors.As(err, &e) {
		e = &protocol.Error{Kind: protocol.BadReply, Message: err.Error()}
	}
	if !committed {
		return a.failed(e)
	}
	return a.broken(e, held)
}

// unheard ends an attempt whose stream the client did not take: it went away, or is stuck, or we are shutting down.
func (a *attempt) unheard() *failure {
	if e, gone := a.dog.verdict(io.ErrClosedPipe); !gone && e == errShutdown {
		return a.broken(e, nil)
	}
	a.cancelled()
	return nil
}

// broken ends a stream truthfully that failed after the client had seen part of it.
func (a *attempt) broken(e *protocol.Error, held []byte) *failure {
	a.out.send(held)
	f := a.failed(e)
	if a.b != nil {
		a.out.end(a.b.fault(f.err))
	} else {
		a.out.end(a.dialect.StreamError(f.err))
	}
	a.settle(routing.Failed, f.err)
	return nil
}

// streamWriter is the client's side of a stream, over all attempts. Events come from the attempt's goroutine, keep-alives
// from a timer; mu keeps them apart.
type streamWriter struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	flusher *http.ResponseController
	dialect protocol.Dialect
	every   time.Duration
	alarm   *alarm // rings when the client has heard nothing for so long
	stuck   *alarm // rings when a write does not come to its end
	array   bool   // a JSON array of events' data, not Server-Sent Events
	whole   bool   // the reply may turn out to be no stream, and no stream could be made of it: the head waits for it
	raw     bool   // neither: bytes, with a type of their own, between which nothing can be sent
	items   int    // written to the array
	open    bool   // the status line is out
	quiet   bool   // no more keep-alives
	err     error
}

func newStreamWriter(x *exchange) *streamWriter {
	s := &streamWriter{w: x.w, flusher: http.NewResponseController(x.w), dialect: x.dialect, array: x.ep.array, whole: codecs.Of(x.in) == nil, every: x.g.timing.keepAlive}
	s.stuck = x.g.alarms.add(func() { s.flusher.SetWriteDeadline(time.Now()) }) // the write fails, and the connection ends
	s.alarm = x.g.alarms.add(s.beat)
	s.alarm.set(s.every)
	return s
}

// begin sends the head of the reply, if a keep-alive has not done so already.
func (s *streamWriter) begin(headers func(http.Header)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head(headers)
}

func (s *streamWriter) head(headers func(http.Header)) {
	if s.open {
		return
	}
	s.open = true
	h := s.w.Header()
	if headers != nil {
		headers(h)
	}
	switch {
	case s.raw:
	case s.array:
		h["Content-Type"] = []string{"application/json; charset=UTF-8"}
	case mediaType(h) != "text/event-stream":
		h["Content-Type"] = []string{"text/event-stream; charset=utf-8"}
	}
	if !s.raw {
		h["Cache-Control"] = []string{"no-cache"}
	}
	s.w.WriteHeader(http.StatusOK)
}

func mediaType(h http.Header) string {
	t, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return t
}

// send writes whole events. The error is that of the client's connection.
func (s *streamWriter) send(events []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || len(events) == 0 {
		return s.err
	}
	if s.array {
		events = s.elements(events)
	}
	s.write(events)
	if !s.quiet {
		s.alarm.set(s.every)
	}
	return s.err
}

// stuckAfter is how long a client may take to read what it is sent, before it is taken to be stuck.
const stuckAfter = 5 * time.Minute

func (s *streamWriter) write(p []byte) {
	s.stuck.set(stuckAfter)
	defer s.stuck.off()
	if _, s.err = s.w.Write(p); s.err == nil {
		s.err = s.flusher.Flush()
	}
}

// elements turns events into elements of the JSON array that Gemini sends where no alt=sse was asked.
func (s *streamWriter) elements(events []byte) []byte {
	var out []byte
	rd := sse.NewReader(bytes.NewReader(events), maxEvent)
	for {
		ev, err := rd.Next()
		if err != nil {
			return out
		}
		if len(ev.Data) == 0 {
			continue
		}
		if s.items++; s.items == 1 {
			out = append(out, '[')
		} else {
			out = append(out, ",\r\n"...)
		}
		out = append(out, ev.Data...)
	}
}

// finish closes the stream after its last event.
func (s *streamWriter) finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hush()
	if s.array && s.open && s.err == nil {
		if s.items == 0 {
			s.write([]byte("[]"))
		} else {
			s.write([]byte("]"))
		}
	}
	return s.err
}

// end closes the stream with an event that no client can take for the end of a complete answer.
func (s *streamWriter) end(fault []byte) {
	s.send(fault)
	s.finish()
}

func (s *streamWriter) hush() {
	if !s.quiet {
		s.quiet = true
		s.alarm.remove()
	}
}

// release lets go of what the stream holds, when nothing more will be written to it.
func (s *streamWriter) release() {
	s.stop()
	s.stuck.remove()
}

// stop ends the keep-alives, and reports whether the head of a stream is out.
func (s *streamWriter) stop() (open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hush()
	return s.open
}

// beat keeps a client's connection alive that has heard nothing for a while: 200 and something without meaning, where the protocol has
// that. Failover stays open behind it.
func (s *streamWriter) beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	alive := s.dialect.KeepAlive()
	if s.array {
		alive = []byte("\n") // white space, wherever in the array
	}
	if s.quiet || s.err != nil || s.open && alive == nil || !s.open && s.whole {
		return
	}
	s.head(nil)
	s.write(alive)
	s.alarm.set(s.every)
}
