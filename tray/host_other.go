//go:build !linux

package tray

import "context"

// watchHost tells fn that there is a tray: Windows and macOS always have one, and show what is in it.
func watchHost(ctx context.Context, fn func(host)) {
	fn(host{there: true})
	<-ctx.Done()
}
