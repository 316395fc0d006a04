package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) status() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "Show what runs, and how the accounts stand", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Status, error) { return l.Status(c.Context()) }, a.showStatus)
		}}
}

var standingColours = map[string]string{"ready": green, "cooling": red, "partly-cooling": yellow, "blocked": red, "no-models": yellow}

func (a *app) showStatus(st client.Status) {
	switch {
	case st.Running:
		a.say("Metapi %s is running: process %d, since %s.", st.Version, st.PID, when(st.Started))
		for _, addr := range st.Addresses {
			a.say("  http://%s", addr)
		}
		a.say("Requests running: %d", st.InFlight)
	default:
		a.say("Metapi is not running. `metapi serve` starts it.")
	}
	if st.Paused {
		a.say("Paused: requests are refused until `metapi resume`.")
	}
	a.say("Mode: %s", st.Mode)
	a.say("Data folder: %s", st.Dir)
	a.say("Keychain: %s", st.Keychain)
	a.say("%s, %s, %s", plural(len(st.Accounts), "account"), plural(st.Models, "model"), plural(st.Keys, "local key"))
	if len(st.Accounts) > 0 {
		fmt.Fprintln(a.out)
		t := newTable("ACCOUNT", "PROVIDER", "STATE", ">MODELS", ">RUNNING", "WHY")
		for _, s := range st.Accounts {
			why := s.Reason
			if !s.Until.IsZero() {
				why += fmt.Sprintf(", for %s more", time.Until(s.Until).Round(time.Second))
			}
			t.add(s.Slug, s.Provider, cell{s.State, standingColours[s.State]}, s.Models, s.InFlight, why)
		}
		t.print(a.out)
	}
	for _, t := range st.Trouble {
		a.note("%s", t)
	}
	a.nextSteps(st)
}

// nextSteps says what is missing until a tool can be served, with the exact commands.
func (a *app) nextSteps(st client.Status) {
	if len(st.Accounts) == 0 {
		a.note("There is no account yet. Add one:\n  %s accounts add", a.self())
	}
	if st.Keys == 0 {
		a.note("There is no local key yet. Make one for each tool:\n  %s keys add NAME", a.self())
	}
}

// own is a command for this program, on the same data.
func (a *app) own(command string) string {
	if rest, ours := strings.CutPrefix(command, "metapi "); ours {
		return a.self() + " " + rest
	}
	return command
}

// self is how to call this program again on the same data.
func (a *app) self() string {
	if a.data != "" {
		return "metapi --data " + quotedPath(a.data)
	}
	return "metapi"
}
