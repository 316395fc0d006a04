package budget

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/protocol"

	"pgregory.net/rapid"
)

var now = time.Date(2026, 11, 26, 15, 4, 5, 0, time.Local) // a Thursday

func nothing(Budget, time.Time) (float64, error) { return 0, nil }

func keeper(t testing.TB, list ...Budget) *Keeper {
	t.Helper()
	k := new(Keeper)
	if err := k.Set(list, nothing, now); err != nil {
		t.Fatal(err)
	}
	return k
}

// settle ends an attempt, and puts its request into the ledger.
func settle(h *Hold, usd float64) {
	h.End(usd)
	h.k.Settle(func() {}, []*Hold{h}, now)
}

func worth(usd float64) func() float64 { return func() float64 { return usd } }

func TestPeriods(t *testing.T) {
	for p, want := range map[Period][2]string{
		Day:   {"2026-11-26", "2026-11-27"},
		Week:  {"2026-11-23", "2026-11-30"},
		Month: {"2026-11-01", "2026-12-01"},
	} {
		from := p.begins(now)
		if got := [2]string{from.Format(time.DateOnly), p.ends(from).Format(time.DateOnly)}; got != want {
			t.Errorf("%s: %v; want %v", p, got, want)
		}
	}
	if sunday := time.Date(2026, 11, 29, 1, 0, 0, 0, time.Local); Week.begins(sunday).Format(time.DateOnly) != "2026-11-23" {
		t.Errorf("the week of a Sunday begins %v", Week.begins(sunday))
	}
}

func TestHardBudgetRefusesOnceItIsSpent(t *testing.T) {
	k := keeper(t, Budget{Name: "mine", Scope: Client, Of: "c", Period: Day, USD: 1, Hard: true})
	h, err := k.Hold(Use{Client: "c"}, worth(0.5), now, now)
	if err != nil {
		t.Fatal(err)
	}
	h.End(1.2)
	settle(h, 5) // it has ended once
	_, err = k.Hold(Use{Client: "c"}, worth(0.5), now, now)
	var over *Over
	if !errors.As(err, &over) || over.Held {
		t.Fatalf("%v", err)
	}
	told := over.Client(now)
	if told.Kind != protocol.OutOfMoney || !strings.Contains(told.Message, `"mine"`) || !strings.Contains(told.Message, "budgets set") || told.RetryAfter <= 0 {
		t.Errorf("the client is told %+v", told)
	}
	if _, err := k.Hold(Use{Client: "other"}, worth(0.5), now, now); err != nil {
		t.Errorf("another client is refused: %v", err)
	}
	if h, err := k.Hold(Use{Client: "c"}, worth(0.5), now.AddDate(0, 0, 1), now.AddDate(0, 0, 1)); err != nil {
		t.Errorf("the next day: %v", err)
	} else {
		settle(h, 0)
	}
}

func TestSoftBudgetOnlySays(t *testing.T) {
	k := keeper(t, Budget{Name: "all", Scope: Total, Period: Month, USD: 1})
	if name := k.Spare(Use{}, now); name != "" {
		t.Errorf("it is time to spare for %q", name)
	}
	h, _ := k.Hold(Use{}, worth(3), now, now)
	settle(h, 2)
	if name := k.Spare(Use{}, now); name != "all" {
		t.Errorf("spent, and it is no time to spare: %q", name)
	}
	if _, err := k.Hold(Use{}, worth(3), now, now); err != nil {
		t.Errorf("a soft budget refuses: %v", err)
	}
}

