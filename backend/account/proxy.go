package account

import (
	"context"
	"errors"
	"fmt"

	"metapi/backend/keychain"
	"metapi/backend/network"
	"metapi/backend/store"
)

// Proxy is how an account is reached, or all those are that have no word of their own: see package network. Its password is in the keychain
// alone, under a name that is new with each password, so that a change of it is one write to the store.
type Proxy struct {
	To  string `json:"to"`            // "direct", "system", or a proxy's URL without its password; empty: as is set for all, or as the system says
	Key string `json:"key,omitempty"` // names the password in the keychain; empty: there is none
}

// String is for people to see and to edit: the password is stars.
func (p Proxy) String() string { return network.Mask(p.To, p.Key != "") }

var proxies = store.NewBucket[Proxy]("settings")

// defaultProxy is the one for all accounts without a word of their own.
const defaultProxy = "proxy"

// readProxy reads what a person has entered in place of old, and returns the secret that is to be kept with it.
func readProxy(entered string, old Proxy) (Proxy, []held, error) {
	to, password, same, err := network.Split(entered)
	switch {
	case err != nil:
		return Proxy{}, nil, &FieldError{"proxy", err.Error()}
	case same && (to != old.To || old.Key == ""):
		return Proxy{}, nil, &FieldError{"proxy", "the password that is known was given for another proxy or name, and goes to no other: enter it again"}
	case same:
		return old, nil, nil
	case password == "":
		return Proxy{To: to}, nil, nil
	}
	p := Proxy{To: to, Key: newID("metapi/proxy/")}
	return p, []held{{p.Key, password}}, nil
}

// SetProxy changes how an account is reached. Its key is not asked for again.
func (a *Accounts) SetProxy(ctx context.Context, id, entered string) (Account, error) {
	var acc Account
	err := a.setProxy(ctx, entered, func(tx *store.Tx) (Proxy, error) {
		var ok bool
		var err error
		if acc, ok, err = accounts.Get(tx, id); err == nil && !ok {
			err = notFound("account", id)
		}
		return acc.Proxy, err
	}, func(tx *store.Tx, p Proxy) error {
		acc.Proxy = p
		return accounts.Put(tx, id, acc)
	})
	return acc, err
}

// SetDefaultProxy changes how the accounts are reached that have no word of their own.
func (a *Accounts) SetDefaultProxy(ctx context.Context, entered string) error {
	return a.setProxy(ctx, entered, getDefaultProxy, func(tx *store.Tx, p Proxy) error { return proxies.Put(tx, defaultProxy, p) })
}

// DefaultProxy is how the accounts are reached that have no word of their own.
func (a *Accounts) DefaultProxy() (p Proxy, err error) {
	err = a.store.View(func(tx *store.Tx) error { p, err = getDefaultProxy(tx); return err })
	return p, err
}

func getDefaultProxy(tx *store.Tx) (Proxy, error) {
	p, _, err := proxies.Get(tx, defaultProxy)
	return p, err
}

func (a *Accounts) setProxy(ctx context.Context, entered string, get func(*store.Tx) (Proxy, error), put func(*store.Tx, Proxy) error) error {
	done, err := a.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	var old Proxy
	if err := a.store.View(func(tx *store.Tx) (err error) { old, err = get(tx); return err }); err != nil {
		return err
	}
	fresh, secrets, err := readProxy(entered, old)
	if err != nil || fresh == old {
		return err
	}
	err = a.keep(ctx, secrets, func(tx *store.Tx) error {
		if _, err := get(tx); err != nil { // as it is now
			return err
		}
		if old.Key != "" {
			if err := leftovers.Put(tx, old.Key, leftover{a.now().UTC()}); err != nil {
				return err
			}
		}
		return put(tx, fresh)
	})
	if err != nil {
		return fmt.Errorf("the proxy was not changed: %w", err)
	}
	if old.Key != "" {
		_ = a.drop(ctx, old.Key) // else Sweep does it
	}
	a.changed()
	return nil
}

// Choice is how an account is reached, its password included: by its own word, else by the one for all. The zero Account has no word of its own.
func (a *Accounts) Choice(ctx context.Context, acc Account) (network.Choice, error) {
	p, own := acc.Proxy, acc.Proxy.To != ""
	if !own {
		var err error
		if p, err = a.DefaultProxy(); err != nil {
			return network.Choice{}, err
		}
	}
	password, err := a.ProxyPassword(ctx, p)
	return network.Choice{To: network.Join(p.To, password), Own: own}, err
}

// Entered is the choice that a person has entered for an account that is not kept yet, or is kept as old.
func (a *Accounts) Entered(ctx context.Context, entered string, old Account) (network.Choice, error) {
	p, secrets, err := readProxy(entered, old.Proxy)
	if err != nil {
		return network.Choice{}, err
	}
	if len(secrets) == 0 {
		return a.Choice(ctx, Account{Proxy: p})
	}
	return network.Choice{To: network.Join(p.To, secrets[0].secret), Own: true}, nil
}

// ProxyPassword reads a proxy's password, the first time from the keychain.
func (a *Accounts) ProxyPassword(ctx context.Context, p Proxy) (string, error) {
	if p.Key == "" {
		return "", nil
	}
	a.mu.Lock()
	password, ok := a.passwords[p.Key]
	a.mu.Unlock()
	if ok {
		return password, nil
	}
	password, err := a.keys.Get(ctx, p.Key)
	if errors.Is(err, keychain.ErrNotFound) {
		return "", errors.New("its proxy's password is no longer in the keychain: enter it again")
	}
	if err != nil {
		return "", fmt.Errorf("its proxy's password cannot be read: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.passwords[p.Key] = password
	return password, nil
}
