package control

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Code says what kind of failure a [Problem] is: what a program decides by (the CLI's exit code, the window's
// choice of dialog), while Detail and Hint are for the person.
type Code string

const (
	Invalid      Code = "invalid"           // the request is wrong: a bad value, an unknown word
	NotFound     Code = "not-found"         // no such account, key, model, request or path
	Conflict     Code = "conflict"          // the name is taken, or stands for several
	Unauthorised Code = "unauthorised"      // the admin token is missing or wrong
	Refused      Code = "upstream-refused"  // the upstream refused the key
	Unproven     Code = "upstream-unproven" // the key could not be tried: the upstream cannot be reached, or does not answer as one
	Keychain     Code = "keychain"          // the keychain is locked or missing
	Storage      Code = "storage"           // the data folder or the database cannot be used
	Unavailable  Code = "unavailable"       // not possible in this state: nothing to stop, shutting down
	Held         Code = "held"              // another Metapi uses the data folder
	PortTaken    Code = "port-taken"        // another program listens there
	Internal     Code = "internal"          // a fault of Metapi itself
)

// statuses of the codes; what is absent is 500.
var statuses = map[Code]int{
	Invalid: http.StatusUnprocessableEntity, NotFound: http.StatusNotFound, Conflict: http.StatusConflict,
	Unauthorised: http.StatusUnauthorized, Refused: http.StatusUnprocessableEntity, Keychain: http.StatusServiceUnavailable,
	Storage: http.StatusInsufficientStorage, Unavailable: http.StatusConflict, Unproven: http.StatusUnprocessableEntity, Held: http.StatusConflict, PortTaken: http.StatusConflict, Internal: http.StatusInternalServerError,
}

// Problem is an error of the control API, as application/problem+json (RFC 9457). Detail says in a sentence what
// happened, Hint what to do about it. Neither holds a secret.
type Problem struct {
	Status int    `json:"status" doc:"HTTP status"`
	Title  string `json:"title" doc:"The HTTP status in words"`
	Code   Code   `json:"code" enum:"invalid,not-found,conflict,unauthorised,upstream-refused,upstream-unproven,keychain,storage,unavailable,held,port-taken,internal" doc:"What kind of failure it is"`
	Detail string `json:"detail" doc:"What happened, in a sentence"`
	Hint   string `json:"hint,omitempty" doc:"What to do about it, in a sentence"`
}

// NewProblem returns a problem whose HTTP status follows from its code.
func NewProblem(code Code, detail, hint string) *Problem {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusInternalServerError
	}
	return &Problem{Status: status, Title: http.StatusText(status), Code: code, Detail: detail, Hint: hint}
}

func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.Detail
	}
	return p.Detail + " " + p.Hint
}

// GetStatus makes a Problem an answer of Huma.
func (p *Problem) GetStatus() int { return p.Status }

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // whoever asked may have gone
}

// ContentType names the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Huma builds its own errors (validation, unreadable bodies) through this variable. Its details echo the offending
// value, which may be a key: only the place and the complaint are kept.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		var said []string
		for _, err := range errs {
			var d huma.ErrorDetailer
			if !errors.As(err, &d) {
				continue
			}
			if detail := d.ErrorDetail(); detail.Location != "" {
				said = append(said, detail.Location+": "+detail.Message)
			} else {
				said = append(said, detail.Message)
			}
		}
		if len(said) > 0 {
			msg += ": " + strings.Join(said, "; ")
		}
		code := Invalid
		switch {
		case status >= 500:
			code = Internal
		case status == http.StatusNotFound:
			code = NotFound
		}
		return &Problem{Status: status, Title: http.StatusText(status), Code: code, Detail: Sentence(msg)}
	}
}
