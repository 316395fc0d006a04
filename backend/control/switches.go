package control

import (
	"context"

	"metapi/backend/routing"
)

func (s *Service) mode(context.Context, *nothing) (ModeInfo, error) {
	m, err := s.Switches.Mode()
	return ModeInfo{m, Modes()}, err
}

type modeInput struct {
	Body struct {
		Mode string `json:"mode"`
	}
}

// setMode puts a mode in force for the next request.
func (s *Service) setMode(_ context.Context, in *modeInput) (ModeInfo, error) {
	m, err := routing.ParseMode(in.Body.Mode)
	if err != nil {
		return ModeInfo{}, NewProblem(Invalid, Sentence(err.Error()), "")
	}
	if err := s.Switches.SetMode(m); err != nil {
		return ModeInfo{}, err
	}
	s.Log.Info("mode set", "mode", m)
	s.Changed()
	s.Events.Changed(TopicStatus)
	return ModeInfo{m, Modes()}, nil
}

func (s *Service) pause(context.Context, *nothing) (Paused, error)  { return s.setPaused(true) }
func (s *Service) resume(context.Context, *nothing) (Paused, error) { return s.setPaused(false) }

func (s *Service) setPaused(paused bool) (Paused, error) {
	if err := s.Switches.SetPaused(paused); err != nil {
		return Paused{}, err
	}
	s.Log.Info("paused set", "paused", paused)
	s.Changed()
	s.Events.Changed(TopicStatus)
	return Paused{paused}, nil
}

type unlockInput struct {
	Body struct {
		Passphrase string `json:"passphrase" minLength:"1"`
	}
}

// unlock opens the encrypted file of secrets, or makes one where this machine has no keychain and none is there.
func (s *Service) unlock(_ context.Context, in *unlockInput) (Status, error) {
	if err := s.Unlock(in.Body.Passphrase); err != nil {
		return Status{}, err
	}
	s.Log.Info("secrets opened", "keychain", s.Keychain.Describe())
	s.Changed()
	s.Events.Changed(TopicStatus, TopicAccounts)
	return s.Status()
}

// Link is an address for a browser.
type Link struct {
	URL string `json:"url" doc:"Opens the pages in a browser, once, within ten minutes"`
}

// link makes a link for a browser.
func (s *Service) link(context.Context, *nothing) (Link, error) {
	server := s.serving()
	if server == nil {
		return Link{}, NewProblem(Unavailable, "No Metapi is running here.", "Start it with `metapi serve --ui`.")
	}
	if server.Link == nil {
		return Link{}, NewProblem(Unavailable, "This instance does not serve the pages to browsers.", "Start it with `metapi serve --ui`.")
	}
	return Link{server.Link()}, nil
}

// shutdown begins the end of the running instance; running requests end first.
func (s *Service) shutdown(context.Context, *nothing) (Done, error) {
	server := s.serving()
	if server == nil {
		return Done{}, NewProblem(Unavailable, "No Metapi is running on this data folder.", "")
	}
	s.Log.Info("shutdown asked for")
	server.Stop()
	return Done{"Shutting down."}, nil
}
