// Command metapi-tray shows Metapi's icon in the tray. Metapi starts it: it reads menus from stdin, writes clicks to stdout, in the JSON lines
// of metapi/tray/menu, and ends when stdin does. See package tray for why it is a program of its own.
//
// It is built with the tag desktop, on Linux with cgo and libayatana-appindicator3. Without the tag there is only a program that says so, so
// that `go build ./...` needs no GTK.
package main
