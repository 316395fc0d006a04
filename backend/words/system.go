package words

import (
	"os"
	"strings"
	"sync"
)

// Of returns the language that a setting means: "system" means the first of the desktop's that there is a table for, else English.
func Of(setting string) string {
	if setting == "system" {
		return system()
	}
	return setting
}

var system = sync.OnceValue(func() string { return choose(preferred()) })

// choose returns the first that is known of languages such as zh_CN.UTF-8, zh-Hans-CN and en. Who reads any Chinese reads this one rather than English.
func choose(preferred []string) string {
	for _, p := range preferred {
		base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(p), "_", "-"), "-")
		base, _, _ = strings.Cut(base, ".")
		switch base {
		case "en":
			return English
		case "zh":
			return Chinese
		}
	}
	return English
}

// locale lists what the environment says, as POSIX has it: the first that is set counts.
func locale() []string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			return []string{value}
		}
	}
	return nil
}
