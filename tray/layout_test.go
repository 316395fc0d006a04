package tray

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/tray/menu"
)

// noon is a moment in the zone of the tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func stands(slug, state, reason string) client.AccountStanding {
	return client.AccountStanding{ID: "id-" + slug, Slug: slug, State: state, Reason: reason}
}

// running is a state in which all is well, changed.
func running(change func(*State)) State {
	s := State{
		Connected: true,
		Status: client.Status{
			Running: true, Addresses: []string{"127.0.0.1:4747", "[::1]:4747"}, Mode: "balance",
			Accounts: []client.AccountStanding{stands("openai", "ready", ""), stands("relay-b", "ready", "")},
		},
		Mode:  client.ModeInfo{Mode: "balance", Modes: []client.ModeWord{{Mode: "failover"}, {Mode: "balance"}}},
		Today: &client.Figures{Requests: 12, Input: 2_000_000, Output: 100_000, CostUSD: 1.84},
		Zone:  time.UTC,
	}
	if change != nil {
		change(&s)
	}
	return s
}

// sketch writes a menu as lines, as a person sees it: a radio mark, and what cannot be clicked in brackets. Hidden items are left out.
func sketch(m menu.Menu) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s> %s\n", m.Icon, m.Tooltip)
	for i, it := range m.Items {
		if it.Hidden {
			continue
		}
		b.WriteString(strings.Repeat("  ", it.Level))
		switch {
		case it.Kind == menu.Separator:
			b.WriteString("--\n")
			continue
		case i+1 < len(m.Items) && m.Items[i+1].Level > it.Level:
			fmt.Fprintf(&b, "%s >\n", it.Title)
			continue
		case it.Kind == menu.Choice && it.Checked:
			b.WriteString("(*) ")
		case it.Kind == menu.Choice:
			b.WriteString("( ) ")
		}
		if it.Enabled {
			fmt.Fprintf(&b, "%s {%s}\n", it.Title, it.ID)
		} else {
			fmt.Fprintf(&b, "[%s]\n", it.Title)
		}
	}
	return b.String()
}

