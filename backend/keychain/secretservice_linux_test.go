package keychain

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// These tests use a real Secret Service, GNOME Keyring, on a session bus of their own: each starts dbus-run-session,
// which runs this test binary again with the same test, and that starts the daemon. Home and all else that the daemon
// uses are folders of the test, and no display can be reached, so that nothing of the user's is touched. The bus ends
// with the test, and the daemon with the bus.

const insideVariable = "METAPI_KEYCHAIN_TEST_INSIDE"

// inSession runs the calling test inside a session of its own: it returns true there, and false outside when it is over.
func inSession(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVariable) == t.Name() {
		return true
	}
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed (apt-get install dbus-daemon gnome-keyring)", program)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "dbus-run-session", "--", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	home, err := os.MkdirTemp("/tmp", "metapi-kr-*") // sockets need short paths
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, insideVariable + "=" + t.Name(), "TMPDIR=" + home}
	for _, v := range []string{"XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		dir := filepath.Join(home, strings.ToLower(v))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, v+"="+dir)
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("inside the session: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "_test.go:") {
			t.Log(strings.TrimSpace(line))
		}
	}
	return false
}

// daemon is a running GNOME Keyring with an unlocked login keyring.
type daemon struct {
	cmd  *exec.Cmd
	conn *dbus.Conn
}

const password = "keyring-password"

func startDaemon(t *testing.T) *daemon {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	owners := make(chan *dbus.Signal, 16)
	conn.Signal(owners)
	err = conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, secretService))
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{conn: conn}
	d.cmd = exec.Command("gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets")
	d.cmd.Stdin = strings.NewReader(password)
	var said bytes.Buffer
	d.cmd.Stdout, d.cmd.Stderr = &said, &said
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.cmd.Process.Kill()
		_ = d.cmd.Wait()
	})
	late := time.After(20 * time.Second)
	for {
		select {
		case s := <-owners: // name, old owner, new owner; and other signals, such as our own NameAcquired
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && s.Body[0] == secretService && s.Body[2] != "" {
				return d
			}
		case <-late:
			d.cmd.Process.Kill()
			_ = d.cmd.Wait()
			t.Fatalf("the daemon did not come up: %s", said.String())
		}
	}
}

// lock locks the login keyring, as a desktop does when the user says so.
func (d *daemon) lock(t *testing.T) {
	t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	login := dbus.ObjectPath(collections + loginKeyring)
	err := d.conn.Object(secretService, secretPath).
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{login}).Store(&locked, &prompt)
	if err != nil || !slices.Contains(locked, login) {
		t.Fatalf("locked %v, %v", locked, err)
	}
}

// restart ends the daemon and starts another, which finds the keyring's file and unlocks it.
func (d *daemon) restart(t *testing.T) {
	t.Helper()
	d.cmd.Process.Kill()
	_ = d.cmd.Wait()
	startDaemon(t)
}

