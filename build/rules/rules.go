package rules

import (
	"fmt"
	"slices"
	"strings"
)

// module is the path of ours in go.mod, and the package of main.go.
const module = "metapi"

// lines are the rooms of the house. A room may import the rooms of earlier lines, and its own sub-packages, and they it.
// Rooms of one line do not import each other.
var lines = [][]string{
	{"backend/protocol", "backend/store", "backend/keychain", "backend/settings", "backend/machine", "backend/network", "backend/words"},
	{"backend/account", "backend/provider", "backend/kept"},
	{"backend/catalog"},
	{"backend/routing"},
	{"backend/snapshot", "backend/ledger"},
	{"backend/gateway", "backend/connect"},
	{"backend/control"},
	{"backend", "frontend"}, // frontend: the built pages, embedded
	{"app/cli", "app/window", "tray"},
	{""}, // main.go
}

// only says who alone may import a package and what is below it: rooms, or packages of them.
type only struct {
	path   string
	by     []string
	reason string
}

var onlys = []only{
	{"github.com/wailsapp/wails", []string{"app/window"}, "a binary that links Wails does not start where there is no GTK"},
	{"github.com/getlantern/systray", []string{"tray/helper"}, "Wails and systray do not link into one binary on macOS"},
	{"go.etcd.io/bbolt", []string{"backend/store", "backend/account", "backend/catalog", "backend/ledger", "backend"},
		"nobody else sees the database"},
	{module + "/backend/store", []string{"backend/account", "backend/kept", "backend/catalog", "backend/ledger", "backend", "build/seed"}, "nobody else sees the database"},
	{module + "/backend", []string{"", "app/cli", "app/window", "build"}, "only the app opens a backend"},
}

// never says what a room may not import, besides what the lines say.
type never struct {
	room, path string
	reason     string
}

var nevers = []never{
	{"backend/routing", "net/http", "routing never sees HTTP"},
	{"backend/gateway", module + "/backend/ledger", "the gateway declares the Recorder and the Capture that it needs"},
	{"backend/gateway", module + "/backend/kept", "the gateway declares the Kept that it needs"},
	{"backend/gateway", module + "/backend/store", "the gateway never sees the database"},
	{"backend/gateway", "go.etcd.io/bbolt", "the gateway never sees the database"},
	{"backend/settings", module + "/backend/routing", "settings knows no rule types"},
	{"build/imitation", module + "/backend", "an imitation of a vendor is written from the vendor's definitions, not from our own codecs"},
}

// front rooms see the backend through its control client alone, and what it says through backend/words; those named in the rule of metapi/backend
// also open it.
var front = []string{"app/cli", "app/window", "tray"}

// pkg is what the rules need to know of a package.
type pkg struct {
	Path    string   // import path
	Imports []string // of all its files but tests, whatever their build tags
	Plain   []string // of the files that an untagged build takes
}

// check returns a sentence for each import that breaks a rule.
func check(pkgs []pkg) []string {
	var broken []string
	for _, p := range pkgs {
		if isOurs(p.Path) && !isTool(p.Path) {
			if _, line := roomOf(p.Path); line < 0 {
				broken = append(broken, fmt.Sprintf("%s is in no room of the house: give it a line in build/rules/rules.go and in the design", p.Path))
			}
		}
		for _, to := range p.Imports {
			if why := breaks(p.Path, to); why != "" {
				broken = append(broken, fmt.Sprintf("%s imports %s: %s", p.Path, to, why))
			}
		}
		for _, to := range p.Plain {
			if within(to, "github.com/wailsapp/wails") {
				broken = append(broken, fmt.Sprintf("%s imports %s in a file without \"//go:build desktop\"", p.Path, to))
			}
		}
	}
	return broken
}

// breaks returns the rule that is broken by package from importing package to, or nothing.
func breaks(from, to string) string {
	for _, o := range onlys {
		if hits(to, o.path) && !hits(from, o.path) && !slices.ContainsFunc(o.by, func(room string) bool { return inRoom(from, room) }) {
			return fmt.Sprintf("only %s may: %s", names(o.by), o.reason)
		}
	}
	for _, n := range nevers {
		if inRoom(from, n.room) && within(to, n.path) {
			return n.reason
		}
	}
	if !isOurs(to) {
		return ""
	}
	if isTool(from) {
		return ""
	}
	if isTool(to) {
		return "build/ holds tools and test support, no part of the product"
	}
	fromRoom, fromLine := roomOf(from)
	toRoom, toLine := roomOf(to)
	switch {
	case fromLine < 0 || toLine < 0 || fromRoom == toRoom:
		return ""
	case toLine == fromLine:
		return fmt.Sprintf("%s and %s are rooms of one line (%d)", fromRoom, toRoom, fromLine+1)
	case toLine > fromLine:
		return fmt.Sprintf("an import goes to an earlier line only, and this goes from line %d (%s) to line %d (%s)",
			fromLine+1, fromRoom, toLine+1, toRoom)
	case slices.Contains(front, fromRoom) && within(to, module+"/backend") && to != module+"/backend" && toRoom != "backend/words" &&
		!within(to, module+"/backend/control/client"):
		return "app and tray see metapi/backend/control/client and metapi/backend/words, and app also metapi/backend"
	}
	return ""
}

// roomOf returns the room that a package of ours is in, and its line from 0; -1 where there is none. The packages of backend and of main.go
// are rooms without sub-packages, since those below them are rooms of their own.
func roomOf(path string) (room string, line int) {
	for i, rooms := range lines {
		for _, room := range rooms {
			if inRoom(path, room) {
				return room, i
			}
		}
	}
	return "", -1
}

// inRoom reports whether the package is a room, or a sub-package of it.
func inRoom(path, room string) bool {
	switch room {
	case "":
		return path == module
	case "backend":
		return path == module+"/backend"
	}
	return within(path, module+"/"+room)
}

// within reports whether path is base or below it. It takes a major version as below: "x/y/v2" is within "x/y".
func within(path, base string) bool { return path == base || strings.HasPrefix(path, base+"/") }

// hits is within, but for metapi/backend, where only the package itself is meant.
func hits(path, base string) bool {
	if base == module+"/backend" {
		return path == base
	}
	return within(path, base)
}

func isOurs(path string) bool { return within(path, module) }

// isTool reports whether the package is one of build/: run by people and CI, linked into nothing.
func isTool(path string) bool { return within(path, module+"/build") }

func names(rooms []string) string {
	list := slices.Clone(rooms)
	for i, room := range list {
		if room == "" {
			list[i] = "main.go"
		}
	}
	return strings.Join(list, ", ")
}
