//go:build desktop

package window

import (
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/mac"
	"github.com/wailsapp/wails/v2/pkg/options/windows"
)

// The colours of an empty page, which are seen until there is one.
var (
	lightPage = options.NewRGB(0xff, 0xff, 0xff)
	darkPage  = options.NewRGB(0x24, 0x24, 0x24)
)

// background is what the page will be like with a theme of the settings, on a desktop that is dark or not.
func background(theme string, dark bool) *options.RGBA {
	if theme == "dark" || theme == "system" && dark {
		return darkPage
	}
	return lightPage
}

// windowsTheme is the title bar on Windows.
func windowsTheme(theme string) windows.Theme {
	switch theme {
	case "dark":
		return windows.Dark
	case "light":
		return windows.Light
	}
	return windows.SystemDefault
}

// macAppearance is the window on macOS.
func macAppearance(theme string) mac.AppearanceType {
	switch theme {
	case "dark":
		return mac.NSAppearanceNameDarkAqua
	case "light":
		return mac.NSAppearanceNameAqua
	}
	return mac.DefaultAppearance
}
