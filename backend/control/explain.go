package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/keychain"
	"metapi/backend/provider"
)

// Explain turns an error of any package of the backend that control may see into a problem. Errors of the database are
// explained by the backend, the only one to see it: see [Service].
func Explain(err error) *Problem {
	var (
		problem *Problem
		name    *account.NameError
		entered *account.FieldError
		base    *provider.FieldError
		key     *keychain.Error
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.Is(err, context.Canceled):
		return NewProblem(Unavailable, "It was stopped before it was done.", "")
	case errors.As(err, &name):
		code := NotFound
		if name.Kind == account.ErrAmbiguous {
			code = Conflict
		}
		return NewProblem(code, Sentence(name.Error()), fmt.Sprintf("`metapi %ss list` shows what there is.", name.What))
	case errors.As(err, &entered):
		return wrongField(entered.Field, entered.Reason)
	case errors.As(err, &base):
		return wrongField(base.Field, base.Message)
	case errors.As(err, &key):
		p := NewProblem(Keychain, withoutHint(err, key.Hint), key.Hint)
		if errors.As(err, new(*fs.PathError)) { // the encrypted file: the disk is full, or the folder cannot be written
			p = NewProblem(Storage, p.Detail, p.Hint)
		}
		if errors.Is(err, keychain.ErrNotFound) {
			p.Detail, p.Hint = "The keychain no longer has this key.", "Remove what it belongs to and add it anew."
		}
		return p
	case errors.Is(err, catalog.ErrNoAccount):
		return NewProblem(NotFound, "There is no such account.", "`metapi accounts list` shows those there are.")
	case errors.Is(err, catalog.ErrSuperseded), errors.Is(err, catalog.ErrClosed):
		return NewProblem(Unavailable, Sentence(err.Error()), "")
	case errors.Is(err, context.DeadlineExceeded):
		return NewProblem(Internal, "It took too long.", "Try again; `metapi doctor` looks for what is wrong.")
	}
	return NewProblem(Internal, Sentence(err.Error()), "`metapi doctor` looks for what is wrong, `metapi logs` shows the log.")
}

func wrongField(field, reason string) *Problem {
	reason, hint, _ := strings.Cut(reason, "; ")
	field = strings.ReplaceAll(field, "base_url", "base URL")
	return NewProblem(Invalid, fmt.Sprintf("The %s cannot be used: %s", field, ending(reason)), Sentence(hint))
}

// withoutHint is an error's own sentence, where its text ends with what to do about it.
func withoutHint(err error, hint string) string {
	return Sentence(strings.TrimSuffix(err.Error(), ". "+hint))
}

// Sentence gives s a capital letter and a full stop.
func Sentence(s string) string {
	s = ending(s)
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

func ending(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}
