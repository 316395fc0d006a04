package tray

import (
	"net"
	"strings"

	"metapi/backend/control/client"
	"metapi/tray/menu"
)

// What clicks are called. Those that end in a colon are followed by the mode's word or the account's id.
const (
	idOpen      = "open"
	idMode      = "mode:"
	idAccount   = "account:"
	idAccounts  = "accounts" // more accounts than fit
	idTrouble   = "trouble"
	idOpenAI    = "copy:openai"
	idAnthropic = "copy:anthropic"
	idPause     = "pause"
	idResume    = "resume"
	idQuit      = "quit"
)

// How many places the menu has for what comes and goes.
const (
	modePlaces      = 6
	attentionPlaces = 4
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
		{Kind: menu.Separator},
	}
	items = append(items, modes(&s)...)
	items = append(items, menu.Item{Kind: menu.Separator})
	items = append(items, attention(&s)...)
	address := s.address()
	items = append(items,
		menu.Item{ID: idOpenAI, Title: "Copy OpenAI base URL", Enabled: address != ""},
		menu.Item{ID: idAnthropic, Title: "Copy Anthropic and Gemini base URL", Enabled: address != ""},
		pause(&s),
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
	return "see below"
}

// modes has the mode in force checked. Without a backend they are shown as last known, but cannot be chosen.
func modes(s *State) []menu.Item {
	words := s.Mode.Modes
	if len(words) == 0 {
		words = client.Modes() // not read yet; between two separators there must be something
	}
	items := make([]menu.Item, modePlaces)
	for i := range items {
		items[i] = menu.Item{Kind: menu.Choice, Hidden: true}
		if i >= len(words) {
			continue
		}
		word := string(words[i].Mode)
		title, ok := modeTitles[word]
		if !ok {
			title = sentence(word)
		}
		items[i] = menu.Item{ID: idMode + word, Title: title, Kind: menu.Choice, Checked: s.Mode.Mode == words[i].Mode, Enabled: s.Connected}
	}
	return items
}

// attention lists what wants the user: troubles of the installation, then accounts that cannot serve.
func attention(s *State) []menu.Item {
	var list []menu.Item
	if s.Connected {
		for _, t := range s.Status.Trouble {
			list = append(list, menu.Item{ID: idTrouble, Title: t, Enabled: true})
		}
	}
	if s.serving() {
		for _, a := range s.unable() {
			list = append(list, menu.Item{ID: idAccount + a.ID, Title: standing(a, s.Zone), Enabled: true})
		}
	}
	if n := len(list); n > attentionPlaces {
		list = list[:attentionPlaces-1]
		list = append(list, menu.Item{ID: idAccounts, Title: brief(int64(n-len(list))) + " more need attention", Enabled: true})
	}
	for len(list) < attentionPlaces {
		list = append(list, menu.Item{Hidden: true})
	}
	return list
}

func pause(s *State) menu.Item {
	if s.serving() && s.Status.Paused {
		return menu.Item{ID: idResume, Title: "Resume requests", Enabled: true}
	}
	return menu.Item{ID: idPause, Title: "Pause requests", Enabled: s.serving()}
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

// baseURL is what a client tool is given for an address: OpenAI's own base URL ends in the version, those of Anthropic and Gemini do not.
func baseURL(id, address string) string {
	if id == idOpenAI {
		return "http://" + address + "/v1"
	}
	return "http://" + address
}
