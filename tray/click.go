package tray

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"metapi/backend/control/client"
)

// Pages of the window, as frontend/src/shell/pages.ts calls them.
const (
	overviewPage = "/" // says what is wrong with the installation, as every page does
	accountsPage = "/accounts"
	toolsPage    = "/tools"
	requestsPage = "/requests"
	settingsPage = "/settings"
)

// clicked takes a click from the helper. It does not wait.
func (t *Tray) clicked(id string) {
	select {
	case t.clicks <- id:
	default:
		t.o.Log.Warn("a click in the tray was dropped: those before it are still at work", "click", id)
	}
}

// act does what clicks ask for, one at a time, until the context ends.
func (t *Tray) act(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-t.clicks:
			if err := t.do(ctx, id); err != nil && ctx.Err() == nil {
				t.fail(err)
			}
			t.again()
		}
	}
}

// again has everything read that a click can have changed, and the menu sent, be it the same: GTK has toggled the check mark of the item that
// was clicked, although the mode in force may be the one it was.
func (t *Tray) again() {
	t.mu.Lock()
	t.resend = true
	t.mu.Unlock()
	t.want(partStatus|partMode|partDesktop, 0)
}

// Again has the tray look at the window's process again: what it knows of that has changed.
func (t *Tray) Again() { t.want(partDesktop, 0) }

func (t *Tray) do(ctx context.Context, id string) error {
	if mode, ok := strings.CutPrefix(id, idMode); ok {
		return t.call(ctx, "the mode was not changed", func(ctx context.Context) error {
			_, err := t.o.API.SetMode(ctx, mode)
			return err
		})
	}
	if pin, ok := strings.CutPrefix(id, idPin); ok {
		of, to, _ := strings.Cut(pin, ":")
		return t.call(ctx, "the pin was not changed", func(ctx context.Context) error {
			_, err := t.o.API.EditClient(ctx, of, client.EditKey{Pin: &to})
			return err
		})
	}
	for prefix, paused := range map[string]bool{idLeave: true, idTake: false} {
		if account, ok := strings.CutPrefix(id, prefix); ok {
			return t.call(ctx, "the account was not changed", func(ctx context.Context) error {
				_, err := t.o.API.EditAccount(ctx, account, client.EditAccount{Paused: &paused})
				return err
			})
		}
	}
	if account, ok := strings.CutPrefix(id, idCool); ok {
		return t.call(ctx, "the cooldown was not cleared", func(ctx context.Context) error {
			_, err := t.o.API.ClearCooldown(ctx, account)
			return err
		})
	}
	for prefix, page := range map[string]string{idAccount: accountsPage, idProblem: requestsPage} {
		if of, ok := strings.CutPrefix(id, prefix); ok {
			t.o.Open(page + "/" + url.PathEscape(of))
			return nil
		}
	}
	if what, ok := strings.CutPrefix(id, idCopy); ok {
		return t.copy(ctx, what)
	}
	switch id {
	case idOpen:
		t.o.Open("")
	case idAccounts:
		t.o.Open(accountsPage)
	case idTools:
		t.o.Open(toolsPage)
	case idSettings:
		t.o.Open(settingsPage)
	case idLogin, idNoLogin:
		return t.call(ctx, "nothing has changed for the next login", func(ctx context.Context) error {
			_, err := t.o.API.EditDesktop(ctx, client.EditDesktop{StartAtLogin: id == idLogin})
			return err
		})
	case idTrouble:
		t.o.Open(overviewPage)
	case idQuit:
		t.o.Quit()
	case idPause:
		return t.call(ctx, "requests were not paused", func(ctx context.Context) error {
			_, err := t.o.API.Pause(ctx)
			return err
		})
	case idResume:
		return t.call(ctx, "requests were not resumed", func(ctx context.Context) error {
			_, err := t.o.API.Resume(ctx)
			return err
		})
	default:
		return fmt.Errorf("the tray program is of another version than Metapi: it reports a click on %q", id)
	}
	return nil
}

// shellClient is whose key goes into a shell, for whatever is started there. It is made when it is first wanted.
const shellClient = "Shell"

// copy puts a text onto the clipboard. A key in it goes nowhere else.
func (t *Tray) copy(ctx context.Context, what string) error {
	i := slices.IndexFunc(copyable, func(c copied) bool { return c.id == what })
	if i < 0 {
		return fmt.Errorf("the tray program is of another version than Metapi: it wants to copy %q", what)
	}
	t.mu.Lock()
	address := t.state.address()
	t.mu.Unlock()
	if address == "" {
		return errors.New("nothing was copied: Metapi is not running")
	}
	key := ""
	if copyable[i].key {
		if err := t.call(ctx, "nothing was copied", func(ctx context.Context) (err error) {
			key, err = t.shellKey(ctx)
			return err
		}); err != nil {
			return err
		}
	}
	t.o.Copy(copyable[i].text(address, key))
	return nil
}

func (t *Tray) shellKey(ctx context.Context) (string, error) {
	list, err := t.o.API.Clients(ctx)
	if err != nil {
		return "", err
	}
	for _, c := range list {
		if c.Name == shellClient && c.Revoked.IsZero() {
			k, err := t.o.API.ClientKey(ctx, c.ID)
			return k.Key, err
		}
	}
	k, err := t.o.API.AddClient(ctx, shellClient)
	return k.Key, err
}

// call calls the backend, for a bounded time.
func (t *Tray) call(ctx context.Context, failed string, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := fn(ctx); err != nil {
		return fmt.Errorf("%s: %w", failed, err)
	}
	return nil
}
