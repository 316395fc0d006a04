//go:build desktop

package main

// #cgo pkg-config: glib-2.0
// #include <glib.h>
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
