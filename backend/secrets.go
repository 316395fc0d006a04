package backend

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"metapi/backend/keychain"
)

// lookLimit is how long who only wants to know waits for the keychain to be found. One that hangs is found by nobody.
const lookLimit = time.Second

// secretStore is the keychain, opened when it is first used: see the package comment.
type secretStore struct {
	opts keychain.Options
	from func(keychain.Options) (keychain.Keychain, error) // keychain.Open

	opening sync.Mutex // held by who opens, which may take as long as a person takes to type a passphrase

	mu   sync.Mutex // guards what follows, and is held for no longer than that takes
	open keychain.Keychain
	look *look // under way, or nil
}

// look is a search for a keychain that asks nobody for a passphrase.
type look struct {
	done chan struct{} // closed when err is set
	err  error
}

// opened returns the keychain, or nil where it has not been opened.
func (s *secretStore) opened() keychain.Keychain {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *secretStore) openWith(opts keychain.Options) (keychain.Keychain, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if k := s.opened(); k != nil {
		return k, nil
	}
	k, err := s.from(opts)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = k
	return k, nil
}

// use opens the keychain. A failure is not kept: a keychain may be started, and a passphrase typed again.
func (s *secretStore) use() (keychain.Keychain, error) {
	if k := s.opened(); k != nil {
		return k, nil
	}
	return s.openWith(s.opts)
}

// unlock opens the encrypted file, or makes it where there is no keychain.
func (s *secretStore) unlock(passphrase string) error {
	opts := s.opts
	opts.Passphrase = func() (string, error) { return passphrase, nil }
	_, err := s.openWith(opts)
	return err
}

// find looks for what would open without a passphrase, but for no longer than [lookLimit]. Where that passes, the error is
// [keychain.ErrTimeout].
func (s *secretStore) find() error {
	s.mu.Lock()
	l := s.look
	switch {
	case s.open != nil:
		s.mu.Unlock()
		return nil
	case l == nil:
		l = &look{done: make(chan struct{})}
		s.look = l
		go func() {
			// Not openWith, which may be waiting for a person. If both find one, either will do.
			k, err := s.from(keychain.Options{Dir: s.opts.Dir, Sealed: s.opts.Sealed})
			s.mu.Lock()
			defer s.mu.Unlock()
			if err == nil && s.open == nil {
				s.open = k
			}
			l.err, s.look = err, nil
			close(l.done)
		}()
	}
	s.mu.Unlock()
	late := time.NewTimer(lookLimit)
	defer late.Stop()
	select {
	case <-l.done:
		return l.err
	case <-late.C:
		return keychain.ErrTimeout
	}
}

// locked says what would open the keychain: see [control.Status]. It asks nobody for a passphrase, and does not wait.
func (s *secretStore) locked() string {
	switch {
	case s.opened() != nil:
		return ""
	case keychain.HasFile(s.opts.Dir):
		return "passphrase"
	case errors.Is(s.find(), keychain.ErrUnavailable):
		return "new-passphrase"
	}
	return ""
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
	if k := s.opened(); k != nil {
		return k.Describe()
	}
	return "none that answers"
}