func TestWholeMenus(t *testing.T) {
	for _, c := range []struct {
		name  string
		state State
		want  string
	}{
		{"all is well", running(func(s *State) {
			s.Status.InFlight = 3
			s.Clients = []client.Key{{ID: "c1", Name: "Codex"}, {ID: "c2", Name: "Claude Code", Pin: "id-relay-b", PinSlug: "relay-b"}, {ID: "c3", Name: "Unused"}}
			s.saw(client.Row{Client: "Codex", Account: "openai", Model: "gpt-5", Start: noon})
			s.saw(client.Row{Client: "Claude Code", Account: "openai", Model: "claude-sonnet-4-5", Start: noon.Add(time.Minute)})
			s.Desktop = client.Desktop{Window: true, StartAtLogin: true}
		}), `
<ok> Metapi: Running on 127.0.0.1:4747 · 3 in flight
Open Metapi {open}
[Running on 127.0.0.1:4747 · 3 in flight]
[Today $1.84 · 2.1 M tokens]
--
Pause requests {pause}
Mode: Load balance >
  ( ) Failover {mode:failover}
  (*) Load balance {mode:balance}
Tools >
  Claude Code is pinned to relay-b >
    ( ) Any account, as the mode says {pin:c2:}
    ( ) Only openai {pin:c2:id-openai}
    (*) Only relay-b {pin:c2:id-relay-b}
  Codex → openai · gpt-5 >
    (*) Any account, as the mode says {pin:c1:}
    ( ) Only openai {pin:c1:id-openai}
    ( ) Only relay-b {pin:c1:id-relay-b}
  All tools… {tools}
Accounts >
  openai: ready >
    Show in Metapi {account:id-openai}
    Pause this account {leave:id-openai}
  relay-b: ready >
    Show in Metapi {account:id-relay-b}
    Pause this account {leave:id-relay-b}
  All accounts… {accounts}
Copy >
  OpenAI base URL {copy:openai}
  Anthropic base URL {copy:anthropic}
  Gemini base URL {copy:gemini}
  Lines for a shell, with a key {copy:shell}
--
Settings… {settings}
(*) Start at login {no-login}
--
Quit Metapi {quit}
`},
		{"there is trouble", running(func(s *State) {
			s.Status.Accounts = []client.AccountStanding{stands("fine", "ready", ""), stands("mine", "paused", ""), {ID: "id-c", Slug: "c", State: "cooling", Until: noon},
				stands("relay-b", "blocked", "key refused")}
			s.Status.Trouble = []string{"routing.yaml, line 3: what is this?"}
			s.Budgets = make([]client.BudgetStanding, 1)
			s.Budgets[0].Name, s.Budgets[0].USD, s.Budgets[0].Spent = "Daily", 5, 5
			s.Problem = &client.Row{ID: "r1", Client: "Codex", Error: "the upstream is out of money", Start: noon}
		}), `
<spent> Metapi: Running on 127.0.0.1:4747 · The budget "Daily" is spent
Open Metapi {open}
[Running on 127.0.0.1:4747 · The budget "Daily" is spent]
[Today $1.84 · 2.1 M tokens]
routing.yaml, line 3: what is this? {trouble}
--
Pause requests {pause}
Mode: Load balance >
  ( ) Failover {mode:failover}
  (*) Load balance {mode:balance}
Tools >
  No tool has asked yet: connect one… {tools}
Accounts · 2 need attention >
  relay-b: blocked - key refused >
    Show in Metapi {account:id-relay-b}
    Pause this account {leave:id-relay-b}
  c: cooling until 12:00 >
    Show in Metapi {account:id-c}
    Clear the cooldown {cool:id-c}
    Pause this account {leave:id-c}
  fine: ready >
    Show in Metapi {account:id-fine}
    Pause this account {leave:id-fine}
  mine: paused >
    Show in Metapi {account:id-mine}
    Resume this account {take:id-mine}
  All accounts… {accounts}
Copy >
  OpenAI base URL {copy:openai}
  Anthropic base URL {copy:anthropic}
  Gemini base URL {copy:gemini}
  Lines for a shell, with a key {copy:shell}
--
Last problem at 12:00 · Codex · the upstream is out of money {problem:r1}
Settings… {settings}
--
Quit Metapi {quit}
`},
		{"nothing is known yet", State{}, `
<down> Metapi: Not running
Open Metapi {open}
[Not running]
--
[Pause requests]
Mode >
  ( ) [Failover]
  ( ) [Load balance]
  ( ) [Fastest]
  ( ) [Cheapest]
  ( ) [Best quality]
  ( ) [Automatic]
Tools >
  No tool has asked yet: connect one… {tools}
Accounts >
  No account yet: add one… {accounts}
Copy >
  [OpenAI base URL]
  [Anthropic base URL]
  [Gemini base URL]
  [Lines for a shell, with a key]
--
Settings… {settings}
--
Quit Metapi {quit}
`},
	} {
		if got := "\n" + sketch(Layout(c.state)); got != c.want {
			t.Errorf("%s:\ngot %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	cooling := func(slug string, until time.Time) client.AccountStanding {
		return client.AccountStanding{ID: "id-" + slug, Slug: slug, State: "cooling", Until: until}
	}
	for _, c := range []struct {
		name   string
		change func(*State)
		icon   menu.Icon
		words  string
	}{
		{"idle", nil, menu.OK, "Running on 127.0.0.1:4747"},
		{"lost", func(s *State) { s.Connected = false }, menu.Down, "Not running"},
		{"no server", func(s *State) { s.Status.Running = false }, menu.Down, "Not running"},
		{"cannot serve", func(s *State) { s.Status.Running, s.Status.Trouble = false, []string{"Port 4747 is taken."} },
			menu.Down, "Not running: Port 4747 is taken"},
		{"paused", func(s *State) { s.Status.Paused = true }, menu.Paused, "Paused"},
		{"IPv6 alone", func(s *State) { s.Status.Addresses = []string{"[::1]:4747"} }, menu.OK, "Running on [::1]:4747"},
		{"IPv6 first", func(s *State) { s.Status.Addresses = []string{"[::1]:4747", "127.0.0.1:4747"} }, menu.OK, "Running on 127.0.0.1:4747"},
		{"every address", func(s *State) { s.Status.Addresses = []string{"[::]:1", "0.0.0.0:1"} }, menu.OK, "Running on 127.0.0.1:1"},
		{"no account", func(s *State) { s.Status.Accounts = nil }, menu.Down, "No account yet: open Metapi to add one"},
		{"partly cooling serves", func(s *State) { s.Status.Accounts = []client.AccountStanding{stands("a", "partly-cooling", "x")} },
			menu.OK, "Running on 127.0.0.1:4747"},
		{"one of two cools", func(s *State) { s.Status.Accounts[0] = cooling("a", noon) }, menu.Attention, "Running on 127.0.0.1:4747"},
		{"trouble", func(s *State) { s.Status.Trouble = []string{"x"} }, menu.Attention, "Running on 127.0.0.1:4747"},
		{"the only one is blocked", func(s *State) { s.Status.Accounts = []client.AccountStanding{stands("a", "blocked", "key refused.")} },
			menu.Down, "No account can serve: a: blocked - key refused"},
		{"all blocked", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{stands("a", "blocked", ""), stands("b", "no-models", "")}
		}, menu.Down, "No account can serve: see the accounts"},
		{"all cool", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{cooling("a", noon.Add(time.Hour)), cooling("b", noon), stands("c", "blocked", "")}
		}, menu.Down, "No account can serve: b is tried again at 12:00"},
		{"a state of the future", func(s *State) { s.Status.Accounts = []client.AccountStanding{stands("a", "asleep", "")} },
			menu.Down, "No account can serve: see the accounts"},
		{"left out by the user", func(s *State) { s.Status.Accounts[0] = stands("a", "paused", "") }, menu.OK, "Running on 127.0.0.1:4747"},
		{"all left out", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{stands("a", "paused", ""), stands("b", "paused", "")}
		}, menu.Down, "No account can serve: every account is paused"},
		{"left out but one", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{stands("a", "paused", ""), stands("b", "blocked", "key refused")}
		}, menu.Down, "No account can serve: b: blocked - key refused"},
		{"a click failed", func(s *State) { s.Failure = "The mode was not changed: no" }, menu.OK, "The mode was not changed: no"},
	} {
		m := Layout(running(c.change))
		if m.Icon != c.icon || m.Items[1].Title != c.words || m.Items[1].Enabled {
			t.Errorf("%s: icon %s, %q (enabled: %v); want %s, %q", c.name, m.Icon, m.Items[1].Title, m.Items[1].Enabled, c.icon, c.words)
		}
	}
}

