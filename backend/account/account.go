package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"metapi/backend/keychain"
	"metapi/backend/store"
)

// Account is one credential of the user at one provider and base URL.
type Account struct {
	ID         string    `json:"id"`             // "acc_..."; never changes, and is never a slug
	Slug       string    `json:"slug"`           // from the name, unique: what `account/model` and the CLI call it; stays when the name changes
	Name       string    `json:"name"`           // the user's
	Provider   string    `json:"provider"`       // a provider's id
	BaseURL    string    `json:"base_url"`       // empty: the provider's own
	Paused     bool      `json:"paused"`         // the user wants it left out
	Order      int       `json:"order"`          // place in the user's list, which failover follows
	Pool       string    `json:"pool,omitempty"` // the name of those that it shares its place with: that of the first of them; empty: none
	Created    time.Time `json:"created"`        // UTC
	KeyHint    string    `json:"key_hint"`       // "...wxyz": the last 4 characters of the key at most
	KeyChanged time.Time `json:"key_changed"`    // when it was given the key that it has
	Verified   time.Time `json:"verified"`       // when the key was last seen to work; zero: not yet
	Proxy      Proxy     `json:"proxy,omitzero"` // how it is reached
}

// leftover is a key of the keychain that may have to be deleted: see the package comment.
type leftover struct {
	Since time.Time `json:"since"`
}

var (
	accounts  = store.NewBucket[Account]("accounts")
	clients   = store.NewBucket[Client]("clients")
	leftovers = store.NewBucket[leftover]("leftovers")
)

// Accounts are all accounts and clients of a data folder. It is safe for concurrent use.
type Accounts struct {
	store *store.Store
	keys  keychain.Keychain
	now   func() time.Time

	// changing is held by whoever changes secrets, one at a time. It is a channel because the keychain may keep its
	// holder waiting for minutes: whoever waits for it can give up. Reading never takes it.
	changing chan struct{}

	mu        sync.Mutex // guards what follows
	listeners []func()
	passwords map[string]string // of proxies, by their names in the keychain, which stand for one password for ever
}

// New keeps accounts in a store and their secrets in a keychain.
func New(st *store.Store, kc keychain.Keychain) *Accounts {
	return &Accounts{store: st, keys: kc, now: time.Now, changing: make(chan struct{}, 1), passwords: map[string]string{}}
}

// OnChange has fn called after each change to an account or a client, by whoever made it.
func (a *Accounts) OnChange(fn func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listeners = append(a.listeners, fn)
}

func (a *Accounts) changed() {
	a.mu.Lock()
	list := a.listeners[:len(a.listeners):len(a.listeners)]
	a.mu.Unlock()
	for _, fn := range list {
		fn()
	}
}

// alone waits for the turn to change secrets.
func (a *Accounts) alone(ctx context.Context) (done func(), err error) {
	select {
	case a.changing <- struct{}{}:
		return func() { <-a.changing }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("another change of the accounts is waiting for the keychain: %w", ctx.Err())
	}
}

func accountKey(id string) string { return "metapi/account/" + id }

// newID is 80 random bits, which no one will meet twice, after a prefix that a slug cannot have.
func newID(prefix string) string {
	raw := make([]byte, 10)
	rand.Read(raw) // never fails
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

// Add keeps a new account. Of a, Name, Provider, BaseURL, Paused and Proxy.To, as entered, count, and Verified where the key has
// been tried; an empty name becomes the provider's id. It returns the account as it was kept. After an error neither
// the keychain nor the store has it.
func (a *Accounts) Add(ctx context.Context, acc Account, secret string) (Account, error) {
	if strings.TrimSpace(acc.Name) == "" {
		acc.Name = acc.Provider
	}
	secret, err := cleanAccount(&acc, secret)
	if err != nil {
		return Account{}, err
	}
	done, err := a.alone(ctx)
	if err != nil {
		return Account{}, err
	}
	defer done()
	if err := a.refuseTwice(ctx, acc, secret); err != nil {
		return Account{}, err
	}
	proxy, secrets, err := readProxy(acc.Proxy.To, Proxy{})
	if err != nil {
		return Account{}, err
	}
	acc.ID, acc.Created, acc.KeyHint, acc.Proxy = newID("acc_"), a.now().UTC(), hint(secret), proxy
	acc.KeyChanged = acc.Created
	err = a.keep(ctx, append(secrets, held{accountKey(acc.ID), secret}), func(tx *store.Tx) error {
		list, err := accounts.All(tx)
		if err != nil {
			return err
		}
		acc.Order = 1
		for _, other := range list {
			acc.Order = max(acc.Order, other.Order+1)
		}
		acc.Slug = freeSlug(slug(acc.Name, acc.Provider), list)
		return accounts.Put(tx, acc.ID, acc)
	})
	if err != nil {
		return Account{}, fmt.Errorf("the account was not added: %w", err)
	}
	a.changed()
	return acc, nil
}

// refuseTwice fails where another account has the same key at the same place.
func (a *Accounts) refuseTwice(ctx context.Context, acc Account, secret string) error {
	list, err := a.List()
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.ID == acc.ID || other.Provider != acc.Provider || place(other.BaseURL) != place(acc.BaseURL) {
			continue
		}
		have, err := a.keys.Get(ctx, accountKey(other.ID))
		if errors.Is(err, keychain.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(have), []byte(secret)) == 1 {
			return &FieldError{"key", fmt.Sprintf("the account %q (%s) has this key already", other.Name, other.Slug)}
		}
	}
	return nil
}

