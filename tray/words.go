package tray

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"metapi/backend/control/client"
	"metapi/backend/words"
	"metapi/tray/menu"
)

// dollars shows money briefly: cents, or two digits where there are no cents.
func dollars(usd float64) string { return "$" + digits(usd) }

// shown is dollars, but in the currency that the user has chosen.
func shown(usd float64, m *client.Money) string {
	if m == nil {
		return dollars(usd)
	}
	return m.Currency + " " + digits(usd*m.Rate)
}

func digits(usd float64) string {
	if usd <= 0 || usd >= 0.095 {
		return fmt.Sprintf("%.2f", math.Max(usd, 0))
	}
	for places := 2; places < 6; places++ {
		if usd >= 0.95*math.Pow10(1-places) {
			return fmt.Sprintf("%.*f", places, usd)
		}
	}
	return fmt.Sprintf("%.6f", usd)
}

// brief shows a number briefly: 940, 12 K, 2.1 M.
func brief(n int64) string {
	f := float64(n)
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "K"}} {
		// What would be rounded up to 1000 of a unit is shown as 1.0 of the next.
		if f >= unit.size*0.9995 && n >= 1000 {
			if v := f / unit.size; v < 9.95 {
				return fmt.Sprintf("%.1f %s", v, unit.name)
			}
			return fmt.Sprintf("%.0f %s", f/unit.size, unit.name)
		}
	}
	return fmt.Sprint(n)
}

// today says what was used since midnight. It claims no more than is known: "about" where Metapi counted tokens itself, "at least" where some
// cost is not known.
func today(f *client.Figures, m *client.Money) string {
	switch {
	case f == nil:
		return "Today's use is not known"
	case f.Requests == 0:
		return "No requests today"
	}
	n := f.Input + f.CacheRead + f.CacheWrite + f.Output
	used := brief(n) + " tokens"
	if n == 1 {
		used = "1 token"
	}
	if f.TokensEstimated > 0 {
		used = "about " + used
	}
	cost := shown(f.CostUSD, m)
	if f.Compared > 0 && f.SavedUSD >= leastSaved {
		cost += " (saved " + shown(f.SavedUSD, m) + ")"
	}
	if m != nil {
		used = "at " + strconv.FormatFloat(m.Rate, 'f', -1, 64) + " for $1 · " + used
	}
	switch {
	case f.CostUnknown > 0 && f.CostUSD <= 0:
		return "Today " + used + ", cost unknown"
	case f.CostUnknown > 0 && f.CostEstimated > 0:
		return "Today about " + cost + " or more · " + used
	case f.CostUnknown > 0:
		return "Today at least " + cost + " · " + used
	case f.CostEstimated > 0:
		return "Today about " + cost + " · " + used
	default:
		return "Today " + cost + " · " + used
	}
}

// leastSaved is what is worth telling, in dollars.
const leastSaved = 0.005

// standing says in a line how an account stands.
func standing(a client.AccountStanding, zone *time.Location) string {
	why := a.Reason
	switch a.State {
	case "ready":
		why = "ready"
	case "paused":
		why = "paused"
	case "cooling":
		why = "cooling"
		if !a.Until.IsZero() {
			why = "cooling until " + clock(a.Until, zone)
		}
	case "blocked":
		why = "blocked"
		if a.Reason != "" {
			why = "blocked - " + a.Reason
		}
	case "no-models":
		why = "no models"
		if a.Reason != "" {
			why = "no models - " + a.Reason
		}
	}
	return a.Slug + ": " + why
}

func clock(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.Local
	}
	return t.In(zone).Format("15:04")
}

// How long titles and the tooltip are at most.
const (
	titleLength   = 90
	tooltipLength = 120
)

// spoken is a menu in the user's language, cut to what can be shown.
func (s *State) spoken(m menu.Menu) menu.Menu {
	language := words.Of(s.Language)
	for i := range m.Items {
		m.Items[i].Title = line(words.Say(language, m.Items[i].Title), titleLength)
	}
	m.Tooltip = line(words.Say(language, m.Tooltip), tooltipLength)
	return m
}

// line makes a title of a text from elsewhere: one line of printable characters, cut to a number of them.
func line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s)
	s = strings.TrimRight(strings.Join(strings.Fields(s), " "), " .。")
	if r := []rune(s); len(r) > most {
		s = strings.TrimRight(string(r[:most-1]), " ,.;:-，。；：") + "…"
	}
	return s
}

// sentence begins a text with a capital letter.
func sentence(s string) string {
	for i, r := range s {
		return string(unicode.ToUpper(r)) + s[i+len(string(r)):]
	}
	return s
}
