// Package snitest is a desktop's panel for tests on Linux, as far as it shows tray icons: it takes the name
// org.kde.StatusNotifierWatcher on the session bus, waits for icons, reads their pictures and menus, and clicks in them.
//
// It speaks to an icon as GNOME's extension and KDE's panel do: the properties of org.kde.StatusNotifierItem, and the menu by
// com.canonical.dbusmenu. Use it on a session bus of its own (dbus-run-session), never on that of a desktop in use.
package snitest
