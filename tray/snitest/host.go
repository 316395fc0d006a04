//go:build linux

package snitest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = dbus.ObjectPath("/StatusNotifierWatcher")
	itemName    = "org.kde.StatusNotifierItem"
	registered  = "IsStatusNotifierHostRegistered"
)

// Host is a panel that shows icons.
type Host struct {
	conn  *dbus.Conn
	props *prop.Properties

	mu      sync.Mutex
	icons   []*Icon
	changed chan struct{} // closed and replaced when icons has changed
}

// NewHost takes the place of the desktop's panel on the session bus at an address. It fails where there is a panel already.
func NewHost(address string) (*Host, error) {
	conn, err := dbus.Connect(address)
	if err != nil {
		return nil, err
	}
	h := &Host{conn: conn, changed: make(chan struct{})}
	if err := h.export(); err != nil {
		conn.Close()
		return nil, err
	}
	return h, nil
}

func (h *Host) export() error {
	if err := h.conn.Export(watcher{h}, watcherPath, watcherName); err != nil {
		return err
	}
	var err error
	h.props, err = prop.Export(h.conn, watcherPath, prop.Map{watcherName: {
		"RegisteredStatusNotifierItems": {Value: []string{}, Emit: prop.EmitFalse},
		registered:                      {Value: true, Emit: prop.EmitFalse},
		"ProtocolVersion":               {Value: int32(0), Emit: prop.EmitFalse},
	}})
	if err != nil {
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

// Close takes the panel away.
func (h *Host) Close() { h.conn.Close() }

// SetRegistered says whether the watcher has a panel: where it has none, it is there and yet nothing is shown.
func (h *Host) SetRegistered(yes bool) error {
	h.props.SetMust(watcherName, registered, yes)
	signal := "StatusNotifierHostUnregistered"
	if yes {
		signal = "StatusNotifierHostRegistered"
	}
	return h.conn.Emit(watcherPath, watcherName+"."+signal)
}

// Icons lists the icons that have come and not gone. The channel is closed when the list changes.
func (h *Host) Icons() ([]*Icon, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Icon(nil), h.icons...), h.changed
}

// watcher is what programs with an icon call.
type watcher struct{ h *Host }

func (w watcher) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	i := &Icon{conn: w.h.conn, bus: string(sender), path: "/StatusNotifierItem"}
	if strings.HasPrefix(service, "/") { // as the indicator library does
		i.path = dbus.ObjectPath(service)
	}
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	w.h.icons = append(w.h.icons, i)
	close(w.h.changed)
	w.h.changed = make(chan struct{})
	return nil
}

func (w watcher) RegisterStatusNotifierHost(string) *dbus.Error { return nil }
