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

func account(slug, state, reason string) client.AccountStanding {
	return client.AccountStanding{ID: "id-" + slug, Slug: slug, State: state, Reason: reason}
}

// running is a state in which all is well, changed.
func running(change func(*State)) State {
	s := State{
		Connected: true,
		Status: client.Status{
			Running: true, Addresses: []string{"127.0.0.1:4747", "[::1]:4747"}, Mode: "balance",
			Accounts: []client.AccountStanding{account("openai", "ready", ""), account("relay-b", "ready", "")},
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
	for _, it := range m.Items {
		switch {
		case it.Hidden:
			continue
		case it.Kind == menu.Separator:
			b.WriteString("--\n")
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
		{"all is well", running(func(s *State) { s.Status.InFlight = 3 }), `
<ok> Metapi: Running on 127.0.0.1:4747 · 3 in flight
Open Metapi {open}
[Running on 127.0.0.1:4747 · 3 in flight]
[Today $1.84 · 2.1 M tokens]
--
( ) Failover {mode:failover}
(*) Load balance {mode:balance}
--
Copy OpenAI base URL {copy:openai}
Copy Anthropic and Gemini base URL {copy:anthropic}
Pause requests {pause}
--
Quit Metapi {quit}
`},
		{"an account is blocked", running(func(s *State) { s.Status.Accounts[1] = account("relay-b", "blocked", "key refused") }), `
<attention> Metapi: Running on 127.0.0.1:4747
Open Metapi {open}
[Running on 127.0.0.1:4747]
[Today $1.84 · 2.1 M tokens]
--
( ) Failover {mode:failover}
(*) Load balance {mode:balance}
--
relay-b: blocked - key refused {account:id-relay-b}
Copy OpenAI base URL {copy:openai}
Copy Anthropic and Gemini base URL {copy:anthropic}
Pause requests {pause}
--
Quit Metapi {quit}
`},
		{"nothing is known yet", State{}, `
<down> Metapi: Not running
Open Metapi {open}
[Not running]
--
( ) [Failover]
( ) [Load balance]
( ) [Fastest]
( ) [Cheapest]
( ) [Best quality]
( ) [Automatic]
--
[Copy OpenAI base URL]
[Copy Anthropic and Gemini base URL]
[Pause requests]
--
Quit Metapi {quit}
`},
		{"paused", running(func(s *State) { s.Status.Paused, s.Status.InFlight = true, 1 }), `
<paused> Metapi: Paused · 1 still in flight
Open Metapi {open}
[Paused · 1 still in flight]
[Today $1.84 · 2.1 M tokens]
--
( ) Failover {mode:failover}
(*) Load balance {mode:balance}
--
Copy OpenAI base URL {copy:openai}
Copy Anthropic and Gemini base URL {copy:anthropic}
Resume requests {resume}
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
		{"partly cooling serves", func(s *State) { s.Status.Accounts = []client.AccountStanding{account("a", "partly-cooling", "x")} },
			menu.OK, "Running on 127.0.0.1:4747"},
		{"one of two cools", func(s *State) { s.Status.Accounts[0] = cooling("a", noon) }, menu.Attention, "Running on 127.0.0.1:4747"},
		{"trouble", func(s *State) { s.Status.Trouble = []string{"x"} }, menu.Attention, "Running on 127.0.0.1:4747"},
		{"the only one is blocked", func(s *State) { s.Status.Accounts = []client.AccountStanding{account("a", "blocked", "key refused.")} },
			menu.Down, "No account can serve: a: blocked - key refused"},
		{"all blocked", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{account("a", "blocked", ""), account("b", "no-models", "")}
		}, menu.Down, "No account can serve: see below"},
		{"all cool", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{cooling("a", noon.Add(time.Hour)), cooling("b", noon), account("c", "blocked", "")}
		}, menu.Down, "No account can serve: b is tried again at 12:00"},
		{"a state of the future", func(s *State) { s.Status.Accounts = []client.AccountStanding{account("a", "asleep", "")} },
			menu.Down, "No account can serve: see the accounts"},
		{"left out by the user", func(s *State) { s.Status.Accounts[0] = account("a", "paused", "") }, menu.OK, "Running on 127.0.0.1:4747"},
		{"all left out", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{account("a", "paused", ""), account("b", "paused", "")}
		}, menu.Down, "No account can serve: every account is paused"},
		{"left out but one", func(s *State) {
			s.Status.Accounts = []client.AccountStanding{account("a", "paused", ""), account("b", "blocked", "key refused")}
		}, menu.Down, "No account can serve: b: blocked - key refused"},
		{"a click failed", func(s *State) { s.Failure = "The mode was not changed: no" }, menu.OK, "The mode was not changed: no"},
	} {
		m := Layout(running(c.change))
		if m.Icon != c.icon || m.Items[1].Title != c.words || m.Items[1].Enabled {
			t.Errorf("%s: icon %s, %q (enabled: %v); want %s, %q", c.name, m.Icon, m.Items[1].Title, m.Items[1].Enabled, c.icon, c.words)
		}
	}
}

func TestAttention(t *testing.T) {
	shown := func(s State) (list []string) {
		for _, it := range s.spoken(menu.Menu{Items: attention(&s)}).Items {
			if !it.Hidden {
				list = append(list, it.ID+" "+it.Title)
			}
		}
		return list
	}
	got := shown(running(func(s *State) {
		s.Status.Trouble = []string{"routing.yaml, line 3: what is this?"}
		s.Status.Accounts = []client.AccountStanding{
			{ID: "id-c", Slug: "c", State: "cooling", Until: noon, Reason: "cooling after rate-limit (gpt-5)"},
			account("ok", "ready", ""), account("p", "partly-cooling", "x"), account("q", "paused", "x"),
			account("n", "no-models", "The listing was empty."),
			account("b", "blocked", "its key\ncannot be read from the keychain, which is locked, and all that will not do"),
		}
	}))
	want := []string{
		"trouble routing.yaml, line 3: what is this?",
		"account:id-b b: blocked - its key cannot be read from the keychain, which is locked…",
		"account:id-n n: no models - The listing was empty",
		"account:id-c c: cooling until 12:00",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	got = shown(running(func(s *State) {
		s.Status.Accounts = nil
		for _, slug := range []string{"a", "b", "c", "d", "e", "f"} {
			s.Status.Accounts = append(s.Status.Accounts, account(slug, "blocked", ""))
		}
	}))
	want = []string{"account:id-a a: blocked", "account:id-b b: blocked", "account:id-c c: blocked", "accounts 3 more need attention"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := shown(running(func(s *State) { s.Connected, s.Status.Trouble = false, []string{"x"} })); got != nil {
		t.Errorf("without a backend: %q", got)
	}
}

// TestShapeOfMenus says that menus have the same kinds at the same places, which the helper wants, and that what can be clicked has an id.
func TestShapeOfMenus(t *testing.T) {
	kinds := func(m menu.Menu) (list []menu.Kind) {
		for _, it := range m.Items {
			list = append(list, it.Kind)
			if it.Enabled && !it.Hidden && (it.ID == "" || it.Title == "") {
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
			s.Status.Accounts = slices.Repeat([]client.AccountStanding{account("a", "blocked", "")}, 20)
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
		if it.Kind == menu.Choice {
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

func TestBaseURLs(t *testing.T) {
	if got := baseURL(idOpenAI, "127.0.0.1:4747"); got != "http://127.0.0.1:4747/v1" {
		t.Error(got)
	}
	if got := baseURL(idAnthropic, "[::1]:4747"); got != "http://[::1]:4747" {
		t.Error(got)
	}
}
