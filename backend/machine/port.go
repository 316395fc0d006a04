package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Owner is the program that listens on a port.
type Owner struct {
	PID  int
	Name string
}

func (o Owner) String() string { return fmt.Sprintf("%s (process %d)", o.Name, o.PID) }

// PortOwner finds who listens on a port of loopback, as far as the system tells: on Linux, programs of the same user.
func (m Machine) PortOwner(port int) (Owner, bool) {
	if m.OS != "linux" {
		return Owner{}, false
	}
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for _, inode := range listeners(m.text(table), port) {
			sockets["socket:["+inode+"]"] = true
		}
	}
	if len(sockets) == 0 {
		return Owner{}, false
	}
	all, _ := filepath.Glob("/proc/[0-9]*/fd/*") // those of other users cannot be read, and are not among them
	for _, fd := range all {
		if to, err := os.Readlink(fd); err != nil || !sockets[to] {
			continue
		}
		dir := filepath.Dir(filepath.Dir(fd))
		var o Owner
		if _, err := fmt.Sscanf(filepath.Base(dir), "%d", &o.PID); err != nil {
			continue
		}
		o.Name = strings.TrimSpace(m.text(dir + "/comm"))
		return o, true
	}
	return Owner{}, false
}

// listeners are the inodes of the sockets that listen on a port, in a table as /proc/net/tcp is.
func listeners(table string, port int) (inodes []string) {
	const listening = "0A"
	want := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > 9 && strings.HasSuffix(f[1], want) && f[3] == listening {
			inodes = append(inodes, f[9])
		}
	}
	return inodes
}

// WhoListens is the command that tells who listens on a port.
func (m Machine) WhoListens(port int) string {
	switch m.OS {
	case "windows":
		return fmt.Sprintf("netstat -ano | findstr :%d", port)
	case "darwin":
		return fmt.Sprintf("lsof -nP -iTCP:%d -sTCP:LISTEN", port)
	}
	return fmt.Sprintf("ss -ltnp 'sport = :%d'", port)
}
