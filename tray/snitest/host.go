//go:build linux

package snitest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = dbus.ObjectPath("/StatusNotifierWatcher")
	itemName    = "org.kde.StatusNotifierItem"
	properties  = "org.freedesktop.DBus.Properties"
)

// Host is a panel that shows icons.
type Host struct {
	conn *dbus.Conn

	mu      sync.Mutex    // guards what follows
	without bool          // the watcher has no panel
	icons   []*Icon       // all that have come
	changed chan struct{} // closed and replaced when an icon has come or gone
	lose    int           // how many registrations are still to be lost
}

// NewHost takes the place of the desktop's panel on the session bus at an address. It fails where there is a panel already.
func NewHost(address string) (*Host, error) {
	conn, err := dbus.Connect(address)
	if err != nil {
		return nil, err
	}
	h := &Host{conn: conn, changed: make(chan struct{})}
	signals := make(chan *dbus.Signal, 16) // closed by the library with the connection
	conn.Signal(signals)
	if err := h.export(); err != nil {
		conn.Close()
		return nil, err
	}
	go h.watch(signals)
	return h, nil
}

// export makes all ready for callers before the name is taken, by which they find it.
func (h *Host) export() error {
	if err := h.conn.Export(watcher{h}, watcherPath, watcherName); err != nil {
		return err
	}
	if err := h.conn.Export(readable{h}, watcherPath, properties); err != nil {
		return err
	}
	if err := h.conn.AddMatchSignal(dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged")); err != nil {
		return err
	}
	reply, err := h.conn.RequestName(watcherName, dbus.NameFlagDoNotQueue)
	if err != nil {
		return err
	}
	if reply != dbus.RequestNameReplyPrimaryOwner {
		return fmt.Errorf("this session bus has a %s already", watcherName)
	}
	return nil
}

// watch drops the icons of programs that have left the bus.
func (h *Host) watch(signals <-chan *dbus.Signal) {
	for s := range signals {
		var name, was, is string
		if dbus.Store(s.Body, &name, &was, &is) == nil && is == "" {
			h.drop(func(i *Icon) bool { return i.bus == name })
		}
	}
}

// Close takes the panel away.
func (h *Host) Close() { h.conn.Close() }

// SetRegistered says whether the watcher has a panel: where it has none, it is there and yet nothing is shown.
func (h *Host) SetRegistered(yes bool) error {
	h.mu.Lock()
	h.without = !yes
	h.mu.Unlock()
	signal := "StatusNotifierHostUnregistered"
	if yes {
		signal = "StatusNotifierHostRegistered"
	}
	return h.conn.Emit(watcherPath, watcherName+"."+signal)
}

// Icons lists the icons that have come, with those that have gone again. The channel is closed when one comes or goes.
func (h *Host) Icons() ([]*Icon, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Icon(nil), h.icons...), h.changed
}

// Lose loses the next n registrations: whoever calls is told that all is well, and yet there is no icon.
func (h *Host) Lose(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lose = n
}

// Forget drops an icon although its program goes on.
func (h *Host) Forget(i *Icon) { h.drop(func(j *Icon) bool { return i == j }) }

func (h *Host) add(i *Icon) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lose > 0 {
		h.lose--
		return
	}
	// The indicator library may register twice.
	if !slices.Contains(h.list(), i.id()) {
		h.icons = append(h.icons, i)
		h.told("StatusNotifierItemRegistered", i)
	}
}

func (h *Host) drop(which func(*Icon) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, i := range h.icons {
		if !i.gone && which(i) {
			i.gone = true
			h.told("StatusNotifierItemUnregistered", i)
		}
	}
}

// list is what the watcher lists. Call it with the lock held.
func (h *Host) list() []string {
	list := []string{}
	for _, i := range h.icons {
		if !i.gone {
			list = append(list, i.id())
		}
	}
	return list
}

// told tells everybody that an icon has come or gone. Call it with the lock held.
func (h *Host) told(signal string, i *Icon) {
	_ = h.conn.Emit(watcherPath, watcherName+"."+signal, i.id()) // where the connection is gone nobody listens
	close(h.changed)
	h.changed = make(chan struct{})
}

// watcher is what programs with an icon call.
type watcher struct{ h *Host }

func (w watcher) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	i := &Icon{conn: w.h.conn, bus: string(sender), path: "/StatusNotifierItem"}
	if strings.HasPrefix(service, "/") { // as the indicator library does
		i.path = dbus.ObjectPath(service)
	}
	w.h.add(i)
	return nil
}

func (w watcher) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

// readable is the watcher's properties.
type readable struct{ h *Host }

func (r readable) GetAll(string) (map[string]dbus.Variant, *dbus.Error) {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	return map[string]dbus.Variant{
		"RegisteredStatusNotifierItems":  dbus.MakeVariant(r.h.list()),
		"IsStatusNotifierHostRegistered": dbus.MakeVariant(!r.h.without),
		"ProtocolVersion":                dbus.MakeVariant(int32(0)),
	}, nil
}

func (r readable) Get(of, name string) (dbus.Variant, *dbus.Error) {
	all, _ := r.GetAll(of)
	v, ok := all[name]
	if !ok {
		return v, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
	}
	return v, nil
}
