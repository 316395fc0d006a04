package control

import (
	"context"
	"fmt"
)

// Settings are the user's choices that are neither accounts nor routing. They outlive a restart.
type Settings struct {
	Port        int    `json:"port" minimum:"1" maximum:"65535" doc:"Where clients are served on loopback"`
	Theme       string `json:"theme" enum:"system,light,dark"`
	CloseToTray bool   `json:"close_to_tray" doc:"Closing the window leaves Metapi running in the tray, where there is one"`
	StartHidden bool   `json:"start_hidden" doc:"Start without a window, where there is a tray"`

	KeepResponses bool `json:"keep_responses" doc:"Keep replies that tools may continue by their ids, and conversations, on this machine for 30 days; off deletes what was kept"`
}

// EditSettings is a change of some of them; what is absent stays.
type EditSettings struct {
	Port        *int    `json:"port,omitempty" minimum:"1" maximum:"65535"`
	Theme       *string `json:"theme,omitempty" enum:"system,light,dark"`
	CloseToTray *bool   `json:"close_to_tray,omitempty"`
	StartHidden *bool   `json:"start_hidden,omitempty"`

	KeepResponses *bool `json:"keep_responses,omitempty"`
}

func (e EditSettings) apply(to *Settings) {
	set(&to.Port, e.Port)
	set(&to.Theme, e.Theme)
	set(&to.CloseToTray, e.CloseToTray)
	set(&to.StartHidden, e.StartHidden)
	set(&to.KeepResponses, e.KeepResponses)
}

func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

func (s *Service) settings(context.Context, *nothing) (Settings, error) { return s.Switches.Settings() }

type editSettingsInput struct{ Body EditSettings }

// editSettings changes settings. A new port is taken at once: where it cannot be had, nothing changes.
func (s *Service) editSettings(_ context.Context, in *editSettingsInput) (Settings, error) {
	s.editing.Lock()
	defer s.editing.Unlock()
	now, err := s.Switches.Settings()
	if err != nil {
		return now, err
	}
	then := now
	in.Body.apply(&then)
	if then == now {
		return now, nil
	}
	move := func(bool) {}
	if server := s.serving(); then.Port != now.Port && server != nil {
		if move, err = server.Move(then.Port); err != nil {
			return now, err
		}
	}
	if err := s.Switches.SetSettings(then); err != nil {
		move(false)
		return now, err
	}
	s.Log.Info("settings changed", "settings", fmt.Sprintf("%+v", then))
	s.Events.Changed(TopicSettings, TopicStatus)
	move(true)
	if then.Port != now.Port {
		s.Changed() // wakes who waits for a port
	}
	return then, nil
}
