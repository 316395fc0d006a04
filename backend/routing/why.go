package routing

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why says in a sentence or two why the first candidate of a record came first, or why nobody could serve. name is what an account is called. It is
// the one place where that is put into words: the request's page, the Explain page and the command line all show it.
func (r *Record) Why(name func(account string) string) string {
	w := why{r, name, len(r.Candidates) > 1 && slices.ContainsFunc(r.Candidates[1:], func(f Figure) bool { return f.Account == r.Candidates[0].Account })}
	if len(r.Candidates) == 0 {
		switch {
		case r.State == Running:
			return "It still runs; how it was decided is kept once it has ended."
		case len(r.Excluded) == 0:
			return ""
		}
		return w.lead() + "Nobody could serve: " + w.excluded() + "."
	}
	first := &r.Candidates[0]
	text := w.lead() + w.called(first) + ": " + w.reason(first, r.Candidates[1:]) + "."
	if n := len(r.Attempts); n > 0 && r.Attempts[n-1].Deployment != first.Deployment {
		served := r.Attempts[n-1]
		happened := " It could not serve after all; %s was asked then."
		if slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.Kind == Hedged && a.Deployment == first.Deployment }) {
			happened = " It took longer than it nearly ever does; %s was asked, too, and answered sooner."
		}
		text += fmt.Sprintf(happened, w.called(&Figure{Deployment: served.Deployment, Account: served.Account, Upstream: served.Upstream}))
	}
	return text
}

type why struct {
	*Record
	name   func(string) string
	models bool // an account is among them with several models
}

func (w *why) called(f *Figure) string {
	if w.models {
		return w.name(f.Account) + " (" + f.Upstream + ")"
	}
	return w.name(f.Account)
}

// lead says that the user has chosen the account, or a spent budget the mode.
func (w *why) lead() string {
	switch {
	case w.Pinned != "" && len(w.Candidates) == 1:
		return "This tool is pinned to one account. "
	case w.Pinned != "":
		return "This tool is pinned to " + w.name(w.Pinned) + ". "
	}
	for _, rule := range w.Rules {
		if budget, ok := strings.CutPrefix(rule, "budget: "); ok {
			return fmt.Sprintf("Since the budget %q is spent, whoever costs least serves. ", budget)
		}
	}
	return ""
}

// mostNamed is how many others a sentence names.
const mostNamed = 3

func (w *why) excluded() string {
	var list []string
	left := w.Excluded
	if w.Pinned != "" { // of the others nothing is to be said
		left = slices.DeleteFunc(slices.Clone(left), func(x Excluded) bool { return x.Account != w.Pinned })
	}
	for i, x := range left {
		if i == mostNamed {
			list = append(list, fmt.Sprintf("and %d more", len(left)-i))
			break
		}
		list = append(list, w.name(x.Account)+": "+x.Reason)
	}
	return strings.Join(list, "; ")
}

