package routing

import (
	"fmt"
	"strings"
)

// SettingsFile is the name of the file, in the config folder, that [Settings] is read from.
const SettingsFile = "routing.yaml"

// Settings is what the user writes in routing.yaml.
type Settings struct {
	// Aliases are names of the user's own for models: name to model, as any client may ask for it. Default: none.
	Aliases map[string]string `yaml:"aliases"`
}

// Check judges what YAML cannot.
func (s *Settings) Check() error {
	for alias, model := range s.Aliases {
		if strings.TrimSpace(alias) == "" || strings.TrimSpace(model) == "" {
			return fmt.Errorf("aliases: %q: %q: neither side may be empty", alias, model)
		}
	}
	return nil
}
