// Metapi runs one local AI endpoint in front of all the accounts a person has: see app/cli for its commands.
package main

import (
	"os"
	"runtime/debug"

	"metapi/app/cli"
)

// version is set by the build: -ldflags "-X main.version=v1.2.3".
var version string

func main() {
	os.Exit(cli.Main(os.Args[1:], versionWords()))
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
