package tray

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"

	"metapi/tray/menu"
)

// fakeVariable makes the test binary a helper: it says how that behaves.
const fakeVariable = "METAPI_TRAY_FAKE"

// fakeHelper reports by clicks what it sees, and does what the title of a menu's first item says.
func fakeHelper(how string) {
	report := func(r menu.Report) { json.NewEncoder(os.Stdout).Encode(r) }
	click := func(format string, a ...any) { report(menu.Report{Click: fmt.Sprintf(format, a...)}) }
	forever := func() { <-make(chan struct{}) }
	// A Go program with nothing but blocked goroutines would end itself.
	go func() {
		r, _, _ := os.Pipe()
		r.Read(make([]byte, 1))
	}()
	switch how {
	case "mute":
		click("born %d", os.Getpid())
		forever()
	case "old":
		report(menu.Report{Ready: menu.Protocol + 1})
		forever()
	case "refuses":
		fmt.Fprintln(os.Stderr, "(metapi-tray:7): Gtk-WARNING **: cannot open display:")
		os.Exit(1)
	}
	click("born %d", os.Getpid())
	if how == "listed" {
		// As the indicator library does, and before it says that it is ready: to be lost there and then is all that can go wrong.
		conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
		if err == nil {
			err = conn.Object("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher").CallWithContext(context.Background(),
				"org.kde.StatusNotifierWatcher.RegisterStatusNotifierItem", 0, "/org/ayatana/NotificationItem/systray").Err
		}
		if err != nil {
			click("not registered: %v", err)
		}
	}
	fmt.Println("a library says something")
	report(menu.Report{Ready: menu.Protocol})
	if how == "deaf" {
		forever()
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var m menu.Menu
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			click("bad line: %v", err)
			continue
		}
		order := ""
		if len(m.Items) > 0 {
			order = m.Items[0].Title
		}
		click("saw %s", order)
		verb, rest, _ := strings.Cut(order, " ")
		switch verb {
		case "hang":
			forever()
		case "leave": // a file, as the tray's library does
			os.WriteFile(os.TempDir()+"/"+rest, nil, 0o600)
		case "click":
			click("%s", rest)
		case "exit":
			os.Exit(3)
		}
		report(menu.Report{Shown: m.Seq})
	}
	if how == "stubborn" {
		click("stays")
		forever()
	}
	click("bye")
}