// List is all accounts in the user's order.
func (a *Accounts) List() ([]Account, error) {
	var list []Account
	err := a.store.View(func(tx *store.Tx) (err error) { list, err = accounts.All(tx); return err })
	Sort(list)
	return list, err
}

// Get finds an account by its id, its slug, or its name in any case. None is [ErrNotFound]; a name that several have is
// [ErrAmbiguous].
func (a *Accounts) Get(name string) (Account, error) {
	list, err := a.List()
	if err != nil {
		return Account{}, err
	}
	return find(list, "account", name, func(acc Account) names {
		return names{[]string{acc.ID, acc.Slug}, acc.Name, acc.Slug}
	})
}

// Edit changes an account within one transaction, so that nobody else's change is lost. What fn does to ID, Created, Proxy and
// KeyHint does not count. A changed slug is folded and must be free.
func (a *Accounts) Edit(id string, fn func(*Account)) (Account, error) {
	var acc Account
	err := a.store.Update(func(tx *store.Tx) error {
		list, err := accounts.All(tx)
		if err != nil {
			return err
		}
		old, err := find(list, "account", id, func(acc Account) names { return names{ids: []string{acc.ID}} })
		if err != nil {
			return err
		}
		acc = old
		fn(&acc)
		acc.ID, acc.Created, acc.KeyHint, acc.KeyChanged, acc.Proxy = old.ID, old.Created, old.KeyHint, old.KeyChanged, old.Proxy
		if err := checkAccount(&acc); err != nil {
			return err
		}
		if acc.Provider != old.Provider || origin(acc.BaseURL) != origin(old.BaseURL) {
			return &FieldError{"base URL", "the key was stored for another server, and goes to no other: " +
				"add a new account with its key, and remove this one"}
		}
		if acc.Slug != old.Slug {
			acc.Slug = slug(acc.Slug, acc.Provider)
			for _, other := range list {
				if other.ID != acc.ID && other.Slug == acc.Slug {
					return &FieldError{"slug", fmt.Sprintf("the account %q has %s already", other.Name, other.Slug)}
				}
			}
		}
		return accounts.Put(tx, acc.ID, acc)
	})
	if err != nil {
		return Account{}, err
	}
	a.changed()
	return acc, nil
}

// Verified notes that an account's key was seen to work. Nobody is told as [Accounts.OnChange] has it: nothing that serves depends on it.
func (a *Accounts) Verified(id string, at time.Time) (acc Account, err error) {
	err = a.store.Update(func(tx *store.Tx) error {
		var ok bool
		if acc, ok, err = accounts.Get(tx, id); err != nil || !ok {
			return errors.Join(err, notFound("account", id))
		}
		acc.Verified = at
		return accounts.Put(tx, id, acc)
	})
	return acc, err
}

// Remove removes an account and its secret, and returns the account as it was. Where the account is gone but the
// keychain did not delete the secret, both are returned, the account and an error that says so; [Accounts.Sweep] tries
// again. Clients that were pinned to it are not any more.
func (a *Accounts) Remove(ctx context.Context, id string) (Account, error) {
	done, err := a.alone(ctx)
	if err != nil {
		return Account{}, err
	}
	defer done()
	var acc Account
	err = a.store.Update(func(tx *store.Tx) (err error) {
		var ok bool
		if acc, ok, err = accounts.Get(tx, id); err != nil {
			return err
		}
		if !ok {
			return notFound("account", id)
		}
		if err := accounts.Delete(tx, id); err != nil {
			return err
		}
		for _, key := range acc.keys() {
			if err := leftovers.Put(tx, key, leftover{a.now().UTC()}); err != nil {
				return err
			}
		}
		return unpin(tx, id)
	})
	if err != nil {
		return Account{}, err
	}
	a.changed()
	for _, key := range acc.keys() {
		err = errors.Join(err, a.drop(ctx, key))
	}
	if err != nil {
		return acc, fmt.Errorf("the account %q is removed, but its key is still in the keychain until Metapi starts again: %w", acc.Name, err)
	}
	return acc, nil
}