func openReal(t *testing.T) (Keychain, *blobs) {
	t.Helper()
	b := &blobs{all: map[string][]byte{}}
	dir := t.TempDir()
	k, err := Open(Options{Dir: dir, Sealed: b, Passphrase: func() (string, error) {
		t.Error("a passphrase was asked for though there is a keychain")
		return "", nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Describe(); got != "Secret Service (login keyring)" {
		t.Fatalf("it is %s", got)
	}
	return k, b
}

func TestSecretServiceUnlocked(t *testing.T) {
	if !inSession(t) {
		return
	}
	startDaemon(t)
	k, b := openReal(t)
	start := time.Now()
	conform(t, k, 10_000, 200_000)
	t.Logf("conformance took %v", time.Since(start))
	if len(b.all) != 0 {
		t.Errorf("%d sealed parts were left", len(b.all))
	}

	const key = "metapi/account/acc_large"
	large := strings.Repeat("large secret ", 1000)
	set(t, k, key, large)
	if len(b.all) != 1 {
		t.Errorf("%d sealed parts", len(b.all))
	}
	wants(t, k, key, large)

	// Another program's view of the same keyring: one item, under our key.
	if tool, err := exec.LookPath("secret-tool"); err == nil {
		out, err := exec.Command(tool, "search", "--all", "profile", key).CombinedOutput()
		if err != nil || strings.Count(string(out), "label = "+key+"\n") != 1 {
			t.Errorf("secret-tool: %v %s", err, out)
		}
	}
	// A second start finds it.
	again, err := Open(Options{Dir: t.TempDir(), Sealed: b})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, again, key, large)

	start = time.Now()
	set(t, k, "metapi/account/acc_small", "sk-small")
	setTook := time.Since(start)
	start = time.Now()
	wants(t, k, "metapi/account/acc_small", "sk-small")
	t.Logf("one Set took %v, one Get %v", setTook, time.Since(start))

	// Many at once: the library's objects are not safe for it, ours must be.
	done := make(chan error)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for i := range 40 {
		go func() {
			got, err := k.Get(ctx, "metapi/account/acc_small")
			if err == nil && got != "sk-small" {
				err = errors.New("another secret: " + got)
			}
			if i%4 == 0 {
				err = errors.Join(err, k.Set(ctx, "metapi/account/acc_small", "sk-small"))
			}
			done <- err
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestSecretServiceLocked(t *testing.T) {
	if !inSession(t) {
		return
	}
	d := startDaemon(t)
	k, _ := openReal(t)
	const key = "metapi/account/acc_a"
	set(t, k, key, "sk-secret")
	d.lock(t)

	calls := map[string]func(context.Context) error{
		"get":    func(ctx context.Context) error { _, err := k.Get(ctx, key); return err },
		"set":    func(ctx context.Context) error { return k.Set(ctx, key, "sk-other") },
		"delete": func(ctx context.Context) error { return k.Delete(ctx, key) },
	}
	for name, call := range calls {
		start := time.Now()
		err := call(context.Background())
		if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "Unlock it") || strings.Contains(err.Error(), "sk-") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v to say that it is locked", name, took)
		}
		// Where a person could be asked, but there is no display for the dialog.
		ctx, cancel := context.WithTimeout(Interactive(context.Background()), 3*time.Second)
		start = time.Now()
		err = call(ctx)
		cancel()
		if !errors.Is(err, ErrLocked) && !errors.Is(err, ErrTimeout) {
			t.Errorf("%s, interactive: %v", name, err)
		}
		t.Logf("%s, interactive, no display, after %v: %v", name, time.Since(start).Round(time.Millisecond), err)
	}
	// A start with a locked keyring still finds the keychain, rather than beginning a file.
	again, err := Open(Options{Dir: t.TempDir()})
	if err != nil || again.Describe() != k.Describe() {
		t.Errorf("opened while locked: %v, %v", again, err)
	}
	d.restart(t)
	wants(t, k, key, "sk-secret") // nothing of the above got through
}

func TestSecretServiceThatHangs(t *testing.T) {
	if !inSession(t) {
		return
	}
	d := startDaemon(t)
	k, _ := openReal(t)
	const key = "metapi/account/acc_a"
	set(t, k, key, "sk-secret")
	if err := d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for what, ctx := range map[string]context.Context{
		"background": context.Background(), "interactive": Interactive(context.Background()),
	} {
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		start := time.Now()
		_, err := k.Get(ctx, key)
		cancel()
		if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "did not answer in time") {
			t.Errorf("%s: %v", what, err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %v", what, took)
		}
	}
	// Without a deadline of the caller's, ours.
	start := time.Now()
	if err := k.Set(context.Background(), key, "sk-other"); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took < backgroundLimit || took > 2*backgroundLimit {
		t.Errorf("it took %v", took)
	}
	// More calls than may be under way: all end, none waits for another for ever.
	done := make(chan error)
	for range 2 * atOnce {
		go func() {
			ctx, cancel := context.WithTimeout(Interactive(context.Background()), 200*time.Millisecond)
			defer cancel()
			_, err := k.Get(ctx, key)
			done <- err
		}()
	}
	for range 2 * atOnce {
		if err := <-done; !errors.Is(err, ErrTimeout) {
			t.Errorf("got %v", err)
		}
	}
	// A start that cannot ask it does not turn to the file, which would then be kept to.
	dir := t.TempDir()
	_, err := Open(Options{Dir: dir, Passphrase: func() (string, error) { return "pass", nil }})
	if !errors.Is(err, ErrTimeout) || HasFile(dir) {
		t.Errorf("opened while it hangs: %v, file %v", err, HasFile(dir))
	}
	if err := d.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wants(t, k, key, "sk-secret") // and it works again
}

func TestSecretServiceThatDies(t *testing.T) {
	if !inSession(t) {
		return
	}
	d := startDaemon(t)
	k, _ := openReal(t)
	d.cmd.Process.Kill()
	_ = d.cmd.Wait()
	// The bus starts another one, which has no unlocked keyring.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := k.Get(ctx, "metapi/account/acc_a")
	if !errors.Is(err, ErrLocked) && !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v", err)
	}
	t.Log(err)
}

// A bus on which a Secret Service could be started, but that has no keyring and no display to make one on, as on a
// server: the encrypted file, or the sentence.
func TestSecretServiceWithoutAKeyring(t *testing.T) {
	if !inSession(t) {
		return
	}
	dir := t.TempDir()
	_, err := Open(Options{Dir: dir})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), PassphraseVariable) || !strings.Contains(err.Error(), "desktop session") {
		t.Errorf("got %v", err)
	}
	t.Log(err)
	k, err := Open(Options{Dir: dir, Passphrase: func() (string, error) { return "pass", nil }})
	if err != nil || k.Describe() != "encrypted file "+filepath.Join(dir, secretsFile) {
		t.Fatalf("got %v, %v", k, err)
	}
	set(t, k, "metapi/account/acc_a", "sk-secret")
}

// No bus at all: this needs no session, but a process whose library has found none when it started.
func TestNoBus(t *testing.T) {
	if os.Getenv(insideVariable) != t.Name() {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), insideVariable+"="+t.Name(), "DBUS_SESSION_BUS_ADDRESS=disabled:")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	_, err := Open(Options{Dir: dir, Passphrase: func() (string, error) { return "", nil }})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), PassphraseVariable) || !strings.Contains(err.Error(), "no session bus") {
		t.Errorf("got %v", err)
	}
	if HasFile(dir) {
		t.Error("a file was made without a passphrase")
	}
	k, err := Open(Options{Dir: dir, Passphrase: func() (string, error) { return "pass", nil }})
	if err != nil {
		t.Fatal(err)
	}
	conform(t, k, 10_000)
}

func TestKeyringNamesAreDecoded(t *testing.T) {
	for path, want := range map[string]string{"login": "login", "a_2db": "a-b", "_": "_", "_4": "_4", "_zz": "_zz", "_41_42": "AB"} {
		if got := decode(path); got != want {
			t.Errorf("decode(%q) = %q, want %q", path, got, want)
		}
	}
}
