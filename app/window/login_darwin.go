package window

import (
	"os"
	"path/filepath"
)

// agentLabel names the launch agent, and its file.
const agentLabel = "metapi"

// newLoginItem is a launch agent of the user's.
func newLoginItem(args []string) (loginItem, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	return loginFile{filepath.Join(home, "Library", "LaunchAgents", agentLabel+".plist"), launchAgent(agentLabel, args), nil}, nil
}
