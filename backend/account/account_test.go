package account

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metapi/backend/keychain"
	"metapi/backend/store"
)

const (
	keyA = "sk-test-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAaaaa"
	keyB = "sk-test-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBbbbb"
)

// What the store offers for sealed secrets is what the keychain asks for.
var _ keychain.Blobs = (*store.Blobs)(nil)

// house is accounts over a real store and a keychain in memory.
type house struct {
	*Accounts
	st  *store.Store
	kc  *keychain.Memory
	dir string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "account-*") // not TempDir: a property makes many, each short-lived
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{st: st, kc: keychain.NewMemory(), dir: dir}
	h.Accounts = New(st, h.kc)
	t.Cleanup(func() { h.st.Close(); os.RemoveAll(dir) })
	return h
}

func (h *house) add(t testing.TB, name, secret string) Account {
	t.Helper()
	a, err := h.Add(context.Background(), Account{Name: name, Provider: "openai"}, secret)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// holds reports whether any file of the data folder holds a text.
func (h *house) holds(t testing.TB, text string) (file string) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(raw), text) {
			file = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAddedAccountIsFoundByEachOfItsNames(t *testing.T) {
	h := newHouse(t)
	a := h.add(t, "Wörk Key #1", keyA)
	b := h.add(t, "Home", keyB)
	if a.Slug != "work-key-1" || a.KeyHint != "...aaaa" || a.Order >= b.Order || a.Created.IsZero() {
		t.Fatalf("got %+v, then %+v", a, b)
	}
	for _, name := range []string{a.ID, a.Slug, a.Name, "WÖRK KEY #1"} {
		got, err := h.Get(name)
		if err != nil || got.ID != a.ID {
			t.Errorf("Get(%q): %v, %v", name, got.ID, err)
		}
	}
	if _, err := h.Get("nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if s, err := h.Secret(context.Background(), a.ID); err != nil || s != keyA {
		t.Errorf("secret: %q, %v", s, err)
	}
	if f := h.holds(t, keyA); f != "" {
		t.Errorf("the secret is in %s", f)
	}
}

func TestOneNameTwiceIsAmbiguousAndTheSlugsAreNot(t *testing.T) {
	h := newHouse(t)
	a, b := h.add(t, "Work", keyA), h.add(t, "work", keyB)
	if a.Slug != "work" || b.Slug != "work-2" {
		t.Fatalf("slugs %q, %q", a.Slug, b.Slug)
	}
	if _, err := h.Get("WORK"); !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), "work, work-2") {
		t.Errorf("got %v", err)
	}
}

func TestTheSameKeyAtTheSamePlaceIsRefused(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	add := func(base, secret string) error {
		_, err := h.Add(ctx, Account{Name: "Relay", Provider: "openai-compatible", BaseURL: base}, secret)
		return err
	}
	if err := add("https://relay.example/v1", keyA); err != nil {
		t.Fatal(err)
	}
	err := add("https://Relay.example:443/v1/", " "+keyA+"\n")
	var field *FieldError
	if !errors.As(err, &field) || field.Field != "key" || !strings.Contains(err.Error(), `"Relay" (relay)`) {
		t.Errorf("got %v", err)
	}
	if err := add("https://relay.example/v2", keyA); err != nil {
		t.Errorf("another path: %v", err)
	}
	if err := add("https://relay.example/v1", keyB); err != nil {
		t.Errorf("another key: %v", err)
	}
	second, err := h.Get("relay-3")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SetSecret(ctx, second.ID, keyA); !errors.As(err, &field) {
		t.Errorf("SetSecret to a key that another has: %v", err)
	}
	if err := h.SetSecret(ctx, second.ID, keyB); err != nil {
		t.Errorf("SetSecret to its own: %v", err)
	}
}

func TestAFailureOfEitherPlaceLeavesNeither(t *testing.T) {
	ctx := context.Background()
	for _, broken := range []string{"keychain", "store"} {
		t.Run(broken, func(t *testing.T) {
			h := newHouse(t)
			changes := 0
			h.OnChange(func() { changes++ })
			h.kc.FailWith(func(op, key string) error {
				if op != "keep" {
					return nil
				}
				if broken == "keychain" {
					return keychain.ErrLocked
				}
				h.st.Close() // the keychain keeps it, the store no longer can
				return nil
			})
			_, err := h.Add(ctx, Account{Name: "Work", Provider: "openai"}, keyA)
			if err == nil || strings.Contains(err.Error(), keyA) {
				t.Fatalf("got %v", err)
			}
			if broken == "keychain" && !errors.Is(err, keychain.ErrLocked) {
				t.Errorf("the cause is lost: %v", err)
			}
			if _, _, err := h.AddClient(ctx, "Zed"); err == nil {
				t.Error("a client was added")
			}
			if keys := h.kc.Keys(); len(keys) != 0 {
				t.Errorf("the keychain has %v", keys)
			}
			h.st.Close()
			st, err := store.Open(h.dir)
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			again := New(st, h.kc)
			if list, err := again.List(); len(list) != 0 || err != nil {
				t.Errorf("the store has %v, %v", list, err)
			}
			if list, err := again.Clients(); len(list) != 0 || err != nil {
				t.Errorf("the store has %v, %v", list, err)
			}
			if changes != 0 {
				t.Errorf("%d changes were told", changes)
			}
		})
	}
}

