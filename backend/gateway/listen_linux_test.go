package gateway_test

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"metapi/backend/gateway"
)

// where IPv6 is off only 127.0.0.1 is served, and that is no fault. The test runs itself again in a network of its own, where it can turn it off.
func TestListenWithoutIPv6(t *testing.T) {
	const inside = "METAPI_TEST_NO_IPV6"
	if os.Getenv(inside) == "" {
		if out, err := exec.Command("unshare", "-rn", "true").CombinedOutput(); err != nil {
			t.Skipf("this machine gives no network of one's own: %s", out)
		}
		cmd := exec.Command("unshare", "-rn", os.Args[0], "-test.run=^TestListenWithoutIPv6$", "-test.count=1")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	up(t, "lo")
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		l.Close()
		t.Fatal("IPv6 is not off")
	}
	listeners, err := gateway.Listen(0)
	if err != nil || len(listeners) != 1 {
		t.Fatalf("%d listeners, %v", len(listeners), err)
	}
	defer listeners[0].Close()
	c, err := net.Dial("tcp", listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// up brings a network interface up.
func up(t *testing.T, name string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r); err != nil {
		t.Fatal(err)
	}
}
