//go:build desktop

package window

import "os/exec"

func checkDisplay() error { return nil }

// systemDark reports whether the desktop is dark. The setting is not there where it is light.
func systemDark() bool {
	return exec.Command("/usr/bin/defaults", "read", "-g", "AppleInterfaceStyle").Run() == nil
}
