// Package nobus keeps the keyring library from starting a message bus. It has no API: importing it is all.
//
// Package github.com/99designs/keyring connects to the D-Bus session bus while it is initialised, before main runs.
// Where it finds no address of one it runs dbus-launch, which starts a dbus-daemon that nobody ever stops: one more with
// each start of the program, `metapi version` included. So the address must be settled before: to the bus where there
// is one, else to "disabled:", an address that no program can connect to.
//
// That the init function here runs first follows from the language. Since Go 1.21 packages are initialised so: of all
// that are ready, their imports being initialised, the one whose import path sorts first (Go specification, "Program
// initialization"; the linker does it). This package imports os and nothing else, so it is ready as soon as os is. The
// library needs net, which needs os too, and "metapi/..." sorts before "net": when os has just become ready, this
// package comes before net, and so before all that imports net. Hence the rules for this package: import nothing but os,
// and stay below "metapi/". A test runs a program with a false dbus-launch, with this package and without.
package nobus
