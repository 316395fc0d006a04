package tray

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"

	"metapi/backend/control/client"
	"metapi/tray/menu"
)

// What clicks are called. Those that end in a colon are followed by the mode's word, or an id; a pin by the client's, a colon and the account's.
const (
	idOpen     = "open"
	idMode     = "mode:"
	idPin      = "pin:"
	idAccount  = "account:"
	idCool     = "cool:" // clear its cooldown
	idLeave    = "leave:"
	idTake     = "take:"
	idAccounts = "accounts" // more accounts than fit
	idTools    = "tools"    // likewise
	idTrouble  = "trouble"
	idProblem  = "problem:"
	idCopy     = "copy:"
	idSettings = "settings"
	idLogin    = "login"
	idNoLogin  = "no-login"
	idPause    = "pause"
	idResume   = "resume"
	idQuit     = "quit"
)

// How many places the menu has for what comes and goes.
const (
	modePlaces    = 6
	troublePlaces = 3
	toolPlaces    = 6
	pinPlaces     = 10 // of each tool
	accountPlaces = 10
)

// modeTitles names the modes in plain words. A mode that is not here is shown by its own word.
var modeTitles = map[string]string{
	"failover": "Failover",
	"balance":  "Load balance",
	"latency":  "Fastest",
	"cost":     "Cheapest",
	"quality":  "Best quality",
	"auto":     "Automatic",
}

// Layout is the menu for a state. It has the same number and kinds of items whatever the state is.
func Layout(s State) menu.Menu {
	icon, state := verdict(&s)
	use := "Today's use is not known"
	if s.serving() {
		use = today(s.Today, s.Money)
	}
	items := []menu.Item{
		{ID: idOpen, Title: "Open Metapi", Enabled: true},
		{Title: state},
		{Title: use, Hidden: !s.serving()},
	}
	items = append(items, troubles(&s)...)
	items = append(items, menu.Item{Kind: menu.Separator}, pause(&s))
	items = append(items, modes(&s)...)
	items = append(items, tools(&s)...)
	items = append(items, accounts(&s)...)
	items = append(items, copies(&s)...)
	items = append(items,
		menu.Item{Kind: menu.Separator},
		problem(&s),
		menu.Item{ID: idSettings, Title: "Settings…", Enabled: true},
		login(&s),
		menu.Item{Kind: menu.Separator},
		menu.Item{ID: idQuit, Title: "Quit Metapi", Enabled: true},
	)
	return s.spoken(menu.Menu{Icon: icon, Tooltip: "Metapi: " + state, Items: items})
}

// verdict is the state in one picture and one line.
func verdict(s *State) (menu.Icon, string) {
	icon, words := menu.OK, ""
	switch {
	case s.Connected && !s.Status.Running && len(s.Status.Trouble) > 0:
		icon, words = menu.Down, "Not running: "+s.Status.Trouble[0]
	case !s.serving():
		icon, words = menu.Down, "Not running"
	case s.Status.Paused && s.Status.InFlight > 0:
		icon, words = menu.Paused, "Paused · "+brief(s.Status.InFlight)+" still in flight"
	case s.Status.Paused:
		icon, words = menu.Paused, "Paused"
	case len(s.Status.Accounts) == 0:
		icon, words = menu.Down, "No account yet: open Metapi to add one"
	case s.able() == 0:
		icon, words = menu.Down, "No account can serve: "+whyNone(s)
	default:
		words = "Running on " + s.address()
		if n := s.Status.InFlight; n > 0 {
			words += " · " + brief(n) + " in flight"
		}
		if len(s.unable()) > 0 || len(s.Status.Trouble) > 0 {
			icon = menu.Attention
		}
		if budget := s.spent(); budget != "" {
			icon = menu.Spent
			words += " · " + fmt.Sprintf("The budget %q is spent", budget)
		}
	}
	if s.Failure != "" {
		words = s.Failure
	}
	return icon, words
}

// whyNone says why no account can serve: the reason of the only one, or what is nearest to a way out.
func whyNone(s *State) string {
	list := s.unable()
	if len(list) == 0 {
		if s.leftOut() == len(s.Status.Accounts) {
			return "every account is paused"
		}
		return "see the accounts" // a state that this version does not know
	}
	if len(list) == 1 {
		return standing(list[0], s.Zone)
	}
	// The first to be tried again is what the user waits for.
	var next client.AccountStanding
	for _, a := range list {
		if a.State == "cooling" && !a.Until.IsZero() && (next.Until.IsZero() || a.Until.Before(next.Until)) {
			next = a
		}
	}
	if !next.Until.IsZero() {
		return next.Slug + " is tried again at " + clock(next.Until, s.Zone)
	}
	return "see the accounts"
}