func TestWhatWasSpentBeforeCounts(t *testing.T) {
	k := new(Keeper)
	err := k.Set([]Budget{{Name: "x", Scope: Total, Period: Day, USD: 1, Hard: true}}, func(_ Budget, since time.Time) (float64, error) {
		if since.Hour() != 0 {
			t.Errorf("it was asked since %v", since)
		}
		return 1, nil
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Hold(Use{}, worth(0), now, now); err == nil {
		t.Error("what the ledger says was not counted")
	}
	broken := errors.New("broken")
	if err := k.Set(nil, nothing, now); err != nil || k.Any() {
		t.Errorf("%v", err)
	}
	if err := k.Set([]Budget{{Scope: Total, Period: Day}}, func(Budget, time.Time) (float64, error) { return 0, broken }, now); !errors.Is(err, broken) || k.Any() {
		t.Errorf("%v", err)
	}
}

// Attempts that run while a budget is set anew are not forgotten, nor counted twice.
func TestSetWhileAttemptsRun(t *testing.T) {
	b := Budget{Name: "x", Scope: Total, Period: Day, USD: 1, Hard: true}
	k := keeper(t, b)
	h, _ := k.Hold(Use{}, worth(2), now, now)
	b.USD = 1.5
	if err := k.Set([]Budget{b}, nothing, now); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Hold(Use{}, worth(2), now, now); err == nil {
		t.Error("what is held was forgotten")
	}
	settle(h, 0.5)
	if s := k.Standings(now)[0]; s.Held != 0 || s.Spent != 0.5 {
		t.Errorf("%+v", s)
	}
}

// What an attempt held before a budget was set is not taken off what others hold of that.
func TestAttemptsFromBeforeABudget(t *testing.T) {
	all := Budget{Name: "all", Scope: Total, Period: Day, USD: 10, Hard: true}
	k := keeper(t, all)
	before, _ := k.Hold(Use{Client: "c"}, worth(3), now, now)
	if err := k.Set([]Budget{all, {Name: "mine", Scope: Client, Of: "c", Period: Day, USD: 2, Hard: true}}, nothing, now); err != nil {
		t.Fatal(err)
	}
	after, _ := k.Hold(Use{Client: "c"}, worth(2), now, now)
	settle(before, 0.5)
	if s := k.Standings(now); s[0].Held != 2 || s[1].Held != 2 || s[1].Spent != 0.5 {
		t.Errorf("while one runs: %+v", s)
	}
	settle(after, 1)
	if s := k.Standings(now); s[0].Held != 0 || s[1].Held != 0 || s[0].Spent != 1.5 {
		t.Errorf("in the end: %+v", s)
	}
}

// However attempts overlap, and whatever they come to cost up to what they held, a hard budget is overrun by less than one of them holds.
func TestHardBudgetIsOverrunByOneAttemptAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, most := rapid.Float64Range(0, 10).Draw(t, "limit"), rapid.Float64Range(0.01, 3).Draw(t, "most")
		k := new(Keeper)
		if err := k.Set([]Budget{{Name: "x", Scope: Total, Period: Day, USD: limit, Hard: true}}, nothing, now); err != nil {
			t.Fatal(err)
		}
		var running []*Hold
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			if len(running) > 0 && rapid.Bool().Draw(t, "end") {
				i := rapid.IntRange(0, len(running)-1).Draw(t, "which")
				settle(running[i], rapid.Float64Range(0, most).Draw(t, "cost"))
				running = append(running[:i], running[i+1:]...)
			} else if h, err := k.Hold(Use{}, worth(most), now, now); err == nil {
				running = append(running, h)
			}
		}
		for _, h := range running {
			settle(h, most)
		}
		if s := k.Standings(now)[0]; s.Spent > limit+most+1e-9 || s.Held != 0 {
			t.Fatalf("of %v with attempts of %v: %+v", limit, most, s)
		}
	})
}

// A client that sets a limit beyond all measure holds all there is, and not, as a number that wraps, less than nothing.
func TestHoldBeyondAllMeasure(t *testing.T) {
	k := keeper(t, Budget{Name: "x", Scope: Total, Period: Day, USD: 1, Hard: true})
	h, err := k.Hold(Use{}, worth(1e15), now, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Hold(Use{}, worth(0.1), now, now); err == nil {
		t.Error("there was room beside it")
	}
	settle(h, 0.1)
	if s := k.Standings(now)[0]; s.Held != 0 || s.Spent != 0.1 {
		t.Errorf("%+v", s)
	}
}

func TestFiftyAtOnce(t *testing.T) {
	k := keeper(t, Budget{Name: "x", Scope: Total, Period: Day, USD: 1, Hard: true})
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for range 100 {
				if h, err := k.Hold(Use{}, worth(0.1), now, now); err == nil {
					settle(h, 0.1*rng.Float64())
				}
			}
		})
	}
	all.Wait()
	if s := k.Standings(now)[0]; s.Spent > 1.1 || s.Spent < 1 || s.Held > 1e-9 {
		t.Errorf("%+v", s)
	}
}

