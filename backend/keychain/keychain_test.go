package keychain

import (
	"context"
	"errors"
	"testing"
)

func TestMemoryKeeps(t *testing.T) {
	m := NewMemory()
	if _, err := m.Get(context.Background(), "a"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
}