// submenu puts items under a title.
func submenu(title string, items []menu.Item) []menu.Item {
	out := []menu.Item{{Title: title, Enabled: true}}
	for _, it := range items {
		it.Level++
		out = append(out, it)
	}
	return out
}

// hidden is a place with all that is below it, free.
func hidden(place []menu.Item) []menu.Item {
	for i := range place {
		place[i] = menu.Item{Level: place[i].Level, Kind: place[i].Kind, Hidden: true}
	}
	return place
}

// modes has the mode in force checked. Without a backend they are shown as last known, but cannot be chosen.
func modes(s *State) []menu.Item {
	words := s.Mode.Modes
	if len(words) == 0 {
		words = client.Modes() // not read yet; an empty submenu would be odd
	}
	title := "Mode"
	items := make([]menu.Item, modePlaces)
	for i := range items {
		items[i] = menu.Item{Kind: menu.Choice, Hidden: true}
		if i >= len(words) {
			continue
		}
		word := string(words[i].Mode)
		name, ok := modeTitles[word]
		if !ok {
			name = sentence(word)
		}
		items[i] = menu.Item{ID: idMode + word, Title: name, Kind: menu.Choice, Checked: s.Mode.Mode == words[i].Mode, Enabled: s.Connected}
		if items[i].Checked {
			title = "Mode: " + name
		}
	}
	return submenu(title, items)
}

// tools lists the tools that have been used lately, with who served each of them last, and who alone may.
func tools(s *State) []menu.Item {
	used := s.used()
	var items []menu.Item
	for i := range toolPlaces {
		if i < len(used) {
			items = append(items, tool(s, &used[i])...)
		} else {
			items = append(items, hidden(tool(s, &client.Key{}))...)
		}
	}
	more := menu.Item{ID: idTools, Title: "All tools…", Enabled: true}
	if len(used) == 0 {
		more.Title = "No tool has asked yet: connect one…"
	}
	return submenu("Tools", append(items, more))
}

func tool(s *State, c *client.Key) []menu.Item {
	title := c.Name
	if last, ok := s.Last[c.Name]; ok {
		title = fmt.Sprintf("%s → %s · %s", c.Name, last.Account, last.Model)
	}
	if c.Pin != "" {
		title = fmt.Sprintf("%s is pinned to %s", c.Name, c.PinSlug)
	}
	choose := func(account, name string) menu.Item {
		return menu.Item{ID: idPin + c.ID + ":" + account, Title: name, Kind: menu.Choice, Checked: c.Pin == account, Enabled: s.serving()}
	}
	items := []menu.Item{choose("", "Any account, as the mode says")}
	list := s.Status.Accounts
	if i := slices.IndexFunc(list, func(a client.AccountStanding) bool { return a.ID == c.Pin }); i >= pinPlaces { // the one in force is to be seen
		list = append(slices.Clone(list[:pinPlaces-1]), list[i])
	}
	for i := range pinPlaces {
		if i < len(list) {
			items = append(items, choose(list[i].ID, fmt.Sprintf("Only %s", list[i].Slug)))
		} else {
			items = append(items, menu.Item{Kind: menu.Choice, Hidden: true})
		}
	}
	return submenu(title, items)
}

// accounts lists those that want the user first.
func accounts(s *State) []menu.Item {
	title := "Accounts"
	switch n := len(s.unable()); {
	case n == 1 && s.serving():
		title = "Accounts · 1 needs attention"
	case n > 1 && s.serving():
		title = fmt.Sprintf("Accounts · %d need attention", n)
	}
	list := s.troubledFirst()
	var items []menu.Item
	for i := range accountPlaces {
		if i < len(list) {
			items = append(items, account(s, list[i])...)
		} else {
			items = append(items, hidden(account(s, client.AccountStanding{}))...)
		}
	}
	more := menu.Item{ID: idAccounts, Title: "All accounts…", Enabled: true}
	if len(list) == 0 {
		more.Title = "No account yet: add one…"
	}
	return submenu(title, append(items, more))
}

