package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"metapi/backend/keychain"
	"metapi/backend/store"
)

// Carried is what a backup has of accounts and clients. Its secrets go by their names in the keychain, and are not part of it.
type Carried struct {
	Accounts []Account `json:"accounts"`
	Clients  []Client  `json:"clients"`
	Proxy    Proxy     `json:"proxy,omitzero"` // of accounts without a word of their own
}

var carriedID = regexp.MustCompile(`^(acc|cli)_[a-z2-7]{16}$`)

// Carry is all there is, revoked clients too: the ledger speaks of them.
func (a *Accounts) Carry() (c Carried, err error) {
	if c.Accounts, err = a.List(); err != nil {
		return c, err
	}
	if c.Clients, err = a.Clients(); err != nil {
		return c, err
	}
	c.Proxy, err = a.DefaultProxy()
	return c, err
}

// CarrySecrets reads the secrets of what is carried. Those that are not there are left out.
func (a *Accounts) CarrySecrets(ctx context.Context, c Carried) (map[string]string, error) {
	secrets := map[string]string{}
	for _, key := range c.keys() {
		secret, err := a.keys.Get(ctx, key)
		if err == nil {
			secrets[key] = secret
		} else if !errors.Is(err, keychain.ErrNotFound) {
			return nil, err
		}
	}
	return secrets, nil
}

func (c *Carried) keys() (keys []string) {
	for _, acc := range c.Accounts {
		keys = append(keys, acc.keys()...)
	}
	for _, cl := range c.Clients {
		if cl.Live() {
			keys = append(keys, clientKey(cl.ID))
		}
	}
	if c.Proxy.Key != "" {
		keys = append(keys, c.Proxy.Key)
	}
	return keys
}

// Bringing is what [Accounts.Bring] would do, worked out by [Accounts.PlanBring].
type Bringing struct {
	Accounts []Account // as they will be; whose key is not brought and not here keeps its place without one
	Clients  []Client
	New      map[string]bool // ids that are not here yet
	Changed  map[string]bool // ids that are here, and will be other than they are
	Keyless  []string        // names of accounts that will have no key
	secrets  []held
}

// PlanBring works out how what was carried comes to what is here, and changes nothing. Nothing that is here is removed, and a key that is here stays:
// only what is missing is taken from secrets. A local key that was revoked here stays revoked. What a person could not have entered is refused, and so
// is an account whose key would go to another server than it was stored for.
func (a *Accounts) PlanBring(ctx context.Context, c Carried, secrets map[string]string) (*Bringing, error) {
	b := &Bringing{New: map[string]bool{}, Changed: map[string]bool{}}
	here, err := a.List()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	unique := func(id, prefix string) error {
		if !carriedID.MatchString(id) || !strings.HasPrefix(id, prefix) || seen[id] {
			return &FieldError{"id", fmt.Sprintf("%.40q is not the id of one account or client", id)}
		}
		seen[id] = true
		return nil
	}
	known := map[string]Account{}
	for _, acc := range here {
		known[acc.ID] = acc
	}
	all := here
	for _, acc := range c.Accounts {
		if err := errors.Join(unique(acc.ID, "acc_"), checkAccount(&acc)); err != nil {
			return nil, err
		}
		if acc.Pool != "" {
			if acc.Pool, err = cleanName(acc.Pool); err != nil {
				return nil, err
			}
		}
		old, is := known[acc.ID]
		if is && (acc.Provider != old.Provider || origin(acc.BaseURL) != origin(old.BaseURL)) {
			return nil, &FieldError{"base URL", fmt.Sprintf("the key of %q was stored for another server than the one in the backup, and goes to no other", old.Name)}
		}
		if acc.Proxy, err = b.proxy(acc.Proxy, old.Proxy, secrets); err != nil {
			return nil, err
		}
		if is {
			acc.Slug, acc.Created, acc.KeyHint, acc.KeyChanged, acc.Verified = old.Slug, old.Created, old.KeyHint, old.KeyChanged, old.Verified
		} else {
			acc.Slug = freeSlug(slug(acc.Slug, acc.Provider), all)
			all = append(all, acc)
		}
		missing, err := a.missing(ctx, accountKey(acc.ID))
		if err != nil {
			return nil, err
		}
		if secret := secrets[accountKey(acc.ID)]; missing && secret != "" {
			if secret, err = cleanSecret(secret); err != nil {
				return nil, err
			}
			if err := a.refuseTwice(ctx, acc, secret); err != nil {
				return nil, err
			}
			acc.KeyHint = hint(secret)
			b.secrets = append(b.secrets, held{accountKey(acc.ID), secret})
		} else if missing {
			b.Keyless = append(b.Keyless, acc.Name)
		}
		b.New[acc.ID], b.Changed[acc.ID] = !is, is && acc != old
		b.Accounts = append(b.Accounts, acc)
	}
	there := func(id string) bool { return known[id].ID != "" || seen[id] }
	return b, a.planClients(ctx, c.Clients, secrets, unique, there, b)
}

