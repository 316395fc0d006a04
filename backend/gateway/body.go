package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"sync/atomic"

	"metapi/backend/protocol"
)

// body is a client's request body, read whole before anything is sent: routing looks at it, every attempt sends it, and
// a body that is still arriving while the reply begins is a race that net/http loses.
//
// The buffer of a large one goes back to a pool when the last reader has closed, which for a transport may be after its
// reply has come. A small one is left to the garbage collector: it can then be read through a plain [bytes.Reader], for which
// the transport sends head and body in one packet.
type body struct {
	bytes  []byte
	pooled bool
	refs   atomic.Int32
}

// buffers pools byte slices from minPooled to maxPooled bytes.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const (
	minPooled = 32 << 10
	maxPooled = 1 << 20
)

func getBuffer() []byte { return (*buffers.Get().(*[]byte))[:0] }

func putBuffer(b []byte) {
	if minPooled <= cap(b) && cap(b) <= maxPooled {
		buffers.Put(&b)
	}
}

// readBody reads r's body, up to limit bytes, and checks that it claims to be JSON: a form that a web page can post
// without asking first cannot carry that content type.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (*body, *protocol.Error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, &protocol.Error{Kind: protocol.BadRequest, Status: http.StatusUnsupportedMediaType,
			Message: "the body must be JSON, sent with the header Content-Type: application/json"}
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, &protocol.Error{Kind: protocol.BadRequest, Status: http.StatusUnsupportedMediaType,
			Message: fmt.Sprintf("the body is compressed (%.20q); send it as it is", enc)}
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var buf []byte
	pooled := r.ContentLength < 0 || r.ContentLength >= minPooled
	if pooled {
		buf = getBuffer()
	}
	buf, err := readAll(buf, http.MaxBytesReader(w, r.Body, limit), r.ContentLength)
	if err != nil {
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			return nil, tooLarge(limit)
		}
		return nil, &protocol.Error{Kind: protocol.BadRequest, Message: "the request body broke off before its end"}
	}
	b := newBody(buf)
	b.pooled = pooled
	return b, nil
}

func newBody(data []byte) *body {
	b := &body{bytes: data}
	b.refs.Store(1)
	return b
}

func tooLarge(limit int64) *protocol.Error {
	return &protocol.Error{Kind: protocol.TooLarge, Message: fmt.Sprintf("the request body is larger than %d MiB", limit>>20)}
}

// readAll appends all of r to buf; size is a hint, or negative.
func readAll(buf []byte, r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		size = 4096
	}
	if need := int(min(size+1, 64<<20)); cap(buf) < need { // +1, so that the last Read meets EOF without growing
		buf = make([]byte, 0, need)
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

func (b *body) release() {
	if b != nil && b.refs.Add(-1) == 0 && b.pooled {
		putBuffer(b.bytes)
	}
}

// reader gives what edits make of the body, for one attempt, and how long that is.
func (b *body) reader(edits []edit) (io.ReadCloser, int64) {
	parts := apply(b.bytes, edits)
	if !b.pooled {
		whole := parts[0]
		if len(parts) > 1 {
			whole = bytes.Join(parts, nil)
		}
		return io.NopCloser(bytes.NewReader(whole)), int64(len(whole))
	}
	var n int64
	for _, p := range parts {
		n += int64(len(p))
	}
	b.refs.Add(1)
	return &editedBody{body: b, parts: parts}, n
}

// editedBody reads the parts of a body one after the other. The transport closes it when it will read no more.
type editedBody struct {
	body   *body
	parts  [][]byte
	closed atomic.Bool
}

func (e *editedBody) Read(p []byte) (int, error) {
	for len(e.parts) > 0 && len(e.parts[0]) == 0 {
		e.parts = e.parts[1:]
	}
	if len(e.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(p, e.parts[0])
	e.parts[0] = e.parts[0][n:]
	return n, nil
}

func (e *editedBody) Close() error {
	if e.closed.CompareAndSwap(false, true) {
		e.body.release()
	}
	return nil
}
