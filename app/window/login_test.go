package window

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestDesktopWord(t *testing.T) {
	for _, c := range []struct{ arg, want string }{
		{"/usr/lib/metapi/metapi", "/usr/lib/metapi/metapi"},
		{"--hidden", "--hidden"},
		{"", `""`},
		{"/home/me/my data", `"/home/me/my data"`},
		{"/home/méi", "/home/méi"},
		{"100%", `"100%%"`},
		{"a=b", `"a=b"`}, // an assignment, to some that read it
		{"~/x", `"~/x"`},
		{`a"b`, `"a\\"b"`},
		{"a$b", `"a\\$b"`},
		{"a`b", "\"a\\\\`b\""},
		{`a\b`, `"a\\\\b"`},
		{"a\nb", `"a\nb"`},
	} {
		if got := desktopWord(c.arg); got != c.want {
			t.Errorf("desktopWord(%q) = %s, want %s", c.arg, got, c.want)
		}
	}
}

func TestDesktopEntry(t *testing.T) {
	text := desktopEntry([]string{"/opt/my apps/metapi", "--hidden"})
	for _, line := range []string{"[Desktop Entry]\n", "\nType=Application\n", "\nExec=\"/opt/my apps/metapi\" --hidden\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("the entry lacks %q:\n%s", line, text)
		}
	}
	if desktopOff(text) {
		t.Error("our own entry is off")
	}
	for off, text := range map[bool][]string{
		true:  {"[Desktop Entry]\nHidden=true\n", "[Desktop Entry]\nX-GNOME-Autostart-enabled = false", "Hidden=true\r\n"},
		false: {"", "[Desktop Entry]\nHidden=false\nName=Hidden=true\n"},
	} {
		for _, text := range text {
			if desktopOff(text) != off {
				t.Errorf("off should be %t: %q", off, text)
			}
		}
	}
}

func TestLaunchAgent(t *testing.T) {
	args := []string{"/Applications/A & B <1>.app/Contents/MacOS/metapi", "--hidden", "--data", `/Users/me/"x"`}
	var plist struct {
		Keys    []string `xml:"dict>key"`
		Strings []string `xml:"dict>string"`
		Program []string `xml:"dict>array>string"`
	}
	if err := xml.Unmarshal([]byte(launchAgent("metapi", args)), &plist); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(plist.Program, args) || plist.Strings[0] != "metapi" || plist.Keys[1] != "ProgramArguments" {
		t.Errorf("%+v", plist)
	}
}

func TestWindowsCommand(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{`C:\Metapi\metapi-app.exe`, "--hidden"}, `C:\Metapi\metapi-app.exe --hidden`},
		{[]string{`C:\Program Files\Metapi\metapi-app.exe`, "--hidden"}, `"C:\Program Files\Metapi\metapi-app.exe" --hidden`},
		{[]string{"a", "--data", `D:\my data\`}, `a --data "D:\my data\\"`},
		{[]string{"a", `say "hi"`, ""}, `a "say \"hi\"" ""`},
		{[]string{"a", `b\\"c d`}, `a "b\\\\\"c d"`},
	} {
		if got := windowsCommand(c.args); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
}

// TestStartAtLogin goes the whole way, in a home of the test's own.
func TestStartAtLogin(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the registry is the user's own")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "conf"))
	item := startAtLogin(filepath.Join(home, "my data"), true)
	is := func(want bool) {
		t.Helper()
		if on, err := item.enabled(); err != nil || on != want {
			t.Errorf("enabled: %t, %v", on, err)
		}
	}
	is(false)
	if err := item.disable(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := item.enable(); err != nil {
			t.Fatal(err)
		}
		is(true)
	}
	if runtime.GOOS == "linux" {
		path := filepath.Join(home, "conf", "autostart", "metapi.desktop")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := ` --hidden --data "` + filepath.Join(home, "my data") + `"` + "\n"; !strings.Contains(string(b), want) {
			t.Errorf("the entry lacks %q:\n%s", want, b)
		}
		if err := os.WriteFile(path, append(b, "Hidden=true\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		is(false)
	}
	if err := item.disable(); err != nil {
		t.Error(err)
	}
	is(false)
}

func TestStartAtLoginWithoutHome(t *testing.T) {
	item := noLogin{errors.New("$HOME is not defined")}
	if on, err := item.enabled(); on || err != nil {
		t.Errorf("enabled: %t, %v", on, err)
	}
	if item.enable() == nil || item.disable() != nil {
		t.Error("it can be switched on, or not off")
	}
}
