package sse

import (
	"bytes"
	"fmt"
	"io"
)

// Event is one block of the stream: lines up to and with a blank line. A block of comments only, or a blank line
// that ends nothing, is an event without Name and Data. The slices are valid until a call of [Reader.Next] that
// has to read, which none does while [Reader.More] is true.
type Event struct {
	Raw     []byte // the exact bytes
	Name    []byte // the value of the last event field; nil where there was none
	Data    []byte // the values of the data fields, joined by line feeds; nil where there was none
	Unended bool   // the stream stopped before the blank line: the event may be cut
}

// TooLong is the error of an event larger than the reader's limit.
type TooLong struct{ Limit int }

func (e *TooLong) Error() string {
	return fmt.Sprintf("an event of the stream is larger than %d bytes", e.Limit)
}

const (
	firstBuffer = 8 << 10 // most events are a few hundred bytes, and 500 streams may be open
	emptyReads  = 100     // as bufio: a reader that returns nothing this often is broken
)

// Reader splits a stream into events. Not safe for concurrent use.
type Reader struct {
	src   io.Reader
	limit int
	buf   []byte
	start int // where the block being read begins
	end   int // where the bytes read end
	err   error

	// The block being read. Offsets count from start, so that moving the block changes nothing.
	line   int  // where the current line begins
	seen   int  // bytes of the current line known to hold no line end
	lf     int  // the next line feed at or after line, where it is known
	noLF   int  // where lf is before line: no line feed stands before here
	bom    bool // the stream's first bytes have been looked at
	name   span
	data   span
	datas  int // how many data lines
	joined []byte

	ready bool
	next  Event
}

// span is a range in the block; to is 0 where there is none.
type span struct{ from, to int }

// NewReader reads events of at most limit bytes from src.
func NewReader(src io.Reader, limit int) *Reader {
	return &Reader{src: src, limit: limit, buf: make([]byte, firstBuffer), lf: -1}
}

// Next returns the next event, reading until it is whole. At the end it returns what src returned: io.EOF for an
// orderly end, after an event with Unended set if there were bytes left. An event over the limit is a [TooLong].
func (r *Reader) Next() (Event, error) {
	for !r.More() {
		if r.err != nil {
			return r.rest()
		}
		if r.end-r.start > r.limit {
			return r.tooLong()
		}
		r.fill()
	}
	r.ready = false
	if len(r.next.Raw) > r.limit {
		return r.tooLong()
	}
	return r.next, nil
}

// tooLong ends the stream: what is in the buffer is forgotten.
func (r *Reader) tooLong() (Event, error) {
	*r = Reader{src: r.src, limit: r.limit, err: &TooLong{r.limit}, lf: -1}
	return Event{}, r.err
}

// More reports whether the next event is already whole in the buffer, so that [Reader.Next] will not wait.
func (r *Reader) More() bool {
	if !r.ready {
		r.ready = r.split()
	}
	return r.ready
}

// fill reads once, making room first. Only here do bytes move.
func (r *Reader) fill() {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for range emptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if err != nil {
			r.err = err
		}
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// rest hands out what was left when the source ended, then the source's error.
func (r *Reader) rest() (Event, error) {
	if r.start == r.end {
		return Event{}, r.err
	}
	block := r.buf[r.start:r.end]
	if len(block) > r.limit {
		return r.tooLong()
	}
	if r.line < len(block) { // a last line without its end; a lone CR at the very end is one
		last := len(block)
		if block[last-1] == '\r' {
			last--
		}
		if last == r.line {
			return r.event(len(block)), nil // that CR was the blank line
		}
		r.field(block, r.line, last)
	}
	ev := r.event(len(block))
	ev.Unended = true
	return ev, nil
}

// split looks for the end of the block in the buffer, taking in each line that is complete.
func (r *Reader) split() bool {
	if !r.bom && !r.skipBOM() {
		return false
	}
	block := r.buf[r.start:r.end]
	for {
		at, next := r.lineEnd(block)
		if next < 0 {
			return false
		}
		from := r.line
		r.line, r.seen = next, 0
		if at == from {
			r.next = r.event(next)
			return true
		}
		r.field(block, from, at)
	}
}

// skipBOM passes over a byte order mark at the very start; false: too few bytes to tell.
func (r *Reader) skipBOM() bool {
	const mark = "\xef\xbb\xbf"
	head := r.buf[r.start:r.end]
	if len(head) < len(mark) && r.err == nil && bytes.HasPrefix([]byte(mark), head) {
		return false
	}
	r.bom = true
	if bytes.HasPrefix(head, []byte(mark)) {
		r.line = len(mark)
	}
	return true
}

// lineEnd finds the end of the current line: where its text ends, and where the next line begins; next is -1
// where the line is not complete. A CR that is the last byte there is may be half of a CRLF: it has to wait.
// (Streams with lone CRs therefore show an event when the next one begins. Nobody sends them.)
func (r *Reader) lineEnd(block []byte) (at, next int) {
	stop := r.lf
	if r.lf < r.line {
		from := max(r.line, r.noLF)
		if i := bytes.IndexByte(block[from:], '\n'); i >= 0 {
			r.lf = from + i
			stop = r.lf
		} else {
			r.lf, r.noLF, stop = -1, len(block), len(block)
		}
	}
	if i := bytes.IndexByte(block[r.line+r.seen:stop], '\r'); i >= 0 {
		cr := r.line + r.seen + i
		switch {
		case cr+1 == r.lf:
			return cr, cr + 2
		case cr+1 < len(block):
			return cr, cr + 1
		}
		r.seen = cr - r.line
		return 0, -1
	}
	if r.lf >= 0 {
		return r.lf, r.lf + 1
	}
	r.seen = len(block) - r.line
	return 0, -1
}

// field takes in one line that is not blank.
func (r *Reader) field(block []byte, from, to int) {
	line := block[from:to]
	colon := bytes.IndexByte(line, ':')
	name, value := line, span{to, to}
	if colon >= 0 {
		name = line[:colon]
		value.from = from + colon + 1
		if value.from < to && block[value.from] == ' ' {
			value.from++
		}
	}
	switch string(name) {
	case "data":
		if r.datas > 0 {
			if r.datas == 1 {
				r.joined = append(make([]byte, 0, 2*(r.data.to-r.data.from)+to-from), block[r.data.from:r.data.to]...)
			}
			r.joined = append(append(r.joined, '\n'), block[value.from:value.to]...)
		}
		r.data = value
		r.datas++
	case "event":
		r.name = value
	}
}

// event makes the event of the first size bytes and begins a new block behind them.
func (r *Reader) event(size int) Event {
	block := r.buf[r.start : r.start+size : r.start+size]
	ev := Event{Raw: block}
	if r.name.to > 0 {
		ev.Name = block[r.name.from:r.name.to:r.name.to]
	}
	switch {
	case r.datas == 1:
		ev.Data = block[r.data.from:r.data.to:r.data.to]
	case r.datas > 1:
		ev.Data = r.joined
	}
	r.start += size
	r.line, r.seen, r.datas, r.joined = 0, 0, 0, nil
	r.name, r.data = span{}, span{}
	r.lf = max(r.lf-size, -1)
	r.noLF = max(r.noLF-size, 0)
	return ev
}
