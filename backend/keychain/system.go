package keychain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/keyring"
)

const (
	service = "metapi" // our name at Windows and macOS

	// maxInline is the largest secret that goes into an OS keychain as it is. Windows takes 2,560 bytes
	// (CRED_MAX_CREDENTIAL_BLOB_SIZE, wincred.h).
	maxInline = 2400

	// atOnce bounds the calls under way. A call whose dialog nobody answers never returns, and holds its place.
	atOnce = 16
)

// system is the OS keychain.
type system struct {
	place
	slots chan struct{}
}

// place is the one of the OS keychains that is used here: what probing has found.
type place struct {
	backend  keyring.BackendType
	config   keyring.Config
	describe string
	// ready says whether a call may go ahead without opening a dialog: nil, or an [*Error] with a kind, such as
	// ErrLocked. A nil func is always ready.
	ready func(ctx context.Context) *Error
}

// openSystem finds a usable OS keychain, or says why there is none.
func openSystem() (*system, error) {
	ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
	defer cancel()
	p, err := probe(ctx)
	// When the time is over the connection is closed under the call that waits, which may speak of that instead: what hangs
	// must not pass for what is not there.
	if late := ctx.Err(); late != nil || err != nil {
		return nil, errors.Join(late, err)
	}
	return newSystem(p), nil
}

func newSystem(p place) *system {
	p.config.AllowedBackends = []keyring.BackendType{p.backend}
	return &system{place: p, slots: make(chan struct{}, atOnce)}
}

// available reports whether the keyring library was built, and has initialised itself, for a backend.
func available(b keyring.BackendType) bool { return slices.Contains(keyring.AvailableBackends(), b) }

// Get implements [Keychain].
func (s *system) Get(ctx context.Context, key string) (string, error) {
	return s.call(ctx, "read", key, func(ring keyring.Keyring) (string, error) {
		item, err := ring.Get(key)
		return string(item.Data), err
	})
}

// Set implements [Keychain].
func (s *system) Set(ctx context.Context, key, secret string) error {
	if len(secret) > maxInline {
		return s.fail("keep", key, fmt.Errorf("%w: %d bytes, and %d is the most", ErrTooLarge, len(secret), maxInline))
	}
	_, err := s.call(ctx, "keep", key, func(ring keyring.Keyring) (string, error) {
		err := ring.Set(keyring.Item{Key: key, Data: []byte(secret), Label: key, Description: "Metapi"})
		if err != nil {
			return "", err
		}
		// Not every backend reports that it did not keep it (KWallet, when its dialog is dismissed).
		item, err := ring.Get(key)
		if err == nil && string(item.Data) != secret {
			err = errors.New("it was not kept")
		}
		return "", err
	})
	return err
}

// Delete implements [Keychain].
func (s *system) Delete(ctx context.Context, key string) error {
	_, err := s.call(ctx, "delete", key, func(ring keyring.Keyring) (string, error) {
		err := ring.Remove(key)
		if errors.Is(err, keyring.ErrKeyNotFound) {
			err = nil
		}
		return "", err
	})
	return err
}

// Describe implements [Keychain].
func (s *system) Describe() string { return s.place.describe }

// call runs fn with a keyring of its own, in a goroutine of its own, until the context ends.
func (s *system) call(ctx context.Context, op, key string, fn func(keyring.Keyring) (string, error)) (string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	if s.ready != nil && !isInteractive(ctx) {
		if e := s.ready(ctx); e != nil {
			e.Op, e.Key, e.Where = op, key, s.place.describe
			return "", e
		}
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return "", s.fail(op, key, ctx.Err())
	}

	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1) // nobody may be left to receive it
	go func() {
		defer func() { <-s.slots }()
		var r result
		defer func() {
			if p := recover(); p != nil { // the library asserts the type of what a dialog returned
				r = result{err: fmt.Errorf("%w: its dialog was dismissed", ErrLocked)}
			}
			done <- r
		}()
		ring, err := keyring.Open(s.config)
		if err != nil {
			r.err = err
			return
		}
		r.secret, r.err = fn(ring)
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return "", s.fail(op, key, r.err)
		}
		return r.secret, nil
	case <-ctx.Done():
		return "", s.fail(op, key, ctx.Err())
	}
}

// signs are how the keychains say what is wrong, where they say it only in words.
var signs = []struct {
	text string // in lower case
	kind error
}{
	{"secret.error.islocked", ErrLocked},
	{"locked object", ErrLocked},     // GNOME Keyring, reading
	{"locked collection", ErrLocked}, // GNOME Keyring, writing
	{"is locked", ErrLocked},
	{"dismissed", ErrLocked},
	{"object does not exist at path \"/\"", ErrLocked},     // GNOME Keyring, when a dialog is needed and there is no display
	{"-25308", ErrLocked},                                  // macOS: errSecInteractionNotAllowed
	{"-25293", ErrLocked},                                  // macOS: errSecAuthFailed
	{"-128", ErrLocked},                                    // macOS: the user pressed Cancel
	{"serviceunknown", ErrUnavailable},                     // D-Bus: it has gone, and cannot be started
	{"connection closed", ErrUnavailable},                  // D-Bus: the session has ended
	{"specified keyring backend not", ErrUnavailable},      // the library, for any failure to open
	{"no such secret collection at path", ErrUnavailable},  // GNOME Keyring: deleted since
	{"was not provided by any .service", ErrUnavailable},   // D-Bus
	{"org.freedesktop.dbus.error.noreply", ErrUnavailable}, // D-Bus: it died
}

// hints are what to do about a kind.
var hints = map[error]string{
	ErrNotFound:    "Enter the key again.",
	ErrLocked:      "Unlock it (" + systemHint + ") and try again.",
	ErrUnavailable: "Start the keychain (" + systemHint + ") and try again.",
	ErrTimeout:     "Look for a dialog that asks for the keychain's password, answer it, and try again.",
}

// fail gives an error its kind and its words.
func (s *system) fail(op, key string, err error) error {
	e := &Error{Op: op, Key: key, Where: s.place.describe, Cause: err}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Cause = ErrTimeout, nil
	case errors.Is(err, keyring.ErrKeyNotFound):
		e.Kind, e.Cause = ErrNotFound, nil
	case errors.Is(err, ErrLocked), errors.Is(err, ErrTooLarge):
		e.Hint = hints[ErrLocked]
		if errors.Is(err, ErrTooLarge) {
			e.Hint = ""
		}
		return e
	default:
		text := strings.ToLower(err.Error())
		for _, sign := range signs {
			if strings.Contains(text, sign.text) {
				e.Kind = sign.kind
				break
			}
		}
	}
	e.Hint = hints[e.Kind]
	return e
}
