package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/provider"
)

// house is a set of accounts with hosts that answer as told.
type house struct {
	mu       sync.Mutex
	accounts map[string]ScanAccount
	answer   map[string]provider.Listing // by account id, which is also the secret
	took     time.Duration
	locked   bool // the keychain
	broken   bool // the list of accounts, each second time
	lists    int
	asked    map[string][]time.Time
	changes  int
	now, top int // scans at once: now, and at most
	twice    bool
	busy     map[string]bool
}

func newHouse(ids ...string) *house {
	h := &house{accounts: map[string]ScanAccount{}, answer: map[string]provider.Listing{}, took: time.Second,
		asked: map[string][]time.Time{}, busy: map[string]bool{}}
	for _, id := range ids {
		h.accounts[id] = ScanAccount{ID: id, Provider: "openai", BaseURL: "https://" + id + ".example"}
		h.answer[id] = listing(provider.OutcomeOK, "model-of-"+id)
	}
	return h
}

func (h *house) List(ctx context.Context, providerID string, c provider.Credential) provider.Listing {
	h.mu.Lock()
	id := c.Secret
	if providerID != "openai" || c.BaseURL != "https://"+id+".example" {
		panic("the key of one account goes to another: " + c.BaseURL)
	}
	h.asked[id] = append(h.asked[id], time.Now())
	h.now++
	h.top = max(h.top, h.now)
	h.twice = h.twice || h.busy[id]
	h.busy[id] = true
	took := h.took
	h.mu.Unlock()
	select {
	case <-time.After(took):
	case <-ctx.Done():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now--
	h.busy[id] = false
	if ctx.Err() != nil {
		return listing(provider.OutcomeUnreachable)
	}
	return h.answer[id]
}

func (h *house) set(f func()) { h.mu.Lock(); defer h.mu.Unlock(); f() }

func (h *house) times(id string) []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked[id])
}

// refresher runs a test in a bubble with its own clock.
func (h *house) refresher(t *testing.T, run bool, test func(t *testing.T, r *Refresher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := NewRefresher(RefresherConfig{Offers: openOffers(t), Lister: h,
			Accounts: func() ([]ScanAccount, error) {
				h.mu.Lock()
				defer h.mu.Unlock()
				if h.lists++; h.broken && h.lists%2 == 0 {
					return nil, errors.New("the disk is full")
				}
				return slices.SortedFunc(maps.Values(h.accounts), func(a, b ScanAccount) int { return strings.Compare(a.ID, b.ID) }), nil
			},
			Secret: func(_ context.Context, id string) (string, error) {
				h.mu.Lock()
				defer h.mu.Unlock()
				if h.locked {
					return "", errors.New("the login keyring is locked; unlock it and try again")
				}
				return id, nil
			},
			OnChange: func() { h.set(func() { h.changes++ }) }})
		if run {
			ctx, cancel := context.WithCancel(context.Background())
			var done sync.WaitGroup
			done.Go(func() { r.Run(ctx) })
			defer done.Wait()
			defer cancel()
		}
		defer r.Close()
		test(t, r)
	})
}

func TestScheduleFirstScans(t *testing.T) {
	var ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprintf("acct%d", i))
	}
	h := newHouse(ids...)
	h.took = 30 * time.Second
	paused := h.accounts["acct3"]
	paused.Paused = true
	h.accounts["acct3"] = paused
	h.refresher(t, true, func(t *testing.T, r *Refresher) {
		begin := time.Now()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for _, id := range ids {
			times := h.times(id)
			if id == "acct3" {
				if len(times) != 0 {
					t.Error("a paused account was scanned")
				}
				continue
			}
			if len(times) != 1 || times[0].Sub(begin) < settle {
				t.Errorf("%s was scanned at %v", id, times)
			}
		}
		if h.top != scanAtOnce {
			t.Errorf("%d scans at once, want %d", h.top, scanAtOnce)
		}
		if all, err := r.Offers.All(); err != nil || len(all) != 11 || h.changes != 11 {
			t.Errorf("%d offers, %d changes, %v", len(all), h.changes, err)
		}
	})
}

