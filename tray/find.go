package tray

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// helperVariable names the helper where it is not at its place: in a checkout, say.
const helperVariable = "METAPI_TRAY"

// FindHelper returns the path of the helper: what the variable METAPI_TRAY says, or else beside the running executable, which may have been
// started by a link to it. The error, where it is not there, says what to do.
func FindHelper() (string, error) {
	path := os.Getenv(helperVariable)
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("the tray program cannot be looked for: %w; set %s to where metapi-tray is", err, helperVariable)
		}
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		path = beside(self, runtime.GOOS)
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the tray program is missing: there is no %s; install Metapi again, or set %s to where metapi-tray is", path, helperVariable)
	case err != nil:
		return "", fmt.Errorf("the tray program cannot be used: %w", err)
	case info.IsDir():
		return "", fmt.Errorf("%s is a folder; set %s to the program metapi-tray itself", path, helperVariable)
	}
	return path, nil
}

// beside is where a package of the app for a system has the helper. On macOS it is an app of its own in the bundle, since only an app can be
// told to stay out of the Dock: Metapi.app/Contents/MacOS/metapi has Metapi.app/Contents/Helpers/Metapi Tray.app.
func beside(self, system string) string {
	dir := filepath.Dir(self)
	switch system {
	case "windows":
		return filepath.Join(dir, "metapi-tray.exe")
	case "darwin":
		contents := filepath.Dir(dir)
		if filepath.Base(dir) == "MacOS" && filepath.Base(contents) == "Contents" {
			return filepath.Join(contents, "Helpers", "Metapi Tray.app", "Contents", "MacOS", "metapi-tray")
		}
	}
	return filepath.Join(dir, "metapi-tray")
}
