package control

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"metapi/backend/keychain"
)

// maxBody bounds what a caller may send: the largest thing is a credential.
const maxBody = 1 << 20

// maxAsked bounds a request that is asked about, which may be as large as one that the gateway takes, and is quoted here; and a backup.
const maxAsked = 128 << 20

// most is how many bytes a caller may send to a path.
func most(path string) int64 {
	if path == decidePath || path == playPath || path == restorePath {
		return maxAsked
	}
	return maxBody
}

// Handler returns the control API of s, without a check of who calls: for use in process, and behind [Guard].
func Handler(s *Service) http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Metapi control API", s.Version)
	cfg.OpenAPIPath = "" // served below from one rendering; Huma's own route renders on first use, without a lock
	cfg.DocsPath = ""    // its page loads scripts from a CDN
	cfg.SchemasPath = ""
	cfg.CreateHooks = nil // would add $schema to every answer
	api := humago.New(mux, cfg)
	s.routes(&router{api, s})
	describeEvents(api)
	describeSession(api)
	describeExport(api)
	mux.HandleFunc("GET /api/events", s.events)
	mux.HandleFunc("GET "+MetricsPath, s.metrics)
	mux.HandleFunc("GET /api/usage/export", s.export)

	spec, err := json.Marshal(api.OpenAPI())
	if err != nil {
		panic("the API cannot be described: " + err.Error()) // the Go types alone decide it: any test run shows it
	}
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(spec)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		NewProblem(NotFound, fmt.Sprintf("There is no %s %s in the control API.", r.Method, r.URL.Path),
			"GET /api/openapi.json lists what there is.").Write(w)
	})
	return jsonOnly(mux)
}

// Web is what a browser gets beside the API: the pages, and a session for who comes with a link. See [Guard].
type Web struct {
	Pages    fs.FS
	Sessions *Sessions
}

// Guard lets only callers with the admin token through, which it compares in constant time. With a web, a browser may get
// the pages and trade the code of a link for a token of its own.
func Guard(h http.Handler, token string, web *Web) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", guard(h, token, web))
	if web == nil {
		mux.HandleFunc(pagesPath, noPages)
		return mux
	}
	mux.Handle("GET "+pagesPath, pages(web.Pages))
	mux.Handle("POST /api/session", jsonOnly(http.HandlerFunc(web.Sessions.open)))
	return mux
}

func guard(h http.Handler, token string, web *Web) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(given))
		good := subtle.ConstantTimeCompare(got[:], want[:]) == 1 && token != "" || web != nil && web.Sessions.valid(given)
		if !good || !strings.EqualFold(scheme, "Bearer") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metapi"`)
			NewProblem(Unauthorised, "The control API wants the admin token of this instance.",
				"Send it as \"Authorization: Bearer TOKEN\"; it stands in runtime.json in the data folder.").Write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// jsonOnly refuses bodies that a web page could send without asking the browser first (forms, text/plain), and bounds
// all others. Answers are never to be cached or to be taken for something else.
func jsonOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.ContentLength != 0 {
			if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != "application/json" {
				p := NewProblem(Invalid, "The control API reads JSON only.", "Send the body with Content-Type: application/json.")
				p.Status, p.Title = http.StatusUnsupportedMediaType, http.StatusText(http.StatusUnsupportedMediaType)
				p.Write(w)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, most(r.URL.Path))
		}
		h.ServeHTTP(w, r)
	})
}

// body is an answer of Huma's.
type body[T any] struct{ Body T }

// nothing is the input of an operation that has none.
type nothing struct{}

// router is what routes are added to.
type router struct {
	huma.API
	service *Service
}

// route adds one operation. Whoever calls waits for the answer, so the keychain may ask them for its password.
func route[I, O any](r *router, method, path, id, summary string, do func(context.Context, *I) (O, error)) {
	huma.Register(r.API, huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, MaxBodyBytes: most(path)},
		func(ctx context.Context, in *I) (*body[O], error) {
			out, err := do(keychain.Interactive(ctx), in)
			if err != nil {
				p := r.service.explain(err)
				if p.Code == Internal {
					r.service.Log.Error("control: "+id, "error", err)
				}
				return nil, p
			}
			return &body[O]{out}, nil
		})
}
