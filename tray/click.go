package tray

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Pages of the window, as frontend/src/shell/pages.ts calls them.
const (
	overviewPage = "/" // says what is wrong with the installation, as every page does
	accountsPage = "/accounts"
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
	t.want(partStatus|partMode, 0)
}

func (t *Tray) do(ctx context.Context, id string) error {
	if mode, ok := strings.CutPrefix(id, idMode); ok {
		return t.call(ctx, "the mode was not changed", func(ctx context.Context) error {
			_, err := t.o.API.SetMode(ctx, mode)
			return err
		})
	}
	if account, ok := strings.CutPrefix(id, idAccount); ok {
		t.o.Open(accountsPage + "/" + url.PathEscape(account))
		return nil
	}
	switch id {
	case idOpen:
		t.o.Open("")
	case idAccounts:
		t.o.Open(accountsPage)
	case idTrouble:
		t.o.Open(overviewPage)
	case idQuit:
		t.o.Quit()
	case idOpenAI, idAnthropic:
		t.mu.Lock()
		address := t.state.address()
		t.mu.Unlock()
		if address == "" {
			return errors.New("nothing was copied: Metapi is not running")
		}
		t.o.Copy(baseURL(id, address))
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

// call calls the backend, for a bounded time.
func (t *Tray) call(ctx context.Context, failed string, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := fn(ctx); err != nil {
		return fmt.Errorf("%s: %w", failed, err)
	}
	return nil
}
