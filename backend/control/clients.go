package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"metapi/backend/account"
	"metapi/backend/routing"
)

func (s *Service) showClient(c account.Client) Client {
	out := Client{ID: c.ID, Name: c.Name, KeyHint: c.Hint, Created: c.Created, Revoked: c.Revoked, Paused: c.Paused, Mode: c.Mode, Pin: c.Pin, Capture: c.Live() && s.Capture.On(c.ID)}
	if c.Pin != "" {
		if to, err := s.Accounts.Get(c.Pin); err == nil {
			out.PinSlug = to.Slug
		}
	}
	return out
}

func (s *Service) clients(context.Context, *nothing) ([]Client, error) {
	list, err := s.Accounts.Clients()
	out := make([]Client, len(list))
	for i, c := range list {
		out[i] = s.showClient(c)
	}
	return out, err
}

// client finds one by id, or by name in any case; of several with one name, the one whose key is good, else the last.
func (s *Service) client(ref string) (found account.Client, err error) {
	list, err := s.Accounts.Clients()
	if err != nil {
		return found, err
	}
	for _, c := range list {
		if c.ID == ref {
			return c, nil
		}
		if strings.EqualFold(c.Name, ref) && (found.ID == "" || !found.Live()) {
			found = c
		}
	}
	if found.ID == "" {
		return found, NewProblem(NotFound, fmt.Sprintf("There is no local key %q.", ref), "`metapi keys list` shows those there are, `metapi keys add` makes one.")
	}
	return found, nil
}

type addClientInput struct {
	Body struct {
		Name string `json:"name" doc:"The tool's name"`
	}
}

func (s *Service) addClient(ctx context.Context, in *addClientInput) (ClientKey, error) {
	c, key, err := s.Accounts.AddClient(ctx, in.Body.Name)
	if err != nil {
		return ClientKey{}, err
	}
	s.Log.Info("local key made", "client", c.Name)
	return ClientKey{s.showClient(c), key}, nil
}

func (s *Service) clientKey(ctx context.Context, in *idInput) (ClientKey, error) {
	c, err := s.client(in.ID)
	if err != nil {
		return ClientKey{}, err
	}
	if !c.Live() {
		return ClientKey{}, NewProblem(NotFound, fmt.Sprintf("The local key %q was revoked on %s.", c.Name, c.Revoked.Format(time.DateOnly)),
			"`metapi keys add` makes a new one.")
	}
	key, err := s.Accounts.ClientKey(ctx, c.ID)
	return ClientKey{s.showClient(c), key}, err
}

type editClientInput struct {
	ID   string `path:"id"`
	Body EditClient
}

// editClient changes how a client's requests are routed, pins it to an account, pauses it, or takes its requests again, from the next one on.
func (s *Service) editClient(_ context.Context, in *editClientInput) (Client, error) {
	c, err := s.client(in.ID)
	if err != nil {
		return Client{}, err
	}
	if mode := in.Body.Mode; mode != nil {
		if *mode != "" {
			if _, err := routing.ParseMode(*mode); err != nil {
				return Client{}, NewProblem(Invalid, Sentence(err.Error()), "")
			}
		}
		if c, err = s.Accounts.SetClientMode(c.ID, *mode); err != nil {
			return Client{}, err
		}
		s.Log.Info("mode of a client set", "client", c.Name, "mode", c.Mode)
	}
	if pin := in.Body.Pin; pin != nil {
		if c, err = s.Accounts.PinClient(c.ID, *pin); err != nil {
			return Client{}, err
		}
		s.Log.Info("pin of a client set", "client", c.Name, "account", c.Pin)
	}
	if paused := in.Body.Paused; paused != nil {
		why := ""
		if *paused {
			why = "you asked for it"
		}
		if c, err = s.Accounts.PauseClient(c.ID, why); err != nil {
			return Client{}, err
		}
		s.Log.Info("client paused set", "client", c.Name, "paused", *paused)
	}
	return s.showClient(c), nil
}

func (s *Service) revokeClient(ctx context.Context, in *idInput) (Done, error) {
	c, err := s.client(in.ID)
	if err != nil {
		return Done{}, err
	}
	if !c.Live() {
		return Done{fmt.Sprintf("The local key %q was revoked already.", c.Name)}, nil
	}
	err = s.Accounts.RevokeClient(ctx, c.ID)
	if now, again := s.client(c.ID); again == nil && !now.Live() {
		s.Log.Info("local key revoked", "client", c.Name)
		message := fmt.Sprintf("Revoked the local key %q: it opens nothing any more.", c.Name)
		if err != nil { // it is useless all the same
			message = Sentence(err.Error())
		}
		return Done{message}, nil
	}
	return Done{}, err
}

// pinnedTo lists the clients that are pinned to an account.
func (s *Service) pinnedTo(id string) ([]account.Client, error) {
	list, err := s.Accounts.Clients()
	return slices.DeleteFunc(list, func(c account.Client) bool { return c.Pin != id || !c.Live() }), err
}

// pinAgain pins clients to an account that is back, but for those that have been pinned elsewhere, or revoked.
func (s *Service) pinAgain(were []account.Client, id string) error {
	list, err := s.Accounts.Clients()
	for _, c := range list {
		was := slices.ContainsFunc(were, func(w account.Client) bool { return w.ID == c.ID })
		if was && c.Live() && c.Pin == "" && err == nil {
			_, err = s.Accounts.PinClient(c.ID, id)
		}
	}
	return err
}
