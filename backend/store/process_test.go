//go:build unix

package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The tests of this file run the test binary again as another process, which does one of these things.
const roleVariable = "METAPI_STORE_TEST_ROLE"

func TestMain(m *testing.M) {
	dir := os.Getenv("METAPI_STORE_TEST_DIR")
	switch os.Getenv(roleVariable) {
	case "write":
		writeForEver(dir)
	case "open":
		s, err := Open(dir)
		if err == nil {
			err = s.Close()
		}
		fmt.Println(kindOf(err), err)
	case "compact":
		compactForEver(dir)
	case "small":
		writeUntilFull(dir)
	default:
		os.Exit(m.Run())
	}
}

func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "METAPI_STORE_TEST_DIR="+dir,
		"GORACE=atexit_sleep_ms=0") // else each run under -race ends with a second of sleep
	cmd.Stderr = os.Stderr
	return cmd
}

func kindOf(err error) string {
	for name, kind := range map[string]error{"readonly": ErrReadOnly, "full": ErrFull, "corrupt": ErrCorrupt, "locked": ErrLocked} {
		if errors.Is(err, kind) {
			return name
		}
	}
	return "none"
}

// writeForEver acknowledges each update on stdout once it has returned.
func writeForEver(dir string) {
	s, err := Open(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		text := strings.Repeat("x", i%3000)
		if err := s.Update(func(tx *Tx) error { return notes.Put(tx, fmt.Sprintf("%08d", i), note{text}) }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

func TestKillLosesNoAcknowledgedUpdate(t *testing.T) {
	dir := t.TempDir()
	total := 0
	for round := range 5 {
		cmd := child(t, "write", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acked := -1
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				continue // the last line, cut by the kill
			}
			acked = n
			if n == 60+round*17 {
				cmd.Process.Kill() // SIGKILL; the lines that are in the pipe are read on
			}
		}
		_ = cmd.Wait()

		s := open(t, dir, WithBackupEvery(0))
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		for i := range acked + 1 {
			if got := get(t, s, fmt.Sprintf("%08d", i)); len(got) != i%3000 {
				t.Fatalf("round %d: update %d of %d is lost", round, i, acked)
			}
		}
		total += acked + 1
		s.Close()
	}
	t.Logf("%d acknowledged updates in 5 kills, none lost", total)
}

// unprivileged runs the child as a user whom chmod binds; root is not bound by it.
func unprivileged(t *testing.T, cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

func TestReadOnly(t *testing.T) {
	tests := []struct {
		what         string
		folder, file os.FileMode
	}{
		{"folder", 0o555, 0o666},
		{"file", 0o777, 0o444},
		{"unreadable file", 0o777, 0o000},
		{"unreadable folder", 0o000, 0o666},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			dir := publicFolder(t)
			s := open(t, dir)
			put(t, s, "a", "one")
			s.Close()
			if err := errors.Join(os.Chmod(s.Path(), tt.file), os.Chmod(dir, tt.folder)); err != nil {
				t.Fatal(err)
			}
			cmd := child(t, "open", dir)
			unprivileged(t, cmd)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(out), "readonly ") || !strings.Contains(string(out), "--data") {
				t.Errorf("got %s", out)
			}
			os.Chmod(dir, 0o700)
			os.Chmod(s.Path(), 0o600)
			if got := get(t, open(t, dir), "a"); got != "one" {
				t.Errorf("the database has %q", got)
			}
		})
	}
	t.Run("no place for the folder", func(t *testing.T) {
		dir := publicFolder(t)
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		cmd := child(t, "open", dir+"/new")
		unprivileged(t, cmd)
		if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), "readonly ") {
			t.Errorf("got %s, %v", out, err)
		}
	})
}

// publicFolder is one that another user can reach, and where the test binary can be run from by another user too.
func publicFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "metapi-store-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700); os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		// go test builds the binary in folders that only root can enter.
		for p := filepath.Dir(os.Args[0]); p != "/" && strings.HasPrefix(p, os.TempDir()+"/"); p = filepath.Dir(p) {
			if err := os.Chmod(p, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// writeUntilFull limits the size of its own files, which the system reports like a full disk, and writes on.
func writeUntilFull(dir string) {
	s, err := Open(dir)
	if err != nil {
		fmt.Println("open", err)
		return
	}
	limit := syscall.Rlimit{Cur: 512 << 10, Max: 512 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Println("limit", err)
		return
	}
	for i := 0; i < 1000; i++ {
		err := s.Update(func(tx *Tx) error { return notes.Put(tx, fmt.Sprintf("%08d", i), note{strings.Repeat("x", 4000)}) })
		if err != nil {
			fmt.Println(kindOf(err), i, err)
			n := 0
			viewErr := s.View(func(tx *Tx) error { n = notes.Len(tx); return nil })
			fmt.Println("kept", n, viewErr)
			fmt.Println("closed", s.Close())
			return
		}
	}
	fmt.Println("never full")
}

func TestAFileThatMayNotGrowLosesNothing(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, "small", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	checkFull(t, dir, string(out))
}

// checkFull reads what writeUntilFull has said, and what it has left.
func checkFull(t *testing.T, dir, out string) {
	t.Helper()
	var failed, kept int
	lines := strings.SplitN(out, "\n", 3)
	if _, err := fmt.Sscanf(lines[0], "full %d", &failed); err != nil || failed == 0 {
		t.Fatalf("got %s", out)
	}
	if !strings.Contains(lines[0], "Free some space") {
		t.Errorf("the words do not help: %s", lines[0])
	}
	if _, err := fmt.Sscanf(lines[1], "kept %d <nil>", &kept); err != nil || kept != failed {
		t.Errorf("%d updates were acknowledged, then: %s", failed, lines[1])
	}
	s := open(t, dir, WithBackupEvery(0))
	defer s.Close()
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	err := s.View(func(tx *Tx) error {
		if n := notes.Len(tx); n != failed {
			t.Errorf("%d were acknowledged, %d are there", failed, n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
