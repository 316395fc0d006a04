package keychain

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	newKDF.MemoryKiB, newKDF.Time = 64, 1 // tests open many files; TestRealCosts takes the real ones
	os.Exit(m.Run())
}

// conform is what every keychain must do.
func conform(t *testing.T, k Keychain, sizes ...int) {
	t.Helper()
	// Long, since a loaded machine is no fault of the keychain's.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const key, other = "metapi/account/acc_a", "metapi/account/acc_b"
	get := func(key, want string) {
		t.Helper()
		if got, err := k.Get(ctx, key); err != nil || got != want {
			t.Errorf("%s is %d bytes %.20q, %v; want %d bytes %.20q", key, len(got), got, err, len(want), want)
		}
	}
	missing := func(key string) {
		t.Helper()
		_, err := k.Get(ctx, key)
		var e *Error
		if !errors.Is(err, ErrNotFound) || !errors.As(err, &e) || e.Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
	set := func(key, secret string) {
		t.Helper()
		if err := k.Set(ctx, key, secret); err != nil {
			t.Errorf("set %s: %v", key, err)
		}
	}
	missing(key)
	if err := k.Delete(ctx, key); err != nil {
		t.Errorf("deleting what is missing: %v", err)
	}
	set(key, "one")
	set(other, "other")
	get(key, "one")
	set(key, "two") // replaces
	get(key, "two")
	for _, odd := range []string{"ü€\x00\n\"\\", strings.Repeat("k", maxInline), sealedMark + "00:AAAA"} {
		set(key, odd)
		get(key, odd)
	}
	for _, size := range sizes {
		secret := strings.Repeat("0123456789", size/10+1)[:size]
		set(key, secret)
		get(key, secret)
	}
	get(other, "other")
	if err := k.Delete(ctx, key); err != nil {
		t.Errorf("delete: %v", err)
	}
	missing(key)
	get(other, "other")
	if err := k.Delete(ctx, other); err != nil {
		t.Errorf("delete: %v", err)
	}
	done, end := context.WithCancel(ctx)
	end()
	if err := k.Set(done, key, "late"); err == nil {
		t.Error("a call whose context has ended was made")
	}
	missing(key)
}

func TestMemory(t *testing.T) { conform(t, NewMemory(), 10_000) }

func TestEachKindOfErrorSaysWhatToDo(t *testing.T) {
	s := newSystem(place{describe: "Secret Service (login keyring)"})
	tests := []struct {
		err  error
		kind error
		says string
	}{
		{context.DeadlineExceeded, ErrTimeout, "dialog"},
		{errors.New("Cannot get secret of a locked object"), ErrLocked, "Unlock it"},
		{errors.New("org.freedesktop.Secret.Error.IsLocked"), ErrLocked, "Unlock it"},
		{errors.New("Object does not exist at path \"/\""), ErrLocked, "Unlock it"},
		{errors.New("Specified keyring backend not available"), ErrUnavailable, "Start the keychain"},
		{errors.New("The name org.freedesktop.secrets was not provided by any .service files"), ErrUnavailable, "Start the keychain"},
	}
	for _, tt := range tests {
		err := s.fail("read", "metapi/account/acc_a", tt.err)
		text := err.Error()
		if !errors.Is(err, tt.kind) || !strings.Contains(text, tt.says) ||
			!strings.Contains(text, "metapi/account/acc_a") || !strings.Contains(text, "login keyring") {
			t.Errorf("%v becomes: %v", tt.err, err)
		}
	}
}

func TestTheFileIsKeptTo(t *testing.T) {
	dir := t.TempDir()
	if _, err := openFile(filepath.Join(dir, secretsFile), "pass"); err != nil {
		t.Fatal(err)
	}
	if !HasFile(dir) {
		t.Fatal("the file is not seen")
	}
	_, err := Open(Options{Dir: dir})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), PassphraseVariable) {
		t.Errorf("without the passphrase: %v", err)
	}
	broken := errors.New("no terminal")
	_, err = Open(Options{Dir: dir, Passphrase: func() (string, error) { return "", broken }})
	if !errors.Is(err, broken) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("with a prompt that fails: %v", err)
	}
	k, err := Open(Options{Dir: dir, Passphrase: func() (string, error) { return "pass", nil }})
	if err != nil || k.Describe() != "encrypted file "+filepath.Join(dir, "secrets") {
		t.Errorf("got %v, %v", k, err)
	}
}
