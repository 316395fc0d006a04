package tray

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// On Linux icons are shown by the desktop's panel, if it does so at all: it registers as a host with the watcher, a name on the session bus.
const (
	watcherName  = "org.kde.StatusNotifierWatcher"
	watcherPath  = dbus.ObjectPath("/StatusNotifierWatcher")
	hostProperty = "IsStatusNotifierHostRegistered"
)

const (
	busTimeout = 5 * time.Second
	busRetry   = 30 * time.Second // where there is no bus, or it went away
)

// watchHost tells fn whether there is a tray, at once and at each change, until the context ends.
func watchHost(ctx context.Context, fn func(host)) {
	told := false
	var last host
	tell := func(h host) {
		if !told || h != last {
			told, last = true, h
			fn(h)
		}
	}
	for {
		err := watchBus(ctx, sessionBus(), func(there bool) {
			if there {
				tell(host{there: true})
			} else {
				tell(host{why: noHost(os.Getenv("XDG_CURRENT_DESKTOP"))})
			}
		})
		if ctx.Err() != nil {
			return
		}
		tell(host{why: "This desktop has no tray that can be used: " + err.Error() + "."})
		if sleep(ctx, busRetry) != nil {
			return
		}
	}
}

// noHost says what a user can do where no panel shows icons.
func noHost(desktop string) string {
	if strings.Contains(strings.ToUpper(desktop), "GNOME") {
		return "GNOME shows no tray icons without the AppIndicator extension. Install and enable it to have Metapi's icon in the top bar."
	}
	return "This desktop shows no tray icons now: its panel needs a system tray (StatusNotifier) to show Metapi's."
}

var errNoBus = errors.New("there is no session bus")

// sessionBus is the address of the session bus, or empty. It looks where the bus may be and never has one started, as the D-Bus library
// would by itself.
func sessionBus() string {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	switch {
	case strings.HasPrefix(address, "disabled:"):
		return ""
	case address != "" && !strings.HasPrefix(address, "autolaunch:"):
		return address
	}
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/run/user/" + strconv.Itoa(os.Getuid())} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(dir + "/bus"); err == nil {
			return "unix:path=" + dbus.EscapeBusAddressValue(dir+"/bus")
		}
	}
	return ""
}

// watchBus tells whether the bus has a host for icons, at once and when something about it changes, until the connection or the context ends.
func watchBus(ctx context.Context, address string, tell func(bool)) error {
	if address == "" {
		return errNoBus
	}
	// A connection of its own: what happens to a shared one is not ours to know.
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return err
	}
	defer conn.Close()
	signals := make(chan *dbus.Signal, 16) // closed by the library with the connection
	conn.Signal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcherName)},
		{dbus.WithMatchInterface(watcherName), dbus.WithMatchObjectPath(watcherPath)}, // a host came or went
	} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return err
		}
	}
	for {
		tell(hasHost(ctx, conn))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case _, open := <-signals:
			if !open {
				return errors.New("the session bus has ended")
			}
		}
	}
}

// hasHost asks the watcher. One that has no answer has no host either: better to think that there is no icon than to hide the window for good.
func hasHost(ctx context.Context, conn *dbus.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, busTimeout)
	defer cancel()
	var v dbus.Variant
	// Asking must not start a watcher.
	err := conn.Object(watcherName, watcherPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
		watcherName, hostProperty).Store(&v)
	registered, ok := v.Value().(bool)
	return err == nil && ok && registered
}
