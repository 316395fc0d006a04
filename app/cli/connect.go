package cli

import (
	"context"
	"errors"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
)

// patience is how long a command waits for another one that holds the data folder: commands are short, and an
// instance that is starting needs a moment until it can be asked.
const patience = 5 * time.Second

// link is a way to the control API, and whether a running instance is at the other end.
type link struct {
	*client.Client
	running bool
	close   func()
}

// connect returns a link to the instance that runs on the data folder, or to the data itself where none runs.
// Who holds the lock decides: an address left by an instance that was killed is never called.
func (a *app) connect(ctx context.Context) (*link, error) {
	dir, err := a.dir()
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); ; {
		b, err := backend.Open(backend.Options{Dir: dir, Passphrase: a.passphrase(), Version: a.version})
		if err == nil {
			return &link{client.InProcess(b.Handler()), false, func() { b.Close() }}, nil
		}
		if !client.IsHeld(err) {
			return nil, err
		}
		c, _, dialErr := client.Dial(ctx, dir)
		if dialErr == nil {
			return &link{c, true, func() {}}, nil
		}
		if time.Now().After(deadline) {
			if errors.Is(dialErr, client.ErrNotRunning) {
				return nil, err
			}
			return nil, dialErr
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// ask runs one call on a link, and prints its answer: as JSON, or by show.
func ask[T any](ctx context.Context, a *app, do func(*link) (T, error), show func(T)) error {
	l, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	v, err := do(l)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(v)
	}
	show(v)
	return nil
}
