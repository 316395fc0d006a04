package keychain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func newFile(t testing.TB, passphrase string) (Keychain, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data", secretsFile)
	k, err := openFile(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

func set(t testing.TB, k Keychain, key, secret string) {
	t.Helper()
	if err := k.Set(context.Background(), key, secret); err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, k Keychain, key, want string) {
	t.Helper()
	if got, err := k.Get(context.Background(), key); err != nil || got != want {
		t.Errorf("%s is %.40q, %v; want %.40q", key, got, err, want)
	}
}

func TestFile(t *testing.T) {
	k, path := newFile(t, "pass")
	conform(t, k, 10_000, 500_000)
	set(t, k, "metapi/account/acc_a", "sk-very-secret")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"sk-very-secret", "acc_a", "pass\""} {
		if strings.Contains(string(raw), text) {
			t.Errorf("the file shows %q", text)
		}
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := openFile(path, "pass")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, again, "metapi/account/acc_a", "sk-very-secret")
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAWrongPassphraseIsRefusedAndChangesNothing(t *testing.T) {
	k, path := newFile(t, "right")
	set(t, k, "a", "secret")
	before, _ := os.ReadFile(path)
	for _, wrong := range []string{"wrong", "Right", "right "} {
		_, err := openFile(path, wrong)
		if !errors.Is(err, ErrWrongPassphrase) || !strings.Contains(err.Error(), PassphraseVariable) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed, %v", err)
	}
}

// Every byte of the file is either without meaning or guarded: changed, it gives an error or the same secret, never
// another secret and never a crash.
func TestATamperedFileNeverGivesAnotherSecret(t *testing.T) {
	k, path := newFile(t, "right")
	set(t, k, "a", "secret")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range raw {
		bad := []byte(string(raw))
		bad[i] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := openFile(path, "right")
		if err == nil {
			wants(t, opened, "a", "secret")
			continue
		}
		refused++
		if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongPassphrase) && !errors.Is(err, ErrUnavailable) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	if refused < len(raw)/2 {
		t.Errorf("only %d of %d changes were refused", refused, len(raw))
	}
	for _, cut := range []int{0, 1, len(raw) / 2} {
		if err := os.WriteFile(path, raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openFile(path, "right"); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d: %v", cut, err)
		}
		if now, _ := os.ReadFile(path); len(now) != cut {
			t.Errorf("cut to %d: the file was changed", cut)
		}
	}
}

// Two programs may use one folder: each opens the file for itself, and neither loses what the other has kept.
func TestTwoProgramsShareTheFile(t *testing.T) {
	first, path := newFile(t, "pass")
	second, err := openFile(path, "pass")
	if err != nil {
		t.Fatal(err)
	}
	const each = 25
	done := make(chan error)
	for n, k := range []Keychain{first, second} {
		go func() {
			var err error
			for i := range each {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				err = errors.Join(err, k.Set(ctx, fmt.Sprintf("%d/%d", n, i), "secret"))
				cancel()
			}
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		for i := range each {
			wants(t, first, fmt.Sprintf("%d/%d", n, i), "secret")
		}
	}
}

func TestTwoFirstStartsWithTwoPassphrasesMakeOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), secretsFile)
	type result struct {
		k   Keychain
		err error
	}
	done := make(chan result)
	for _, pass := range []string{"one", "two"} {
		go func() {
			k, err := openFile(path, pass)
			done <- result{k, err}
		}()
	}
	a, b := <-done, <-done
	if a.err != nil {
		a, b = b, a
	}
	if a.err != nil || !errors.Is(b.err, ErrWrongPassphrase) {
		t.Fatalf("got %v and %v", a.err, b.err)
	}
	set(t, a.k, "a", "secret")
	wants(t, a.k, "a", "secret")
}

func TestAFileReplacedUnderneathIsNotWrittenTo(t *testing.T) {
	k, path := newFile(t, "pass")
	set(t, k, "a", "mine")
	_, other := newFile(t, "pass") // the same passphrase, another salt
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if err := k.Set(context.Background(), "a", "new"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("got %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("it was written to")
	}
}

func TestAHeldLockIsATimeOut(t *testing.T) {
	k, path := newFile(t, "pass")
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := k.Set(ctx, "a", "b"); !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), path+".lock") {
		t.Errorf("got %v", err)
	}
}

// The passphrase's key is derived once, when the file is opened; a Get must not cost it again.
func TestRealCosts(t *testing.T) {
	small := newKDF
	newKDF.MemoryKiB, newKDF.Time = 19*1024, 2
	defer func() { newKDF = small }()
	start := time.Now()
	k, path := newFile(t, "pass")
	made := time.Since(start)
	for i := range 20 {
		set(t, k, fmt.Sprintf("metapi/account/%d", i), "secret")
	}
	start = time.Now()
	if _, err := openFile(path, "pass"); err != nil {
		t.Fatal(err)
	}
	opened := time.Since(start)
	start = time.Now()
	const gets = 200
	for i := range gets {
		wants(t, k, fmt.Sprintf("metapi/account/%d", i%20), "secret")
	}
	get := time.Since(start) / gets
	t.Logf("made in %v, opened in %v, one Get of 20 secrets %v", made, opened, get)
	if get > opened/2 {
		t.Errorf("a Get takes %v, opening %v: the key is derived each time", get, opened)
	}
}
