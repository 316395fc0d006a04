package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"metapi/backend/account"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

func (s *Service) status(context.Context, *nothing) (Status, error) { return s.Status() }

// Status gathers the state of the installation. It calls no upstream and asks the keychain for nothing.
func (s *Service) Status() (Status, error) {
	st := Status{Version: s.Version, Dir: s.Dir, Keychain: s.Keychain.Describe(), Locked: s.Locked(), Accounts: []AccountStanding{}}
	var err error
	if st.Mode, err = s.Switches.Mode(); err != nil {
		return st, err
	}
	if st.Paused, err = s.Switches.Paused(); err != nil {
		return st, err
	}
	clients, err := s.Accounts.Clients()
	if err != nil {
		return st, err
	}
	for _, c := range clients {
		if c.Live() {
			st.Keys++
			if s.Capture.On(c.ID) {
				st.Capturing = append(st.Capturing, c.Name)
			}
		}
	}
	server := s.serving()
	if server != nil {
		st.Running, st.PID, st.Instance, st.Addresses, st.Started = true, server.PID, server.Instance, server.Addresses, server.Started
		st.InFlight, st.UI = server.InFlight(), server.Link != nil
	}
	accounts, err := s.Accounts.List()
	if err != nil {
		return st, err
	}
	names := map[string]bool{}
	for _, a := range accounts {
		offers, err := s.Offers.Get(a.ID)
		if err != nil {
			return st, err
		}
		standing := AccountStanding{ID: a.ID, Slug: a.Slug, Provider: a.Provider, State: "ready"}
		for _, o := range offers {
			if o.Offered() {
				standing.Models++
				names[o.Model] = true
			}
		}
		if err := s.stand(&standing, a, server != nil); err != nil {
			return st, err
		}
		st.Accounts = append(st.Accounts, standing)
	}
	st.Models = len(names)
	st.Trouble = s.Trouble()
	return st, nil
}

// stand says how an account stands: by the figures of the running instance, or where none runs by its last listing.
func (s *Service) stand(out *AccountStanding, a account.Account, running bool) error {
	scan, err := s.Offers.Scan(a.ID)
	if err != nil {
		return err
	}
	if a.Paused { // whatever else is true of it
		defer func() { out.State, out.Reason, out.Until = "paused", "", time.Time{} }()
	}
	switch {
	case out.Models == 0:
		out.State, out.Reason = "no-models", scan.Message
	case scan.Outcome == provider.OutcomeUnauthorised:
		out.Reason = scan.Message
	}
	if !running {
		return nil
	}
	snap, now := s.Snapshot(), time.Now()
	place := slices.IndexFunc(snap.Accounts, func(ra routing.Account) bool { return ra.ID == a.ID })
	if place < 0 {
		return nil // it was added just now
	}
	if ra := &snap.Accounts[place]; ra.Blocked != "" {
		out.State, out.Reason = "blocked", ra.Blocked
		return nil
	}
	var first *routing.Deployment // of what cools, the first that may be tried again
	cooling, after := 0, ""
	of := snap.Of(place)
	for i := range of {
		d := &of[i]
		if d.Upstream == "" {
			continue
		}
		out.InFlight += d.Live.InFlight()
		if state, until, kind := d.Live.State(now); state == live.Cooling {
			cooling++
			if out.Until.IsZero() || until.Before(out.Until) {
				first, out.Until, after = d, until, kind.Noun()
			}
		}
	}
	switch {
	case cooling > 0 && cooling == out.Models:
		out.State, out.Reason = "cooling", "cooling after "+after
	case cooling > 0:
		out.State = "partly-cooling"
		out.Reason = fmt.Sprintf("%s is cooling after %s", first.Upstream, after)
	}
	return nil
}
