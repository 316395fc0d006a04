package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	// ErrNotFound is what there is no such account or client is.
	ErrNotFound = errors.New("not found")
	// ErrAmbiguous is a name that several have.
	ErrAmbiguous = errors.New("ambiguous name")
)

// NameError says what a name did not find: [ErrNotFound] or [ErrAmbiguous].
type NameError struct {
	What  string   // "account", "key"
	Name  string   // as it was given
	Kind  error    // [ErrNotFound] or [ErrAmbiguous]
	Among []string // what may be meant, by names that are not ambiguous
}

func (e *NameError) Error() string {
	if e.Kind == ErrAmbiguous {
		return fmt.Sprintf("several %ss are named %q: say which, one of %s", e.What, e.Name, strings.Join(e.Among, ", "))
	}
	return fmt.Sprintf("there is no %s %q", e.What, e.Name)
}

// Unwrap gives the kind.
func (e *NameError) Unwrap() error { return e.Kind }

func notFound(what, name string) error { return &NameError{What: what, Name: name, Kind: ErrNotFound} }

// names are what a thing can be called.
type names struct {
	ids   []string // these exactly, and before any name
	name  string   // this in any case; empty: not by name
	shown string   // in the list of an ambiguous name
}

// find finds the one thing of a name.
func find[T any](list []T, what, name string, of func(T) names) (T, error) {
	var found []T
	var shown []string
	for _, v := range list {
		n := of(v)
		if slices.Contains(n.ids, name) {
			return v, nil
		}
		if n.name != "" && strings.EqualFold(n.name, name) {
			found, shown = append(found, v), append(shown, n.shown)
		}
	}
	var none T
	switch len(found) {
	case 0:
		return none, notFound(what, name)
	case 1:
		return found[0], nil
	}
	return none, &NameError{What: what, Name: name, Kind: ErrAmbiguous, Among: shown}
}
