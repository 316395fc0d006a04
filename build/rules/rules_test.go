package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestImports checks this tree.
func TestImports(t *testing.T) {
	pkgs := load(t)
	if len(pkgs) < 3 {
		t.Fatalf("go list found %d packages of %s", len(pkgs), module)
	}
	for _, broken := range check(pkgs) {
		t.Error(broken)
	}
}

// TestCheckCanFail proves on made-up packages that each rule bites, and that what is allowed is let through.
func TestCheckCanFail(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string // part of the sentence; nothing where the import is allowed
	}{
		// lines
		{"metapi/backend/account", "metapi/backend/store", ""},
		{"metapi/backend/store", "metapi/backend/account", "from line 1 (backend/store) to line 2 (backend/account)"},
		{"metapi/backend/protocol", "metapi/backend/keychain", "rooms of one line (1)"},
		{"metapi/backend/snapshot", "metapi/backend/ledger", "rooms of one line (5)"},
		{"metapi/backend/routing", "metapi/backend/gateway", "earlier line only"},
		{"metapi/backend/control", "metapi/backend", "only main.go, app/cli"},
		{"metapi/backend", "metapi/backend/control", ""},
		{"metapi/backend", "metapi/app/cli", "earlier line only"},
		{"metapi/app/cli", "metapi/app/window", "rooms of one line (9)"},
		{"metapi", "metapi/app/cli", ""},
		// sub-packages of a room
		{"metapi/backend/protocol/anthropic", "metapi/backend/protocol", ""},
		{"metapi/backend/protocol", "metapi/backend/protocol/sse", ""},
		{"metapi/backend/protocol/anthropic", "metapi/backend/provider/hub", "earlier line only"},
		{"metapi/backend/routing/live", "metapi/backend/routing", ""},
		{"metapi/backend/protocolx", "metapi/backend/store", "only backend/account"},
		// one importer only
		{"metapi/app/window", "github.com/wailsapp/wails/v2/pkg/runtime", ""},
		{"metapi/app/cli", "github.com/wailsapp/wails/v2", "only app/window may"},
		{"metapi/tray/helper", "github.com/getlantern/systray", ""},
		{"metapi/tray", "github.com/getlantern/systray", "only tray/helper may"},
		{"metapi/app/window", "github.com/getlantern/systray", "only tray/helper may"},
		{"metapi/backend/ledger", "go.etcd.io/bbolt", ""},
		{"metapi/backend/control", "go.etcd.io/bbolt", "nobody else sees the database"},
		{"metapi/backend/snapshot", "metapi/backend/store", "nobody else sees the database"},
		{"metapi/backend/store", "metapi/backend/store/migrate", ""},
		// special rules
		{"metapi/backend/routing", "net/http", "never sees HTTP"},
		{"metapi/backend/routing/live", "net/http/httptrace", "never sees HTTP"},
		{"metapi/backend/provider", "net/http", ""},
		{"metapi/backend/gateway", "metapi/backend/ledger", "Recorder"},
		{"metapi/backend/gateway", "metapi/backend/store", "database"},
		{"metapi/backend/gateway/tap", "go.etcd.io/bbolt", "database"},
		{"metapi/backend/gateway", "metapi/backend/snapshot", ""},
		{"metapi/backend/settings", "metapi/backend/routing", "knows no rule types"},
		// the front
		{"metapi/tray", "metapi/backend/control/client", ""},
		{"metapi/tray", "metapi/backend/words", ""},
		{"metapi/tray", "metapi/backend", "only the app opens a backend"},
		{"metapi/app/cli", "metapi/backend", ""},
		{"metapi/app/cli", "metapi/backend/ledger", "app and tray see"},
		// tools
		{"metapi/build/benchmark", "metapi/backend/gateway", ""},
		{"metapi/build/imitation/openai", "metapi/backend/protocol", "vendor's definitions"},
		{"metapi/build/imitation/openai", "metapi/build/imitation", ""},
		{"metapi/backend/catalog", "metapi/build/catalog", "no part of the product"},
	} {
		got := check([]pkg{{Path: c.from, Imports: []string{c.to}}})
		if c.from == "metapi/backend/protocolx" {
			got = slices.DeleteFunc(got, func(s string) bool { return strings.Contains(s, "in no room") })
		}
		switch {
		case c.want == "" && len(got) > 0:
			t.Errorf("%s may import %s, but: %s", c.from, c.to, got)
		case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want) ||
			!strings.HasPrefix(got[0], c.from+" imports "+c.to+": ")):
			t.Errorf("%s may not import %s: got %q, want one sentence with %q", c.from, c.to, got, c.want)
		}
	}
}

func TestCheckKnowsEveryRoom(t *testing.T) {
	if got := check([]pkg{{Path: "metapi/backend/misc"}}); len(got) != 1 || !strings.Contains(got[0], "in no room") {
		t.Errorf("a room that nobody knows: %q", got)
	}
	if got := check([]pkg{{Path: "metapi/build/anything"}, {Path: "metapi"}, {Path: "metapi/backend/control/client"}}); len(got) != 0 {
		t.Errorf("known rooms: %q", got)
	}
	wails := []string{"github.com/wailsapp/wails/v2"}
	if got := check([]pkg{{Path: "metapi/app/window", Imports: wails, Plain: wails}}); len(got) != 1 || !strings.Contains(got[0], "go:build desktop") {
		t.Errorf("Wails in an untagged file: %q", got)
	}
}

// load lists the packages of this tree as go sees them here, and adds the imports of the files that are for other systems and tags.
func load(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Name,Imports,IgnoredGoFiles", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			Dir, ImportPath, Name   string
			Imports, IgnoredGoFiles []string
		}
		if err := dec.Decode(&listed); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(listed.ImportPath, "/node_modules/") {
			continue
		}
		p := pkg{Path: listed.ImportPath, Imports: slices.Clone(listed.Imports), Plain: listed.Imports}
		for _, name := range listed.IgnoredGoFiles {
			p.Imports = append(p.Imports, importsOf(t, filepath.Join(listed.Dir, name), listed.Name)...)
		}
		slices.Sort(p.Imports)
		p.Imports = slices.Compact(p.Imports)
		pkgs = append(pkgs, p)
	}
}

// importsOf reads the imports of one file, unless it is a test or no part of the package: a generator, say, that is run by hand.
func importsOf(t *testing.T, path, name string) []string {
	t.Helper()
	if strings.HasSuffix(path, "_test.go") {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if name != "" && file.Name.Name != name {
		return nil
	}
	var list []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, imported)
	}
	return list
}