func TestScheduleEverySixHours(t *testing.T) {
	h := newHouse("one", "two")
	h.refresher(t, true, func(t *testing.T, r *Refresher) {
		time.Sleep(7 * 24 * time.Hour)
		synctest.Wait()
		gaps := map[time.Duration]bool{}
		for _, id := range []string{"one", "two"} {
			times := h.times(id)
			for i := 1; i < len(times); i++ {
				gap := times[i].Sub(times[i-1])
				gaps[gap] = true
				if gap < scanEvery*9/10 || gap > scanEvery*11/10+time.Minute {
					t.Errorf("%s: %v between two scans", id, gap)
				}
			}
			if len(times) < 26 || len(times) > 32 {
				t.Errorf("%s: %d scans in a week", id, len(times))
			}
		}
		if len(gaps) < 10 {
			t.Error("the times are not spread")
		}
		if h.changes != 2 {
			t.Errorf("%d changes, though only the first scans changed anything", h.changes)
		}
	})
}

func TestScheduleBacksOff(t *testing.T) {
	h := newHouse("down", "up")
	h.answer["down"] = listing(provider.OutcomeUnauthorised)
	h.refresher(t, true, func(t *testing.T, r *Refresher) {
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		times := h.times("down")
		for i := 1; i < len(times); i++ {
			want := min(retryFirst<<(i-1), scanEvery)
			if gap := times[i].Sub(times[i-1]); gap < want*9/10 || gap > want*11/10+2*time.Second {
				t.Errorf("%v after failure %d, want %v", gap, i, want)
			}
		}
		if n := len(times); n < 12 || n > 18 {
			t.Errorf("%d scans of a dead account in two days", n)
		}
		// Someone mends it, and asks: that does not wait for the schedule, and ends the back-off.
		h.set(func() { h.answer["down"] = listing(provider.OutcomeOK, "back") })
		scan, err := r.Scan(t.Context(), "down")
		if err != nil || !scan.Good() || scan.Failures != 0 || scan.Models != 1 {
			t.Errorf("%+v %v", scan, err)
		}
		before := len(h.times("down"))
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if n := len(h.times("down")); n != before {
			t.Errorf("scanned %d times more within five hours of a good scan", n-before)
		}
	})
}

// TestScheduleIsCalmInTrouble: a scan that could not be stored does not start the next one at once.
func TestScheduleIsCalmInTrouble(t *testing.T) {
	h := newHouse("one")
	h.broken = true
	h.refresher(t, true, func(t *testing.T, r *Refresher) {
		time.Sleep(time.Hour)
		synctest.Wait()
		if h.lists < 10 || h.lists > 200 {
			t.Errorf("the accounts were listed %d times in an hour of trouble", h.lists)
		}
		if _, err := r.Scan(t.Context(), "one"); err == nil && len(h.times("one")) == 0 {
			t.Error("neither a scan nor an error")
		}
	})
}

func TestScheduleNewAccountAndRestart(t *testing.T) {
	h := newHouse("one")
	h.refresher(t, true, func(t *testing.T, r *Refresher) {
		time.Sleep(time.Hour)
		h.set(func() {
			h.accounts["late"] = ScanAccount{ID: "late", Provider: "openai", BaseURL: "https://late.example"}
			h.answer["late"] = listing(provider.OutcomeOK, "m")
		})
		r.Kick()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(h.times("late")); n != 1 {
			t.Errorf("a new account was scanned %d times within a minute", n)
		}
		// A second run finds fresh scans, and leaves the accounts alone.
		again := NewRefresher(r.RefresherConfig)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		again.Run(ctx)
		again.Close()
		if n := len(h.times("one")) + len(h.times("late")); n != 2 {
			t.Errorf("%d scans, want the two there were", n)
		}
	})
}

