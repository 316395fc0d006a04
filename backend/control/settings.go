package control

import (
	"cmp"
	"context"
	"fmt"

	"metapi/backend/catalog"
	"metapi/backend/network"
	"metapi/backend/routing"
)

// Settings are the user's choices that are neither accounts nor routing. They outlive a restart.
type Settings struct {
	Port        int    `json:"port" minimum:"1" maximum:"65535" doc:"Where clients are served on loopback"`
	Theme       string `json:"theme" enum:"system,light,dark"`
	Language    string `json:"language" enum:"system,en,zh-Hans" doc:"Of the window, the tray and notifications; system: the desktop's, where Metapi knows it"`
	CloseToTray bool   `json:"close_to_tray" doc:"Closing the window leaves Metapi running in the tray, where there is one"`
	StartHidden bool   `json:"start_hidden" doc:"Start without a window, where there is a tray"`

	Proxy  string `json:"proxy" doc:"How accounts are reached that have no word of their own: system (or empty), direct, or a proxy's URL; its password is shown as ***"`
	CAFile string `json:"ca_file" doc:"A file of certificates in PEM that are believed beside the system's; empty: none"`

	RefreshPrices bool   `json:"refresh_prices" doc:"Fetch the list of prices once a day"`
	PricesURL     string `json:"prices_url" doc:"Where it is fetched from; empty: where genai-prices publishes it"`

	Hedge bool `json:"hedge" doc:"In latency mode, ask the next account too where the first takes longer than it nearly ever does; both may be billed"`

	AnswerUSD float64 `json:"answer_usd" minimum:"0" maximum:"1000" doc:"What a right answer is worth, in dollars: auto mode weighs it against cost and waiting"`
	SecondUSD float64 `json:"second_usd" minimum:"0" maximum:"10" doc:"What a second of waiting costs, in dollars"`
	Tolerance float64 `json:"tolerance" minimum:"0" maximum:"1" doc:"How good a model must be for cost mode, in terms of the best that could serve; 0: however bad"`

	KeepResponses bool `json:"keep_responses" doc:"Keep replies that tools may continue by their ids, and conversations, on this machine for 30 days; off deletes what was kept"`

	Probe          bool    `json:"probe" doc:"Ask accounts that nobody has asked for long, or that are to be tried again, for their models, while clients are at work"`
	ProbeModels    bool    `json:"probe_models" doc:"Ask models likewise for one token, where their price is known"`
	ProbesPerDay   int     `json:"probes_per_day" minimum:"0" maximum:"100000" doc:"No more probes than this on a day"`
	ProbeUSDPerDay float64 `json:"probe_usd_per_day" minimum:"0" maximum:"1000" doc:"Nor any more that cost something once they have cost this many dollars"`

	Baseline routing.Baseline `json:"baseline" enum:"vendor,dearest,first" doc:"What savings are counted against: the model at its vendor's own price, the dearest that could have served, or the first account in the user's order"`
	Currency string           `json:"currency" pattern:"^([A-Z]{3})?$" doc:"ISO code of the currency in which the pages, the tray and commands show money; empty: US dollars. The API stays in dollars"`
	Rate     float64          `json:"rate" minimum:"0" maximum:"1000000000" doc:"What a dollar is in that currency, as the user says"`
	KeepDays int              `json:"keep_days" minimum:"0" maximum:"36500" doc:"How long requests are kept one by one; 0: for ever. What they came to by the hour stays"`
	Runaway  string           `json:"runaway" enum:"off,tell,pause" doc:"What becomes of a tool that has run away: nothing, a notice, or a notice and a pause"`

	Welcomed bool `json:"welcomed" doc:"The first steps are done, or were skipped: the pages show them no more"`

	NotifyBudget   bool `json:"notify_budget" doc:"Tell at once when a budget is nearly spent, or is"`
	NotifyKey      bool `json:"notify_key" doc:"Tell at once when an account refuses its key, or has no money left"`
	NotifyFailover bool `json:"notify_failover" doc:"Tell at once when requests keep failing over from an account"`
	NotifyGateway  bool `json:"notify_gateway" doc:"Tell at once when tools cannot be served: the port is taken, keys cannot be read, no account can serve"`
	NotifyQuiet    int  `json:"notify_quiet_minutes" minimum:"0" maximum:"1440" doc:"The same is not told again before so many minutes have passed"`
}

// Tells reports whether the user wants to hear of notices of a kind. Those of tools that have run away have a setting of their own.
func (s *Settings) Tells(kind string) bool {
	wanted, known := map[string]bool{"budget": s.NotifyBudget, "key": s.NotifyKey, "failover": s.NotifyFailover, "gateway": s.NotifyGateway}[kind]
	return wanted || !known
}

// Money is how the user wants to see money.
type Money struct {
	Currency string  `json:"currency" doc:"ISO code"`
	Rate     float64 `json:"rate" doc:"What a US dollar is in it"`
}

// Money is how money is to be shown; nil: in dollars.
func (s *Settings) Money() *Money {
	if s.Currency == "" || s.Currency == "USD" || s.Rate <= 0 {
		return nil
	}
	return &Money{s.Currency, s.Rate}
}