func TestCheck(t *testing.T) {
	good := Budget{Name: "x", Scope: Client, Of: "c", Period: Day, USD: 1}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*Budget){
		"name": func(b *Budget) { b.Name = " " }, "scope": func(b *Budget) { b.Scope = "world" }, "of": func(b *Budget) { b.Of = "" },
		"period": func(b *Budget) { b.Period = "year" }, "usd": func(b *Budget) { b.USD = -1 },
	} {
		b := good
		change(&b)
		if err := b.Check(); err == nil || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// A request counts for the day on which it began, as in the ledger, whenever it ends.
func TestRequestsOverMidnight(t *testing.T) {
	k := keeper(t, Budget{Name: "x", Scope: Total, Period: Day, USD: 1, Hard: true})
	late := now.Truncate(24*time.Hour).AddDate(0, 0, 1).Add(-time.Second)
	h, err := k.Hold(Use{}, worth(0.9), late, late)
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := now.AddDate(0, 0, 1)
	h.End(0.9)
	k.Settle(func() {}, []*Hold{h}, tomorrow)
	if s := k.Standings(tomorrow)[0]; s.Spent != 0 || s.Held != 0 {
		t.Errorf("the new day begins with %+v", s)
	}
}

// Whenever a budget is set while requests run, each of them is found either in the ledger or by the keeper, and never in both.
func TestSetWhileRequestsSettle(t *testing.T) {
	var k Keeper
	var mu sync.Mutex
	ledger := 0.0
	spent := func(Budget, time.Time) (float64, error) { mu.Lock(); defer mu.Unlock(); return ledger, nil }
	set := func() {
		if err := k.Set([]Budget{{Name: "x", Scope: Total, Period: Month, USD: 1e6, Hard: true}}, spent, now); err != nil {
			t.Error(err)
		}
	}
	set()
	var all sync.WaitGroup
	const each, workers = 200, 8
	for range workers {
		all.Go(func() {
			for range each {
				h, err := k.Hold(Use{}, worth(2), now, now)
				if err != nil {
					t.Error(err)
					return
				}
				h.End(1)
				k.Settle(func() { mu.Lock(); ledger++; mu.Unlock() }, []*Hold{h}, now)
			}
		})
	}
	for range 100 {
		set()
	}
	all.Wait()
	if s := k.Standings(now)[0]; s.Spent != each*workers || s.Held != 0 {
		t.Errorf("%+v, want %d spent", s, each*workers)
	}
}

// What an attempt has cost is held until its request is in the ledger: between the two there is no room for another.
func TestEndedAttemptsAreHeld(t *testing.T) {
	k := keeper(t, Budget{Name: "x", Scope: Total, Period: Day, USD: 1, Hard: true})
	h, _ := k.Hold(Use{}, worth(3), now, now)
	h.End(1)
	if s := k.Standings(now)[0]; s.Held != 1 || s.Spent != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := k.Hold(Use{}, worth(0.1), now, now); err == nil {
		t.Error("there was room")
	}
}

// That a budget is nearly spent, and that it is, is told once a period, and again once it was raised.
func TestNotices(t *testing.T) {
	k := new(Keeper)
	var told []int
	k.Tell = func(n Notice) { told = append(told, n.Percent) }
	b := Budget{Name: "x", Scope: Total, Period: Day, USD: 10}
	if err := k.Set([]Budget{b}, nothing, now); err != nil {
		t.Fatal(err)
	}
	spend := func(usd float64, at time.Time) {
		h, err := k.Hold(Use{}, worth(usd), at, at)
		if err != nil {
			t.Fatal(err)
		}
		h.End(usd)
		k.Settle(func() {}, []*Hold{h}, at)
	}
	for range 4 {
		spend(3, now) // 3, 6, 9, 12
	}
	spend(20, now.AddDate(0, 0, 1)) // both in one
	b.USD = 30
	if err := k.Set([]Budget{b}, func(Budget, time.Time) (float64, error) { return 12, nil }, now); err != nil {
		t.Fatal(err)
	}
	spend(12.5, now)
	if want := []int{80, 100, 100, 80}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// A budget of an account says which account to spare, and none of the others does.
func TestSparedAccounts(t *testing.T) {
	k := keeper(t, Budget{Name: "a", Scope: Account, Of: "a", Period: Day}, Budget{Name: "all", Scope: Total, Period: Day})
	for u, want := range map[Use]string{{Account: "a"}: "a", {Account: "b"}: "", {Client: "c"}: "all"} {
		if got := k.Spare(u, now); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
}