// TestFullMenus has more of everything than there are places.
func TestFullMenus(t *testing.T) {
	m := Layout(running(func(s *State) {
		s.Status.Accounts, s.Status.Trouble = nil, []string{"a", "b", "c", "d"}
		for i := range accountPlaces + 5 {
			s.Status.Accounts = append(s.Status.Accounts, stands(fmt.Sprint("account-", i), "ready", ""))
		}
		for i := range toolPlaces + 5 {
			c := client.Key{ID: fmt.Sprint("c", i), Name: fmt.Sprint("Tool ", i)}
			if i == toolPlaces+4 {
				c.Pin, c.PinSlug = fmt.Sprint("id-account-", pinPlaces+2), fmt.Sprint("account-", pinPlaces+2)
			}
			s.Clients = append(s.Clients, c, client.Key{Name: fmt.Sprint("Revoked ", i), Revoked: noon})
			s.saw(client.Row{Client: c.Name, Account: "openai", Model: "m", Start: noon.Add(time.Duration(i) * time.Minute)})
		}
	}))
	text := sketch(m)
	for what, want := range map[string]int{"\n  Tool ": toolPlaces, "\n  account-": accountPlaces, "{trouble}": troublePlaces, "All tools…": 1, "All accounts…": 1, "Revoked": 0,
		"(*) Only account-12": 1, "\n  Tool 10 is pinned to account-12 >": 1} {
		if n := strings.Count(text, what); n != want {
			t.Errorf("%q is there %d times, want %d:\n%s", what, n, want, text)
		}
	}
	if strings.Index(text, "Tool 10") > strings.Index(text, "Tool 9") {
		t.Error("the tool that was used last is not the first")
	}
}

