package tray

import (
	"slices"
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
	Budgets   []client.BudgetStanding
	Clients   []client.Key          // all, revoked ones too
	Last      map[string]client.Row // the last request of each client that an account was asked for, by the client's name
	Problem   *client.Row           // the last request of today that failed; nil: none has
	Desktop   client.Desktop        // the zero value where there is no window's process
	Failure   string                // why the last click came to nothing, for a while
	Zone      *time.Location        // in which times are shown
	Language  string                // as the settings have it
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

// spent is a budget of which nothing is left, or "".
func (s *State) spent() string {
	for i := range s.Budgets {
		if b := &s.Budgets[i]; b.Spent >= b.USD {
			return b.Name
		}
	}
	return ""
}

// saw takes in a request, as it stands now.
func (s *State) saw(r client.Row) {
	if before, ok := s.Last[r.Client]; r.Account != "" && !(ok && r.Start.Before(before.Start)) {
		if s.Last == nil {
			s.Last = map[string]client.Row{}
		}
		s.Last[r.Client] = r
	}
	if r.State == "failed" && (s.Problem == nil || !r.Start.Before(s.Problem.Start)) {
		s.Problem = &r
	}
}

// used lists the tools that have asked lately, the last first. Revoked ones are no more.
func (s *State) used() []client.Key {
	var list []client.Key
	for _, c := range s.Clients {
		if _, used := s.Last[c.Name]; c.Revoked.IsZero() && (used || c.Pin != "") {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b client.Key) int { return s.Last[b.Name].Start.Compare(s.Last[a.Name].Start) })
	return list
}

// troubledFirst lists the accounts: those that want the user, those that do in part, the others, and those that the user has paused.
func (s *State) troubledFirst() []client.AccountStanding {
	rank := map[string]int{"blocked": 1, "no-models": 2, "cooling": 3, "partly-cooling": 4, "ready": 5, "paused": 6}
	list := slices.Clone(s.Status.Accounts)
	slices.SortStableFunc(list, func(a, b client.AccountStanding) int { return rank[a.State] - rank[b.State] })
	return list
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
