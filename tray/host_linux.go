package tray

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// On Linux icons are shown by the desktop's panel, if it does so at all: it registers as a host with the watcher, a name on the session bus.
const (
	watcherName   = "org.kde.StatusNotifierWatcher"
	watcherPath   = dbus.ObjectPath("/StatusNotifierWatcher")
	hostProperty  = "IsStatusNotifierHostRegistered"
	itemsProperty = "RegisteredStatusNotifierItems"
	properties    = "org.freedesktop.DBus.Properties"
	noOwner       = "org.freedesktop.DBus.Error.NameHasNoOwner"
)

const (
	busTimeout = 5 * time.Second
	busRetry   = 30 * time.Second // where there is no bus, or it went away
)

// watchHost tells fn whether there is a tray and whose icons are in it, at once and at each change, until the context ends.
func watchHost(ctx context.Context, fn func(host)) {
	told := false
	var last host
	tell := func(h host) {
		if !told || !h.same(last) {
			told, last = true, h
			fn(h)
		}
	}
	for {
		err := watchBus(ctx, sessionBus(), tell)
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

// watchBus tells what host for icons the bus has, at once and when something about it changes, until the connection or the context ends.
func watchBus(ctx context.Context, address string, tell func(host)) error {
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
		{dbus.WithMatchInterface(watcherName), dbus.WithMatchObjectPath(watcherPath)}, // a host or an icon came or went
		{dbus.WithMatchInterface(properties), dbus.WithMatchObjectPath(watcherPath)},  // what some watchers say instead
	} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return err
		}
	}
	for {
		tell(readHost(ctx, conn))
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

// readHost asks the watcher. One that has no answer has no host either: better to think that there is no icon than to hide the window for good.
func readHost(ctx context.Context, conn *dbus.Conn) host {
	ctx, cancel := context.WithTimeout(ctx, busTimeout)
	defer cancel()
	if there, _ := ask(ctx, conn, hostProperty).(bool); !there {
		return host{why: noHost(os.Getenv("XDG_CURRENT_DESKTOP"))}
	}
	h := host{there: true, lists: true}
	items, ok := ask(ctx, conn, itemsProperty).([]string)
	h.vague = !ok
	for _, item := range items {
		// A bus name, with or without the path of the icon; GNOME's extension has an @ between the two.
		name := item
		if i := strings.IndexAny(name, "/@"); i >= 0 {
			name = name[:i]
		}
		if name == "" { // its owner is not told
			h.vague = true
			continue
		}
		var pid uint32
		err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixProcessID", 0, name).Store(&pid)
		switch e := (dbus.Error{}); {
		case err == nil:
			h.pids = append(h.pids, int(pid))
		case !errors.As(err, &e) || e.Name != noOwner: // an owner that has gone has no icon
			h.vague = true
		}
	}
	slices.Sort(h.pids)
	h.pids = slices.Compact(h.pids)
	return h
}

// ask reads a property of the watcher's, or nil.
func ask(ctx context.Context, conn *dbus.Conn, property string) any {
	var v dbus.Variant
	// Asking must not start a watcher.
	err := conn.Object(watcherName, watcherPath).CallWithContext(ctx, properties+".Get", dbus.FlagNoAutoStart, watcherName, property).Store(&v)
	if err != nil {
		return nil
	}
	return v.Value()
}
