// Package menu is what the app and the tray helper say to each other: JSON lines, [Menu] from the app to the helper's stdin, [Report] from the
// helper's stdout to the app. It links nothing else, so that the helper stays small.
//
// The app sends one menu at a time and waits until the helper reports it as shown. A helper that hangs is noticed by that, and never has
// a queue of old menus before it.
//
// The helper cannot remove or move an item once it is in the menu, only rename and hide it. So every menu of one life of the helper has the
// same number of items with the same kinds and levels at the same places; what comes and goes has a fixed number of places, hidden while they are free.
package menu

import "slices"

// Protocol is the version of these lines. The two programs are installed together, but while an update goes on they may not match.
const Protocol = 2

// Menu is the whole of what the tray shows.
type Menu struct {
	Seq     int64  `json:"seq"` // counts the menus sent; comes back in Report.Shown
	Icon    Icon   `json:"icon"`
	Tooltip string `json:"tooltip"` // Linux has none: the library has no way to set it there
	Items   []Item `json:"items"`
}

// Same reports whether two menus look the same.
func (m Menu) Same(o Menu) bool {
	return m.Icon == o.Icon && m.Tooltip == o.Tooltip && slices.Equal(m.Items, o.Items)
}

// Icon names a picture that the helper has.
type Icon string

const (
	OK        Icon = "ok"
	Attention Icon = "attention" // something wants the user, yet requests are served
	Paused    Icon = "paused"    // the user has paused requests
	Spent     Icon = "spent"     // a budget is spent
	Down      Icon = "down"      // nothing can be served
)

// Icons lists them all.
var Icons = []Icon{OK, Attention, Paused, Spent, Down}

// Item is one line of the menu.
type Item struct {
	ID      string `json:"id,omitempty"` // what a click on it reports; may change from one menu to the next
	Title   string `json:"title,omitempty"`
	Kind    Kind   `json:"kind,omitempty"`
	Level   int    `json:"level,omitempty"` // 0: in the menu itself; n: in the submenu of the last item of n-1 before it
	Checked bool   `json:"checked,omitempty"`
	Enabled bool   `json:"enabled,omitempty"`
	Hidden  bool   `json:"hidden,omitempty"`
}

// Kind is the sort of an item. It never changes at one place of the menu.
type Kind string

const (
	Button    Kind = ""
	Choice    Kind = "choice" // has a check mark; of a run of choices one is checked
	Separator Kind = "separator"
)

// Report is a line from the helper. One of its fields is set.
type Report struct {
	Ready int    `json:"ready,omitempty"` // the helper's Protocol; its first line, once there is something to put an icon into
	Shown int64  `json:"shown,omitempty"` // Seq of the menu that it now shows
	Click string `json:"click,omitempty"` // ID of the item that was clicked, as last shown
}
