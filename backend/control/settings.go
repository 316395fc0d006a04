package control

import (
	"cmp"
	"context"
	"fmt"

	"metapi/backend/network"
	"metapi/backend/routing"
)

// Settings are the user's choices that are neither accounts nor routing. They outlive a restart.
type Settings struct {
	Port        int    `json:"port" minimum:"1" maximum:"65535" doc:"Where clients are served on loopback"`
	Theme       string `json:"theme" enum:"system,light,dark"`
	CloseToTray bool   `json:"close_to_tray" doc:"Closing the window leaves Metapi running in the tray, where there is one"`
	StartHidden bool   `json:"start_hidden" doc:"Start without a window, where there is a tray"`

	Proxy  string `json:"proxy" doc:"How accounts are reached that have no word of their own: system (or empty), direct, or a proxy's URL; its password is shown as ***"`
	CAFile string `json:"ca_file" doc:"A file of certificates in PEM that are believed beside the system's; empty: none"`

	AnswerUSD float64 `json:"answer_usd" minimum:"0" maximum:"1000" doc:"What a right answer is worth, in dollars: auto mode weighs it against cost and waiting"`
	SecondUSD float64 `json:"second_usd" minimum:"0" maximum:"10" doc:"What a second of waiting costs, in dollars"`
	Tolerance float64 `json:"tolerance" minimum:"0" maximum:"1" doc:"How good a model must be for cost mode, in terms of the best that could serve; 0: however bad"`

	KeepResponses bool `json:"keep_responses" doc:"Keep replies that tools may continue by their ids, and conversations, on this machine for 30 days; off deletes what was kept"`
}

// EditSettings is a change of some of them; what is absent stays.
type EditSettings struct {
	Port        *int    `json:"port,omitempty" minimum:"1" maximum:"65535"`
	Theme       *string `json:"theme,omitempty" enum:"system,light,dark"`
	CloseToTray *bool   `json:"close_to_tray,omitempty"`
	StartHidden *bool   `json:"start_hidden,omitempty"`

	Proxy  *string `json:"proxy,omitempty" doc:"*** as its password keeps the one that is known"`
	CAFile *string `json:"ca_file,omitempty"`

	AnswerUSD *float64 `json:"answer_usd,omitempty" minimum:"0" maximum:"1000"`
	SecondUSD *float64 `json:"second_usd,omitempty" minimum:"0" maximum:"10"`
	Tolerance *float64 `json:"tolerance,omitempty" minimum:"0" maximum:"1"`

	KeepResponses *bool `json:"keep_responses,omitempty"`
}

func (e EditSettings) apply(to *Settings) {
	set(&to.Port, e.Port)
	set(&to.Theme, e.Theme)
	set(&to.CloseToTray, e.CloseToTray)
	set(&to.StartHidden, e.StartHidden)
	set(&to.AnswerUSD, e.AnswerUSD)
	set(&to.SecondUSD, e.SecondUSD)
	set(&to.Tolerance, e.Tolerance)
	set(&to.KeepResponses, e.KeepResponses)
	set(&to.CAFile, e.CAFile)
}

// Worth is what things are worth to the user, as routing has it.
func (s *Settings) Worth() routing.Worth {
	return routing.Worth{Answer: s.AnswerUSD, Second: s.SecondUSD, Tolerance: s.Tolerance}
}

func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

func (s *Service) settings(context.Context, *nothing) (Settings, error) { return s.allSettings() }

// allSettings are the settings with the one that package account keeps.
func (s *Service) allSettings() (Settings, error) {
	all, err := s.Switches.Settings()
	if err != nil {
		return all, err
	}
	p, err := s.Accounts.DefaultProxy()
	all.Proxy = cmp.Or(p.String(), network.System)
	return all, err
}

type editSettingsInput struct{ Body EditSettings }

// editSettings changes settings. A new port is taken at once: where it cannot be had, nothing changes.
func (s *Service) editSettings(ctx context.Context, in *editSettingsInput) (Settings, error) {
	s.editing.Lock()
	defer s.editing.Unlock()
	now, err := s.allSettings()
	if err != nil {
		return now, err
	}
	then := now
	in.Body.apply(&then)
	if then.CAFile != now.CAFile {
		if err := s.checkCertificates(&then.CAFile); err != nil {
			return now, err
		}
	}
	move := func(bool) {}
	if server := s.serving(); then.Port != now.Port && server != nil {
		if move, err = server.Move(then.Port); err != nil {
			return now, err
		}
	}
	if p := in.Body.Proxy; p != nil && *p != now.Proxy {
		if then.Proxy, err = s.setDefaultProxy(ctx, *p); err != nil {
			move(false)
			return now, err
		}
		now.Proxy = then.Proxy
	}
	if then == now {
		return now, nil
	}
	if err := s.Switches.SetSettings(then); err != nil {
		move(false)
		return now, err
	}
	if then.CAFile != now.CAFile {
		if err := s.Network.Trust(then.CAFile); err != nil { // the file has just changed: told as trouble
			s.Log.Warn("certificates cannot be used", "file", then.CAFile, "error", err)
		}
	}
	s.Log.Info("settings changed", "settings", fmt.Sprintf("%+v", then))
	s.Events.Changed(TopicSettings, TopicStatus)
	move(true)
	if then.Port != now.Port || then.Worth() != now.Worth() {
		s.Changed() // wakes who waits for a port, and has the next request weighed anew
	}
	return then, nil
}

// setDefaultProxy changes the proxy of all accounts without a word of their own, and returns it as it is shown.
func (s *Service) setDefaultProxy(ctx context.Context, entered string) (string, error) {
	if err := s.Accounts.SetDefaultProxy(ctx, entered); err != nil {
		return "", err
	}
	fresh, err := s.Accounts.DefaultProxy()
	if err != nil {
		return "", err
	}
	s.Log.Info("settings changed", "proxy", fresh.String())
	s.Events.Changed(TopicSettings, TopicStatus)
	return cmp.Or(fresh.String(), network.System), nil
}
