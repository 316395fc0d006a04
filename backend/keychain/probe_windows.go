package keychain

import (
	"context"
	"errors"

	"github.com/99designs/keyring"
)

const systemHint = "log in to Windows"

// probe finds the Credential Manager, which every Windows session has.
func probe(context.Context) (place, error) {
	if !available(keyring.WinCredBackend) {
		return place{}, errors.New("this build of Metapi cannot use the Windows Credential Manager")
	}
	return place{
		backend:  keyring.WinCredBackend,
		config:   keyring.Config{ServiceName: service, WinCredPrefix: "Metapi"},
		describe: "Windows Credential Manager",
	}, nil
}
