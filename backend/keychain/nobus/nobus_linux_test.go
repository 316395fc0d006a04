package nobus

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// lonely is a user who has no session bus: no /run/user folder.
const lonely = 54321

// build compiles one of the programs under testdata.
func build(t *testing.T, name string) string {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to build the test's programs with")
	}
	path := filepath.Join(folder(t), name)
	if out, err := exec.Command(tool, "build", "-o", path, "./testdata/"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// folder is one that any user can write to.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "metapi-nobus-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run starts a program as a user without a bus, where dbus-launch only notes that it was called.
func run(t *testing.T, program string, env ...string) (address string, launched bool) {
	t.Helper()
	dir := folder(t)
	marker := filepath.Join(dir, "launched")
	script := "#!/bin/sh\necho x > " + marker + "\nexit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "dbus-launch"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + dir + ":/usr/bin:/bin", "HOME=" + dir}, env...)
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: lonely, Gid: lonely}}
	} else if exists("/run/user/" + decimal(os.Getuid()) + "/bus") {
		t.Skip("this user has a session bus: the test needs root, or a user without one")
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out), exists(marker)
}

// The trap is real, and this package keeps out of it. Where the first half fails, the library has been mended, or the
// test no longer shows anything.
func TestNoBusIsStarted(t *testing.T) {
	bare, guarded := build(t, "bare"), build(t, "guarded")
	for _, env := range []string{"DBUS_SESSION_BUS_ADDRESS=", "DBUS_SESSION_BUS_ADDRESS=autolaunch:"} {
		if _, launched := run(t, bare, env); !launched {
			t.Errorf("%s: the library alone does not call dbus-launch", env)
		}
		if address, launched := run(t, guarded, env); launched || address != "disabled:" {
			t.Errorf("%s: with this package, dbus-launch called: %v, address %q", env, launched, address)
		}
	}
}

func TestABusThatIsThereIsUsed(t *testing.T) {
	guarded := build(t, "guarded")
	dir := folder(t)
	socket, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	go func() { // a bus that hangs up
		for {
			c, err := socket.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	if err := os.Chmod(filepath.Join(dir, "bus"), 0o777); err != nil {
		t.Fatal(err)
	}
	if address, launched := run(t, guarded, "XDG_RUNTIME_DIR="+dir); launched || address != "unix:path="+dir+"/bus" {
		t.Errorf("runtime folder: dbus-launch called: %v, address %q", launched, address)
	}
	given := "unix:path=" + dir + "/other"
	if address, launched := run(t, guarded, "DBUS_SESSION_BUS_ADDRESS="+given); launched || address != given {
		t.Errorf("address given: dbus-launch called: %v, address %q", launched, address)
	}
}

func TestPlainPaths(t *testing.T) {
	for path, want := range map[string]bool{"/run/user/1000": true, "": false, "run": false, "/a b": false, "/a,b": false, "/ä": false} {
		if got := plain(path); got != want {
			t.Errorf("plain(%q) = %v", path, got)
		}
	}
	for n, want := range map[int]string{0: "0", 7: "7", 1000: "1000", 65534: "65534", -1: "-1"} {
		if got := decimal(n); got != want {
			t.Errorf("decimal(%d) = %q", n, got)
		}
	}
}
