package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"metapi/backend/control/client"
)

// The exit codes: see exitCodes for what they mean.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitHeld
	exitNotFound
	exitKeychain
	exitRefused
	exitPort
	exitStorage
)

// exitCodes is the text of `metapi help exit-codes`. The README shows the same.
const exitCodes = `Metapi ends with one of these codes:

  0  it worked
  1  it did not: the message says why
  2  wrong usage: an unknown command or flag, a bad value
  3  another Metapi uses the data folder
  4  not found: an account, a local key, a model
  5  the keychain is locked or missing
  6  the upstream refused: the key, or it cannot be reached
  7  the port is taken
  8  the data folder or the database cannot be used

Messages go to standard error: one sentence on what happened, one on what to do.
Standard output has data only.
`

// fault is an error with its exit code and its two sentences.
type fault struct {
	code         int
	detail, hint string
}

func (f *fault) Error() string { return f.detail }

func wrongUsage(hint, format string, args ...any) error {
	return &fault{exitUsage, fmt.Sprintf(format, args...), hint}
}

// codes of the control API's problems; what is absent is a failure.
var codes = map[client.Code]int{
	client.Invalid: exitUsage, client.Conflict: exitUsage, client.NotFound: exitNotFound, client.Held: exitHeld,
	client.Refused: exitRefused, client.Unproven: exitRefused, client.Keychain: exitKeychain, client.PortTaken: exitPort, client.Storage: exitStorage,
}

// faultOf gives any error its code and words.
func faultOf(err error) *fault {
	var (
		f           *fault
		problem     *client.Problem
		unanswering *client.Unanswering
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &problem):
		code, ok := codes[problem.Code]
		if !ok {
			code = exitFailure
		}
		return &fault{code, problem.Detail, problem.Hint}
	case errors.As(err, &unanswering):
		return &fault{exitHeld, sentence(unanswering.Error()), "If it hangs, end that process and try again."}
	case errors.Is(err, context.Canceled):
		return &fault{exitFailure, "Stopped before it was done.", ""}
	}
	return &fault{exitFailure, sentence(err.Error()), ""}
}

func (f *fault) print(w io.Writer) {
	fmt.Fprintln(w, "metapi: "+clean(f.detail))
	if f.hint != "" {
		fmt.Fprintln(w, clean(f.hint))
	}
}

// sentence gives s a capital letter and a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	if c := s[0]; c >= 'a' && c <= 'z' {
		s = string(c-32) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?:") {
		s += "."
	}
	return s
}
