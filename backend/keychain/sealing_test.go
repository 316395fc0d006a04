package keychain

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// blobs is a Blobs in memory.
type blobs struct {
	mu   sync.Mutex
	all  map[string][]byte
	fail error
}

func (b *blobs) Get(name string) ([]byte, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.all[name]
	return v, ok, b.fail
}

func (b *blobs) Put(name string, sealed []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail == nil {
		b.all[name] = sealed
	}
	return b.fail
}

func (b *blobs) Delete(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail == nil {
		delete(b.all, name)
	}
	return b.fail
}

func newSealing() (*sealing, *Memory, *blobs) {
	m, b := NewMemory(), &blobs{all: map[string][]byte{}}
	return &sealing{Keychain: m, blobs: b}, m, b
}

func TestSealing(t *testing.T) {
	s, m, b := newSealing()
	conform(t, s, maxInline+1, 10_000, 500_000, 10)
	if len(m.Keys()) != 0 || len(b.all) != 0 {
		t.Errorf("left: %v, %d blobs", m.Keys(), len(b.all))
	}
}

// Whatever is kept in whatever order, with a keychain or a store that fails now and then: what Get gives is what the
// last Set that succeeded has kept; the keychain is given nothing above its limit; and no blob shows any of a secret.
func TestSealedSecretsNeverGetLostOrShown(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		s, m, b := newSealing()
		want := map[string]string{}
		keys := rapid.SampledFrom([]string{"metapi/account/a", "metapi/account/b"})
		n := 0
		flaky := func() (restore func()) {
			what := rapid.SampledFrom([]string{"", "", "keep", "delete", "blobs"}).Draw(rt, "failing")
			m.FailWith(func(op, _ string) error {
				if op == what {
					return ErrLocked
				}
				return nil
			})
			if what == "blobs" {
				b.fail = errors.New("full")
			}
			return func() { m.FailWith(nil); b.fail = nil }
		}
		rt.Repeat(map[string]func(*rapid.T){
			"set": func(rt *rapid.T) {
				key := keys.Draw(rt, "key")
				n++
				secret := strings.Repeat("SECRET", rapid.SampledFrom([]int{1, 400, 401, 5000}).Draw(rt, "size")) + string(rune('A'+n%26))
				restore := flaky()
				err := s.Set(ctx, key, secret)
				restore()
				if got, getErr := s.Get(ctx, key); err == nil {
					want[key] = secret
				} else if getErr == nil && got == secret {
					want[key] = secret // it failed after it was kept, at removing the old blob
				}
			},
			"delete": func(rt *rapid.T) {
				key := keys.Draw(rt, "key")
				restore := flaky()
				err := s.Delete(ctx, key)
				restore()
				if _, getErr := s.Get(ctx, key); err == nil || errors.Is(getErr, ErrNotFound) {
					delete(want, key)
				}
			},
			"": func(rt *rapid.T) {
				for _, key := range []string{"metapi/account/a", "metapi/account/b"} {
					got, err := s.Get(ctx, key)
					if secret, ok := want[key]; ok && (err != nil || got != secret) || !ok && !errors.Is(err, ErrNotFound) {
						rt.Fatalf("%s is %.10q (%d), %v; want %d", key, got, len(got), err, len(want[key]))
					}
					if entry, err := m.Get(ctx, key); err == nil && len(entry) > maxInline {
						rt.Fatalf("the keychain was given %d bytes", len(entry))
					}
				}
				for _, sealed := range b.all {
					if strings.Contains(string(sealed), "SECRET") {
						rt.Fatal("a blob shows the secret")
					}
				}
			},
		})
	})
}

func TestASealedSecretIsBoundToItsPlace(t *testing.T) {
	s, m, b := newSealing()
	ctx := context.Background()
	large := strings.Repeat("x", 5000)
	set(t, s, "a", large)
	set(t, s, "b", strings.Repeat("y", 5000))
	names := []string{}
	for name := range b.all {
		names = append(names, name)
	}
	slices.Sort(names)
	entry, _ := m.Get(ctx, "a")
	set(t, m, "b", entry) // a's key under b's name
	if _, err := s.Get(ctx, "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's entry: %v", err)
	}
	b.all[names[0]][30] ^= 1
	if _, err := s.Get(ctx, "a"); !errors.Is(err, ErrDamaged) {
		t.Errorf("a changed blob: %v", err)
	}
	delete(b.all, names[0])
	if _, err := s.Get(ctx, "a"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "Enter the key again") {
		t.Errorf("a lost blob: %v", err)
	}
	set(t, s, "a", large) // and entering it again helps
	wants(t, s, "a", large)
}
