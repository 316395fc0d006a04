package gateway

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"metapi/backend/protocol"
	"metapi/backend/protocol/form"
)

// readBody reads r's body whole, up to limit bytes: routing looks at it, every attempt sends it, and a body that is still
// arriving while the reply begins is a race that net/http loses. It must claim to be JSON: a form that a web page can
// post without asking first cannot carry that content type.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *protocol.Error) {
	if t, _, err := mime.ParseMediaType(contentType(r)); err != nil || t != "application/json" {
		return nil, &protocol.Error{Kind: protocol.BadRequest, Status: http.StatusUnsupportedMediaType,
			Message: "the body must be JSON, sent with the header Content-Type: application/json"}
	}
	return readWhole(w, r, limit)
}

// readForm is readBody where the body may be a form, too; its parts are then separated by boundary. A page can post one without asking, but not
// with a local key in a header, and it is known by its Origin.
func readForm(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, boundary string, e *protocol.Error) {
	t, _, err := mime.ParseMediaType(contentType(r))
	if t == "application/json" && err == nil {
		body, e = readBody(w, r, limit)
		return body, "", e
	}
	boundary, ok := form.Boundary(contentType(r))
	if !ok {
		return nil, "", &protocol.Error{Kind: protocol.BadRequest, Status: http.StatusUnsupportedMediaType,
			Message: "the body must be a form, sent with the header Content-Type: multipart/form-data and a boundary, or JSON, sent with application/json"}
	}
	body, e = readWhole(w, r, limit)
	return body, boundary, e
}

// contentType is what the body is said to be; "" where it is said twice, since an upstream may believe the other one.
func contentType(r *http.Request) string {
	if said := r.Header["Content-Type"]; len(said) == 1 {
		return said[0]
	}
	return ""
}

func readWhole(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *protocol.Error) {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, &protocol.Error{Kind: protocol.BadRequest, Status: http.StatusUnsupportedMediaType,
			Message: fmt.Sprintf("the body is compressed (%.20q); send it as it is", enc)}
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, limit), r.ContentLength)
	if err != nil {
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			return nil, tooLarge(limit)
		}
		return nil, &protocol.Error{Kind: protocol.BadRequest, Message: "the request body broke off before its end"}
	}
	return body, nil
}

func tooLarge(limit int64) *protocol.Error {
	return &protocol.Error{Kind: protocol.TooLarge, Message: fmt.Sprintf("the request body is larger than %d MiB", limit>>20)}
}

// readAll reads all of r; size is a hint, or negative.
func readAll(r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		size = 4096
	}
	buf := make([]byte, 0, min(size+1, 64<<20)) // +1, so that the last Read meets EOF without growing
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