func (a *Accounts) planClients(ctx context.Context, list []Client, secrets map[string]string, unique func(id, prefix string) error, there func(account string) bool, b *Bringing) error {
	here, err := a.Clients()
	if err != nil {
		return err
	}
	known, taken, hashes := map[string]Client{}, map[string]bool{}, map[Hash]string{}
	for _, c := range here {
		known[c.ID], hashes[c.Hash] = c, c.ID
		taken[strings.ToLower(c.Name)] = taken[strings.ToLower(c.Name)] || c.Live()
	}
	for _, c := range list {
		if err := unique(c.ID, "cli_"); err != nil {
			return err
		}
		if c.Name, err = cleanName(c.Name); err != nil {
			return err
		}
		old, is := known[c.ID]
		if other, had := hashes[c.Hash]; had && other != c.ID {
			return &FieldError{"key", fmt.Sprintf("%q has the local key of another tool", c.Name)}
		}
		hashes[c.Hash] = c.ID
		if is {
			c.Name, c.Hash, c.Hint, c.Created, c.Revoked = old.Name, old.Hash, old.Hint, old.Created, old.Revoked
		}
		if !there(c.Pin) {
			c.Pin = "" // as where an account is removed
		}
		for n, name := 2, c.Name; !is && c.Live() && taken[strings.ToLower(c.Name)]; n++ {
			c.Name = fmt.Sprintf("%.*s %d", maxName-4, name, n)
		}
		if c.Live() {
			taken[strings.ToLower(c.Name)] = true
		}
		if text := secrets[clientKey(c.ID)]; text != "" && c.Live() && HashKey(text) == c.Hash {
			missing, err := a.missing(ctx, clientKey(c.ID))
			if err != nil {
				return err
			}
			if missing {
				b.secrets = append(b.secrets, held{clientKey(c.ID), text})
			}
		}
		b.New[c.ID], b.Changed[c.ID] = !is, is && c != old
		b.Clients = append(b.Clients, c)
	}
	return nil
}

// proxy is what was carried, as it can be here: its password is the one of the same proxy here, or comes with the secrets, under a new name.
func (b *Bringing) proxy(carried, here Proxy, secrets map[string]string) (Proxy, error) {
	if carried.To == here.To {
		return here, nil
	}
	p, inside, err := readProxy(carried.To, Proxy{})
	if err != nil || len(inside) > 0 {
		return Proxy{}, errors.Join(err, &FieldError{"proxy", "it is not as Metapi keeps it"})
	}
	if password := secrets[carried.Key]; carried.Key != "" && password != "" {
		p.Key = newID("metapi/proxy/")
		b.secrets = append(b.secrets, held{p.Key, password})
	}
	return p, nil
}

func (a *Accounts) missing(ctx context.Context, key string) (bool, error) {
	_, err := a.keys.Get(ctx, key)
	if errors.Is(err, keychain.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// Bring makes what [Accounts.PlanBring] has worked out of the same input so, at once. After an error nothing is changed.
func (a *Accounts) Bring(ctx context.Context, c Carried, secrets map[string]string) (*Bringing, error) {
	done, err := a.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := a.PlanBring(ctx, c, secrets)
	if err != nil {
		return nil, err
	}
	proxy, err := a.DefaultProxy()
	if err != nil {
		return nil, err
	}
	if c.Proxy.To != "" {
		if proxy, err = b.proxy(c.Proxy, proxy, secrets); err != nil {
			return nil, err
		}
	}
	err = a.keep(ctx, b.secrets, func(tx *store.Tx) error {
		for _, acc := range b.Accounts {
			if err := accounts.Put(tx, acc.ID, acc); err != nil {
				return err
			}
		}
		for _, cl := range b.Clients {
			if err := clients.Put(tx, cl.ID, cl); err != nil {
				return err
			}
		}
		return proxies.Put(tx, defaultProxy, proxy)
	})
	if err != nil {
		return nil, fmt.Errorf("the accounts were not brought back: %w", err)
	}
	a.changed()
	return b, nil
}
