package tray

import (
	"time"

	"metapi/backend/control/client"
)

// State is all that the menu depends on.
type State struct {
	Connected bool            // the backend answers; where it does not, what follows is out of date
	Status    client.Status   // the zero value until it was read
	Mode      client.ModeInfo // likewise
	Today     *client.Figures // since local midnight; nil while unknown
	Money     *client.Money   // how the user wants to see money; nil: in dollars
	Failure   string          // why the last click came to nothing, for a while
	Zone      *time.Location  // in which times are shown
	Language  string          // as the settings have it
}

// serving reports whether an instance takes requests, or would were it not paused.
func (s *State) serving() bool { return s.Connected && s.Status.Running }

// able counts the accounts that may be chosen now, be it for some of their models only.
func (s *State) able() int {
	n := 0
	for _, a := range s.Status.Accounts {
		if a.State == "ready" || a.State == "partly-cooling" {
			n++
		}
	}
	return n
}

// leftOut counts the accounts that the user has paused. They need no attention.
func (s *State) leftOut() int {
	n := 0
	for _, a := range s.Status.Accounts {
		if a.State == "paused" {
			n++
		}
	}
	return n
}

// unable lists the accounts that cannot be chosen: first those that only the user can put right.
func (s *State) unable() []client.AccountStanding {
	var list []client.AccountStanding
	for _, state := range []string{"blocked", "no-models", "cooling"} {
		for _, a := range s.Status.Accounts {
			if a.State == state {
				list = append(list, a)
			}
		}
	}
	return list
}
