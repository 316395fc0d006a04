package tray

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"metapi/tray/menu"
)

// Options says what the tray works with.
type Options struct {
	API API

	// Open shows the window: at a page, such as "/accounts/ID", or where it was for "".
	Open func(page string)
	// Quit ends the app.
	Quit func()
	// Copy puts a text on the clipboard.
	Copy func(text string)

	// Standing is told whether there is an icon, at first and whenever that changes. It may be nil, and must not call Stop.
	Standing func(Standing)
	// Dir is a private folder, the data folder say, in which the tray has a folder of its own for passing files.
	Dir string
	// Log gets what went wrong. Default: slog.Default().
	Log *slog.Logger
}

// Tray is the icon and its menu. It works from [Start] to [Tray.Stop], through every loss of the backend, the desktop's panel or the helper.
type Tray struct {
	o       Options
	display display
	host    func(context.Context, func(host)) // watchHost
	retry   backoff                           // for the connection to the backend
	listing time.Duration                     // how long the panel may take to list the icon of a helper that is ready
	clicks  chan string
	poke    chan struct{} // holds a token when there may be something to do sooner

	stop    context.CancelFunc
	working sync.WaitGroup
	telling sync.Mutex // held while Options.Standing is told, so that it is told in order

	mu           sync.Mutex // guards what follows
	state        State
	wanted       parts     // what has changed and was not read yet
	readAt       time.Time // when to read it
	lastLook     time.Time // when something was last read
	nextTick     time.Time // when to read everything
	redraw       bool      // the state has changed without being read
	resend       bool      // the menu is to be sent even if it stays the same
	failureUntil time.Time
	hostNow      host
	helperNow    helper
	overdue      *time.Timer // while the icon should be there and is not
	standing     Standing
}

// display is what shows the menu: a runner, but for tests.
type display interface {
	show(menu.Menu)
	run(context.Context)
	restart(pid int)
}

// Start puts the icon into the tray, now or when there is one to put it into.
func Start(o Options) *Tray {
	t := newTray(o)
	t.with(newRunner())
	t.start()
	return t
}

func newTray(o Options) *Tray {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Tray{
		o: o, host: watchHost, retry: newBackoff(250*time.Millisecond, 10*time.Second), listing: 5 * time.Second,
		state: State{Language: "system"}, clicks: make(chan string, 16), poke: make(chan struct{}, 1),
		hostNow: host{why: "The tray has not started yet."}, helperNow: helper{err: errStarting},
	}
}

// with has a runner show the menu.
func (t *Tray) with(r *runner) {
	r.temp = filepath.Join(t.o.Dir, "metapi-tray")
	r.click, r.standing, r.log = t.clicked, t.helperChanged, t.o.Log
	t.display = r
}

func (t *Tray) start() {
	ctx, stop := context.WithCancel(context.Background())
	t.stop = stop
	t.standing = join(t.hostNow, t.helperNow)
	t.display.show(Layout(t.state))
	for _, work := range []func(context.Context){
		t.display.run,
		t.follow,
		t.look,
		func(ctx context.Context) { t.host(ctx, t.hostChanged) },
	} {
		t.working.Go(func() { work(ctx) })
	}
	// Stop does not wait for this one: a click may call Quit, and Quit may call Stop.
	go t.act(ctx)
}

// Stop takes the icon away. It returns when the helper has ended, which takes a moment, or two seconds where it has to be killed. Callbacks
// that are at work may end later.
func (t *Tray) Stop() {
	t.stop()
	t.working.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expect(false)
}

// Standing says whether there is an icon in the tray now.
func (t *Tray) Standing() Standing {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.standing
}

func (t *Tray) hostChanged(h host) { t.stands(func() { t.hostNow = h }) }

func (t *Tray) helperChanged(h helper) { t.stands(func() { t.helperNow = h }) }

func (t *Tray) stands(change func()) {
	t.telling.Lock()
	defer t.telling.Unlock()
	t.mu.Lock()
	change()
	s := join(t.hostNow, t.helperNow)
	changed := s != t.standing
	t.standing = s
	t.expect(missing(t.hostNow, t.helperNow))
	t.mu.Unlock()
	if changed && t.o.Standing != nil {
		t.o.Standing(s)
	}
}

// expect gives an icon that is missing a while to come; then another helper is to try. Call it with the lock held.
func (t *Tray) expect(missing bool) {
	if missing == (t.overdue != nil) {
		return
	}
	if !missing {
		t.overdue.Stop()
		t.overdue = nil
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(t.listing, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.overdue == timer {
			timer.Reset(t.listing) // should the helper not end
			t.display.restart(t.helperNow.pid)
		}
	})
	t.overdue = timer
}
