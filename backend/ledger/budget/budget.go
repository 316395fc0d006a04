package budget

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
)

// Scope says whose spending a budget is for.
type Scope string

const (
	Total   Scope = "total"
	Client  Scope = "client"
	Account Scope = "account"
	Model   Scope = "model"
)

// Period is how long a budget is for: a day, a week from Monday on, or a month, by this machine's calendar.
type Period string

const (
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

// begins is when the period that t is in began.
func (p Period) begins(t time.Time) time.Time {
	t = t.Local()
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.Local)
	switch p {
	case Week:
		return day.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case Month:
		return day.AddDate(0, 0, 1-t.Day())
	}
	return day
}

// ends is when a period ends that began at a time.
func (p Period) ends(begin time.Time) time.Time {
	switch p {
	case Week:
		return begin.AddDate(0, 0, 7)
	case Month:
		return begin.AddDate(0, 1, 0)
	}
	return begin.AddDate(0, 0, 1)
}

// Budget is an amount that may be spent in a period.
type Budget struct {
	Name   string  `json:"name"`
	Scope  Scope   `json:"scope"`
	Of     string  `json:"of,omitempty"` // the id of the client or account, or the canonical model; "" for the total
	Period Period  `json:"period"`
	USD    float64 `json:"usd"`
	Hard   bool    `json:"hard"` // requests are refused once it is spent
}

// mostUSD bounds a budget, and what one attempt may hold: their sum fits in nano.
const mostUSD = 1e9

// Check judges a budget. The error names the field.
func (b *Budget) Check() error {
	switch {
	case strings.TrimSpace(b.Name) == "" || len(b.Name) > 80:
		return fmt.Errorf("name: give it a name of at most 80 letters")
	case !slices.Contains([]Scope{Total, Client, Account, Model}, b.Scope):
		return fmt.Errorf("scope: choose total, client, account or model")
	case (b.Of == "") != (b.Scope == Total):
		return fmt.Errorf("of: name the %s whose spending it is for", b.Scope)
	case !slices.Contains([]Period{Day, Week, Month}, b.Period):
		return fmt.Errorf("period: choose day, week or month")
	case !(b.USD >= 0 && b.USD <= mostUSD):
		return fmt.Errorf("usd: give an amount of dollars, from 0 on")
	}
	return nil
}

// Use is who spends what.
type Use struct{ Client, Account, Model string }

func (b *Budget) concerns(u Use) bool {
	switch b.Scope {
	case Client:
		return b.Of == u.Client
	case Account:
		return b.Of == u.Account
	case Model:
		return b.Of == u.Model
	}
	return true
}

// Standing is how a budget does.
type Standing struct {
	Budget
	Spent float64   `json:"spent"` // dollars, in the period
	Held  float64   `json:"held"`  // dollars that running requests may still cost
	Until time.Time `json:"until"` // when the next period begins
}

// Notice says that a budget has come near its end, or to it.
type Notice struct {
	Budget
	Percent int // 80 or 100
	Until   time.Time
}

// levels are the shares of a budget whose spending is told, once a period.
var levels = []int{80, 100}

// Over says that a hard budget is spent.
type Over struct {
	Budget
	Until time.Time
	Held  bool // not spent yet, but held by requests that run
}

func (o *Over) Error() string { return fmt.Sprintf("the budget %q is spent", o.Name) }

// Client is the error that the client is told.
func (o *Over) Client(now time.Time) *protocol.Error {
	if o.Held {
		return &protocol.Error{Kind: protocol.RateLimited, RetryAfter: 5 * time.Second,
			Message: fmt.Sprintf("what is left of the budget %q is held by requests that are running; try again when they have ended, or raise it in Metapi's window, under Costs, or with `metapi budgets set`", o.Name)}
	}
	return &protocol.Error{Kind: protocol.OutOfMoney, RetryAfter: o.Until.Sub(now),
		Message: fmt.Sprintf("the budget %q is spent: $%.2f for the %s; raise it in Metapi's window, under Costs, or with `metapi budgets set`, or wait until %s", o.Name, o.USD, o.Period, o.Until.Format("2 January 15:04"))}
}

// Spent reads from the ledger what has been spent under a budget since a time, in dollars.
type Spent func(b Budget, since time.Time) (float64, error)

// Keeper keeps requests within budgets. It is safe for concurrent use; the zero value has none.
type Keeper struct {
	Tell func(Notice) // told, once a period, when a budget is nearly spent and when it is; nil: nobody is. It is called with the keeper locked

	any atomic.Bool // there is a budget: whoever finds none need not take the lock

	mu      sync.Mutex
	budgets []*kept // guarded by mu
	holds   uint64  // that were asked for; guarded by mu
}

type kept struct {
	Budget
	from, until time.Time
	spent       float64 // dollars
	since       uint64  // holds that were asked for before it was set are not in held
	held        nano    // a whole number, so that what is added and taken away leaves nothing
	told        int     // the last of levels that was
}

// nano is billionths of a dollar.
type nano int64

func (n nano) usd() float64 { return float64(n) / 1e9 }

