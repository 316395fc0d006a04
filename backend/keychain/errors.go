package keychain

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of an [Error], for errors.Is.
var (
	ErrNotFound        = errors.New("there is no such secret")
	ErrLocked          = errors.New("the keychain is locked")
	ErrUnavailable     = errors.New("there is no keychain to use")
	ErrTimeout         = errors.New("the keychain did not answer in time")
	ErrWrongPassphrase = errors.New("the passphrase is wrong")
	ErrDamaged         = errors.New("what is kept there is damaged")
	ErrTooLarge        = errors.New("the secret is too large")
)

// Error is every failure of this package. Its text is whole sentences that say what to do; it never holds a secret.
type Error struct {
	Op    string // what could not be done: "read"
	Key   string // the key it was done for; empty where it is about the keychain as a whole
	Where string // [Keychain.Describe]
	Kind  error  // one of the kinds above; nil where none fits
	Cause error  // what went wrong underneath; may be nil
	Hint  string // what to do next: whole sentences
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Key != "" {
		fmt.Fprintf(&b, "cannot %s the secret %s", e.Op, e.Key)
	} else {
		b.WriteString("cannot " + e.Op)
	}
	if e.Where != "" {
		b.WriteString(" (" + e.Where + ")")
	}
	for _, err := range []error{e.Kind, e.Cause} {
		if err != nil {
			b.WriteString(": " + err.Error())
		}
	}
	if e.Hint != "" {
		b.WriteString(". " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.Kind, e.Cause} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}
