package wire

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
)

// outgoing is a request as it goes over the wire: buf, then rest.
type outgoing struct {
	buf    []byte // the head and the beginning of the body
	rest   []byte // of the body, in place
	last   bool   // the request says close
	pooled *[]byte
	busy   bool // a goroutine may still be writing buf
}

// firstWrite is how much of a body is copied behind the head, so that both leave in one packet. A longer body's rest is
// written from where it lies.
const firstWrite = 16 << 10

var heads = sync.Pool{New: func() any { b := make([]byte, 0, firstWrite); return &b }}

// free gives the buffer back, unless someone is still writing it.
func (o *outgoing) free() {
	if !o.busy && cap(o.buf) <= 4*firstWrite {
		*o.pooled = o.buf[:0]
		heads.Put(o.pooled)
	}
}

// newOutgoing writes the head of req. It refuses whatever would let a value break out of its line.
func newOutgoing(req *http.Request, body []byte) (*outgoing, error) {
	o := &outgoing{pooled: heads.Get().(*[]byte)}
	o.buf = (*o.pooled)[:0]
	if err := o.head(req, len(body)); err != nil {
		o.free()
		return nil, err
	}
	n := min(len(body), max(0, firstWrite-len(o.buf)))
	o.buf, o.rest = append(o.buf, body[:n]...), body[n:]
	return o, nil
}

func (o *outgoing) head(req *http.Request, length int) error {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	if !isToken(method) {
		return fmt.Errorf("the request's method %q is not valid in HTTP", method)
	}
	uri := req.URL.RequestURI()
	for i := 0; i < len(uri); i++ {
		if uri[i] <= ' ' || uri[i] == 0x7f {
			return errors.New("the request's URL holds a space or control character; escape it")
		}
	}
	b := append(o.buf, method...)
	b = append(append(append(b, ' '), uri...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, hostOf(req)...), "\r\n"...)
	o.last = req.Close
	said := false
	for name, values := range req.Header {
		if ownHeader(name) || len(values) == 0 {
			continue
		}
		if !isToken(name) {
			return fmt.Errorf("the request's header name %q is not valid in HTTP", name)
		}
		if name == "User-Agent" {
			if values = values[:1]; values[0] == "" {
				continue
			}
		}
		for _, v := range values {
			if !isValue(v) { // the value is not shown: it may be a key
				return fmt.Errorf("the request's header %s holds a control character", name)
			}
			b = append(append(b, name...), ": "...)
			b = append(append(b, textproto.TrimString(v)...), "\r\n"...)
			if name == "Connection" {
				said = true
				o.last = o.last || hasToken(v, "close")
			}
		}
	}
	if o.last && !said {
		b = append(b, "Connection: close\r\n"...)
	}
	if length > 0 || method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(length), 10), "\r\n"...)
	}
	o.buf = append(b, "\r\n"...)
	return nil
}

// ownHeader reports the headers that say how the request is framed or addressed: those are this package's to write,
// however their names are spelt.
func ownHeader(name string) bool {
	switch len(name) {
	case len("Host"):
		return strings.EqualFold(name, "Host")
	case len("Trailer"):
		return strings.EqualFold(name, "Trailer")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

func hasToken(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(textproto.TrimString(t), token) {
			return true
		}
	}
	return false
}

// isToken reports whether s is a token (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenByte[s[i]] {
			return false
		}
	}
	return s != ""
}

var tokenByte = func() (t [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()

// isValue reports whether s can be a header's value (RFC 9110, 5.5): no control character but the tab.
func isValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
