package keychain

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	secretsFile = "secrets"
	fileFormat  = "metapi-secrets"
	fileVersion = 1
	lockRetry   = 5 * time.Millisecond
)

// header is the part of the file that anyone can read. Both sealed parts are bound to it.
type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	KDF     kdf    `json:"kdf"`
}

// kdf is how the passphrase becomes a key: Argon2id with its salt and costs.
type kdf struct {
	Name      string `json:"name"`
	Time      uint32 `json:"time"`
	MemoryKiB uint32 `json:"memory_kib"`
	Threads   uint8  `json:"threads"`
	Salt      []byte `json:"salt"`
}

// newKDF is for new files: the OWASP Password Storage Cheat Sheet's first choice for Argon2id. It costs each start of
// Metapi about 40 ms; RFC 9106's 64 MiB three times over would cost ten times that.
var newKDF = kdf{Name: "argon2id", Time: 2, MemoryKiB: 19 * 1024, Threads: 1}

// sane keeps a file that was tampered with from taking all the memory or time there is.
func (k kdf) sane() bool {
	return k.Name == "argon2id" && k.Time >= 1 && k.Time <= 32 && k.MemoryKiB >= 8 && k.MemoryKiB <= 1<<20 &&
		k.Threads >= 1 && len(k.Salt) >= 16
}

// content is the whole file.
type content struct {
	header
	Verifier []byte `json:"verifier"` // an empty text, sealed: only the right passphrase opens it
	Secrets  []byte `json:"secrets"`  // a JSON object of all keys and secrets, sealed
}

func (c *content) label(part string) []byte {
	raw, _ := json.Marshal(c.header) // cannot fail: strings, numbers and bytes
	return append(raw, part...)
}

// file is the encrypted file. It is read at each call, so that what another process keeps is seen.
type file struct {
	path string
	head header // as it was when the passphrase was accepted
	aead cipher.AEAD
}

func describeFile(path string) string { return "encrypted file " + path }

// openFile opens the file with its passphrase, or makes it with a new one. It takes as long as the key derivation
// does, about 40 ms.
func openFile(path, passphrase string) (Keychain, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f := &file{path: path}
	err := f.locked(ctx, func() error {
		c, err := f.read()
		if errors.Is(err, fs.ErrNotExist) {
			if c, err = f.fresh(passphrase); err != nil {
				return err
			}
			return f.write(c, map[string]string{})
		}
		if err != nil {
			return err
		}
		if err := f.derive(c, passphrase); err != nil {
			return err
		}
		if _, err := open(f.aead, c.Verifier, c.label("verifier")); err != nil {
			return &Error{Kind: ErrWrongPassphrase, Hint: "Give the passphrase that this file was made with, in " +
				PassphraseVariable + " or at the prompt. If it is lost, the secrets are too: move the file away and enter your keys again."}
		}
		_, err = f.secrets(c)
		return err
	})
	if err != nil {
		return nil, f.fail("open the secrets", "", err)
	}
	return f, nil
}

// fresh begins a file under a passphrase.
func (f *file) fresh(passphrase string) (*content, error) {
	c := &content{header: header{Format: fileFormat, Version: fileVersion, KDF: newKDF}}
	c.KDF.Salt = make([]byte, 16)
	rand.Read(c.KDF.Salt) // never fails
	if err := f.derive(c, passphrase); err != nil {
		return nil, err
	}
	c.Verifier = seal(f.aead, nil, c.label("verifier"))
	return c, nil
}

func (f *file) derive(c *content, passphrase string) error {
	key := argon2.IDKey([]byte(passphrase), c.KDF.Salt, c.KDF.Time, c.KDF.MemoryKiB, c.KDF.Threads, chacha20poly1305.KeySize)
	aead, err := chacha20poly1305.NewX(key)
	f.head, f.aead = c.header, aead
	return err
}

