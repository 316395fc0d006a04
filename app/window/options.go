package window

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
)

// Options says which data the window shows, and how it starts.
type Options struct {
	Dir     string // the data folder
	Version string
	Hidden  bool  // start without the window where there is a tray; the user's setting may say so, too
	Pages   fs.FS // the built pages, with index.html at the top

	// Tray puts an icon into the tray, and returns what has it look at the window's process again, and what takes it away. Nil: there
	// is none. The window does not know how that is done; main joins the two.
	Tray func(TrayOptions) (again, stop func())
}

// TrayOptions is what the window gives the tray.
type TrayOptions struct {
	API      *client.Client    // with what only the window's process can
	Open     func(page string) // brings the window forward, at a page: "/accounts", or "" where it is
	Quit     func()
	Copy     func(text string)
	Standing func(shown bool, reason string) // to be told whether the icon can be seen, and why not, and whenever that changes
	Dir      string                          // a private folder
	Log      *slog.Logger
}

// grace is how long requests may go on once the end was asked for.
const grace = 10 * time.Second

// passphraseVariable gives the passphrase of the encrypted file of secrets. Without it the page asks for it.
const passphraseVariable = "METAPI_PASSPHRASE"

// local is the data folder, open in this process.
type local struct {
	*backend.Backend
	pages fs.FS
}

// openLocal opens the data for a [host].
func openLocal(o Options) (instance, error) {
	bo := backend.Options{Dir: o.Dir, Version: o.Version}
	if p := os.Getenv(passphraseVariable); p != "" {
		bo.Passphrase = func(bool) (string, error) { return p, nil }
	}
	b, err := backend.Open(bo)
	if err != nil {
		return nil, err
	}
	return local{b, o.Pages}, nil
}

// Serve implements instance. Whatever is in the way of serving, the window stays to tell of it.
func (l local) Serve(ctx context.Context) error {
	return l.Backend.Serve(ctx, backend.ServeOptions{Patient: true, Interactive: true, Grace: grace, Pages: l.pages})
}

const (
	startPatience    = 5 * time.Second // until the window shows why there is nothing to show
	settingsPatience = 5 * time.Second
)

// newDataHost returns a host of a data folder.
func newDataHost(o Options, event func(client.Event), lost func(), log *slog.Logger) *host {
	h := newHost()
	h.open = func() (instance, error) { return openLocal(o) }
	h.dial = func(ctx context.Context) (*client.Client, client.Runtime, error) { return client.Dial(ctx, o.Dir) }
	h.event, h.lost, h.log = event, lost, log
	return h
}

// settings reads the user's settings. Until they can be read, closing the window ends the program, which is the safe way.
func settings(ctx context.Context, c *client.Client) (client.Settings, error) {
	ctx, cancel := context.WithTimeout(ctx, settingsPatience)
	defer cancel()
	s, err := c.Settings(ctx)
	if err != nil {
		s = client.Settings{Theme: "system"}
	}
	return s, err
}

// changed reports whether an event tells of a topic.
func changed(e client.Event, t client.Topic) bool {
	return e.Type == client.EventChanged && slices.Contains(e.Topics, t)
}
