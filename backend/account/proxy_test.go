package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"metapi/backend/keychain"
	"metapi/backend/network"
)

const word = "hunter2-hunter2"

// Each secret that is in the keychain is pointed to by something.
func (h *house) secrets(t testing.TB, want int) {
	t.Helper()
	if keys := h.kc.Keys(); len(keys) != want {
		t.Errorf("the keychain has %d secrets, want %d: %v", len(keys), want, keys)
	}
}

func TestProxyOfAnAccount(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a, err := h.Add(ctx, Account{Name: "Work", Provider: "openai", Proxy: Proxy{To: "http://me:" + word + "@p.corp:8080"}}, keyA)
	if err != nil || a.Proxy.String() != "http://me:***@p.corp:8080" {
		t.Fatalf("got %v, %v", a.Proxy, err)
	}
	h.secrets(t, 2)
	choice := func(a Account, want network.Choice) {
		t.Helper()
		if got, err := New(h.st, h.kc).Choice(ctx, a); got != want || err != nil { // as after a restart
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	choice(a, network.Choice{To: "http://me:" + word + "@p.corp:8080", Own: true})
	b := h.add(t, "Other", keyB)
	choice(b, network.Choice{})
	if err := h.SetDefaultProxy(ctx, "socks5://you:"+word+"2@d.corp"); err != nil {
		t.Fatal(err)
	}
	choice(b, network.Choice{To: "socks5://you:" + word + "2@d.corp:1080"})
	h.secrets(t, 4)

	if c, err := h.Edit(a.ID, func(a *Account) { a.Name, a.Proxy = "New", Proxy{To: "http://evil.example"} }); err != nil || c.Proxy != a.Proxy {
		t.Errorf("an edit of the name changed the proxy: %+v, %v", c.Proxy, err)
	}
	if c, err := h.SetProxy(ctx, a.ID, "http://me:***@p.corp:8080"); err != nil || c.Proxy != a.Proxy {
		t.Errorf("kept: %+v, %v", c.Proxy, err)
	}
	for _, other := range []string{"http://me:***@q.corp:8080", "https://me:***@p.corp:8080", "http://you:***@p.corp:8080", "http://me:***@p.corp:8081"} {
		var field *FieldError
		if _, err := h.SetProxy(ctx, a.ID, other); !errors.As(err, &field) || field.Field != "proxy" {
			t.Errorf("%s has got the password: %v", other, err)
		}
	}
	if _, err := h.SetProxy(ctx, "acc_nobody", "direct"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	a, err = h.SetProxy(ctx, a.ID, "http://me:other-"+word+"@p.corp:8080")
	if err != nil {
		t.Fatal(err)
	}
	choice(a, network.Choice{To: "http://me:other-" + word + "@p.corp:8080", Own: true})
	h.secrets(t, 4) // the old one is gone

	gone, err := h.Remove(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.secrets(t, 2)
	back, err := h.Restore(ctx, gone, keyA, "other-"+word)
	if err != nil {
		t.Fatal(err)
	}
	choice(back, network.Choice{To: "http://me:other-" + word + "@p.corp:8080", Own: true})
	if back, err = h.SetProxy(ctx, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	choice(back, network.Choice{To: "socks5://you:" + word + "2@d.corp:1080"})
	h.secrets(t, 3)
	if f := h.holds(t, word); f != "" {
		t.Errorf("a password is in %s", f)
	}
}

// A keychain that does not take or give what it should changes nothing, and leaves nothing behind.
func TestProxyWithAFailingKeychain(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a := h.add(t, "Work", keyA)
	refuse := func(what string) {
		h.kc.FailWith(func(op, key string) error {
			if op == what && strings.Contains(key, "/proxy/") {
				return keychain.ErrLocked
			}
			return nil
		})
	}
	refuse("keep")
	if _, err := h.SetProxy(ctx, a.ID, "http://me:"+word+"@p.corp"); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if _, err := h.Add(ctx, Account{Name: "Two", Provider: "openai", Proxy: Proxy{To: "http://me:" + word + "@p.corp"}}, keyB); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if list, _ := h.List(); len(list) != 1 || list[0].Proxy != (Proxy{}) {
		t.Errorf("got %+v", list)
	}
	h.kc.FailWith(nil)
	h.secrets(t, 1)
	a, err := h.SetProxy(ctx, a.ID, "http://me:"+word+"@p.corp")
	if err != nil {
		t.Fatal(err)
	}
	refuse("delete") // the old password stays until the next sweep
	if _, err := h.SetProxy(ctx, a.ID, "direct"); err != nil {
		t.Errorf("got %v", err)
	}
	h.kc.FailWith(nil)
	h.secrets(t, 2)
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	h.secrets(t, 1)

	a, err = h.SetProxy(ctx, a.ID, "http://me:"+word+"@p.corp")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(h.kc.Keys(), func(k string) bool { return strings.Contains(k, "/proxy/") })
	if err := h.kc.Delete(ctx, h.kc.Keys()[i]); err != nil {
		t.Fatal(err)
	}
	if c, err := New(h.st, h.kc).Choice(ctx, a); err == nil || !strings.Contains(err.Error(), "enter it again") {
		t.Errorf("without its password it is %v, %v", c, err)
	}
}
