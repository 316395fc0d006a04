//go:build desktop

package main

// #cgo pkg-config: gio-2.0
// #include <gio/gio.h>
// #include <stdlib.h>
import "C"

import "unsafe"

// name tells the desktop whose icon it is: panels show this when the mouse is over it, and screen readers read it. Without it the
// icon is called metapi-tray; the library can change that only along with a text beside the picture.
func name() {
	s := C.CString("Metapi") // which GLib copies
	C.g_set_application_name(s)
	C.free(unsafe.Pointer(s))
}

// connect connects to the session bus, for the library to find the connection made. It asks for it twice, each time on a thread of its own:
// once to watch for the panel, and once to talk to it. Where the panel is found before the second is answered, libayatana-appindicator 0.5.92
// tries to talk to it over no connection, and then no more. With nothing left to be waited for, the second is answered as soon as the first.
// That makes the fault rare; package tray notices when it happens all the same.
func connect() {
	C.g_bus_get_sync(C.G_BUS_TYPE_SESSION, nil, nil) // kept for good; without a bus the library says so itself
}
