package snapshot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/keychain"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/store"
)

const secret = "sk-proj-0123456789abcdef0123456789abcdef"

// house is a builder over a real store, with a keychain in memory.
type house struct {
	*Builder
	t    testing.TB
	keys *keychain.Memory
	mode error // what reading the mode fails with
}

func newHouse(t testing.TB) *house {
	t.Helper()
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h := &house{t: t, keys: keychain.NewMemory()}
	h.Builder = NewBuilder(Sources{Accounts: account.New(st, h.keys), Offers: catalog.NewOffers(st), Catalog: catalog.Embedded, Live: live.NewRegistry(),
		Way:      func(context.Context, account.Account) (http.RoundTripper, error) { return nil, nil },
		Mode:     func() (routing.Mode, error) { return routing.Balance, h.mode },
		Paused:   func() (bool, error) { return false, nil },
		Settings: func() routing.Settings { return routing.Settings{Aliases: map[string]string{"fast": "gpt-4o-mini"}} },
		Log:      slog.New(slog.DiscardHandler)})
	return h
}

// add makes an account that offers models.
func (h *house) add(name, key string, models ...string) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Add(context.Background(), account.Account{Name: name, Provider: "openai"}, key)
	if err != nil {
		h.t.Fatal(err)
	}
	h.list(a, models...)
	return a
}

