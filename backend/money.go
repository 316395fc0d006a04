package backend

import (
	"context"
	"fmt"
	"sync"
	"time"

	"metapi/backend/control"
	"metapi/backend/ledger"
	"metapi/backend/ledger/budget"
	"metapi/backend/ledger/runaway"
	"metapi/backend/routing"
)

// budgetNotice tells that a budget is nearly spent, or is.
func (b *Backend) budgetNotice(n budget.Notice) {
	notice := control.Notice{ID: "budget:" + n.Name, Kind: "budget", Page: "/costs"}
	amount := b.shown(n.USD)
	switch {
	case n.Percent < 100:
		notice.Title = fmt.Sprintf("80 %% of the budget %q is spent", n.Name)
		notice.Text = fmt.Sprintf("It is %s for the %s.", amount, n.Period)
	case n.Hard:
		notice.Title = fmt.Sprintf("The budget %q is spent", n.Name)
		notice.Text = fmt.Sprintf("Its requests are refused until %s. Raise it under Costs.", n.Until.Format("2 January 15:04"))
	default:
		notice.Title = fmt.Sprintf("The budget %q is spent", n.Name)
		notice.Text = fmt.Sprintf("It was %s for the %s. Until %s whoever costs less serves.", amount, n.Period, n.Until.Format("2 January 15:04"))
	}
	b.notices.tell(notice)
	b.events.Changed(control.TopicStatus)
}

// shown is an amount as the user wants to see it.
func (b *Backend) shown(usd float64) string {
	set, err := b.switches().Settings()
	if m := set.Money(); err == nil && m != nil {
		return fmt.Sprintf("%.2f %s", usd*m.Rate, m.Currency)
	}
	return fmt.Sprintf("$%.2f", usd)
}

// guard watches for tools that have run away.
type guard struct {
	runaway.Guard
	mu    sync.Mutex // guards what follows
	usual map[string]int64
}

// usualDays is over how many days a client's habits are looked at.
const usualDays = 14

// watch takes in a request that has ended.
func (g *guard) watch(r *routing.Record, body []byte) {
	g.Watch(runaway.Request{Client: r.Client, Session: r.Session, At: r.End, Body: body, Fresh: ledger.Fresh(&ledger.Totals{Usage: r.Usage}), Output: r.Usage.Output})
}

func (g *guard) busiest(client string) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.usual[client]
}

// learn looks at what clients usually use.
func (g *guard) learn(l *ledger.Ledger) error {
	usual, err := l.Busiest(time.Now().AddDate(0, 0, -usualDays))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.usual = usual
	return err
}

// runAway does what the user has chosen for a tool that has run away. It is called while a request settles: what takes time is done apart.
func (b *Backend) runAway(a runaway.Alarm) { go b.alarm(a) }

func (b *Backend) alarm(a runaway.Alarm) {
	set, err := b.switches().Settings()
	if err != nil || set.Runaway == "off" {
		return
	}
	notice := control.Notice{ID: "runaway:" + a.Client, Kind: "runaway", Page: "/tools", Client: a.Client, Text: "It has sent " + a.Why + "."}
	name := a.Client
	if list, err := b.accounts.Clients(); err == nil {
		for _, c := range list {
			if c.ID == a.Client {
				name = c.Name
			}
		}
	}
	notice.Title = name + " may have run away"
	if set.Runaway == "pause" {
		if _, err := b.accounts.PauseClient(a.Client, "it has sent "+a.Why); err != nil {
			b.log.Error("a tool that has run away was not paused", "client", name, "error", err)
		} else {
			notice.Title = name + " has run away, and is paused"
			notice.Text += " Its requests are refused until you resume it."
		}
	}
	b.log.Warn("a tool may have run away", "client", name, "why", a.Why, "then", set.Runaway)
	b.notices.tell(notice)
}

const (
	tidyEvery = time.Hour
	tidyPause = 50 * time.Millisecond // between two transactions: whoever waits to write comes first
)

// tidy forgets requests that are older than the user wants them kept, and looks at what clients usually use.
func (b *Backend) tidy(ctx context.Context) {
	for wait := time.Minute; ; wait = tidyEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		case <-b.tidyNow:
		}
		if err := b.guard.learn(b.ledger); err != nil {
			b.log.Warn("what clients usually use cannot be read", "error", err)
		}
		if err := b.forget(ctx); err != nil {
			b.log.Warn("old requests cannot be forgotten", "error", err)
		}
	}
}

// tidySoon has old requests forgotten at once.
func (b *Backend) tidySoon() {
	select {
	case b.tidyNow <- struct{}{}:
	default:
	}
}

// forget forgets what is older than the settings say, a little at a time.
func (b *Backend) forget(ctx context.Context) error {
	set, err := b.switches().Settings()
	if err != nil || set.KeepDays == 0 {
		return err
	}
	before := time.Now().AddDate(0, 0, -set.KeepDays)
	for more := true; more && err == nil && ctx.Err() == nil; {
		more, err = b.ledger.Prune(before)
		select {
		case <-ctx.Done():
		case <-time.After(tidyPause):
		}
	}
	return err
}
