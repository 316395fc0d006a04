package keychain

import (
	"encoding/json"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// A file of secrets that goes elsewhere, such as a part of a backup, has the form of DIR/secrets.

// Lock encrypts secrets under a passphrase.
func Lock(passphrase string, secrets map[string]string) ([]byte, error) {
	var f file
	c, err := f.fresh(passphrase)
	if err != nil {
		return nil, err
	}
	return f.encode(c, secrets)
}

// Unlock reads what [Lock] has made, or a copy of DIR/secrets. A passphrase that it was not made with is [ErrWrongPassphrase].
func Unlock(passphrase string, raw []byte) (map[string]string, error) {
	var f file
	c, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if c.KDF.Time > 4*newKDF.Time || c.KDF.MemoryKiB > 4*newKDF.MemoryKiB { // who has made it is not known: it shall not take all there is
		return nil, &Error{Op: "open the secrets", Kind: ErrDamaged, Cause: errors.New("it asks for more work than Metapi's own files do")}
	}
	if err := f.derive(c, passphrase); err != nil {
		return nil, err
	}
	if _, err := open(f.aead, c.Verifier, c.label("verifier")); err != nil {
		return nil, &Error{Op: "open the secrets", Kind: ErrWrongPassphrase}
	}
	return f.secrets(c)
}

// HasLocked reports whether raw is what [Lock] makes, as far as that can be told without the passphrase.
func HasLocked(raw []byte) bool {
	c, err := parse(raw)
	return err == nil && len(c.Verifier) > chacha20poly1305.NonceSizeX
}

// encode is the file's text.
func (f *file) encode(c *content, secrets map[string]string) ([]byte, error) {
	raw, err := json.Marshal(secrets)
	if err != nil {
		return nil, err
	}
	c.Secrets = seal(f.aead, raw, c.label("secrets"))
	raw, err = json.MarshalIndent(c, "", " ")
	return append(raw, '\n'), err
}
