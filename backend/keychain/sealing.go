package keychain

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// sealedMark starts the entry of a secret that was too large for the keychain. What follows is the blob's id, a colon,
// and the key that opens it.
const sealedMark = "metapi-sealed:1:"

// sealing lets a keychain keep secrets of any size: large ones are encrypted into [Blobs], each under a random key of
// its own, and the keychain keeps that key. A new secret gets a new blob, so that the old one can be read until the
// keychain has the new key: a crash in between loses neither.
type sealing struct {
	Keychain
	blobs Blobs
}

// Get implements [Keychain].
func (s *sealing) Get(ctx context.Context, key string) (string, error) {
	entry, err := s.Keychain.Get(ctx, key)
	if err != nil {
		return "", err
	}
	name, aead, sealed := parseMark(key, entry)
	if !sealed {
		return entry, nil
	}
	raw, ok, err := s.blobs.Get(name)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", &Error{Op: "read", Key: key, Where: s.Describe(), Kind: ErrNotFound,
			Cause: errors.New("its sealed part is not in the database"), Hint: hints[ErrNotFound]}
	}
	secret, err := open(aead, raw, []byte(name))
	if err != nil {
		return "", &Error{Op: "read", Key: key, Where: s.Describe(), Kind: ErrDamaged, Hint: hints[ErrNotFound]}
	}
	return string(secret), nil
}

// Set implements [Keychain].
func (s *sealing) Set(ctx context.Context, key, secret string) error {
	old, err := s.blobOf(ctx, key)
	if err != nil {
		return err
	}
	entry := secret
	if len(secret) > maxInline || strings.HasPrefix(secret, sealedMark) {
		id, aeadKey := make([]byte, 8), make([]byte, chacha20poly1305.KeySize)
		rand.Read(id) // never fails
		rand.Read(aeadKey)
		aead, err := chacha20poly1305.NewX(aeadKey)
		if err != nil {
			return err
		}
		name := blobName(key, hex.EncodeToString(id))
		if err := s.blobs.Put(name, seal(aead, []byte(secret), []byte(name))); err != nil {
			return err
		}
		entry = sealedMark + hex.EncodeToString(id) + ":" + base64.RawURLEncoding.EncodeToString(aeadKey)
	}
	if err := s.Keychain.Set(ctx, key, entry); err != nil {
		return err
	}
	return s.forget(old)
}

// Delete implements [Keychain].
func (s *sealing) Delete(ctx context.Context, key string) error {
	old, err := s.blobOf(ctx, key)
	if err != nil {
		return err
	}
	if err := s.Keychain.Delete(ctx, key); err != nil {
		return err
	}
	return s.forget(old)
}

// blobOf is the name of the blob that an entry has; empty where it has none.
func (s *sealing) blobOf(ctx context.Context, key string) (string, error) {
	entry, err := s.Keychain.Get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	name, _, _ := parseMark(key, entry)
	return name, nil
}

func (s *sealing) forget(blob string) error {
	if blob == "" {
		return nil
	}
	return s.blobs.Delete(blob)
}

func blobName(key, id string) string { return key + "#" + id }

// parseMark reads the entry of a sealed secret, and says whether it is one. Set never keeps another secret that
// starts like one.
func parseMark(key, entry string) (name string, aead cipher.AEAD, ok bool) {
	rest, ok := strings.CutPrefix(entry, sealedMark)
	if !ok {
		return "", nil, false
	}
	id, text, ok := strings.Cut(rest, ":")
	if !ok {
		return "", nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", nil, false
	}
	aead, err = chacha20poly1305.NewX(raw)
	return blobName(key, id), aead, err == nil
}

// seal encrypts under a random nonce, which it puts in front. The label must be the same at open: it binds the text to
// its place.
func seal(aead cipher.AEAD, text, label []byte) []byte {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, text, label)
}

func open(aead cipher.AEAD, sealed, label []byte) ([]byte, error) {
	if len(sealed) < aead.NonceSize() {
		return nil, ErrDamaged
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], label)
}