func TestSweepDeletesWhatAKillLeftBehind(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	kept := h.add(t, "Kept", keyB)
	// A kill after the keychain has the secret is a copy of the store from that moment.
	var copied string
	h.kc.FailWith(func(op, key string) error {
		if op == "keep" {
			raw, err := os.ReadFile(h.st.Path())
			if err != nil {
				return err
			}
			copied = t.TempDir()
			return os.WriteFile(filepath.Join(copied, store.File), raw, 0o600)
		}
		return nil
	})
	lost := h.add(t, "Lost", keyA)
	st, err := store.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	again := New(st, h.kc)
	if list, err := again.List(); err != nil || len(list) != 1 || list[0].ID != kept.ID {
		t.Fatalf("got %v, %v", list, err)
	}
	if err := again.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Secret(ctx, lost.ID); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("the secret is still there: %v", err)
	}
	if s, err := again.Secret(ctx, kept.ID); err != nil || s != keyB {
		t.Errorf("the other's secret: %q, %v", s, err)
	}
}

// A Set that timed out may be carried out later, when somebody answers the dialog: after it was deleted again.
func TestASecretThatArrivesLateIsSwept(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	var late string
	h.kc.FailWith(func(op, key string) error {
		if op == "keep" {
			late = key
			return keychain.ErrTimeout
		}
		return nil
	})
	if _, err := h.Add(ctx, Account{Name: "Work", Provider: "openai"}, keyA); !errors.Is(err, keychain.ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	h.kc.FailWith(nil)
	if err := h.kc.Set(ctx, late, keyA); err != nil {
		t.Fatal(err)
	}
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if keys := h.kc.Keys(); len(keys) != 0 {
		t.Errorf("the keychain has %v", keys)
	}
}

func TestRemoveWithALockedKeychainIsFinishedByTheNextSweep(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a := h.add(t, "Work", keyA)
	h.kc.FailWith(func(op, key string) error {
		if op == "delete" {
			return keychain.ErrLocked
		}
		return nil
	})
	gone, err := h.Remove(ctx, a.ID)
	if gone.ID != a.ID || !errors.Is(err, keychain.ErrLocked) {
		t.Fatalf("got %v, %v", gone, err)
	}
	if _, err := h.Get(a.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the account is still there: %v", err)
	}
	if err := h.Sweep(ctx); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("a sweep that cannot delete says %v", err)
	}
	h.kc.FailWith(nil)
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if keys := h.kc.Keys(); len(keys) != 0 {
		t.Errorf("the keychain has %v", keys)
	}
}

func TestSetSecretThatFailsLeavesTheOldKey(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a := h.add(t, "Work", keyA)
	calls := 0
	h.kc.FailWith(func(op, key string) error {
		if op == "keep" {
			if calls++; calls == 1 {
				return keychain.ErrTimeout
			}
		}
		return nil
	})
	if err := h.SetSecret(ctx, a.ID, keyB); !errors.Is(err, keychain.ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	if s, err := h.Secret(ctx, a.ID); s != keyA || err != nil {
		t.Errorf("the secret is %q, %v", s, err)
	}
	if err := h.SetSecret(ctx, a.ID, keyB); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Get(a.ID); err != nil || got.KeyHint != "...bbbb" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEditKeepsTheKeyToItsServer(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a, err := h.Add(ctx, Account{Name: "Relay", Provider: "openai-compatible", BaseURL: "https://relay.example/v1"}, keyA)
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"https://evil.example/v1", "http://relay.example/v1", "https://relay.example:8443/v1", ""} {
		var field *FieldError
		if _, err := h.Edit(a.ID, func(a *Account) { a.BaseURL = base }); !errors.As(err, &field) || field.Field != "base URL" {
			t.Errorf("%q: got %v", base, err)
		}
	}
	got, err := h.Edit(a.ID, func(a *Account) {
		a.BaseURL, a.Name, a.Paused, a.KeyHint, a.ID = "https://relay.example/api", "Other", true, keyA, "x"
	})
	if err != nil || got.BaseURL != "https://relay.example/api" || !got.Paused || got.KeyHint != a.KeyHint || got.ID != a.ID || got.Slug != a.Slug {
		t.Errorf("got %+v, %v", got, err)
	}
	h.add(t, "Taken", keyB)
	if _, err := h.Edit(a.ID, func(a *Account) { a.Slug = "Taken" }); err == nil {
		t.Error("a slug was given twice")
	}
}

func TestWhatAPersonEntersIsChecked(t *testing.T) {
	h := newHouse(t)
	good := Account{Name: "Work", Provider: "openai-compatible", BaseURL: "https://relay.example/v1"}
	tests := []struct {
		what   string
		change func(*Account, *string)
		field  string // empty: it is taken
	}{
		{"as it is", func(*Account, *string) {}, ""},
		{"name of 64 letters", func(a *Account, _ *string) { a.Name = strings.Repeat("ä", 64) }, ""},
		{"name of 65 letters", func(a *Account, _ *string) { a.Name = strings.Repeat("ä", 65) }, "name"},
		{"control character", func(a *Account, _ *string) { a.Name = "a\x1b[31mb" }, "name"},
		{"text direction", func(a *Account, _ *string) { a.Name = "a\u202eb" }, "name"},
		{"not UTF-8", func(a *Account, _ *string) { a.Name = "a\xffb" }, "name"},
		{"no provider", func(a *Account, _ *string) { a.Provider = "" }, "provider"},
		{"password in the URL", func(a *Account, _ *string) { a.BaseURL = "https://me:hunter2@relay.example" }, "base URL"},
		{"key in the URL", func(a *Account, _ *string) { a.BaseURL = "https://relay.example/?key=hunter2" }, "base URL"},
		{"no URL", func(a *Account, _ *string) { a.BaseURL = "relay.example" }, "base URL"},
		{"long URL", func(a *Account, _ *string) { a.BaseURL = "https://relay.example/" + strings.Repeat("a", 2048) }, "base URL"},
		{"no key", func(_ *Account, s *string) { *s = " \n" }, "key"},
		{"two lines", func(_ *Account, s *string) { *s = "hunter2\nhunter2" }, "key"},
		{"zero width space", func(_ *Account, s *string) { *s = "hunter2\u200b" }, "key"},
		{"key file", func(_ *Account, s *string) { *s = "{\n \"private_key\": \"hunter2\"\n}" }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			acc, secret := good, "hunter2-hunter2-hunter2-"+newID("")
			tt.change(&acc, &secret)
			_, err := h.Add(context.Background(), acc, secret)
			var field *FieldError
			switch {
			case tt.field == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.field != "" && (!errors.As(err, &field) || field.Field != tt.field):
				t.Errorf("got %v, want the field %s", err, tt.field)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("the error repeats the secret: %v", err)
			}
		})
	}
}

