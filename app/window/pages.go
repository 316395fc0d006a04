package window

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"metapi/backend/control/client"
)

// maxBody bounds what a page may send, as the control API does.
const maxBody = 1 << 20

// pagesAPI serves what the pages in the window fetch: /api/ from the window itself or from api, all else from files.
func pagesAPI(api http.Handler, own *desktop, files http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", files)
	mux.Handle("/api/", api)
	mux.HandleFunc("GET /api/desktop", own.get)
	mux.HandleFunc("PATCH /api/desktop", own.edit)
	mux.HandleFunc("POST /api/desktop/quit", own.end)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			files.ServeHTTP(w, r) // a mux would redirect
			return
		}
		// A page that has an answer already must not be told to keep it: WebView2 hangs on a 304.
		r.Header.Del("If-None-Match")
		r.Header.Del("If-Modified-Since")
		if err := measure(r); err != nil {
			writeProblem(w, err)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// measure gives a request its length. The web views say -1, which is not known, whether there is a body or not.
func measure(r *http.Request) error {
	if r.ContentLength > 0 {
		return nil
	}
	var b []byte
	if r.Body != nil {
		var err error
		if b, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err == nil && len(b) > maxBody {
			err = errors.New("it is too long")
		}
		if err != nil {
			return client.NewProblem(client.Invalid, "What the page has sent cannot be read: "+err.Error()+".", "")
		}
	}
	r.ContentLength, r.Body = int64(len(b)), http.NoBody
	if len(b) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	return nil
}
