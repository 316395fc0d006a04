package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Use is how much of an account the user wants used, and when.
type Use struct {
	Caps     Caps    `yaml:"caps,omitempty" json:"caps,omitzero"`
	Reserve  Reserve `yaml:"reserve,omitempty" json:"reserve,omitzero"`
	Schedule []Hours `yaml:"schedule,omitempty" json:"schedule,omitempty" doc:"Default: always"`
}

// Caps are how much may be used. Requests are never more than the cap; tokens and dollars pass it by no more than the requests that run at once
// take more than was expected of them.
type Caps struct {
	Requests   int64   `yaml:"requests_per_minute,omitempty" json:"requests_per_minute,omitempty" minimum:"0" doc:"Default: no cap"`
	Concurrent int64   `yaml:"concurrent,omitempty" json:"concurrent,omitempty" minimum:"0" doc:"Requests at once. Default: no cap"`
	Tokens     int64   `yaml:"tokens_per_minute,omitempty" json:"tokens_per_minute,omitempty" minimum:"0" doc:"Of prompts and replies. Default: no cap"`
	PerDay     float64 `yaml:"dollars_per_day,omitempty" json:"dollars_per_day,omitempty" minimum:"0" doc:"Default: no cap"`
	PerMonth   float64 `yaml:"dollars_per_month,omitempty" json:"dollars_per_month,omitempty" minimum:"0" doc:"Default: no cap"`
}

// Reserve is what is kept back of the caps.
type Reserve struct {
	Percent  float64  `yaml:"percent,omitempty" json:"percent,omitempty" minimum:"0" maximum:"100" doc:"Of each cap"`
	Requests int64    `yaml:"requests,omitempty" json:"requests,omitempty" minimum:"0" doc:"Of the requests a minute"`
	Dollars  float64  `yaml:"dollars,omitempty" json:"dollars,omitempty" minimum:"0" doc:"Of the dollars of a day and of a month"`
	Clients  []string `yaml:"clients,omitempty" json:"clients,omitempty" doc:"For whom it is kept"`
	Rules    []string `yaml:"rules,omitempty" json:"rules,omitempty" doc:"Or for what: the names of rules"`
}

// Hours are when an account may be used. To at or before From is on the next day.
type Hours struct {
	Days []string `yaml:"days,omitempty" json:"days,omitempty" doc:"The days on which they begin: monday, tuesday, ... Default: every day"`
	From string   `yaml:"from,omitempty" json:"from,omitempty" doc:"Default: 00:00"`
	To   string   `yaml:"to,omitempty" json:"to,omitempty" doc:"Default: 24:00"`
}

func (u *Use) check() error {
	c, r := &u.Caps, &u.Reserve
	if min(c.Requests, c.Concurrent, c.Tokens, r.Requests) < 0 || !(min(c.PerDay, c.PerMonth, r.Dollars, r.Percent) >= 0) {
		return fmt.Errorf("a cap or a reserve may not be less than nothing")
	}
	if kept := r.Percent > 0 || r.Requests > 0 || r.Dollars > 0; kept {
		switch {
		case r.Percent > 100:
			return fmt.Errorf("reserve: percent: may be at most 100")
		case *c == (Caps{}):
			return fmt.Errorf("reserve: there are no caps that it could be a part of")
		case len(r.Clients)+len(r.Rules) == 0:
			return fmt.Errorf("reserve: say for which clients or rules it is kept")
		}
	}
	for _, h := range u.Schedule {
		for _, day := range h.Days {
			if !slices.Contains(weekdays[:], strings.ToLower(day)) {
				return fmt.Errorf("schedule: %q is no day: write it as monday or friday", day)
			}
		}
		for _, at := range [...]string{h.From, h.To} {
			if _, ok := minuteOf(at, 0); !ok {
				return fmt.Errorf("schedule: %q is no time of day: write it as \"09:30\"", at)
			}
		}
	}
	return nil
}

// minuteOf reads a time of day, up to 24:00.
func minuteOf(word string, none int) (minute int, ok bool) {
	if word == "" {
		return none, true
	}
	if word == "24:00" {
		return 24 * 60, true
	}
	at, err := time.Parse("15:04", word)
	return at.Hour()*60 + at.Minute(), err == nil
}

// next says whether an account is in use at a moment, and until when that stays so; zero: for ever.
func next(schedule []Hours, at time.Time) (open bool, until time.Time) {
	year, month, day := at.Date()
	for ahead := -1; ahead <= 8; ahead++ { // a week, and what began yesterday
		for _, h := range schedule {
			begins := time.Date(year, month, day+ahead, 0, 0, 0, 0, at.Location())
			if len(h.Days) > 0 && !slices.ContainsFunc(h.Days, func(d string) bool { return strings.EqualFold(d, weekdays[begins.Weekday()]) }) {
				continue
			}
			first, _ := minuteOf(h.From, 0)
			last, _ := minuteOf(h.To, 24*60)
			if last <= first {
				last += 24 * 60
			}
			// By the clock on the wall, whatever a change to summer time makes of the hours between.
			from := time.Date(year, month, day+ahead, 0, first, 0, 0, at.Location())
			to := time.Date(year, month, day+ahead, 0, last, 0, 0, at.Location())
			switch {
			case !at.Before(to):
			case !at.Before(from):
				if !open || to.After(until) {
					open, until = true, to
				}
			case !open && (until.IsZero() || from.Before(until)):
				until = from
			}
		}
	}
	return open, until
}
