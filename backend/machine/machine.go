package machine

import (
	"os"
	"runtime"
	"strings"
)

// State says how bad a finding is.
type State string

const (
	OK   State = "ok"
	Warn State = "warn" // it works, but not all of it, or not for long
	Fail State = "fail" // it does not work
)

// Finding is one thing that was found.
type Finding struct {
	Name    string // set where one look finds several things
	State   State
	Detail  string // in a sentence
	Next    string // the one thing to do about it, in a sentence
	Command string // what to run for it, where that is a command
}

// Machine is what can be seen of a machine.
type Machine struct {
	OS      string // as runtime.GOOS
	UID     int
	Env     func(name string) string
	Read    func(path string) ([]byte, error)
	Exists  func(path string) bool
	Links   func(path string) ([]string, error) // the names below a folder
	Program string                              // the path of this program
}

// Here is the machine that this runs on.
func Here() Machine {
	program, _ := os.Executable() // empty where it cannot be told
	return Machine{OS: runtime.GOOS, UID: os.Getuid(), Env: os.Getenv, Read: os.ReadFile, Program: program,
		Exists: func(path string) bool { _, err := os.Stat(path); return err == nil },
		Links: func(path string) ([]string, error) {
			list, err := os.ReadDir(path)
			names := make([]string, len(list))
			for i, e := range list {
				names[i] = e.Name()
			}
			return names, err
		}}
}

func (m Machine) text(path string) string {
	b, err := m.Read(path)
	if err != nil {
		return ""
	}
	return string(b)
}

// WSL says what reaches what, where Windows and a Linux in it are two networks.
func (m Machine) WSL() []Finding {
	const mirrored = "networkingMode=mirrored"
	switch m.OS {
	case "linux":
		if !strings.Contains(strings.ToLower(m.text("/proc/version")), "microsoft") {
			return nil
		}
		return []Finding{{State: OK, Detail: "Metapi runs inside WSL. Unless its network is mirrored, it does not reach what listens on Windows' own loopback, such as an Ollama there.",
			Next: "To reach it, write " + mirrored + " under [wsl2] into .wslconfig in your Windows home folder, and start WSL anew.", Command: "wsl.exe --shutdown"}}
	case "windows":
		config := strings.ToLower(strings.ReplaceAll(m.text(m.Env("USERPROFILE")+`\.wslconfig`), " ", ""))
		switch {
		case !m.Exists(m.Env("LOCALAPPDATA")+`\Microsoft\WindowsApps\wsl.exe`) && config == "":
			return nil
		case strings.Contains(config, strings.ToLower(mirrored)):
			return []Finding{{State: OK, Detail: "WSL has a mirrored network: tools inside it reach Metapi."}}
		}
		return []Finding{{State: OK, Detail: "Tools inside WSL do not reach Metapi here, since their loopback is another.",
			Next: "If you use some, write " + mirrored + " under [wsl2] into .wslconfig in your home folder, and start WSL anew.", Command: "wsl --shutdown"}}
	}
	return nil
}

// Container says what a container around Metapi means for who wants to reach it.
func (m Machine) Container() []Finding {
	if m.OS != "linux" {
		return nil
	}
	inside := m.Exists("/.dockerenv") || m.Exists("/run/.containerenv")
	for _, word := range []string{"docker", "kubepods", "containerd", "libpod"} {
		inside = inside || strings.Contains(m.text("/proc/1/cgroup"), word)
	}
	if !inside {
		return nil
	}
	if names, err := m.Links("/sys/class/net"); err == nil {
		for _, name := range names {
			if strings.HasPrefix(name, "docker") || strings.HasPrefix(name, "br-") || strings.HasPrefix(name, "podman") {
				return []Finding{{State: OK, Detail: "Metapi runs in a container that shares the host's network: tools on the host reach it."}}
			}
		}
	}
	return []Finding{{State: Warn, Detail: "Metapi runs in a container. It listens on the loopback of that container alone: published ports do not lead there.",
		Next: "For tools outside, start the container with --network host; a tool in a container of its own can join this one with --network container:NAME."}}
}

// fewFiles is how many files and connections a process should be allowed to have open at once.
const fewFiles = 1024

// Files looks at how many files and connections may be open.
func (m Machine) Files() []Finding {
	limit, ok := fileLimit()
	if !ok {
		return nil
	}
	return files(limit)
}

func files(limit uint64) []Finding {
	if limit >= fewFiles {
		return []Finding{{State: OK, Detail: "Enough files and connections may be open at once."}}
	}
	return []Finding{{State: Warn, Detail: "Few files and connections may be open at once, which many streams need.",
		Next: "Raise the limit in the shell that starts Metapi.", Command: "ulimit -n 4096"}}
}

// hasDisplay reports whether a window could be shown. Only where X or Wayland do that can it be told from here.
func (m Machine) hasDisplay() bool { return m.Env("DISPLAY") != "" || m.Env("WAYLAND_DISPLAY") != "" }

// Display says whether a window can be shown.
func (m Machine) Display() []Finding {
	switch {
	case m.OS == "windows" || m.OS == "darwin":
		return nil
	case m.Env("WAYLAND_DISPLAY") != "":
		return []Finding{{State: OK, Detail: "There is a Wayland display."}}
	case m.Env("DISPLAY") != "":
		return []Finding{{State: OK, Detail: "There is an X display."}}
	}
	return []Finding{{State: OK, Detail: "There is none, so the window cannot be shown here. A browser can show its pages, by the link that metapi serve --ui prints."}}
}
