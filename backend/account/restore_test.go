package account

import (
	"context"
	"errors"
	"slices"
	"testing"

	"metapi/backend/keychain"
)

// order is the slugs of the accounts, in the user's order.
func (h *house) order(t *testing.T) (slugs []string) {
	t.Helper()
	list, err := h.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		slugs = append(slugs, a.Slug)
	}
	return slugs
}

func TestARestoredAccountIsWhatItWas(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a := h.add(t, "Work", keyA)
	h.add(t, "Home", keyB)
	gone, err := h.Remove(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	changes := 0
	h.OnChange(func() { changes++ })
	back, err := h.Restore(ctx, gone, keyA, "")
	if err != nil || back != a {
		t.Errorf("it came back as %+v, %v\nit was %+v", back, err, a)
	}
	if s, err := h.Secret(ctx, a.ID); err != nil || s != keyA {
		t.Errorf("its secret: %q, %v", s, err)
	}
	if got := h.order(t); !slices.Equal(got, []string{"work", "home"}) || changes != 1 {
		t.Errorf("the order is %v, and %d changes were told", got, changes)
	}
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Secret(ctx, a.ID); err != nil {
		t.Errorf("the next start takes its secret away: %v", err)
	}
	if f := h.holds(t, keyA); f != "" {
		t.Errorf("the secret is in %s", f)
	}
}

func TestARestoredAccountGivesWay(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a, b := h.add(t, "Work", keyA), h.add(t, "Home", keyB)
	c := h.add(t, "Third", keyA+"c")
	gone, err := h.Remove(ctx, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	d := h.add(t, "Home", keyA+"d")
	if err := h.Reorder([]string{c.ID, d.ID, a.ID}); err != nil {
		t.Fatal(err)
	}
	back, err := h.Restore(ctx, gone, keyB, "")
	if err != nil || back.ID != b.ID || back.Slug != "home-2" || back.Name != "Home" {
		t.Errorf("it came back as %+v, %v", back, err)
	}
	if got := h.order(t); !slices.Equal(got, []string{"third", "home-2", "home", "work"}) {
		t.Errorf("the order is %v: it was the second", got)
	}
}

func TestAnAccountIsNotRestoredInParts(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	a := h.add(t, "Work", keyA)
	gone, err := h.Remove(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.add(t, "Again", keyA)
	var field *FieldError
	if _, err := h.Restore(ctx, gone, keyA, ""); !errors.As(err, &field) || field.Field != "key" {
		t.Errorf("one key in two accounts: %v", err)
	}
	if _, err := h.Remove(ctx, must(t)(h.Get("again")).ID); err != nil {
		t.Fatal(err)
	}
	h.kc.FailWith(func(op, _ string) error {
		if op == "keep" {
			return &keychain.Error{Op: op, Kind: keychain.ErrLocked}
		}
		return nil
	})
	if _, err := h.Restore(ctx, gone, keyA, ""); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("a locked keychain: %v", err)
	}
	if list, err := h.List(); len(list) != 0 || err != nil || len(h.kc.Keys()) != 0 {
		t.Errorf("left behind: %v %v %v", list, h.kc.Keys(), err)
	}
	h.kc.FailWith(nil)
	if _, err := h.Restore(ctx, gone, keyA, ""); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func must(t *testing.T) func(Account, error) Account {
	return func(a Account, err error) Account {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}

func TestReorderTakesAllOrNothing(t *testing.T) {
	h := newHouse(t)
	a, b := h.add(t, "Work", keyA), h.add(t, "Home", keyB)
	for _, bad := range [][]string{nil, {a.ID}, {a.ID, a.ID}, {a.ID, b.ID, a.ID}, {a.ID, "acc_other"}, {a.Slug, b.Slug}} {
		var field *FieldError
		if err := h.Reorder(bad); !errors.As(err, &field) || field.Field != "order" {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if got := h.order(t); !slices.Equal(got, []string{"work", "home"}) {
		t.Errorf("a refused order changed something: %v", got)
	}
	if err := h.Reorder([]string{b.ID, a.ID}); err != nil {
		t.Fatal(err)
	}
	c := h.add(t, "Last", keyA+"c")
	if got := h.order(t); !slices.Equal(got, []string{"home", "work", "last"}) {
		t.Errorf("then the order is %v; %s was added last", got, c.Slug)
	}
}