// read reads the file.
func (f *file) read() (*content, error) {
	raw, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

// parse reads the readable part.
func parse(raw []byte) (*content, error) {
	var c content
	if err := json.Unmarshal(raw, &c); err != nil || c.Format != fileFormat || !c.KDF.sane() {
		return nil, &Error{Kind: ErrDamaged, Hint: "Put back a copy of the file, or move it away and enter your keys again."}
	}
	if c.Version > fileVersion {
		return nil, &Error{Kind: ErrUnavailable, Cause: errors.New("the file was written by a newer Metapi"), Hint: "Install that Metapi."}
	}
	return &c, nil
}

// secrets opens the sealed part.
func (f *file) secrets(c *content) (map[string]string, error) {
	if !bytes.Equal(c.KDF.Salt, f.head.KDF.Salt) {
		return nil, &Error{Kind: ErrWrongPassphrase, Cause: errors.New("the file has been replaced by another"), Hint: "Start Metapi again."}
	}
	raw, err := open(f.aead, c.Secrets, c.label("secrets"))
	secrets := map[string]string{}
	if err == nil {
		err = json.Unmarshal(raw, &secrets)
	}
	if err != nil {
		return nil, &Error{Kind: ErrDamaged, Hint: "Put back a copy of the file, or move it away and enter your keys again."}
	}
	return secrets, nil
}

// write replaces the file: another file is written whole, synced, and takes its name.
func (f *file) write(c *content, secrets map[string]string) error {
	raw, err := f.encode(c, secrets)
	if err != nil {
		return err
	}
	dir := filepath.Dir(f.path)
	tmp, err := os.CreateTemp(dir, ".secrets-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // does nothing once it has been renamed
	_, err = tmp.Write(raw)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil || runtime.GOOS == "windows" { // a folder cannot be synced there
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// locked runs fn while no other process, and no other goroutine, uses the file. The lock is a file of its own, since
// the secrets' file is replaced.
func (f *file) locked(ctx context.Context, fn func() error) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	lock := flock.New(f.path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return err
	}
	err := fn()
	return errors.Join(err, lock.Close())
}

// Get implements [Keychain].
func (f *file) Get(ctx context.Context, key string) (secret string, err error) {
	err = f.use(ctx, "read", key, func(_ *content, secrets map[string]string) error {
		s, ok := secrets[key]
		if !ok {
			return &Error{Kind: ErrNotFound, Hint: hints[ErrNotFound]}
		}
		secret = s
		return nil
	})
	return secret, err
}

// Set implements [Keychain].
func (f *file) Set(ctx context.Context, key, secret string) error {
	return f.use(ctx, "keep", key, func(c *content, secrets map[string]string) error {
		secrets[key] = secret
		return f.write(c, secrets)
	})
}

// Delete implements [Keychain].
func (f *file) Delete(ctx context.Context, key string) error {
	return f.use(ctx, "delete", key, func(c *content, secrets map[string]string) error {
		if _, ok := secrets[key]; !ok {
			return nil
		}
		delete(secrets, key)
		return f.write(c, secrets)
	})
}

// Describe implements [Keychain].
func (f *file) Describe() string { return describeFile(f.path) }

// use runs fn over what the file holds now.
func (f *file) use(ctx context.Context, op, key string, fn func(*content, map[string]string) error) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	err := f.locked(ctx, func() error {
		c, err := f.read()
		if err != nil {
			return err
		}
		secrets, err := f.secrets(c)
		if err != nil {
			return err
		}
		return fn(c, secrets)
	})
	if err != nil {
		return f.fail(op, key, err)
	}
	return nil
}

// fail gives an error its place and its words.
func (f *file) fail(op, key string, err error) error {
	var e *Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, context.DeadlineExceeded):
		e = &Error{Kind: ErrTimeout, Hint: "Another Metapi holds " + f.path + ".lock: stop it and try again."}
	case errors.Is(err, fs.ErrNotExist):
		e = &Error{Kind: ErrNotFound, Cause: fmt.Errorf("the file has been removed"), Hint: "Put it back, or start Metapi again."}
	default:
		e = &Error{Cause: err, Hint: "Make sure that the folder can be written and the disk is not full."}
	}
	e.Op, e.Key, e.Where = op, key, f.Describe()
	return e
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