func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{
		"OpenAI (work)": "openai-work", "  --Ünïcödé--  ": "unicode", "智谱": "fallback", "a_b.c": "a-b-c", "": "fallback",
		"x" + strings.Repeat("-y", 40): "x" + strings.Repeat("-y", 15),
	} {
		if got := slug(name, "fallback"); got != want {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestHintsShowAtMostTheLastFour(t *testing.T) {
	for secret, want := range map[string]string{
		keyA: "...aaaa", "short": "...t", "abc": "...", "12345678": "...78", `{"a":"bcdefghijklmn"}`: "...", "": "...",
	} {
		if got := hint(secret); got != want {
			t.Errorf("hint(%q) = %q, want %q", secret, got, want)
		}
	}
}

func TestLocalKeys(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	changes := 0
	h.OnChange(func() { changes++ })
	c, key, err := h.AddClient(ctx, "Zed")
	if err != nil {
		t.Fatal(err)
	}
	if len(key) != 46 || !strings.HasPrefix(key, "mp-") || c.Hash != HashKey(key) || c.Hint != "..."+key[42:] {
		t.Fatalf("key %q of %+v", key, c)
	}
	if _, _, err := h.AddClient(ctx, "ZED"); err == nil {
		t.Error("two good keys have one name")
	}
	for _, name := range []string{"Zed", "zed", c.ID} {
		if got, err := h.ClientKey(ctx, name); err != nil || got != key {
			t.Errorf("ClientKey(%q): %v", name, err)
		}
	}
	if f := h.holds(t, key[3:]); f != "" {
		t.Errorf("the key is in %s", f)
	}
	if err := h.RevokeClient(ctx, "Zed"); err != nil {
		t.Fatal(err)
	}
	if err := h.RevokeClient(ctx, c.ID); err != nil {
		t.Errorf("revoking again: %v", err)
	}
	if _, err := h.ClientKey(ctx, c.ID); err == nil {
		t.Error("a revoked key is shown")
	}
	if _, err := h.ClientKey(ctx, "Zed"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	list, err := h.Clients()
	if err != nil || len(list) != 1 || list[0].Live() || list[0].Hash != c.Hash {
		t.Errorf("got %+v, %v", list, err)
	}
	if keys := h.kc.Keys(); len(keys) != 0 {
		t.Errorf("the keychain has %v", keys)
	}
	if _, again, err := h.AddClient(ctx, "Zed"); err != nil || again == key {
		t.Errorf("the name is not free again: %v", err)
	}
	if changes != 3 {
		t.Errorf("%d changes were told, want 3", changes)
	}
}

func TestWaitingForTheKeychainCanBeGivenUp(t *testing.T) {
	h := newHouse(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	h.kc.FailWith(func(op, key string) error {
		if op == "keep" {
			close(entered)
			<-leave
		}
		return nil
	})
	first := make(chan error, 1)
	go func() {
		_, err := h.Add(context.Background(), Account{Name: "Slow", Provider: "openai"}, keyA)
		first <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Add(ctx, Account{Name: "Fast", Provider: "openai"}, keyB); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := h.List(); err != nil { // reading does not wait
		t.Error(err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
}
