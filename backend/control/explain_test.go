package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/keychain"
	"metapi/backend/provider"
)

func TestExplain(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/data/secrets", Err: syscall.ENOSPC}
	for _, c := range []struct {
		err          error
		code         Code
		detail, hint string // parts of them
	}{
		{NewProblem(Refused, "No.", "Go."), Refused, "No.", "Go."},
		{fmt.Errorf("wrapped: %w", NewProblem(Refused, "No.", "")), Refused, "No.", ""},
		{&account.NameError{What: "account", Name: "x", Kind: account.ErrNotFound}, NotFound, `There is no account "x".`, "metapi accounts list"},
		{&account.NameError{What: "key", Name: "x", Kind: account.ErrAmbiguous, Among: []string{"a", "b"}}, Conflict, "a, b", "metapi keys list"},
		{fmt.Errorf("write it: %w", &account.FieldError{Field: "key", Reason: "it is empty; enter one"}), Invalid, "The key cannot be used: it is empty.", "Enter one."},
		{&provider.FieldError{Field: "base_url", Message: "no spaces"}, Invalid, "The base URL cannot be used: no spaces.", ""},
		{&keychain.Error{Op: "read", Key: "metapi/x", Kind: keychain.ErrLocked, Hint: "Unlock it."}, Keychain, "locked.", "Unlock it."},
		{fmt.Errorf("the account was not added: %w", &keychain.Error{Op: "keep", Kind: keychain.ErrUnavailable, Hint: "Start it."}), Keychain, "was not added", "Start it."},
		{&keychain.Error{Op: "read", Kind: keychain.ErrNotFound, Hint: "x"}, Keychain, "no longer", "anew"},
		{&keychain.Error{Op: "open the secrets", Cause: full, Hint: "Free some."}, Storage, "no space", "Free some."},
		{catalog.ErrNoAccount, NotFound, "no such account", "accounts list"},
		{catalog.ErrClosed, Unavailable, "shutting down", ""},
		{context.Canceled, Unavailable, "stopped", ""},
		{fmt.Errorf("scan: %w", context.DeadlineExceeded), Internal, "too long", "doctor"},
		{errors.New("something odd"), Internal, "Something odd.", "doctor"},
	} {
		p := Explain(c.err)
		if p.Code != c.code || !strings.Contains(p.Detail, c.detail) || !strings.Contains(p.Hint, c.hint) || p.Status < 400 {
			t.Errorf("%v became %+v", c.err, p)
		}
		if p.Detail != Sentence(p.Detail) || p.Hint != Sentence(p.Hint) {
			t.Errorf("%v: these are no sentences: %q %q", c.err, p.Detail, p.Hint)
		}
	}
}
