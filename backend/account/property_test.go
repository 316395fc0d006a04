package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"metapi/backend/keychain"

	"pgregory.net/rapid"
)

// Whatever is done in whatever order, with a keychain that fails now and then: slugs and orders are unique, every
// account that is listed has its secret, the keychain has nothing else but what a sweep will delete, and no file has
// the text of any secret that ever was.
func TestAnySequenceKeepsTheTwoPlacesInStep(t *testing.T) {
	ctx := context.Background()
	slugForm := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		defer h.st.Close()
		var all []string                    // every secret that ever was
		accountsWant := map[string]string{} // id to secret
		clientsWant := map[string]string{}
		secretNow := ""
		fresh := func() string {
			secretNow = fmt.Sprintf("sk-%s", newID("x"))
			all = append(all, secretNow)
			return secretNow
		}
		pick := func(m map[string]string) string {
			ids := []string{"acc_missing"}
			for id := range m {
				ids = append(ids, id)
			}
			return rapid.SampledFrom(slices.Sorted(slices.Values(ids))).Draw(rt, "id")
		}
		name := rapid.SampledFrom([]string{"Work", "work", "Wörk!", "智谱", strings.Repeat("long name ", 6), "a"})
		step := func(run func(ok bool)) func(*rapid.T) {
			return func(rt *rapid.T) {
				failing := rapid.SampledFrom([]string{"", "", "", "", "keep", "delete", "read"}).Draw(rt, "failing")
				h.kc.FailWith(func(op, _ string) error {
					if op == failing {
						return keychain.ErrLocked
					}
					return nil
				})
				run(failing == "")
				h.kc.FailWith(nil)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"add": step(func(ok bool) {
				a, err := h.Add(ctx, Account{Name: name.Draw(rt, "name"), Provider: "openai"}, fresh())
				if err == nil {
					accountsWant[a.ID] = secretNow
				} else if ok {
					rt.Fatal(err)
				}
			}),
			"add again": step(func(ok bool) {
				id := pick(accountsWant)
				secret, have := accountsWant[id]
				if !have {
					return
				}
				if _, err := h.Add(ctx, Account{Name: "Again", Provider: "openai"}, secret); err == nil {
					rt.Fatal("the same key was added twice")
				}
			}),
			"remove": step(func(ok bool) {
				id := pick(accountsWant)
				a, err := h.Remove(ctx, id)
				if _, have := accountsWant[id]; have != (a.ID == id) || ok && have != (err == nil) {
					rt.Fatalf("%v %v", a, err)
				}
				delete(accountsWant, id)
			}),
			"set secret": step(func(ok bool) {
				id := pick(accountsWant)
				err := h.SetSecret(ctx, id, fresh())
				_, have := accountsWant[id]
				if err == nil && have {
					accountsWant[id] = secretNow
				} else if ok && have || err == nil {
					rt.Fatal(err)
				}
			}),
			"edit": step(func(bool) {
				_, err := h.Edit(pick(accountsWant), func(a *Account) {
					a.Name, a.Paused = name.Draw(rt, "name"), !a.Paused
					if rapid.Bool().Draw(rt, "slug") {
						a.Slug = a.Name
					}
				})
				var field *FieldError
				if err != nil && !errors.Is(err, ErrNotFound) && !errors.As(err, &field) {
					rt.Fatal(err)
				}
			}),
			"add client": step(func(bool) {
				if c, key, err := h.AddClient(ctx, name.Draw(rt, "name")); err == nil {
					clientsWant[c.ID] = key
					all = append(all, key)
				}
			}),
			"revoke client": step(func(bool) {
				id := pick(clientsWant)
				_ = h.RevokeClient(ctx, id)
				delete(clientsWant, id)
			}),
			"sweep": step(func(ok bool) {
				if err := h.Sweep(ctx); err != nil && ok {
					rt.Fatal(err)
				}
			}),
			"": func(rt *rapid.T) {
				list, err := h.List()
				if err != nil || len(list) != len(accountsWant) {
					rt.Fatalf("%d accounts, want %d, %v", len(list), len(accountsWant), err)
				}
				slugs := map[string]bool{}
				for _, a := range list {
					if slugs[a.Slug] || !slugForm.MatchString(a.Slug) || len(a.Slug) > maxSlug {
						rt.Fatalf("slug %q", a.Slug)
					}
					slugs[a.Slug] = true
					if got, err := h.Secret(ctx, a.ID); err != nil || got != accountsWant[a.ID] {
						rt.Fatalf("the secret of %s is %q, %v, want %q", a.ID, got, err, accountsWant[a.ID])
					}
				}
				for id, key := range clientsWant {
					if got, err := h.ClientKey(ctx, id); err != nil || got != key {
						rt.Fatalf("the key of %s: %v", id, err)
					}
				}
			},
		})
		if err := h.Sweep(ctx); err != nil {
			rt.Fatal(err)
		}
		if got, want := len(h.kc.Keys()), len(accountsWant)+len(clientsWant); got != want {
			rt.Fatalf("the keychain has %d secrets, want %d", got, want)
		}
		for _, secret := range all {
			if f := h.holds(t, secret); f != "" {
				rt.Fatalf("a secret is in %s", f)
			}
		}
	})
}