// keys are the names of its secrets in the keychain.
func (acc *Account) keys() []string {
	keys := []string{accountKey(acc.ID)}
	if acc.Proxy.Key != "" {
		keys = append(keys, acc.Proxy.Key)
	}
	return keys
}

// Restore brings back an account that [Accounts.Remove] returned, with its secret and its proxy's password: the same id, the same place in the
// order, and the same slug where no other account has taken it since. After an error neither the keychain nor the store
// has it.
func (a *Accounts) Restore(ctx context.Context, acc Account, secret, password string) (Account, error) {
	done, err := a.alone(ctx)
	if err != nil {
		return Account{}, err
	}
	defer done()
	if err := a.refuseTwice(ctx, acc, secret); err != nil {
		return Account{}, err
	}
	secrets := []held{{accountKey(acc.ID), secret}}
	if acc.Proxy.Key != "" {
		secrets = append(secrets, held{acc.Proxy.Key, password})
	}
	err = a.keep(ctx, secrets, func(tx *store.Tx) error {
		list, err := accounts.All(tx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(other Account) bool { return other.Order == acc.Order }) {
			for _, other := range list {
				if other.Order < acc.Order {
					continue
				}
				other.Order++
				if err := accounts.Put(tx, other.ID, other); err != nil {
					return err
				}
			}
		}
		acc.Slug = freeSlug(acc.Slug, list)
		return accounts.Put(tx, acc.ID, acc)
	})
	if err != nil {
		return Account{}, fmt.Errorf("the account was not brought back: %w", err)
	}
	a.changed()
	return acc, nil
}

// Reorder puts accounts into the order of ids, which must name each of them once: then nobody's change is lost to a list
// that was read before it.
func (a *Accounts) Reorder(ids []string) error {
	err := a.store.Update(func(tx *store.Tx) error {
		list, err := accounts.All(tx)
		if err != nil {
			return err
		}
		place := map[string]int{}
		for i, id := range ids {
			place[id] = i + 1
		}
		if len(ids) != len(list) || len(place) != len(list) {
			return &FieldError{"order", "it does not name each account once; read the accounts again"}
		}
		for _, acc := range list {
			if acc.Order = place[acc.ID]; acc.Order == 0 {
				return &FieldError{"order", "it leaves out the account " + acc.Slug + "; read the accounts again"}
			}
			if err := accounts.Put(tx, acc.ID, acc); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.changed()
	return nil
}

// Secret reads an account's secret from the keychain.
func (a *Accounts) Secret(ctx context.Context, id string) (string, error) {
	return a.keys.Get(ctx, accountKey(id))
}

// SetSecret gives an account another key. What was known of the old one, Verified, is forgotten. After an
// error the account has the key it had; only after a time-out ([keychain.ErrTimeout]) the new one may still arrive.
func (a *Accounts) SetSecret(ctx context.Context, id, secret string) error {
	secret, err := cleanSecret(secret)
	if err != nil {
		return err
	}
	done, err := a.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	var acc Account
	err = a.store.View(func(tx *store.Tx) error {
		var ok bool
		acc, ok, err = accounts.Get(tx, id)
		if err == nil && !ok {
			err = notFound("account", id)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := a.refuseTwice(ctx, acc, secret); err != nil {
		return err
	}
	old, err := a.keys.Get(ctx, accountKey(id))
	had := err == nil
	if err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return err
	}
	err = a.keys.Set(ctx, accountKey(id), secret)
	if err == nil {
		err = a.store.Update(func(tx *store.Tx) error {
			acc, ok, err := accounts.Get(tx, id)
			if err != nil || !ok {
				return errors.Join(err, notFound("account", id))
			}
			acc.KeyHint, acc.KeyChanged, acc.Verified = hint(secret), a.now().UTC(), time.Time{}
			return accounts.Put(tx, id, acc)
		})
	}
	if err != nil {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		if had {
			return errors.Join(err, a.keys.Set(ctx, accountKey(id), old))
		}
		return errors.Join(err, a.keys.Delete(ctx, accountKey(id)))
	}
	a.changed()
	return nil
}
