// Metapi runs one local AI endpoint in front of all the accounts a person has: see app/cli for its commands.
package main

import (
	"os"
	"runtime/debug"

	"metapi/app/cli"
)

// version is set by the build: -ldflags "-X main.version=v1.2.3".
var version string

// openWindow opens the desktop window, in builds that have one: see main_desktop.go.
var openWindow cli.Window

func main() {
	os.Exit(cli.Main(os.Args[1:], versionWords(), openWindow))
}

func versionWords() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "source"
}
