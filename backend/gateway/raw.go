package gateway

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// rawChunk is how much of a raw reply is held at a time.
const rawChunk = 32 << 10

// passRaw passes on a reply that is no JSON: sound, or what is in a file. It goes to the client as it comes, since sound can be heard while the
// rest of it is made. Its first bytes are the commit point, and what breaks off after them can only be told by breaking off, too.
func (a *attempt) passRaw(res *http.Response) *failure {
	body, err := plain(res)
	if err != nil {
		return a.lost(err)
	}
	src := bufio.NewReaderSize(body, rawChunk)
	if _, err := src.Peek(1); err != nil && err != io.EOF {
		return a.lost(err)
	}
	begin, _ := src.Peek(src.Buffered())
	if e, err := a.notRaw(src, begin, res.Header); err != nil {
		return a.lost(err)
	} else if e != nil {
		return a.failed(e)
	}
	a.readBill(res.Header)
	a.pass.Prove()
	a.made.FirstByte = time.Since(a.start)
	a.rec.FirstByte = time.Since(a.rec.Start)
	a.rec.Status = http.StatusOK
	a.out = newRawWriter(a.exchange)
	defer a.out.release()
	a.out.begin(func(h http.Header) {
		a.replyHead(h, res.Header)
		if body == res.Body && res.ContentLength >= 0 {
			h["Content-Length"] = []string{strconv.FormatInt(res.ContentLength, 10)}
		}
	})
	for chunk := make([]byte, rawChunk); ; {
		n, err := src.Read(chunk)
		a.dog.rest()
		if a.out.send(chunk[:n]) != nil {
			return a.rawBroken(io.ErrClosedPipe)
		}
		if err == io.EOF {
			a.reply.Done = true
			return a.done(false)
		}
		if err != nil {
			return a.rawBroken(err)
		}
		a.dog.idleAfter(a.g.timing.idle)
	}
}

// notRaw says what is wrong with a reply by its first bytes. What is in a file may be anything, a web page too, but then its type does not say so.
func (a *attempt) notRaw(src io.Reader, begin []byte, h http.Header) (*protocol.Error, error) {
	if a.ep.operation == protocol.Content {
		if protocol.IsHTML(h, nil) {
			return errWall, nil
		}
		return nil, nil
	}
	switch begin = bytes.TrimLeft(begin, "\xef\xbb\xbf \r\n"); {
	case len(begin) == 0:
		return &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's reply is empty"}, nil
	case protocol.IsHTML(h, begin):
		return errWall, nil
	case begin[0] != '{' && mediaType(h) != "application/json":
		return nil, nil
	}
	body, err := readAll(io.LimitReader(src, maxErrorBody), -1)
	if err != nil {
		return nil, err
	}
	if a.up.Body(body, &a.reply); a.reply.Err == nil {
		a.reply.Err = &protocol.Error{Kind: protocol.BadReply, Message: "the upstream answered with JSON where sound was asked for"}
	}
	return a.reply.Err, nil
}

// rawBroken ends an attempt whose reply broke off after the client had seen a part of it, or that the client has not taken.
func (a *attempt) rawBroken(err error) *failure {
	e, gone := a.dog.verdict(err)
	if gone || err == io.ErrClosedPipe && e != errShutdown {
		a.cancelled()
		return nil
	}
	f := a.failed(e)
	a.cut = true
	a.settle(routing.Failed, f.err)
	return nil
}

// newRawWriter is the client's side of a raw reply.
func newRawWriter(x *exchange) *streamWriter {
	s := &streamWriter{w: x.w, flusher: http.NewResponseController(x.w), dialect: x.dialect, raw: true, quiet: true}
	s.stuck = x.g.alarms.add(func() { s.flusher.SetWriteDeadline(time.Now()) })
	return s
}
