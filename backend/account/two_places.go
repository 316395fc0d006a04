package account

import (
	"context"
	"errors"
	"time"

	"metapi/backend/keychain"
	"metapi/backend/store"
)

// undoLimit is how long undoing a half-made change may take.
const undoLimit = 5 * time.Second

// afterwards is a context for undoing what was begun under another, which may have ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
}

// held is a secret, and its name in the keychain.
type held struct{ key, secret string }

// keep puts secrets into the keychain, then runs put to make the record that points to them. Their keys are noted as
// leftovers before, and are no longer in the same transaction as put.
func (a *Accounts) keep(ctx context.Context, secrets []held, put func(*store.Tx) error) error {
	err := a.store.Update(func(tx *store.Tx) (err error) {
		for _, h := range secrets {
			err = errors.Join(err, leftovers.Put(tx, h.key, leftover{a.now().UTC()}))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, h := range secrets {
		if err = a.keys.Set(ctx, h.key, h.secret); err != nil {
			break
		}
	}
	if err == nil {
		err = a.store.Update(func(tx *store.Tx) error {
			for _, h := range secrets {
				if err := leftovers.Delete(tx, h.key); err != nil {
					return err
				}
			}
			return put(tx)
		})
	}
	if err != nil {
		// Also after a failed Set: it may have been kept all the same. Where this fails too, Sweep does it later; and
		// after a time-out in any case, since the secret may still arrive after it was deleted.
		late := errors.Is(err, keychain.ErrTimeout) || ctx.Err() != nil
		ctx, cancel := afterwards(ctx)
		defer cancel()
		for _, h := range secrets {
			if late {
				_ = a.keys.Delete(ctx, h.key)
			} else {
				_ = a.drop(ctx, h.key)
			}
		}
	}
	return err
}

// drop deletes a leftover from the keychain, and then the note of it.
func (a *Accounts) drop(ctx context.Context, key string) error {
	if err := a.keys.Delete(ctx, key); err != nil {
		return err
	}
	return a.store.Update(func(tx *store.Tx) error { return leftovers.Delete(tx, key) })
}

// Sweep deletes the secrets that a kill, or a locked keychain, has left behind. It is called when Metapi starts; what
// cannot be deleted now stays noted.
func (a *Accounts) Sweep(ctx context.Context) error {
	done, err := a.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	var keys []string
	err = a.store.View(func(tx *store.Tx) error {
		return leftovers.Each(tx, "", func(key string, _ leftover) error { keys = append(keys, key); return nil })
	})
	for _, key := range keys {
		err = errors.Join(err, a.drop(ctx, key))
	}
	return err
}
