package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"metapi/backend/store"
)

// Hash is the SHA-256 of a local key. A key has 256 random bits, so that a plain hash of it gives nothing away.
type Hash [sha256.Size]byte

// HashKey is how a key that a client has sent is looked up.
func HashKey(key string) Hash { return sha256.Sum256([]byte(key)) }

// MarshalText writes it in hex.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads it from hex.
func (h *Hash) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(h) {
		return errors.New("not a SHA-256 in hex")
	}
	copy(h[:], raw)
	return nil
}

// Client is a tool that calls Metapi with a local key of its own.
type Client struct {
	ID      string    `json:"id"` // "cli_..."
	Name    string    `json:"name"`
	Hash    Hash      `json:"hash"`
	Hint    string    `json:"hint"` // "...wxyz": the last 4 characters of the key
	Created time.Time `json:"created"`
	Revoked time.Time `json:"revoked"`          // zero: the key is good
	Mode    string    `json:"mode,omitempty"`   // how its requests are routed, in place of the mode in force; "": as all
	Paused  string    `json:"paused,omitempty"` // why its requests are refused for now, in words; "": they are not
	Pin     string    `json:"pin,omitempty"`    // the id of the only account that its requests go to; "": any
}

// Live reports whether the key is good.
func (c Client) Live() bool { return c.Revoked.IsZero() }

func clientKey(id string) string { return "metapi/client/" + id }

// keyPrefix starts every local key, so that a person and a scanner for lost keys can tell what it is.
const keyPrefix = "mp-"

// newKey is 256 random bits as 43 characters of base64url.
func newKey() string {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails
	return keyPrefix + base64.RawURLEncoding.EncodeToString(raw)
}

// AddClient makes a client with a new local key, and returns the key's text. Two clients with good keys cannot have one
// name.
func (a *Accounts) AddClient(ctx context.Context, name string) (Client, string, error) {
	name, err := cleanName(name)
	if err != nil {
		return Client{}, "", err
	}
	done, err := a.alone(ctx)
	if err != nil {
		return Client{}, "", err
	}
	defer done()
	taken := func(tx *store.Tx) error {
		return clients.Each(tx, "", func(_ string, c Client) error {
			if c.Live() && strings.EqualFold(c.Name, name) {
				return &FieldError{"name", fmt.Sprintf("there is a key named %q already: choose another name, or revoke it first", c.Name)}
			}
			return nil
		})
	}
	if err := a.store.View(taken); err != nil { // before the keychain is asked for anything
		return Client{}, "", err
	}
	key := newKey()
	c := Client{ID: newID("cli_"), Name: name, Hash: HashKey(key), Hint: hint(key), Created: a.now().UTC()}
	err = a.keep(ctx, []held{{clientKey(c.ID), key}}, func(tx *store.Tx) error { return clients.Put(tx, c.ID, c) })
	if err != nil {
		return Client{}, "", fmt.Errorf("the key was not made: %w", err)
	}
	a.changed()
	return c, key, nil
}

// Clients is all clients, oldest first, revoked ones too: the ledger speaks of them.
func (a *Accounts) Clients() ([]Client, error) {
	var list []Client
	err := a.store.View(func(tx *store.Tx) (err error) { list, err = clients.All(tx); return err })
	sort.Slice(list, func(i, j int) bool {
		x, y := list[i], list[j]
		if !x.Created.Equal(y.Created) {
			return x.Created.Before(y.Created)
		}
		return x.ID < y.ID
	})
	return list, err
}

// client finds one by its id, or by its name in any case; a name stands for the one with a good key.
func (a *Accounts) client(name string) (Client, error) {
	list, err := a.Clients()
	if err != nil {
		return Client{}, err
	}
	live := list[:0:0]
	for _, c := range list {
		if c.ID == name {
			return c, nil
		}
		if c.Live() {
			live = append(live, c)
		}
	}
	return find(live, "key", name, func(c Client) names { return names{name: c.Name, shown: c.ID} })
}

// ClientKey reads the text of a local key from the keychain, by the client's id or name.
func (a *Accounts) ClientKey(ctx context.Context, name string) (string, error) {
	c, err := a.client(name)
	if err != nil {
		return "", err
	}
	if !c.Live() {
		return "", fmt.Errorf("the key %q was revoked on %s", c.Name, c.Revoked.Format(time.DateOnly))
	}
	return a.keys.Get(ctx, clientKey(c.ID))
}

// SetClientMode sets how a client's requests are routed, by its id or name; "" is as all. Which modes there are is not known here.
func (a *Accounts) SetClientMode(name, mode string) (Client, error) {
	return a.changeClient(name, func(c *Client) { c.Mode = mode })
}

// PinClient has the requests of a client, by its id or name, go to one account alone, by its id, slug or name; "" ends that.
func (a *Accounts) PinClient(name, to string) (Client, error) {
	if to != "" {
		acc, err := a.Get(to)
		if err != nil {
			return Client{}, err
		}
		to = acc.ID
	}
	return a.changeClient(name, func(c *Client) { c.Pin = to })
}

// unpin lets the requests of clients that are pinned to an account go to any: it is about to go.
func unpin(tx *store.Tx, account string) error {
	list, err := clients.All(tx)
	for _, c := range list {
		if c.Pin == account && err == nil {
			c.Pin = ""
			err = clients.Put(tx, c.ID, c)
		}
	}
	return err
}

// PauseClient has the requests of a client refused, by its id or name, for a reason in words; "" has them taken again.
func (a *Accounts) PauseClient(name, why string) (Client, error) {
	if c, err := a.client(name); err != nil || c.Paused == why {
		return c, err
	}
	return a.changeClient(name, func(c *Client) { c.Paused = why })
}

func (a *Accounts) changeClient(name string, change func(*Client)) (Client, error) {
	c, err := a.client(name)
	if err != nil {
		return c, err
	}
	err = a.store.Update(func(tx *store.Tx) error {
		now, ok, err := clients.Get(tx, c.ID)
		if err != nil || !ok {
			return errors.Join(err, notFound("key", name))
		}
		c = now
		change(&c)
		return clients.Put(tx, c.ID, c)
	})
	if err == nil {
		a.changed()
	}
	return c, err
}

// RevokeClient makes a local key useless, by the client's id or name, and deletes its text. It may be called again.
// Where the keychain does not delete the text, the error says so, and the key is useless all the same.
func (a *Accounts) RevokeClient(ctx context.Context, name string) error {
	c, err := a.client(name)
	if err != nil || !c.Live() {
		return err
	}
	err = a.store.Update(func(tx *store.Tx) error {
		c, ok, err := clients.Get(tx, c.ID)
		if err != nil || !ok {
			return errors.Join(err, notFound("key", name))
		}
		c.Revoked = a.now().UTC()
		if err := clients.Put(tx, c.ID, c); err != nil {
			return err
		}
		return leftovers.Put(tx, clientKey(c.ID), leftover{c.Revoked})
	})
	if err != nil {
		return err
	}
	a.changed() // at once: the keychain may take its time
	if err := a.drop(ctx, clientKey(c.ID)); err != nil {
		return fmt.Errorf("the key %q is revoked, but its text is still in the keychain until Metapi starts again: %w", c.Name, err)
	}
	return nil
}
