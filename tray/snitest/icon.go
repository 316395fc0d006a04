//go:build linux

package snitest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	menuInterface = "com.canonical.dbusmenu"
	callTimeout   = 5 * time.Second
)

// Icon is an icon in the panel.
type Icon struct {
	conn *dbus.Conn
	bus  string
	path dbus.ObjectPath
	gone bool // the host's lock guards it
}

// id is what the watcher calls it, as KDE's does.
func (i *Icon) id() string { return i.bus + string(i.path) }

// Entry is a line of its menu.
type Entry struct {
	Label     string
	Separator bool
	Check     bool // has a check mark
	Checked   bool
	Enabled   bool
	Visible   bool // it, and all that it is under
	Level     int  // how many submenus it is in
	Submenu   bool

	id int32
}

// call calls a method of the program that the icon belongs to.
func (i *Icon) call(path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return i.conn.Object(i.bus, path).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
}

// Property reads a property of the icon, such as Title or Status.
func (i *Icon) Property(name string) (any, error) {
	var v dbus.Variant
	err := i.call(i.path, "org.freedesktop.DBus.Properties.Get", itemName, name).Store(&v)
	return v.Value(), err
}

// Picture is the file that the icon is.
func (i *Icon) Picture() ([]byte, error) {
	v, err := i.Property("IconName")
	if err != nil {
		return nil, err
	}
	path, _ := v.(string)
	if path == "" {
		return nil, errors.New("the icon has no picture")
	}
	return os.ReadFile(path)
}

// Gone reports whether the icon's program has left the bus.
func (i *Icon) Gone() (bool, error) {
	var there bool
	err := i.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, i.bus).Store(&there)
	return !there, err
}

// layout is what com.canonical.dbusmenu.GetLayout answers.
type layout struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

// Menu reads the menu, hidden entries included, each submenu after its entry.
func (i *Icon) Menu() ([]Entry, error) {
	path, err := i.menuPath()
	if err != nil {
		return nil, err
	}
	var revision uint32
	var root layout
	if err := i.call(path, menuInterface+".GetLayout", int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		return nil, err
	}
	return under(Entry{Visible: true, Level: -1}, root)
}

// under reads the entries of a submenu, and of theirs.
func under(above Entry, of layout) (list []Entry, err error) {
	for _, child := range of.Children {
		var l layout
		if err := dbus.Store([]any{child.Value()}, &l); err != nil {
			return nil, err
		}
		e := entry(l)
		e.Visible, e.Level, e.Submenu = e.Visible && above.Visible, above.Level+1, len(l.Children) > 0
		below, err := under(e, l)
		if err != nil {
			return nil, err
		}
		list = append(append(list, e), below...)
	}
	return list, nil
}

// entry reads properties. What is left out has its default.
func entry(l layout) Entry {
	e := Entry{id: l.ID, Enabled: true, Visible: true}
	for name, v := range l.Props {
		switch v := v.Value().(type) {
		case string:
			switch name {
			case "label":
				e.Label = v
			case "type":
				e.Separator = v == "separator"
			case "toggle-type":
				e.Check = v != ""
			}
		case int32:
			if name == "toggle-state" {
				e.Checked = v == 1
			}
		case bool:
			switch name {
			case "enabled":
				e.Enabled = v
			case "visible":
				e.Visible = v
			}
		}
	}
	return e
}

// Click clicks the visible entry with a label.
func (i *Icon) Click(label string) error {
	list, err := i.Menu()
	if err != nil {
		return err
	}
	path, err := i.menuPath()
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Visible && e.Label == label {
			return i.call(path, menuInterface+".Event", e.id, "clicked", dbus.MakeVariant(int32(0)), uint32(time.Now().Unix())).Err
		}
	}
	return fmt.Errorf("the menu shows no entry %q", label)
}

func (i *Icon) menuPath() (dbus.ObjectPath, error) {
	v, err := i.Property("Menu")
	if err != nil {
		return "", err
	}
	path, ok := v.(dbus.ObjectPath)
	if !ok {
		return "", fmt.Errorf("the icon's menu is at %v", v)
	}
	return path, nil
}

// PID is the process of the icon's program.
func (i *Icon) PID() (pid uint32, err error) {
	err = i.conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, i.bus).Store(&pid)
	return pid, err
}
