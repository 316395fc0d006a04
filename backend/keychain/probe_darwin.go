package keychain

import (
	"context"
	"errors"

	"github.com/99designs/keyring"
)

const systemHint = "unlock the login keychain in Keychain Access"

// probe finds the login keychain.
func probe(context.Context) (place, error) {
	if !available(keyring.KeychainBackend) {
		return place{}, errors.New("this build of Metapi cannot use the macOS Keychain: it was built without cgo")
	}
	return place{
		backend: keyring.KeychainBackend,
		// Trusting the program that wrote an item keeps macOS from asking at each read.
		config:   keyring.Config{ServiceName: service, KeychainTrustApplication: true},
		describe: "macOS Keychain (login)",
	}, nil
}
