//go:build !linux && !darwin && !windows

package keychain

import (
	"context"
	"errors"
)

const systemHint = "on Linux, macOS or Windows"

// probe finds nothing: the library has no keychain for this system.
func probe(context.Context) (place, error) {
	return place{}, errors.New("Metapi knows no keychain of this operating system")
}