func (w *why) reason(first *Figure, others []Figure) string {
	if len(others) == 0 {
		if w.Pinned != "" {
			return "no other is asked"
		}
		if len(w.Excluded) == 0 {
			return "the only account that offers it"
		}
		return "the only one that could serve. Left out: " + w.excluded()
	}
	mode := w.Mode
	if w.Asked == "" {
		mode = Failover
	}
	own, against := "first by the mode "+string(mode), func(*Figure) string { return "" }
	switch mode {
	case Failover:
		if own = "the first in your order"; len(w.Excluded) > 0 {
			own = "the first in your order of those that could serve"
		}
		if first.Pool != "" && others[0].Pool == first.Pool && others[0].Place == first.Place {
			own = fmt.Sprintf("its pool %q is the first in your order; of the pool %s", first.Pool, spread(first))
			against = func(f *Figure) string {
				if f.Pool != first.Pool {
					return ""
				}
				return w.busy(f)
			}
		}
		if len(w.Excluded) > 0 {
			own += ". Left out: " + w.excluded()
		}
	case Balance:
		own, against = spread(first), w.busy
	case Fastest:
		own = "19 of 20 answers within " + seconds(first.Wait)
		against = func(f *Figure) string { return w.slower(first, f) }
	case Cheapest:
		own = "about " + amount(first.Cost)
		if !first.Priced {
			own = "its price is not known, and nor is any other"
		}
		against = func(f *Figure) string { return w.dearer(first, f) }
	case Best:
		own, against = percent(first.Quality)+" of its answers are expected to be good", func(f *Figure) string {
			if f.Quality >= first.Quality-hair {
				return w.dearer(first, f)
			}
			return fmt.Sprintf("%s of those of %s", percent(f.Quality), w.called(f))
		}
	case Auto:
		own = "an answer is worth about " + signed(first.Utility) + ", less what it costs and the wait"
		against = func(f *Figure) string { return fmt.Sprintf("one of %s is worth %s", w.called(f), signed(f.Utility)) }
	}
	parts := []string{own}
	for i := range others[:min(len(others), mostNamed)] {
		if text := against(&others[i]); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// spread says why balance took one.
func spread(first *Figure) string {
	if first.Cached >= stays {
		return fmt.Sprintf("its cache holds %s tokens of this session, and it is not much busier than others, with %d running", thousands(first.Cached), first.InFlight)
	}
	return fmt.Sprintf("of two drawn at random the less busy, with %d running", first.InFlight)
}

func (w *why) busy(f *Figure) string {
	return fmt.Sprintf("%s has %d running", w.called(f), f.InFlight)
}

func (w *why) slower(first, f *Figure) string {
	if f.Wait < first.Wait {
		return fmt.Sprintf("%s is quicker, with %s, but fails %s of the time", w.called(f), seconds(f.Wait), percent(f.Failing))
	}
	return fmt.Sprintf("those of %s within %s", w.called(f), seconds(f.Wait))
}

// muchCached is from how many tokens on a cache is worth a word.
const muchCached = 1000

func (w *why) dearer(first, f *Figure) string {
	lost := first.Cached - f.Cached
	switch {
	case !first.Priced:
		return ""
	case !f.Priced:
		return "what " + w.called(f) + " costs is not known"
	case f.Tier > first.Tier:
		return fmt.Sprintf("%s would cost %s, but serves only where none of the others can", w.called(f), amount(f.Cost))
	case lost >= muchCached && (f.Cost < first.Cost || f.Price > 0 && f.Price < first.Price):
		return fmt.Sprintf("%s is cheaper but would lose %s cached tokens", w.called(f), thousands(lost))
	case f.Cost < first.Cost && f.Cost+f.Later > first.Cost+first.Later:
		return fmt.Sprintf("%s would cost %s, but more over the turns to come", w.called(f), amount(f.Cost))
	case f.Cost < first.Cost && 0 < f.Quality && f.Quality < first.Quality-hair:
		return fmt.Sprintf("%s would cost %s, but only %s of its answers are expected to be good, not %s", w.called(f), amount(f.Cost), percent(f.Quality), percent(first.Quality))
	case f.Cost < first.Cost && f.Failing > first.Failing:
		return fmt.Sprintf("%s would cost %s, but fails %s of the time", w.called(f), amount(f.Cost), percent(f.Failing))
	}
	return fmt.Sprintf("%s would cost %s", w.called(f), amount(f.Cost))
}

// amount is dollars with as many places as it takes to see them.
func amount(usd float64) string {
	places := 2
	switch {
	case usd == 0:
		return "$0"
	case usd < 0.00005:
		return "under $0.0001"
	case usd < 0.1:
		places = 4
	case usd < 1:
		places = 3
	}
	text := strconv.FormatFloat(usd, 'f', places, 64)
	for len(text) > len("0.00") && places > 2 && text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	return "$" + text
}

func signed(usd float64) string {
	if usd < 0 {
		return "-" + amount(-usd)
	}
	return amount(usd)
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func percent(share float64) string {
	if share < 0.01 {
		return "under 1 %"
	}
	return fmt.Sprintf("%.0f %%", math.Round(100*share))
}

func thousands(n int64) string { return fmt.Sprintf("%dk", (n+500)/1000) }
