package control

import "context"

// Desktop is what only a window's process can know and do. A window answers these operations itself, for whichever
// instance it shows; the API's own answer is that there is none.
type Desktop struct {
	Window       bool   `json:"window" doc:"The pages are shown by the desktop window; false in a browser"`
	Tray         string `json:"tray" enum:"shown,missing,none" doc:"shown: the tray icon can be seen; missing: this desktop shows none; none: there is no window's process"`
	TrayReason   string `json:"tray_reason,omitempty" doc:"Why it cannot be seen, and what to do about it"`
	StartAtLogin bool   `json:"start_at_login"`
}

// EditDesktop is a change of it.
type EditDesktop struct {
	StartAtLogin bool `json:"start_at_login"`
}

func (s *Service) desktop(context.Context, *nothing) (Desktop, error) {
	return Desktop{Tray: "none"}, nil
}

type editDesktopInput struct{ Body EditDesktop }

func (s *Service) editDesktop(context.Context, *editDesktopInput) (Desktop, error) {
	return Desktop{}, NewProblem(Unavailable, "Only the desktop app can start Metapi at login.", "Open it, and set this there.")
}

// quitDesktop is for a page in the window, for which closing the window may be something else.
func (s *Service) quitDesktop(context.Context, *nothing) (Done, error) {
	return Done{}, NewProblem(Unavailable, "There is no desktop app to end here.", "`metapi stop` ends the running instance.")
}

// Shown tells whether a window was there to be shown.
type Shown struct {
	Shown bool `json:"shown"`
}

// showWindow asks the window that belongs to this instance, if any, to come forward.
func (s *Service) showWindow(context.Context, *nothing) (Shown, error) {
	return Shown{s.Events.Show() > 0}, nil
}