func account(s *State, a client.AccountStanding) []menu.Item {
	leave := menu.Item{ID: idLeave + a.ID, Title: "Pause this account", Enabled: s.serving()}
	if a.State == "paused" {
		leave.ID, leave.Title = idTake+a.ID, "Resume this account"
	}
	return submenu(standing(a, s.Zone), []menu.Item{
		{ID: idAccount + a.ID, Title: "Show in Metapi", Enabled: true},
		{ID: idCool + a.ID, Title: "Clear the cooldown", Enabled: s.serving(), Hidden: a.State != "cooling" && a.State != "partly-cooling"},
		leave,
	})
}

// troubles lists what is wrong with the installation.
func troubles(s *State) []menu.Item {
	items := make([]menu.Item, troublePlaces)
	for i := range items {
		items[i] = menu.Item{Hidden: true}
		if s.Connected && i < len(s.Status.Trouble) {
			items[i] = menu.Item{ID: idTrouble, Title: s.Status.Trouble[i], Enabled: true}
		}
	}
	return items
}

func pause(s *State) menu.Item {
	if s.serving() && s.Status.Paused {
		return menu.Item{ID: idResume, Title: "Resume requests", Enabled: true}
	}
	return menu.Item{ID: idPause, Title: "Pause requests", Enabled: s.serving()}
}

// problem is the last request of today that failed.
func problem(s *State) menu.Item {
	p := s.Problem
	if p == nil || !s.Connected {
		return menu.Item{Hidden: true}
	}
	return menu.Item{ID: idProblem + p.ID, Title: fmt.Sprintf("Last problem at %s · %s · %s", clock(p.Start, s.Zone), p.Client, p.Error), Enabled: true}
}

func login(s *State) menu.Item {
	it := menu.Item{ID: idLogin, Title: "Start at login", Kind: menu.Choice, Checked: s.Desktop.StartAtLogin, Enabled: s.Connected, Hidden: !s.Desktop.Window}
	if it.Checked {
		it.ID = idNoLogin
	}
	return it
}

// copied is what can be copied: a text made of an address and, where it wants one, a local key.
type copied struct {
	id, title string
	key       bool
	text      func(address, key string) string
}

// copyable is what this system's shells and all tools take.
var copyable = copyableOn(runtime.GOOS)

func copyableOn(system string) []copied {
	list := []copied{
		{"openai", "OpenAI base URL", false, func(at, _ string) string { return "http://" + at + "/v1" }},
		{"anthropic", "Anthropic base URL", false, func(at, _ string) string { return "http://" + at }},
		{"gemini", "Gemini base URL", false, func(at, _ string) string { return "http://" + at }},
	}
	shell := func(id, title, format string) copied {
		return copied{id, title, true, func(at, key string) string { return variables(format, at, key) }}
	}
	if system == "windows" {
		return append(list, shell("powershell", "Lines for PowerShell, with a key", "$env:%s = \"%s\"\r\n"), shell("cmd", "Lines for cmd, with a key", "set \"%s=%s\"\r\n"))
	}
	return append(list, shell("shell", "Lines for a shell, with a key", "export %s=%s\n"))
}

// variables has the tools and libraries that a shell starts use Metapi. Neither an address nor a local key has anything that a shell would read.
func variables(format, at, key string) string {
	var b strings.Builder
	for _, v := range [][2]string{
		{"OPENAI_BASE_URL", "http://" + at + "/v1"}, {"OPENAI_API_KEY", key},
		{"ANTHROPIC_BASE_URL", "http://" + at}, {"ANTHROPIC_AUTH_TOKEN", key},
		{"GOOGLE_GEMINI_BASE_URL", "http://" + at}, {"GEMINI_API_KEY", key},
	} {
		fmt.Fprintf(&b, format, v[0], v[1])
	}
	return b.String()
}

func copies(s *State) []menu.Item {
	var items []menu.Item
	for _, c := range copyable {
		items = append(items, menu.Item{ID: idCopy + c.id, Title: c.title, Enabled: s.address() != ""})
	}
	return submenu("Copy", items)
}

// address is host:port for clients on this machine: the IPv4 one where there is one, as most tools expect. Empty where nothing is served.
func (s *State) address() string {
	if !s.serving() {
		return ""
	}
	best := ""
	for _, a := range s.Status.Addresses {
		host, port, err := net.SplitHostPort(a)
		if err != nil {
			continue
		}
		switch host { // one may listen at every address, but not be called there
		case "0.0.0.0":
			host = "127.0.0.1"
		case "::":
			host = "::1"
		}
		if best == "" || !strings.Contains(host, ":") {
			best = net.JoinHostPort(host, port)
		}
		if !strings.Contains(host, ":") {
			break
		}
	}
	return best
}
