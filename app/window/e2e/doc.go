// Package e2e holds the tests of the real window: the built desktop app on an X display, used as a person uses it, through
// the accessibility tree (atspi.py), the keyboard, and a tray of the test's own.
//
//	METAPI_APP_BIN=bin/metapi-app with_display go test ./app/window/e2e
//
// with_display is of build/lib/display.sh, and bin/metapi-tray must be beside the app; build/test does all of it. The tests
// are skipped where the variable does not name the app.
package e2e
