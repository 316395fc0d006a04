package catalog

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/provider"
)

// bank is a host that tells balances.
type bank struct {
	mu     sync.Mutex
	left   float64
	fails  bool
	took   time.Duration
	asked  []time.Time
	broke  bool
	richer int
	at     string // the provider of the account
}

func (b *bank) Balance(ctx context.Context, providerID string, c provider.Credential) provider.Balance {
	b.mu.Lock()
	b.asked = append(b.asked, time.Now())
	left, fails, took := b.left, b.fails, b.took
	b.mu.Unlock()
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return provider.Balance{Outcome: provider.OutcomeUnreachable, At: time.Now(), Err: &protocol.Error{Message: "It was not asked to the end."}}
	}
	if fails {
		return provider.Balance{Outcome: provider.OutcomeUnreachable, At: time.Now(), Err: &protocol.Error{Message: "It has trouble of its own."}}
	}
	return provider.Balance{Outcome: provider.OutcomeOK, At: time.Now(), Amounts: []provider.Amount{{Currency: "USD", Value: left}}}
}

func (b *bank) set(f func()) { b.mu.Lock(); defer b.mu.Unlock(); f() }

func (b *bank) times() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.asked)
}

func (b *bank) found() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.richer
}

func (b *bank) open(t *testing.T, test func(t *testing.T, purses *Balances)) {
	t.Helper()
	if b.at == "" {
		b.at = "deepseek"
	}
	synctest.Test(t, func(t *testing.T) {
		purses := NewBalances(BalancesConfig{Store: openOffers(t).st, Teller: b,
			Accounts: func() ([]ScanAccount, error) { return []ScanAccount{{ID: "acct", Provider: b.at}}, nil },
			Secret:   func(context.Context, string) (string, error) { return "key", nil },
			Broke:    func(string) bool { b.mu.Lock(); defer b.mu.Unlock(); return b.broke },
			Told: func(_ Balance, richer bool) {
				if b.at == "openai" {
					t.Error("what nobody told is told on")
				}
				if richer {
					b.set(func() { b.richer++; b.broke = false })
				}
			}})
		defer purses.Close()
		test(t, purses)
	})
}

// An account that is used is asked every quarter of an hour; one that is not, never.
func TestBalanceWhileUsed(t *testing.T) {
	b := &bank{left: 5, took: time.Second}
	b.open(t, func(t *testing.T, purses *Balances) {
		for range 4 * 60 { // four requests a minute, for an hour
			purses.Used("acct")
			time.Sleep(15 * time.Second)
		}
		if n := b.times(); n < 4 || n > 5 {
			t.Errorf("asked %d times in an hour", n)
		}
		b.set(func() { b.asked = nil })
		time.Sleep(24 * time.Hour)
		if n := b.times(); n != 0 {
			t.Errorf("asked %d times while nobody used it", n)
		}
	})
}

// What was told stays, with its age, when it cannot be had anew.
func TestBalanceStays(t *testing.T) {
	b := &bank{left: 5}
	b.open(t, func(t *testing.T, purses *Balances) {
		told, err := purses.Refresh(t.Context(), "acct")
		if err != nil || len(told.Amounts) != 1 || told.Amounts[0].Value != 5 || told.Outcome != provider.OutcomeOK {
			t.Fatalf("%+v %v", told, err)
		}
		since := time.Now()
		time.Sleep(time.Hour)
		b.set(func() { b.fails = true })
		if _, err := purses.Refresh(t.Context(), "acct"); err != nil {
			t.Fatal(err)
		}
		told, err = purses.Get("acct")
		if err != nil || len(told.Amounts) != 1 || !told.At.Equal(since) || told.Outcome != provider.OutcomeUnreachable || told.Message == "" || !told.Asked.After(since) {
			t.Errorf("%+v %v", told, err)
		}
		if all, err := purses.All(); err != nil || len(all) != 1 || !all["acct"].At.Equal(since) {
			t.Errorf("%+v %v", all, err)
		}
	})
}

