package backend

import (
	"encoding/json"
	"sync/atomic"

	"metapi/backend/control"
	"metapi/backend/gateway"
	"metapi/backend/kept"
	"metapi/backend/routing"
	"metapi/backend/store"
)

// settings holds what the user sets for the whole of Metapi, one record a word.
var (
	modes  = store.NewBucket[routing.Mode]("settings")
	pauses = store.NewBucket[bool]("settings")
	chosen = store.NewBucket[json.RawMessage]("settings")
)

const (
	modeKey   = "mode"
	pausedKey = "paused"
	chosenKey = "settings"
)

// switches keeps the mode and the pause in the store. It implements control.Switches.
type switches struct {
	st    *store.Store
	kept  *kept.Kept   // told of the setting that is its own
	hedge *atomic.Bool // likewise
}

// Mode is the one in force: failover until the user chooses another, or where this version does not know the one chosen.
func (s switches) Mode() (m routing.Mode, err error) {
	err = s.st.View(func(tx *store.Tx) error {
		m, _, err = modes.Get(tx, modeKey)
		return err
	})
	if _, unknown := routing.ParseMode(string(m)); unknown != nil {
		m = routing.Failover
	}
	return m, err
}

func (s switches) SetMode(m routing.Mode) error {
	return s.st.Update(func(tx *store.Tx) error { return modes.Put(tx, modeKey, m) })
}

func (s switches) Paused() (paused bool, err error) {
	err = s.st.View(func(tx *store.Tx) error {
		paused, _, err = pauses.Get(tx, pausedKey)
		return err
	})
	return paused, err
}

func (s switches) SetPaused(paused bool) error {
	return s.st.Update(func(tx *store.Tx) error { return pauses.Put(tx, pausedKey, paused) })
}

// defaults hold until the user chooses otherwise.
var defaults = control.Settings{Port: gateway.DefaultPort, Theme: "system", Language: "system", CloseToTray: true, KeepResponses: true,
	Probe: true, ProbesPerDay: 200, ProbeUSDPerDay: 0.05, Baseline: routing.AtVendor, Runaway: "tell",
	NotifyBudget: true, NotifyKey: true, NotifyFailover: true, NotifyGateway: true, NotifyQuiet: 30,
	AnswerUSD: routing.Usual.Answer, SecondUSD: routing.Usual.Second, Tolerance: routing.Usual.Tolerance}

func (s switches) Settings() (c control.Settings, err error) {
	c = defaults
	err = s.st.View(func(tx *store.Tx) error {
		raw, ok, err := chosen.Get(tx, chosenKey)
		if !ok {
			return err
		}
		return json.Unmarshal(raw, &c) // what an older version did not know keeps its default
	})
	return c, err
}

func (s switches) worth() (routing.Worth, error) {
	c, err := s.Settings()
	return c.Worth(), err
}

func (s switches) SetSettings(c control.Settings) error {
	c.Proxy = "" // is kept by package account, which keeps its password
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	err = s.st.Update(func(tx *store.Tx) error { return chosen.Put(tx, chosenKey, raw) })
	if err != nil {
		return err
	}
	s.hedge.Store(c.Hedge)
	if s.kept.On() != c.KeepResponses {
		s.kept.Switch(c.KeepResponses)
	}
	return nil
}
