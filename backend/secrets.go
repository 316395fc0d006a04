package backend

import (
	"context"
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
	s.mu.Lock()
	k := s.open
	s.mu.Unlock()
	if k != nil {
		return k.Describe()
	}
	if keychain.HasFile(s.opts.Dir) {
		return "encrypted file " + filepath.Join(s.opts.Dir, "secrets")
	}
	if k, err := keychain.Open(keychain.Options{Dir: s.opts.Dir, Sealed: s.opts.Sealed}); err == nil {
		return k.Describe()
	}
	return "none yet; with a passphrase in " + keychain.PassphraseVariable + ", an encrypted file in the data folder"
}
