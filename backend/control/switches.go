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
	return Paused{paused}, nil
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
