package words

import (
	"context"
	"os/exec"
	"regexp"
	"time"
)

var tag = regexp.MustCompile(`[A-Za-z][A-Za-z0-9-]+`)

// preferred asks macOS, which tells an app that was opened from the Finder nothing by its environment.
func preferred() []string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/defaults", "read", "-g", "AppleLanguages").Output()
	if err != nil {
		return locale()
	}
	return tag.FindAllString(string(out), -1)
}
