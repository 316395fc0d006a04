package machine

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// trayHost is the name that whoever shows tray icons has on the session bus.
const trayHost = "org.kde.StatusNotifierWatcher"

// Tray says whether an icon in the tray can be seen: where not, the window must never hide in it. It applies to desktops with D-Bus.
func (m Machine) Tray(ctx context.Context) []Finding {
	if m.OS == "windows" || m.OS == "darwin" || !m.hasDisplay() {
		return nil
	}
	helper := filepath.Join(filepath.Dir(m.Program), "metapi-tray")
	if strings.HasSuffix(m.Program, "-app") && !m.Exists(helper) {
		return []Finding{{State: Warn, Detail: "The program that shows the tray icon is missing: there is no " + helper + ".", Next: "Install Metapi again."}}
	}
	if !m.hasBus() {
		return []Finding{{State: Warn, Detail: "There is no session bus, so there is no tray. The window does not hide, and notifications are not shown.",
			Next: "Start Metapi from the desktop, or from a terminal in it."}}
	}
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return []Finding{{State: Warn, Detail: fmt.Sprintf("The session bus cannot be reached, so there is no tray (%v).", err), Next: "Log out of the desktop, and in again."}}
	}
	defer conn.Close()
	var shown bool
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, trayHost).Store(&shown); err != nil {
		return []Finding{{State: Warn, Detail: fmt.Sprintf("The session bus does not answer, so there is no tray (%v).", err), Next: "Log out of the desktop, and in again."}}
	}
	return m.tray(shown)
}

func (m Machine) tray(shown bool) []Finding {
	if shown {
		return []Finding{{State: OK, Detail: "This desktop shows tray icons."}}
	}
	f := Finding{State: Warn, Detail: "This desktop shows no tray icons. The window does not hide, and has all that the tray has.",
		Next: "Add a tray (StatusNotifier) to the panel if you want one."}
	if strings.Contains(strings.ToUpper(m.Env("XDG_CURRENT_DESKTOP")), "GNOME") {
		f.Next = "If you want one, install the GNOME extension AppIndicator and turn it on."
	}
	return []Finding{f}
}

// hasBus reports whether there is a session bus. To ask for one where there is none could start one that nobody ends.
func (m Machine) hasBus() bool {
	at := m.Env("DBUS_SESSION_BUS_ADDRESS")
	if at == "" {
		return m.Exists(fmt.Sprintf("/run/user/%d/bus", m.UID))
	}
	return !strings.HasPrefix(at, "disabled:") && at != "autolaunch:"
}