// TestShapeOfMenus says that menus have the same kinds at the same places, which the helper wants, and that what can be clicked has an id.
func TestShapeOfMenus(t *testing.T) {
	kinds := func(m menu.Menu) (list []string) {
		for i, it := range m.Items {
			list = append(list, fmt.Sprint(it.Kind, it.Level))
			above := i+1 < len(m.Items) && m.Items[i+1].Level > it.Level
			if it.Enabled && !it.Hidden && (it.ID == "" && !above || it.Title == "") {
				t.Errorf("an item can be clicked without name or title: %+v", it)
			}
		}
		return list
	}
	want := kinds(Layout(State{}))
	for _, change := range []func(*State){
		nil,
		func(s *State) { s.Status.Paused = true },
		func(s *State) {
			s.Status.Accounts = slices.Repeat([]client.AccountStanding{stands("a", "blocked", "")}, 20)
		},
		func(s *State) { s.Mode.Modes = slices.Repeat([]client.ModeWord{{Mode: "m"}}, 9) },
		func(s *State) { s.Mode.Modes = nil },
		func(s *State) { s.Status.Addresses = []string{"nonsense"} },
	} {
		if got := kinds(Layout(running(change))); !slices.Equal(got, want) {
			t.Errorf("kinds %q, want %q", got, want)
		}
	}
}

func TestModeTitles(t *testing.T) {
	m := Layout(running(func(s *State) {
		s.Mode = client.ModeInfo{Mode: "auto", Modes: []client.ModeWord{
			{Mode: "failover"}, {Mode: "balance"}, {Mode: "latency"}, {Mode: "cost"}, {Mode: "auto"}, {Mode: "psychic"}}}
	}))
	var got []string
	for _, it := range m.Items {
		if strings.HasPrefix(it.ID, idMode) {
			got = append(got, fmt.Sprint(it.Title, it.Checked))
		}
	}
	want := []string{"Failoverfalse", "Load balancefalse", "Fastestfalse", "Cheapestfalse", "Automatictrue", "Psychicfalse"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, mode := range client.Modes() {
		if modeTitles[string(mode.Mode)] == "" {
			t.Errorf("the mode %q has no title in plain words", mode.Mode)
		}
	}
	if len(client.Modes()) > modePlaces {
		t.Errorf("there are %d modes, and places for %d", len(client.Modes()), modePlaces)
	}
}

// TestCopies has each system's shells take what is made for them.
func TestCopies(t *testing.T) {
	texts := map[string]string{}
	for _, system := range []string{"linux", "windows"} {
		for _, c := range copyableOn(system) {
			texts[c.id] = c.text("127.0.0.1:4747", "mp-key")
		}
	}
	for id, want := range map[string]string{
		"openai": "http://127.0.0.1:4747/v1", "anthropic": "http://127.0.0.1:4747", "gemini": "http://127.0.0.1:4747",
		"shell": `export OPENAI_BASE_URL=http://127.0.0.1:4747/v1
export OPENAI_API_KEY=mp-key
export ANTHROPIC_BASE_URL=http://127.0.0.1:4747
export ANTHROPIC_AUTH_TOKEN=mp-key
export GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:4747
export GEMINI_API_KEY=mp-key
`,
	} {
		if texts[id] != want {
			t.Errorf("%s: %q, want %q", id, texts[id], want)
		}
	}
	if got := texts["powershell"]; !strings.HasPrefix(got, "$env:OPENAI_BASE_URL = \"http://127.0.0.1:4747/v1\"\r\n$env:OPENAI_API_KEY = \"mp-key\"\r\n") {
		t.Errorf("PowerShell: %q", got)
	}
	if got := texts["cmd"]; !strings.HasPrefix(got, "set \"OPENAI_BASE_URL=http://127.0.0.1:4747/v1\"\r\nset \"OPENAI_API_KEY=mp-key\"\r\n") {
		t.Errorf("cmd: %q", got)
	}
}
