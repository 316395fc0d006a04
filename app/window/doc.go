// Package window is the desktop program: the window, what the pages in it are served by, and how it starts and ends.
//
// # One instance, and what the window is to it
//
// A data folder is open in one process at a time. The window is that process, or a client of it where another one, a
// headless "metapi serve" say, was there first: see host, which always knows the one way to the control API and changes it
// when the other process ends. Everything in the window goes through it: the pages, the tray, the live events. None of
// them knows, or has to know, who holds the data.
//
//	pages ---fetch /api/...---> pagesAPI --+
//	tray  ---client.Client----------------+--> host --> the API of the backend in this process
//	feed, presence <--live events---------+         or of the instance that runs in another
//
// # When the window may hide
//
// A hidden window without an icon in the tray is a process that nobody can reach. So presence, which alone shows, hides
// and ends the window, hides it only while there is such an icon, and shows it again when the icon has gone.
//
// # Notifications
//
// What the person wants to hear of at once comes as an event. The page shows it; while the page has not the keyboard, so that nobody may
// be before it, the desktop shows it, too.
//
// # Build tags
//
// Wails is imported behind the tag "desktop" alone (run.go, wails.go and display*.go): a binary that links it does not
// start where there is no GTK. All that decides something is in files without the tag, and is tested without a display.
package window
