//go:build !windows

package tray

import "os/exec"

// hideConsole is for Windows alone.
func hideConsole(*exec.Cmd) {}
