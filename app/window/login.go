package window

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// startAtLogin returns what has the system start the window on dir at login. elsewhere says that dir is not where a start
// without arguments would look.
func startAtLogin(dir string, elsewhere bool) loginItem {
	self, err := os.Executable()
	if err != nil {
		return noLogin{fmt.Errorf("the path of this program is not known: %w", err)}
	}
	args := []string{self, "--hidden"}
	if elsewhere {
		args = append(args, "--data", dir)
	}
	item, err := newLoginItem(args)
	if err != nil {
		return noLogin{err}
	}
	return item
}

// loginFile is a file whose being there has a desktop start a program at login. Linux and macOS have such files.
type loginFile struct {
	path string
	text string
	off  func(text string) bool // the user has switched it off in the desktop's own settings; nil: these delete the file
}

func (f loginFile) enabled() (bool, error) {
	b, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return f.off == nil || !f.off(string(b)), nil
}

func (f loginFile) enable() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	whole := f.path + ".new"
	if err := os.WriteFile(whole, []byte(f.text), 0o644); err != nil {
		return err
	}
	return os.Rename(whole, f.path)
}

func (f loginFile) disable() error {
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// desktopEntry is an XDG autostart file: https://specifications.freedesktop.org/autostart-spec.
func desktopEntry(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = desktopWord(a)
	}
	return `[Desktop Entry]
Type=Application
Name=Metapi
Comment=One local AI endpoint in front of all your accounts
Exec=` + strings.Join(words, " ") + `
Icon=metapi
Terminal=false
X-GNOME-Autostart-enabled=true
`
}

// desktopWord quotes an argument for Exec: within double quotes four characters want a backslash, and since the value is a
// string, backslashes are then doubled. A percent sign would begin a field code.
func desktopWord(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r > unicode.MaxASCII || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+:,@", r))
	}) < 0
	if plain {
		return s
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`, `%`, `%%`).Replace(s)
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(`"` + quoted + `"`)
}

// desktopOff reports whether an autostart file was switched off by the desktop's own settings, as GNOME and KDE do it.
func desktopOff(text string) bool {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch strings.TrimSpace(key) + "=" + strings.TrimSpace(value) {
		case "Hidden=true", "X-GNOME-Autostart-enabled=false":
			return true
		}
	}
	return false
}

// launchAgent is a property list of launchd: see launchd.plist(5).
func launchAgent(label string, args []string) string {
	var list strings.Builder
	for _, a := range args {
		list.WriteString("\t\t<string>" + xmlText.Replace(a) + "</string>\n")
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + xmlText.Replace(label) + `</string>
	<key>ProgramArguments</key>
	<array>
` + list.String() + `	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
`
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// windowsCommand is a command line that Windows programs take apart again into args: backslashes count only before a quote.
func windowsCommand(args []string) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if a != "" && !strings.ContainsAny(a, " \t\"") {
			b.WriteString(a)
			continue
		}
		b.WriteByte('"')
		slashes := 0
		for _, r := range a {
			switch r {
			case '\\':
				slashes++
				continue
			case '"':
				b.WriteString(strings.Repeat(`\`, 2*slashes+1))
			default:
				b.WriteString(strings.Repeat(`\`, slashes))
			}
			slashes = 0
			b.WriteRune(r)
		}
		b.WriteString(strings.Repeat(`\`, 2*slashes) + `"`)
	}
	return b.String()
}