// Set puts budgets in place of those before, and reads what has been spent under them, while no request settles. On an error those before stay.
func (k *Keeper) Set(list []Budget, spent Spent, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := make([]*kept, len(list))
	for i, b := range list {
		fresh[i] = &kept{Budget: b, since: k.holds}
		if err := fresh[i].begin(spent, now); err != nil {
			return err
		}
		for _, old := range k.budgets {
			if old.Scope == b.Scope && old.Of == b.Of && old.Hard && b.Hard {
				fresh[i].held, fresh[i].since = old.held, old.since // by attempts that run
				break
			}
		}
	}
	k.budgets = fresh
	k.any.Store(len(fresh) > 0)
	return nil
}

func (b *kept) begin(spent Spent, now time.Time) (err error) {
	b.from = b.Period.begins(now)
	b.until = b.Period.ends(b.from)
	b.spent, err = spent(b.Budget, b.from)
	b.told = b.level() // before: whoever sets a budget sees how it does
	return err
}

// level is the last of levels that has been reached.
func (b *kept) level() (reached int) {
	for _, l := range levels {
		if b.spent >= b.USD*float64(l)/100 {
			reached = l
		}
	}
	return reached
}

// turn begins the next period of b where it is time. A clock that was set back begins one, too.
func (b *kept) turn(now time.Time) {
	if now.Before(b.until) && !now.Before(b.from) {
		return
	}
	b.from = b.Period.begins(now)
	b.until, b.spent, b.told = b.Period.ends(b.from), 0, 0
}

// Hold is what an attempt may cost, or once it has ended did, until its request is in the ledger.
type Hold struct {
	k      *Keeper
	use    Use
	began  time.Time // the request: in the ledger, too, it counts for the period that it was begun in
	number uint64
	held   nano
	usd    float64
	ended  bool
}

// Any reports whether there is a budget at all.
func (k *Keeper) Any() bool { return k.any.Load() }

// Hold sets aside what an attempt may cost at most; worst is asked only where a hard budget is concerned. The error is an *[Over].
func (k *Keeper) Hold(u Use, worst func() float64, began, now time.Time) (*Hold, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.holds++
	h := &Hold{k: k, use: u, began: began, number: k.holds}
	hard := false
	for _, b := range k.budgets {
		if b.turn(now); !b.concerns(u) || !b.Hard {
			continue
		}
		hard = true
		if b.spent+b.held.usd() >= b.USD {
			return nil, &Over{b.Budget, b.until, b.spent < b.USD}
		}
	}
	if hard {
		h.hold(nanoOf(worst()))
	}
	return h, nil
}

// Unheld is an attempt that was made when there was no budget.
func Unheld(u Use, began time.Time, usd float64) *Hold {
	return &Hold{use: u, began: began, usd: usd, ended: true}
}

// nanoOf rounds up. A limit that a client sets may be any number.
func nanoOf(usd float64) nano { return nano(math.Ceil(min(max(usd, 0), mostUSD) * 1e9)) }

// hold holds another amount. The keeper is locked.
func (h *Hold) hold(amount nano) {
	for _, b := range h.k.budgets {
		if b.concerns(h.use) && b.Hard && h.number > b.since {
			b.held += amount - h.held
		}
	}
	h.held = amount
}

// End notes what the attempt has cost: that is held from now on, and no more. Only the first call counts.
func (h *Hold) End(usd float64) {
	if h.ended {
		return
	}
	h.ended, h.usd = true, usd
	h.k.mu.Lock()
	defer h.k.mu.Unlock()
	h.hold(min(h.held, nanoOf(usd)))
}

// Settle puts a request into the ledger, and books what its attempts have cost. The two are one: whoever sets a budget, and asks the ledger what
// was spent, finds the request either there or here.
func (k *Keeper) Settle(record func(), holds []*Hold, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	record()
	for _, h := range holds {
		if h.k != nil {
			h.hold(0)
		}
		for _, b := range k.budgets {
			if b.turn(now); !b.concerns(h.use) || h.began.Before(b.from) {
				continue
			}
			b.spent += h.usd
			if level := b.level(); level > b.told {
				if b.told = level; k.Tell != nil {
					k.Tell(Notice{b.Budget, level, b.until})
				}
			}
		}
	}
}

// Spare names a soft budget that is spent and that the use concerns: it is time to spare. "" where there is none. Those of accounts concern a use
// of that account alone, and those of all else a use of none.
func (k *Keeper) Spare(u Use, now time.Time) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, b := range k.budgets {
		if b.turn(now); !b.Hard && (b.Scope == Account) == (u.Account != "") && b.concerns(u) && b.spent >= b.USD {
			return b.Name
		}
	}
	return ""
}

// Standings is how all budgets do.
func (k *Keeper) Standings(now time.Time) []Standing {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := make([]Standing, len(k.budgets))
	for i, b := range k.budgets {
		b.turn(now)
		list[i] = Standing{b.Budget, b.spent, b.held.usd(), b.until}
	}
	return list
}
