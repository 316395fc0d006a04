package backend

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"metapi/backend/keychain"
)

// secretStore is the keychain, opened when it is first used: see the package comment.
type secretStore struct {
	opts keychain.Options

	mu   sync.Mutex // guards open
	open keychain.Keychain
}

// use opens the keychain. A failure is not kept: a keychain may be started, and a passphrase typed again.
func (s *secretStore) use() (keychain.Keychain, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		k, err := keychain.Open(s.opts)
		if err != nil {
			return nil, err
		}
		s.open = k
	}
	return s.open, nil
}

// locked says what would open the keychain: see [control.Status]. It asks nobody for a passphrase.
func (s *secretStore) locked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.open != nil:
		return ""
	case keychain.HasFile(s.opts.Dir):
		return "passphrase"
	}
	k, err := keychain.Open(keychain.Options{Dir: s.opts.Dir, Sealed: s.opts.Sealed})
	if err == nil {
		s.open = k
	}
	if errors.Is(err, keychain.ErrUnavailable) {
		return "new-passphrase"
	}
	return ""
}

// unlock opens the encrypted file, or makes it where there is no keychain.
func (s *secretStore) unlock(passphrase string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		return nil
	}
	opts := s.opts
	opts.Passphrase = func() (string, error) { return passphrase, nil }
	k, err := keychain.Open(opts)
	if err != nil {
		return err
	}
	s.open = k
	return nil
}

// Get implements [keychain.Keychain].
func (s *secretStore) Get(ctx context.Context, key string) (string, error) {
	k, err := s.use()
	if err != nil {
		return "", err
	}
	return k.Get(ctx, key)
}

// Set implements [keychain.Keychain].
func (s *secretStore) Set(ctx context.Context, key, secret string) error {
	k, err := s.use()
	if err != nil {
		return err
	}
	return k.Set(ctx, key, secret)
}

// Delete implements [keychain.Keychain].
func (s *secretStore) Delete(ctx context.Context, key string) error {
	k, err := s.use()
	if err != nil {
		return err
	}
	return k.Delete(ctx, key)
}

// Describe implements [keychain.Keychain]. It asks nobody for a passphrase.
func (s *secretStore) Describe() string {
	switch s.locked() {
	case "passphrase":
		return "encrypted file " + filepath.Join(s.opts.Dir, "secrets")
	case "new-passphrase":
		return "none yet; with a passphrase in " + keychain.PassphraseVariable + ", an encrypted file in the data folder"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return "none that answers"
	}
	return s.open.Describe()
}
