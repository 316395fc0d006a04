package tray

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestBeside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are written with slashes")
	}
	for _, c := range []struct{ self, system, want string }{
		{"/usr/lib/metapi/metapi", "linux", "/usr/lib/metapi/metapi-tray"},
		{"/apps/Metapi.app/Contents/MacOS/metapi", "darwin", "/apps/Metapi.app/Contents/Helpers/Metapi Tray.app/Contents/MacOS/metapi-tray"},
		{"/src/bin/metapi", "darwin", "/src/bin/metapi-tray"},
		{"/apps/metapi-app.exe", "windows", "/apps/metapi-tray.exe"},
	} {
		if got := beside(c.self, c.system); got != c.want {
			t.Errorf("beside(%q, %q) = %q, want %q", c.self, c.system, got, c.want)
		}
	}
}

func TestFindHelper(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "metapi-tray")
	if err := os.WriteFile(file, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(helperVariable, file)
	if got, err := FindHelper(); got != file || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for path, want := range map[string]string{file + "x": "there is no " + file + "x", dir: "is a folder"} {
		t.Setenv(helperVariable, path)
		if _, err := FindHelper(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	t.Setenv(helperVariable, "")
	if _, err := FindHelper(); err == nil || !strings.Contains(err.Error(), "metapi-tray") {
		t.Errorf("beside a test binary: %v", err)
	}
}
