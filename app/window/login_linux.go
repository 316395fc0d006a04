package window

import (
	"os"
	"path/filepath"
)

// newLoginItem is an autostart file of the desktop's.
func newLoginItem(args []string) (loginItem, error) {
	config, err := os.UserConfigDir() // $XDG_CONFIG_HOME, else ~/.config
	if err != nil {
		return nil, err
	}
	return loginFile{filepath.Join(config, "autostart", "metapi.desktop"), desktopEntry(args), desktopOff}, nil
}