// EditSettings is a change of some of them; what is absent stays.
type EditSettings struct {
	Port        *int    `json:"port,omitempty" minimum:"1" maximum:"65535"`
	Theme       *string `json:"theme,omitempty" enum:"system,light,dark"`
	Language    *string `json:"language,omitempty" enum:"system,en,zh-Hans"`
	CloseToTray *bool   `json:"close_to_tray,omitempty"`
	StartHidden *bool   `json:"start_hidden,omitempty"`

	Proxy  *string `json:"proxy,omitempty" doc:"*** as its password keeps the one that is known"`
	CAFile *string `json:"ca_file,omitempty"`

	RefreshPrices *bool   `json:"refresh_prices,omitempty"`
	PricesURL     *string `json:"prices_url,omitempty"`
	Hedge         *bool   `json:"hedge,omitempty"`
	KeepResponses *bool   `json:"keep_responses,omitempty"`

	Probe          *bool    `json:"probe,omitempty"`
	ProbeModels    *bool    `json:"probe_models,omitempty"`
	ProbesPerDay   *int     `json:"probes_per_day,omitempty" minimum:"0" maximum:"100000"`
	ProbeUSDPerDay *float64 `json:"probe_usd_per_day,omitempty" minimum:"0" maximum:"1000"`

	Baseline *routing.Baseline `json:"baseline,omitempty" enum:"vendor,dearest,first"`
	Currency *string           `json:"currency,omitempty" pattern:"^([A-Z]{3})?$"`
	Rate     *float64          `json:"rate,omitempty" minimum:"0" maximum:"1000000000"`
	KeepDays *int              `json:"keep_days,omitempty" minimum:"0" maximum:"36500"`
	Runaway  *string           `json:"runaway,omitempty" enum:"off,tell,pause"`
	Welcomed *bool             `json:"welcomed,omitempty"`

	NotifyBudget   *bool `json:"notify_budget,omitempty"`
	NotifyKey      *bool `json:"notify_key,omitempty"`
	NotifyFailover *bool `json:"notify_failover,omitempty"`
	NotifyGateway  *bool `json:"notify_gateway,omitempty"`
	NotifyQuiet    *int  `json:"notify_quiet_minutes,omitempty" minimum:"0" maximum:"1440"`

	AnswerUSD *float64 `json:"answer_usd,omitempty" minimum:"0" maximum:"1000"`
	SecondUSD *float64 `json:"second_usd,omitempty" minimum:"0" maximum:"10"`
	Tolerance *float64 `json:"tolerance,omitempty" minimum:"0" maximum:"1"`
}

func (e EditSettings) apply(to *Settings) {
	set(&to.Port, e.Port)
	set(&to.Theme, e.Theme)
	set(&to.Language, e.Language)
	set(&to.CloseToTray, e.CloseToTray)
	set(&to.StartHidden, e.StartHidden)
	set(&to.Hedge, e.Hedge)
	set(&to.Welcomed, e.Welcomed)
	set(&to.AnswerUSD, e.AnswerUSD)
	set(&to.SecondUSD, e.SecondUSD)
	set(&to.Tolerance, e.Tolerance)
	set(&to.KeepResponses, e.KeepResponses)
	set(&to.CAFile, e.CAFile)
	set(&to.RefreshPrices, e.RefreshPrices)
	set(&to.PricesURL, e.PricesURL)
	set(&to.Probe, e.Probe)
	set(&to.ProbeModels, e.ProbeModels)
	set(&to.ProbesPerDay, e.ProbesPerDay)
	set(&to.ProbeUSDPerDay, e.ProbeUSDPerDay)
	set(&to.Baseline, e.Baseline)
	set(&to.Currency, e.Currency)
	set(&to.Rate, e.Rate)
	set(&to.KeepDays, e.KeepDays)
	set(&to.Runaway, e.Runaway)
	set(&to.NotifyBudget, e.NotifyBudget)
	set(&to.NotifyKey, e.NotifyKey)
	set(&to.NotifyFailover, e.NotifyFailover)
	set(&to.NotifyGateway, e.NotifyGateway)
	set(&to.NotifyQuiet, e.NotifyQuiet)
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
	if then.Currency != "" && then.Currency != "USD" && !(then.Rate > 0) {
		return now, NewProblem(Invalid, "There is no rate for "+then.Currency+".", "Give what one US dollar is in it, such as 0.92.")
	}
	if then.CAFile != now.CAFile {
		if err := s.checkCertificates(&then.CAFile); err != nil {
			return now, err
		}
	}
	if then.PricesURL != now.PricesURL && then.PricesURL != "" {
		if err := catalog.CheckListAddress(then.PricesURL); err != nil {
			return now, NewProblem(Invalid, Sentence(err.Error()), "Leave it empty for where genai-prices publishes its list.")
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
	s.Lists.Kick()
	s.Events.Changed(TopicSettings, TopicStatus)
	move(true)
	if then.KeepDays != now.KeepDays {
		s.Tidy()
	}
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