// An account without money is asked at once and then ever less often, until it has more than it had.
func TestBalanceOfTheBroke(t *testing.T) {
	b := &bank{left: 0.02, broke: true}
	b.open(t, func(t *testing.T, purses *Balances) {
		purses.Spent("acct")
		synctest.Wait()
		time.Sleep(time.Hour)
		n := b.times()
		if n < 5 || n > 9 || b.found() != 0 {
			t.Fatalf("asked %d times in the first hour, richer %d times", n, b.found())
		}
		b.set(func() { b.left = 0.01 })
		time.Sleep(balanceEvery + time.Minute)
		if b.found() != 0 {
			t.Fatal("less is said to be more")
		}
		b.set(func() { b.left = 20 })
		time.Sleep(balanceEvery + time.Minute)
		if b.found() != 1 {
			t.Fatalf("richer %d times", b.found())
		}
		n = b.times()
		time.Sleep(24 * time.Hour)
		if m := b.times(); m > n+1 {
			t.Errorf("asked %d times more when all was well", m-n)
		}
	})
}

// Nobody is asked for ever about an account that stays without money, nor about one that was taken up again.
func TestBalanceGivesUp(t *testing.T) {
	b := &bank{broke: true}
	b.open(t, func(t *testing.T, purses *Balances) {
		purses.Spent("acct")
		time.Sleep(48 * time.Hour)
		n := b.times()
		if n > brokeAtMost+1 {
			t.Errorf("asked %d times", n)
		}
		purses.Spent("acct")
		synctest.Wait()
		b.set(func() { b.broke = false })
		time.Sleep(time.Hour)
		if m := b.times(); m != n+1 {
			t.Errorf("asked %d times more", m-n)
		}
	})
}

// A question under way is joined, dropped with its account, and ends with the program.
func TestBalanceQuestions(t *testing.T) {
	b := &bank{left: 5, took: 10 * time.Second}
	b.open(t, func(t *testing.T, purses *Balances) {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, err := purses.Refresh(t.Context(), "acct"); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		purses.Listed("acct") // it was asked just now
		synctest.Wait()
		if n := b.times(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		var dropped error
		both.Go(func() { _, dropped = purses.Refresh(t.Context(), "acct") })
		synctest.Wait()
		if err := purses.Forget("acct"); err != nil {
			t.Fatal(err)
		}
		both.Wait()
		if told, _ := purses.Get("acct"); !errors.Is(dropped, ErrSuperseded) || !told.Asked.IsZero() {
			t.Errorf("%v %+v", dropped, told)
		}
		if _, err := purses.Refresh(t.Context(), "nobody"); !errors.Is(err, ErrNoAccount) {
			t.Error(err)
		}
		if err := purses.Restore(Balance{Account: "acct", Asked: time.Now(), Outcome: provider.OutcomeOK}); err != nil {
			t.Fatal(err)
		}
		if told, _ := purses.Get("acct"); told.Asked.IsZero() {
			t.Error("not brought back")
		}
		both.Go(func() { _, dropped = purses.Refresh(t.Context(), "acct") })
		synctest.Wait()
		purses.Close()
		both.Wait()
		if !errors.Is(dropped, ErrClosed) {
			t.Error(dropped)
		}
		if _, err := purses.Refresh(t.Context(), "acct"); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

// A vendor that does not tell is not asked, and nothing is kept for it.
func TestBalanceThatIsNotTold(t *testing.T) {
	b := &bank{at: "openai"}
	b.open(t, func(t *testing.T, purses *Balances) {
		told, err := purses.Refresh(t.Context(), "acct")
		if err != nil || told.Outcome != provider.OutcomeNotOffered || b.times() != 0 {
			t.Errorf("%+v %v, asked %d times", told, err, b.times())
		}
		if told, _ := purses.Get("acct"); !told.Asked.IsZero() {
			t.Errorf("%+v is kept", told)
		}
	})
}