func (h *house) list(a account.Account, models ...string) {
	h.t.Helper()
	l := provider.Listing{Outcome: provider.OutcomeOK, At: time.Now()}
	for _, m := range models {
		l.Models = append(l.Models, provider.Listed{Name: m, Protocols: protocol.SetOf(protocol.OpenAIChat)})
	}
	if _, err := h.Offers.Record(a.ID, l, time.Now()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) rebuilt() *Snapshot {
	h.t.Helper()
	if err := h.Rebuild(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	return h.Load()
}

func TestSnapshotJoinsAccountsOffersAndCatalog(t *testing.T) {
	h := newHouse(t)
	if s := h.Load(); s == nil || len(s.Accounts) != 0 {
		t.Fatal("before the first build there is no empty snapshot")
	}
	h.add("Work", secret, "gpt-4o", "gpt-4o-2024-05-13")
	h.add("Home", secret+"2", "gpt-4o-mini")
	if _, _, err := h.Accounts.AddClient(context.Background(), "tool"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Accounts.AddClient(context.Background(), "gone"); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.RevokeClient(context.Background(), "gone"); err != nil {
		t.Fatal(err)
	}
	s := h.rebuilt()
	if s.Mode != routing.Balance || len(s.Clients) != 1 || s.Clients[0].Name != "tool" {
		t.Errorf("mode %s, clients %v", s.Mode, s.Clients)
	}
	if len(s.Accounts) != 2 || s.Accounts[0].Slug != "work" || s.Targets[0] == nil || s.Targets[0].Host() != "api.openai.com" {
		t.Errorf("accounts %+v", s.Accounts)
	}
	found, err := s.Names.Resolve("fast")
	if err != nil || len(found.Refs) != 1 || s.Deployments[found.Refs[0]].Account.Slug != "home" {
		t.Errorf("the alias: %+v, %v", found, err)
	}
	price := func(name string) float64 {
		found, err := s.Names.Resolve(name)
		if err != nil || len(found.Refs) != 1 {
			t.Fatalf("%s: %+v, %v", name, found, err)
		}
		usd, known := s.Deployments[found.Refs[0]].Price.Cost(protocol.Usage{Input: 1e6}, time.Now())
		if !known {
			t.Errorf("the price of %s is not known", name)
		}
		return usd
	}
	if a, b := price("gpt-4o"), price("gpt-4o-2024-05-13"); a != 2.5 || b != 5 {
		t.Errorf("a million tokens cost %v and %v", a, b)
	}
}

// The user's own price is above all others, and that of one account above that of all.
func TestOwnPrices(t *testing.T) {
	h := newHouse(t)
	h.add("Work", secret, "gpt-4o", "gpt-5")
	h.add("Home", secret+"2", "gpt-4o")
	one, two := 1.0, 2.0
	h.Settings = func() routing.Settings {
		return routing.Settings{Prices: map[string]routing.OwnPrice{"gpt-4o": {Input: &one}, "home/gpt-4o": {Input: &two}}}
	}
	want := map[string]float64{"work/gpt-4o": 1, "home/gpt-4o": 2, "work/gpt-5": 1.25}
	for _, d := range h.rebuilt().Deployments {
		name := d.Account.Slug + "/" + d.Upstream
		if d.Upstream == "" { // the account's files
			continue
		}
		usd, known := d.Price.Cost(protocol.Usage{Input: 1e6}, time.Now())
		if own := strings.Contains(d.Price.Source, "routing.yaml"); !known || usd != want[name] || own != (d.Upstream == "gpt-4o") {
			t.Errorf("%s costs %v, by %s; want %v", name, usd, d.Price.Source, want[name])
		}
	}
}

// Whoever looks at one account sees its own deployments, and no other's, however many others there are.
func TestDeploymentsAreByAccount(t *testing.T) {
	h := newHouse(t)
	for i := range 4 {
		models := []string{"gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5"}
		h.add(fmt.Sprintf("Account %d", i), fmt.Sprintf("sk-proj-%040d", i), models[:i+1]...)
	}
	s := h.rebuilt()
	for i := range s.Accounts {
		of := s.Of(i)
		if len(of) != i+2 { // the last one is of its files
			t.Errorf("%s has %d deployments", s.Accounts[i].Slug, len(of))
		}
		for _, d := range of {
			if d.Account != &s.Accounts[i] {
				t.Errorf("%s has one of %s", s.Accounts[i].Slug, d.Account.Slug)
			}
		}
	}
}

func TestModelsThatAreGoneCannotBeChosen(t *testing.T) {
	h := newHouse(t)
	a := h.add("Work", secret, "gpt-4o", "gpt-5")
	h.list(a, "gpt-5")
	s := h.rebuilt()
	if _, err := s.Names.Resolve("gpt-4o"); err == nil || len(s.Deployments) != 2 || s.Deployments[1].Upstream != "" || s.Deployments[1].Protocols != routing.Filed {
		t.Errorf("%d deployments; gpt-4o: %v", len(s.Deployments), err)
	}
}

func TestUnreadableKeyBlocksOnlyItsAccount(t *testing.T) {
	h := newHouse(t)
	a := h.add("Work", secret, "gpt-4o")
	h.add("Home", secret+"2", "gpt-4o")
	if err := h.keys.Delete(context.Background(), "metapi/account/"+a.ID); err != nil {
		t.Fatal(err)
	}
	s := h.rebuilt()
	if !strings.Contains(s.Accounts[0].Blocked, "key") || s.Targets[0] != nil || s.Accounts[1].Blocked != "" {
		t.Errorf("accounts %+v", s.Accounts)
	}
	d, err := routing.Decide(&s.Snapshot, routing.Request{ID: "r", Model: "gpt-4o", Protocol: protocol.OpenAIChat, At: time.Now()})
	if err != nil || len(d.Candidates) != 1 || d.Candidates[0].Account.Slug != "home" {
		t.Errorf("decided %+v, %v", d, err)
	}
}

func TestPausedAccountIsBlocked(t *testing.T) {
	h := newHouse(t)
	a := h.add("Work", secret, "gpt-4o")
	if _, err := h.Accounts.Edit(a.ID, func(a *account.Account) { a.Paused = true }); err != nil {
		t.Fatal(err)
	}
	if s := h.rebuilt(); !strings.Contains(s.Accounts[0].Blocked, "paused") || s.Targets[0] != nil {
		t.Errorf("accounts %+v", s.Accounts)
	}
}

// The keychain is asked once an account, not at each build, and again when the key has changed.
func TestSecretsAreReadOnce(t *testing.T) {
	h := newHouse(t)
	a := h.add("Work", secret, "gpt-4o")
	first := h.rebuilt().Targets[0]
	h.keys.FailWith(func(string, string) error { return keychain.ErrLocked })
	if s := h.rebuilt(); s.Targets[0] != first {
		t.Errorf("a rebuild asked the keychain: %+v", s.Accounts)
	}
	h.keys.FailWith(nil)
	if err := h.Accounts.SetSecret(context.Background(), a.ID, secret[:len(secret)-6]+"90abcdef"); err != nil { // ends as before
		t.Fatal(err)
	}
	if s := h.rebuilt(); s.Targets[0] == first {
		t.Error("the new key is not in force")
	}
}

func TestFailedBuildKeepsTheLastGood(t *testing.T) {
	h := newHouse(t)
	h.add("Work", secret, "gpt-4o")
	good := h.rebuilt()
	h.mode = errors.New("the store is broken")
	if err := h.Rebuild(context.Background()); err == nil || h.Load() != good {
		t.Errorf("error %v; the snapshot was replaced: %v", err, h.Load() != good)
	}
}

// Health outlives the snapshots around it.
func TestHealthSurvivesARebuild(t *testing.T) {
	h := newHouse(t)
	h.add("Work", secret, "gpt-4o")
	now := time.Now()
	pass, _ := h.rebuilt().Deployments[0].Live.Enter(now)
	pass.Fail(now, &protocol.Error{Kind: protocol.RateLimited, RetryAfter: time.Hour})
	if state, _, _ := h.rebuilt().Deployments[0].Live.State(now); state != live.Cooling {
		t.Errorf("after a rebuild it is %v", state)
	}
}

func TestReadingWhileBuilding(t *testing.T) {
	h := newHouse(t)
	h.add("Work", secret, "gpt-4o")
	h.rebuilt()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, err := h.Load().Names.Resolve("gpt-4o"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		h.rebuilt()
	}
	wg.Wait()
}

// A hundred accounts with three hundred models each, half of which all of them offer: what each change of any account has built anew.
func BenchmarkRebuild(b *testing.B) {
	h := newHouse(b)
	for i := range 100 {
		models := make([]string, 300)
		for j := range models {
			if models[j] = fmt.Sprintf("shared/model-%d-instruct", j); j%2 == 1 {
				models[j] = fmt.Sprintf("model-%d-of-%d", j, i)
			}
		}
		h.add(fmt.Sprint("Hub ", i), fmt.Sprintf("%s%03d", secret, i), models...)
	}
	for b.Loop() {
		if s := h.rebuilt(); len(s.Deployments) != 30_000 {
			b.Fatalf("%d deployments", len(s.Deployments))
		}
	}
}