func TestScanSingleFlight(t *testing.T) {
	h := newHouse("one")
	h.refresher(t, false, func(t *testing.T, r *Refresher) {
		var done sync.WaitGroup
		for range 10 {
			done.Go(func() {
				if scan, err := r.Scan(t.Context(), "one"); err != nil || scan.Models != 1 {
					t.Errorf("%+v %v", scan, err)
				}
			})
		}
		done.Wait()
		if n := len(h.times("one")); n != 1 || h.twice {
			t.Errorf("%d scans for ten who asked at once", n)
		}
		// One who goes away does not end the scan for the others.
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		h.set(func() { h.answer["one"] = listing(provider.OutcomeOK, "a", "b") })
		if _, err := r.Scan(ctx, "one"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gone away: %v", err)
		}
		if scan, err := r.Scan(t.Context(), "one"); err != nil || scan.Models != 2 || len(h.times("one")) != 2 {
			t.Errorf("joined: %+v %v", scan, err)
		}
	})
}

func TestScanOutcomes(t *testing.T) {
	h := newHouse("one")
	h.refresher(t, false, func(t *testing.T, r *Refresher) {
		if _, err := r.Scan(t.Context(), "nobody"); !errors.Is(err, ErrNoAccount) {
			t.Errorf("no such account: %v", err)
		}
		if scan, err := r.Scan(t.Context(), "one"); err != nil || !scan.Changed || h.changes != 1 {
			t.Errorf("good: %+v %v", scan, err)
		}
		h.set(func() { h.locked = true })
		scan, err := r.Scan(t.Context(), "one")
		want := "The account's key could not be read: the login keyring is locked; unlock it and try again."
		if err != nil || scan.Outcome != OutcomeNoSecret || scan.Message != want || scan.Models != 1 || len(h.times("one")) != 1 {
			t.Errorf("locked keychain: %+v %v", scan, err)
		}
		h.set(func() { h.locked, h.took = false, time.Hour })
		begin := time.Now()
		scan, err = r.Scan(t.Context(), "one")
		if err != nil || scan.Outcome != provider.OutcomeUnreachable || time.Since(begin) != scanTimeout || scan.Models != 1 {
			t.Errorf("a host that does not answer: %+v %v after %v", scan, err, time.Since(begin))
		}
		if h.changes != 1 {
			t.Errorf("%d changes: failures change nothing", h.changes)
		}
	})
}

// TestForget: what a scan brings after its account was removed or its key changed is not stored.
func TestForget(t *testing.T) {
	h := newHouse("one")
	h.refresher(t, false, func(t *testing.T, r *Refresher) {
		got := make(chan error, 1)
		go func() { _, err := r.Scan(t.Context(), "one"); got <- err }()
		synctest.Wait()
		r.Forget("one")
		if err := r.Offers.Remove("one"); err != nil {
			t.Fatal(err)
		}
		if err := <-got; !errors.Is(err, ErrSuperseded) {
			t.Errorf("the scan that was dropped: %v", err)
		}
		if all, _ := r.Offers.All(); len(all) != 0 || h.changes != 0 {
			t.Errorf("a removed account came back: %+v", all)
		}
		// With the new key a new scan begins at once, though the old one may not have ended.
		go r.Scan(t.Context(), "one")
		synctest.Wait()
		r.Forget("one")
		if scan, err := r.Scan(t.Context(), "one"); err != nil || scan.Models != 1 {
			t.Errorf("after a change of key: %+v %v", scan, err)
		}
	})
}

func TestClose(t *testing.T) {
	h := newHouse("one")
	h.took = time.Hour
	h.refresher(t, false, func(t *testing.T, r *Refresher) {
		got := make(chan error, 1)
		go func() { _, err := r.Scan(t.Context(), "one"); got <- err }()
		synctest.Wait()
		begin := time.Now()
		r.Close()
		if err := <-got; !errors.Is(err, ErrClosed) || time.Since(begin) != 0 {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if _, err := r.Scan(t.Context(), "one"); !errors.Is(err, ErrClosed) {
			t.Errorf("a scan after the end: %v", err)
		}
		if scans, _ := r.Offers.Scans(); len(scans) != 0 {
			t.Errorf("a scan cut short by the end counts as a failure: %+v", scans)
		}
	})
}
