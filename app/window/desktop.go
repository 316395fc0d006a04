package window

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"metapi/backend/control/client"
)

// desktop answers those operations of the control API that only the window's process can: see [client.Desktop].
type desktop struct {
	login   loginItem
	quit    func()
	changed func() // told when the login item is another

	mu     sync.Mutex // guards what follows
	shown  bool       // the tray icon
	reason string     // why it is not
}

// loginItem is what has the system start a program at login: see newLoginItem.
type loginItem interface {
	enabled() (bool, error)
	enable() error
	disable() error
}

// noLogin is where there is no such thing, and why.
type noLogin struct{ error }

func (n noLogin) enabled() (bool, error) { return false, nil }
func (n noLogin) enable() error          { return n.error }
func (n noLogin) disable() error         { return nil }

// setTray takes whether the tray icon can be seen, and why not.
func (d *desktop) setTray(shown bool, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown, d.reason = shown, reason
}

func (d *desktop) get(w http.ResponseWriter, _ *http.Request) {
	now := client.Desktop{Window: true, Tray: "missing"}
	d.mu.Lock()
	if now.TrayReason = d.reason; d.shown {
		now.Tray = "shown"
	}
	d.mu.Unlock()
	var err error
	if now.StartAtLogin, err = d.login.enabled(); err != nil {
		writeProblem(w, client.NewProblem(client.Storage, "Whether Metapi starts at login cannot be found out: "+err.Error()+".", ""))
		return
	}
	writeJSON(w, now)
}

func (d *desktop) edit(w http.ResponseWriter, r *http.Request) {
	var change struct { // a client.EditDesktop that knows what is absent
		StartAtLogin *bool `json:"start_at_login"`
	}
	in := json.NewDecoder(r.Body)
	in.DisallowUnknownFields()
	err := in.Decode(&change)
	if err == nil && change.StartAtLogin == nil {
		err = errors.New("start_at_login is missing")
	}
	if err != nil {
		writeProblem(w, client.NewProblem(client.Invalid, "What the page has sent cannot be read: "+err.Error()+".", ""))
		return
	}
	set := d.login.disable
	if *change.StartAtLogin {
		set = d.login.enable
	}
	if err := set(); err != nil {
		writeProblem(w, client.NewProblem(client.Storage, "Whether Metapi starts at login cannot be changed: "+err.Error()+".",
			"Look at the permissions of the file or folder that is named."))
		return
	}
	d.changed()
	d.get(w, r)
}

// end ends the desktop app, which a page cannot: to the toolkit, that would be a close.
func (d *desktop) end(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, client.Done{Message: "Ending."})
	d.quit()
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // whoever asked may have gone
}
