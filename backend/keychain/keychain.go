package keychain

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	_ "metapi/backend/keychain/nobus" // must be initialised before the keyring library
)

// Keychain keeps secrets under keys such as "metapi/account/<id>". Its errors are [*Error]s; test for their kinds with
// errors.Is.
type Keychain interface {
	// Get reads a secret. One that is not there is [ErrNotFound].
	Get(ctx context.Context, key string) (string, error)
	// Set keeps a secret, in place of one that may be there. After an error, [ErrTimeout] above all, it may or may
	// not have been kept.
	Set(ctx context.Context, key, secret string) error
	// Delete removes a secret. One that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Describe names the place for a person: "Secret Service (login keyring)", "encrypted file /.../secrets".
	Describe() string
}

// Blobs keeps sealed bytes for secrets that are too large for the OS keychain. The store has one.
type Blobs interface {
	Get(name string) (sealed []byte, ok bool, err error)
	Put(name string, sealed []byte) error
	Delete(name string) error
}

// Options says where and how to keep secrets.
type Options struct {
	Dir        string                 // the data folder: the encrypted file is Dir/secrets
	Passphrase func() (string, error) // asks for the file's passphrase, when one is needed; nil, or "" from it: there is none
	Sealed     Blobs                  // where secrets over 2,400 bytes go, sealed; nil: they are refused by the OS keychain
}

// PassphraseVariable is the environment variable that callers read the passphrase from.
const PassphraseVariable = "METAPI_PASSPHRASE"

// The longest a call takes where its context has no deadline.
const (
	backgroundLimit  = 2 * time.Second
	interactiveLimit = 2 * time.Minute

	probeLimit = 10 * time.Second // the bus may have to start the keychain first
)

// Open finds this data folder's keychain; the package comment says how.
func Open(opts Options) (Keychain, error) {
	path := filepath.Join(opts.Dir, secretsFile)
	if HasFile(opts.Dir) {
		passphrase, err := ask(opts)
		if err != nil || passphrase == "" {
			return nil, &Error{Op: "open the secrets", Where: describeFile(path), Kind: ErrUnavailable, Cause: err,
				Hint: "The secrets of this data folder are in that file: set " + PassphraseVariable + " to its passphrase."}
		}
		return openFile(path, passphrase)
	}
	sys, why := openSystem()
	if why == nil {
		if opts.Sealed == nil {
			return sys, nil
		}
		return &sealing{Keychain: sys, blobs: opts.Sealed}, nil
	}
	if errors.Is(why, context.DeadlineExceeded) {
		// There is one, and what is in it must not be hidden by a file that is then kept to.
		return nil, &Error{Op: "open the secrets", Kind: ErrTimeout, Hint: hints[ErrTimeout]}
	}
	passphrase, err := ask(opts)
	if err != nil || passphrase == "" {
		return nil, &Error{Op: "open the secrets", Kind: ErrUnavailable, Cause: errors.Join(why, err), Hint: waysOut(path)}
	}
	return openFile(path, passphrase)
}

// HasFile reports whether a data folder's secrets are in the encrypted file: whoever prompts for its passphrase asks
// for the one it has, or for a new one, twice.
func HasFile(dir string) bool { return exists(filepath.Join(dir, secretsFile)) }

func ask(opts Options) (string, error) {
	if opts.Passphrase == nil {
		return "", nil
	}
	return opts.Passphrase()
}

func waysOut(path string) string {
	return "Either run Metapi in a desktop session with a keychain (" + systemHint + "), or set " + PassphraseVariable +
		" to a passphrase of your choice: the secrets are then kept in the encrypted file " + path + "."
}

type interactiveKey struct{}

// Interactive marks work that a person is waiting for and can answer a dialog of: calls then may open one, and take up
// to 2 minutes.
func Interactive(ctx context.Context) context.Context {
	return context.WithValue(ctx, interactiveKey{}, true)
}

func isInteractive(ctx context.Context) bool { return ctx.Value(interactiveKey{}) != nil }

// limit adds a deadline where there is none.
func limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	if isInteractive(ctx) {
		return context.WithTimeout(ctx, interactiveLimit)
	}
	return context.WithTimeout(ctx, backgroundLimit)
}
