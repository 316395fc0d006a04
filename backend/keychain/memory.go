package keychain

import (
	"context"
	"sort"
	"sync"
)

// Memory is a [Keychain] that forgets everything when the program ends: for tests.
type Memory struct {
	mu      sync.Mutex // guards what follows
	secrets map[string]string
	fail    func(op, key string) error
}

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{secrets: map[string]string{}} }

// FailWith makes calls ("read", "keep", "delete") fail with what fn returns for them; nil lets them pass.
func (m *Memory) FailWith(fn func(op, key string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fn
}

// Keys lists what is kept, sorted.
func (m *Memory) Keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]string, 0, len(m.secrets))
	for k := range m.secrets {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// do runs fn under the lock, unless the call is to fail.
func (m *Memory) do(ctx context.Context, op, key string, fn func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return &Error{Op: op, Key: key, Where: m.Describe(), Kind: ErrTimeout, Cause: err}
	}
	if m.fail != nil {
		if err := m.fail(op, key); err != nil {
			return err
		}
	}
	return fn()
}

// Get implements [Keychain].
func (m *Memory) Get(ctx context.Context, key string) (secret string, err error) {
	err = m.do(ctx, "read", key, func() error {
		s, ok := m.secrets[key]
		if !ok {
			return &Error{Op: "read", Key: key, Where: m.Describe(), Kind: ErrNotFound}
		}
		secret = s
		return nil
	})
	return secret, err
}

// Set implements [Keychain].
func (m *Memory) Set(ctx context.Context, key, secret string) error {
	return m.do(ctx, "keep", key, func() error { m.secrets[key] = secret; return nil })
}

// Delete implements [Keychain].
func (m *Memory) Delete(ctx context.Context, key string) error {
	return m.do(ctx, "delete", key, func() error { delete(m.secrets, key); return nil })
}

// Describe implements [Keychain].
func (m *Memory) Describe() string { return "memory" }
