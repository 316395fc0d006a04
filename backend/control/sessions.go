package control

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// tokenBytes is how many random bytes are in a code or token.
const tokenBytes = 32

// linkLife is how long a link may wait to be opened.
const linkLife = 10 * time.Minute

// Most of each that are held at once; the oldest go first.
const (
	maxLinks    = 16
	maxSessions = 64
)

// Sessions lets browsers in. A link carries a code that is good once; the page that it opens trades it for a token, which
// it keeps for its tab and sends with each call. There is no cookie: browsers send those to every port of a host, and
// what listens on another port of this machine may be anyone's. Only hashes are held. The zero value is ready, and safe
// for concurrent use.
type Sessions struct {
	mu       sync.Mutex // guards what follows
	links    []granted
	sessions []granted
}

// granted is a secret word that was given out.
type granted struct {
	hash  [sha256.Size]byte
	until time.Time // zero: as long as the instance runs
}

// Word is n random bytes in letters: what a token or the name of an instance is made of.
func Word(n int) string {
	raw := make([]byte, n)
	rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Link returns a new code, good once within ten minutes.
func (s *Sessions) Link() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return give(&s.links, maxLinks, time.Now().Add(linkLife))
}

// redeem trades a code for a token.
func (s *Sessions) redeem(code string) (token string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := find(s.links, code)
	if i < 0 {
		return "", false
	}
	s.links = slices.Delete(s.links, i, i+1)
	return give(&s.sessions, maxSessions, time.Time{}), true
}

// valid reports whether a token was given out.
func (s *Sessions) valid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return find(s.sessions, token) >= 0
}

func give(to *[]granted, most int, until time.Time) string {
	w := Word(tokenBytes)
	if len(*to) == most {
		*to = (*to)[1:]
	}
	*to = append(*to, granted{sha256.Sum256([]byte(w)), until})
	return w
}

// find looks a word up by its hash: how long that takes tells nothing about the words there are. None is -1.
func find(in []granted, w string) int {
	hash, now := sha256.Sum256([]byte(w)), time.Now()
	return slices.IndexFunc(in, func(g granted) bool {
		return g.hash == hash && (g.until.IsZero() || now.Before(g.until))
	})
}

// OpenSession is what a page has to offer for a session.
type OpenSession struct {
	Code string `json:"code" doc:"Of a link"`
}

// Session is what a page gets for its code.
type Session struct {
	Token string `json:"token" doc:"To be sent as Authorization: Bearer TOKEN; good while this instance runs"`
}

// describeSession adds [Sessions.open] to the API's description, which is where the pages' types come from. It is there
// for browsers alone: see [Guard].
func describeSession(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "openSession", Method: http.MethodPost, Path: "/api/session", Summary: "Trade the code of a link for a token",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[OpenSession](), true, "")}}},
		Responses: map[string]*huma.Response{
			"200":     {Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[Session](), true, "")}}},
			"default": {Description: "Error", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schemas.Schema(reflect.TypeFor[Problem](), true, "")}}},
		},
	})
}

// open answers POST /api/session, the one call that needs no token: an [OpenSession] becomes a [Session].
func (s *Sessions) open(w http.ResponseWriter, r *http.Request) {
	var in OpenSession
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in); err != nil {
		NewProblem(Invalid, "There is no code in the body.", "").Write(w)
		return
	}
	token, ok := s.redeem(in.Code)
	if !ok {
		NewProblem(Unauthorised, "This link has been used, is older than ten minutes, or is of a Metapi that has ended.", "`metapi ui` prints a new one.").Write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(Session{token})
}
