// Package tray is the icon beside the clock: which menu it shows, and what its clicks do.
//
// # Two programs
//
// The icon is drawn by a second small executable, metapi-tray (folder helper). The window's toolkit and the tray's library both define the
// Objective-C class AppDelegate, so that one binary with both does not link on macOS; and on Linux the app would not start at all where the
// indicator library is missing. As it is, the app starts the helper, sends menus to its stdin and reads clicks from its stdout, in the JSON
// lines of package menu. The helper knows nothing of Metapi. It ends when its stdin ends, so it never outlives the app, however that ends.
//
// # From the backend to the menu and back
//
//	backend --events--> follow.go --reads--> State --layout.go--> menu.Menu --runner.go--> helper
//	backend <--calls--- click.go <--------------------------- id of an item <-- process.go <-- helper
//
// [Tray] joins these. It sees the backend through [API] alone, which *client.Client satisfies. A [State] is all that the menu depends on, and
// the menu is a pure function of it; what looks odd in the tray can be put into the table of layout_test.go.
//
// # Where there is no tray
//
// GNOME shows no icons without an extension; the helper may be missing, or die. The app goes on, and [Standing] says whether there is an icon
// now and, if not, why, in words for the window: a window that hides itself must first know that there is an icon to bring it back.
//
// On Linux a helper that works is not enough. It registers its icon with the desktop's watcher once, and does not look whether that came to
// something. So the icon is shown only while the watcher lists one of the helper's process; a helper that has been ready for a while and is
// not listed, with a panel there, is started again. A watcher that does not say whose icons it has is not believed, and not bothered either.
//
// # The menu
//
// The library opens the menu on a click with any button and has no hook for the click itself, so "Open Metapi" is the first item. Items
// cannot be removed, only hidden, so lists that grow and shrink have a fixed number of places. The menu itself is kept short: modes, tools,
// accounts and what can be copied are submenus, whose titles say what matters of them. Which tools are in use, and who serves them, is followed
// by the events alone, after one look at the last requests. Check marks are toggled by GTK on every click,
// also on the mode in force, so after each click the menu is sent again, whether it changed or not.
package tray
