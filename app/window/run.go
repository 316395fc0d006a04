//go:build desktop

package window

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/wailsapp/wails/v2"

	"metapi/backend"
	"metapi/backend/control/client"
)

var errNoPages = errors.New("this build of Metapi has no pages to show: build it with ./build/run")

// Run opens the window and returns when the program is to end, with all closed. Where another window shows the data
// already, it brings that one forward and returns at once. It must be called on the main goroutine.
func Run(ctx context.Context, o Options) error {
	if err := checkDisplay(); err != nil {
		return err
	}
	if o.Pages == nil {
		return errNoPages
	}
	a := newApp(ctx, o)
	go a.follow()
	select {
	case <-a.left:
		return nil // another window was brought forward, or the end came before ours
	case <-a.host.settled:
	case <-time.After(startPatience): // something has the data and does not answer: the page says so
	}
	set, err := settings(a.ctx, a.api)
	if err != nil {
		a.log.Warn("the settings cannot be read yet", "error", err)
	}
	a.presence.setCloseToTray(set.CloseToTray)
	hidden := a.presence.begin(o.Tray != nil && (o.Hidden || set.StartHidden))
	err = wails.Run(a.toolkit(set, hidden))
	a.finish() // where the toolkit has ended by itself
	return err
}

// app is one run of the window. It joins the pieces, and leaves every decision to them.
type app struct {
	o    Options
	log  *slog.Logger
	ctx  context.Context // ends with the data's being served
	stop context.CancelFunc
	left chan struct{} // closed when host has ended, and the data is closed

	host     *host
	api      *client.Client // through host
	feed     *feed
	desktop  *desktop
	presence *presence
	finish   func() // once

	notices    sync.Once                 // makes what follows
	showNotice func(client.Notice) error // nil where the desktop shows none
	settings   chan struct{}             // holds one while the settings are to be read again

	up     chan struct{}   // closed when what follows is there
	wails  context.Context // what Wails wants with every call
	screen screen
	dark   bool // the desktop is

	mu        sync.Mutex // guards what follows; nil where there is no tray
	againTray func()
	endTray   func()
}

func newApp(ctx context.Context, o Options) *app {
	a := &app{o: o, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		left: make(chan struct{}), feed: new(feed), settings: make(chan struct{}, 1), up: make(chan struct{}), dark: systemDark()}
	a.ctx, a.stop = context.WithCancel(ctx)
	a.finish = sync.OnceFunc(a.close)
	a.presence = &presence{finish: a.finish}
	a.host = newDataHost(o, a.event, a.feed.lost, a.log)
	a.api = client.InProcess(a.host)
	usual, err := backend.DefaultDir()
	a.desktop = &desktop{login: startAtLogin(o.Dir, err != nil || o.Dir != usual), quit: a.presence.quit, changed: a.desktopChanged, reason: "This build of Metapi has no tray."}
	return a
}

// follow runs the host, and ends the program with it.
func (a *app) follow() {
	a.host.run(a.ctx)
	close(a.left)
	a.presence.quit()
}

// close takes the icon away and closes the data, once running requests have ended.
func (a *app) close() {
	a.stop()
	a.mu.Lock()
	endTray := a.endTray
	a.mu.Unlock()
	if endTray != nil {
		endTray()
	}
	<-a.left
}

// event takes a live event of the backend.
func (a *app) event(e client.Event) {
	if e.Type == client.EventShow {
		a.presence.show()
		return
	}
	if e.Type == client.EventNotice && !a.presence.inFront() { // else the page shows it
		go a.notify(*e.Notice)
	}
	if e.Type == client.EventResync || changed(e, client.TopicSettings) {
		select {
		case a.settings <- struct{}{}:
		default:
		}
	}
	a.feed.event(e)
}

// openAt brings the window forward, at a page: see [TrayOptions].
func (a *app) openAt(page string) {
	a.presence.show()
	a.feed.open(page)
}

// startTray puts the icon into the tray.
func (a *app) startTray() {
	if a.o.Tray == nil {
		return
	}
	again, end := a.o.Tray(TrayOptions{
		API: client.InProcess(pagesAPI(a.host, a.desktop, http.NotFoundHandler())), Quit: a.presence.quit, Copy: a.copyText, Standing: a.trayStands, Dir: a.o.Dir, Log: a.log,
		Open: a.openAt,
	})
	a.mu.Lock()
	a.againTray, a.endTray = again, end
	a.mu.Unlock()
	if a.ctx.Err() != nil { // close may have looked before there was anything to end
		end()
	}
}

// trayStands takes whether the icon can be seen. The page shows it among the settings.
func (a *app) trayStands(shown bool, reason string) {
	a.presence.icon(shown)
	a.desktop.setTray(shown, reason)
	a.desktopChanged()
}

// desktopChanged tells the page and the tray that what the window's process knows has changed, whoever of them has done that.
func (a *app) desktopChanged() {
	a.feed.here(client.Event{Type: client.EventChanged, Topics: []client.Topic{client.TopicSettings}})
	a.mu.Lock()
	again := a.againTray
	a.mu.Unlock()
	if again != nil {
		again()
	}
}

// followSettings keeps to the user's settings, whoever changes them.
func (a *app) followSettings() {
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-a.settings:
		}
		if set, err := settings(a.ctx, a.api); err == nil {
			a.presence.setCloseToTray(set.CloseToTray)
			a.paint(set.Theme)
		}
	}
}
