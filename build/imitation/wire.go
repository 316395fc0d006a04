package imitation

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Cut says where a stream is cut into writes; each is flushed, so that it is a segment of its own.
type Cut string

// The cuts.
const (
	CutEvents Cut = ""       // one write an event
	CutEvery  Cut = "every"  // every Pace.N bytes, across the ends of events
	CutBytes  Cut = "bytes"  // one byte at a time
	CutUTF8   Cut = "utf8"   // inside each character of more than one byte
	CutJoined Cut = "joined" // everything in one write
)

// Pace is how a stream is written.
type Pace struct {
	Cut   Cut           `json:"cut,omitempty"`
	N     int           `json:"n,omitempty"`
	CRLF  bool          `json:"crlf,omitempty"`  // lines end in CR LF (Gemini's always do)
	Delay time.Duration `json:"delay,omitempty"` // before each event
	First time.Duration `json:"first,omitempty"` // before the first byte of the answer
}

// wire writes to the caller by a Pace.
type wire struct {
	c    *call
	out  io.Writer
	gz   *gzip.Writer
	held []byte // what the cut does not let go yet
}

func (c *call) wire() *wire {
	w := &wire{c: c, out: c.w}
	if c.hasFault(Gzip) {
		w.gz = gzip.NewWriter(c.w)
		w.out = w.gz
	}
	return w
}

func (w *wire) write(b []byte) {
	switch w.c.pace.Cut {
	case CutBytes:
		w.every(b, 1)
	case CutEvery:
		w.every(b, max(1, w.c.pace.N))
	case CutUTF8:
		w.held = append(w.held, b...)
		for i := 0; i < len(w.held); {
			_, size := utf8.DecodeRune(w.held[i:])
			i++
			if size > 1 {
				w.send(w.held[:i])
				w.held = w.held[i:]
				i = size - 1
			}
		}
		w.flush()
	case CutJoined:
		w.held = append(w.held, b...)
	default:
		w.send(b)
	}
}

func (w *wire) every(b []byte, n int) {
	w.held = append(w.held, b...)
	for len(w.held) >= n {
		w.send(w.held[:n])
		w.held = w.held[n:]
	}
	if w.c.pace.Delay > 0 {
		w.flush()
	}
}

func (w *wire) send(b []byte) {
	_, _ = w.out.Write(b) // a caller that has gone is noticed by its context
	if w.gz != nil {
		_ = w.gz.Flush()
	}
	_ = http.NewResponseController(w.c.w).Flush()
}

// flush lets go of what is held.
func (w *wire) flush() {
	if len(w.held) > 0 {
		w.send(w.held)
		w.held = nil
	}
}

func (w *wire) close() {
	w.flush()
	if w.gz != nil {
		_ = w.gz.Close()
	}
}

// weight says what an event is to its reader.
type weight int

const (
	quiet      weight = iota // start, role, ping: nothing to show
	meaningful               // a delta of text, thinking, arguments or refusal
	closing                  // says how it ended: finish reason, message_delta, response.completed
	last                     // nothing comes after: [DONE], message_stop
)

type event struct {
	name   string // of the "event:" line; "" has none
	data   string
	weight weight

	comment string // in place of an event
}

// stream is a whole streamed answer, not yet written.
type stream struct {
	events []event
	array  bool // Gemini without alt=sse: one JSON array, not events
	crlf   bool
}

func (s *stream) add(w weight, name string, data any) {
	s.events = append(s.events, event{name: name, data: encode(data), weight: w})
}

func (s *stream) frame(e event, first bool) string {
	if s.array {
		if first {
			return "[" + e.data
		}
		return "\r\n,\r\n" + e.data
	}
	b := "data: " + e.data + "\n\n"
	if e.comment != "" {
		b = ": " + e.comment + "\n\n"
	}
	if e.name != "" {
		b = "event: " + e.name + "\n" + b
	}
	if s.crlf {
		b = strings.ReplaceAll(b, "\n", "\r\n")
	}
	return b
}

// stream writes a streamed answer, with whatever fault is set for this call.
func (c *call) stream(s *stream) {
	s.crlf = s.crlf || c.pace.CRLF
	if !c.wait(c.pace.First) {
		return
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	if s.array {
		h.Set("Content-Type", "application/json; charset=UTF-8")
	}
	h.Set("Cache-Control", "no-cache")
	if c.hasFault(Gzip) {
		h.Set("Content-Encoding", "gzip")
	}
	c.w.WriteHeader(http.StatusOK)
	c.status(http.StatusOK)
	_ = http.NewResponseController(c.w).Flush()
	w := c.wire()
	events, end := c.faulty(s)
	if end == endTrickle {
		c.trickle(w, s)
		return
	}
	for i, e := range events {
		if !c.wait(c.pace.Delay) {
			return
		}
		w.write([]byte(s.frame(e, i == 0)))
	}
	switch end {
	case endStall:
		w.flush()
		c.stall()
	case endReset:
		w.flush()
		c.reset()
	default:
		if s.array && end == endWhole {
			w.write([]byte("\r\n]\r\n"))
		}
		w.close()
	}
}

// json writes a whole answer, with whatever fault is set for this call.
func (c *call) json(status int, body any) {
	if !c.wait(c.pace.First) {
		return
	}
	if status == http.StatusOK && (c.hasFault(ErrorFirst) || c.hasFault(ErrorMid)) {
		body = c.v.errorBody(c.within(http.StatusInternalServerError))
	}
	h := c.w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	c.whole(status, []byte(encode(body)+"\n"))
}

// raw writes a whole answer that is no JSON.
func (c *call) raw(contentType string, body []byte) {
	if !c.wait(c.pace.First) {
		return
	}
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	if c.hasFault(ErrorFirst) || c.hasFault(ErrorMid) {
		h.Set("Content-Type", "application/json")
		body = []byte(encode(c.v.errorBody(c.within(http.StatusInternalServerError))))
	}
	c.whole(http.StatusOK, body)
}

func (c *call) whole(status int, text []byte) {
	h := c.w.Header()
	if c.hasFault(Gzip) {
		h.Set("Content-Encoding", "gzip")
	}
	cut, end := c.faultyBody(status)
	if cut {
		text = text[:len(text)/2]
	}
	if end == endNone || end == endTrickle {
		text = nil
	}
	c.w.WriteHeader(status)
	c.status(status)
	w := c.wire()
	if len(text) > 0 {
		_, _ = w.out.Write(text)
	}
	switch end {
	case endStall, endNone:
		_ = http.NewResponseController(c.w).Flush()
		c.stall()
	case endReset:
		_ = http.NewResponseController(c.w).Flush()
		c.reset()
	case endTrickle:
		c.trickle(w, nil)
	default:
		w.close()
	}
}
