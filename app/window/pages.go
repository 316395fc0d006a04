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

// measure gives a request with a body its length. The web view's have none, and a length of 0 says that there is no body.
func measure(r *http.Request) error {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.Body == http.NoBody || r.ContentLength != 0 {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = errors.New("it is too long")
	}
	if err != nil {
		return client.NewProblem(client.Invalid, "What the page has sent cannot be read: "+err.Error()+".", "")
	}
	r.ContentLength = int64(len(b))
	r.Body = http.NoBody
	if len(b) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	return nil
}
