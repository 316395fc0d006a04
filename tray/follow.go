package tray

import (
	"context"
	"errors"
	"fmt"
	"time"

	"metapi/backend/control/client"
	"metapi/tray/menu"
)

// parts says which parts of a State are meant.
type parts uint8

const (
	partStatus parts = 1 << iota
	partMode
	partUsage
	partRecent  // requests; after a first look they come as events
	partDesktop // the window's process
	partSettings

	everything = partStatus | partMode | partUsage | partRecent | partDesktop | partSettings
)

// How soon something that changed is looked at, counted from the last look: at most so often does the menu change. Requests come by the
// hundred, and are counted, not shown one by one.
const (
	soon  = 250 * time.Millisecond
	later = 900 * time.Millisecond
	tick  = 30 * time.Second // in any case: a new day, an account that has cooled down
)

const (
	readTimeout  = 5 * time.Second
	failureShown = 10 * time.Second
)

// recentRows is among how many of the last requests the tools that are in use are looked for.
const recentRows = 100

// follow listens to the backend's events. While it cannot, the menu says that nothing runs.
func (t *Tray) follow(ctx context.Context) {
	for {
		began := time.Now()
		err := t.o.API.Events(ctx, client.EventsOptions{}, t.event)
		if ctx.Err() != nil {
			return
		}
		t.connected(false)
		t.o.Log.Debug("the tray has lost the backend", "error", err)
		if t.retry.wait(ctx, time.Since(began)) != nil {
			return
		}
	}
}

func (t *Tray) event(e client.Event) {
	switch e.Type {
	case client.EventResync:
		t.connected(true)
		t.want(everything, 0)
	case client.EventChanged:
		t.want(partStatus|partMode|partSettings, soon)
	case client.EventRequest:
		t.mu.Lock()
		t.state.saw(*e.Request)
		t.mu.Unlock()
		t.want(partStatus|partUsage, later)
	}
}

func (t *Tray) connected(yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Connected, t.redraw = yes, true
	t.wake()
	if !yes {
		t.state.Failure = "" // what could not be read is explained by this
	}
}

// want has parts read after a time since the last look, with all that is wanted sooner.
func (t *Tray) want(p parts, after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.lastLook.Add(after)
	if after == 0 {
		at = time.Now()
	}
	if t.wanted == 0 || at.Before(t.readAt) {
		t.readAt = at
	}
	t.wanted |= p
	t.wake()
}

// wake has look see what to do next. Call it with the lock held.
func (t *Tray) wake() {
	select {
	case t.poke <- struct{}{}:
	default:
	}
}

// look reads what has changed and shows it, until the context ends. It alone changes the menu.
func (t *Tray) look(ctx context.Context) {
	shown := Layout(State{})
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(t.pause())
		select {
		case <-ctx.Done():
			return
		case <-t.poke:
			continue
		case <-timer.C:
		}
		t.read(ctx, t.claim())
		m, must := t.layout()
		if must || !m.Same(shown) {
			shown = m
			t.display.show(m)
		}
	}
}

// pause says how long there is nothing to do.
func (t *Tray) pause() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.redraw || t.resend {
		return 0
	}
	next := t.nextTick
	if t.wanted != 0 && t.readAt.Before(next) {
		next = t.readAt
	}
	if t.state.Failure != "" && t.failureUntil.Before(next) {
		next = t.failureUntil
	}
	return time.Until(next)
}

// claim says what to read now.
func (t *Tray) claim() parts {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	var p parts
	if t.wanted != 0 && !now.Before(t.readAt) {
		p = t.wanted
	}
	if !now.Before(t.nextTick) {
		p, t.nextTick = everything, now.Add(tick)
	}
	if !t.state.Connected {
		p, t.wanted = 0, 0 // there is nobody to ask; all will be wanted with the connection
	}
	if p != 0 {
		t.wanted, t.lastLook = 0, now
	}
	return p
}

// layout is the menu now; must says that it is to be sent even if it has not changed.
func (t *Tray) layout() (m menu.Menu, must bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.Failure != "" && !time.Now().Before(t.failureUntil) {
		t.state.Failure = ""
	}
	must = t.resend
	t.redraw, t.resend = false, false
	return Layout(t.state), must
}

// read reads parts of the state. What cannot be read stays as it was, and is tried again.
func (t *Tray) read(ctx context.Context, p parts) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if p&partStatus != 0 {
		st, err := t.o.API.Status(ctx)
		t.got(ctx, partStatus, err, func() { t.state.Status = st })
		keys, err := t.o.API.Clients(ctx)
		t.got(ctx, partStatus, err, func() { t.state.Clients = keys })
		budgets, err := t.o.API.Budgets(ctx)
		t.got(ctx, partStatus, err, func() { t.state.Budgets = budgets })
	}
	if p&partMode != 0 {
		m, err := t.o.API.Mode(ctx)
		t.got(ctx, partMode, err, func() { t.state.Mode = m })
	}
	y, m, d := time.Now().Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.Local)
	if p&partUsage != 0 {
		u, err := t.o.API.Usage(ctx, client.UsageQuery{Since: midnight, Limit: 1})
		t.got(ctx, partUsage, err, func() { t.state.Today, t.state.Money = &u.Totals, u.Money })
	}
	if p&partRecent != 0 {
		recent, err := t.o.API.Requests(ctx, client.RequestsQuery{Limit: recentRows})
		failed, err2 := t.o.API.Requests(ctx, client.RequestsQuery{Since: midnight, State: "failed", Limit: 1})
		t.got(ctx, partRecent, errors.Join(err, err2), func() {
			for _, r := range append(failed.Rows, recent.Rows...) {
				t.state.saw(r)
			}
			if last := t.state.Problem; last != nil && last.Start.Before(midnight) {
				t.state.Problem = nil
			}
		})
	}
	if p&partSettings != 0 {
		set, err := t.o.API.Settings(ctx)
		t.got(ctx, partSettings, err, func() { t.state.Language = set.Language })
	}
	if p&partDesktop != 0 {
		d, err := t.o.API.Desktop(ctx)
		t.got(ctx, partDesktop, err, func() { t.state.Desktop = d })
	}
}

func (t *Tray) got(ctx context.Context, p parts, err error, keep func()) {
	if err != nil {
		if ctx.Err() == nil || ctx.Err() == context.DeadlineExceeded {
			t.fail(fmt.Errorf("no answer from Metapi: %w", err))
			t.want(p, failureShown/2)
		}
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	keep()
}

// fail shows for a while why something came to nothing, in place of the state.
func (t *Tray) fail(err error) {
	words := sentence(err.Error())
	t.mu.Lock()
	again := words == t.state.Failure
	t.state.Failure, t.failureUntil, t.redraw = words, time.Now().Add(failureShown), true
	t.wake()
	t.mu.Unlock()
	if !again {
		t.o.Log.Warn("the tray shows a failure", "error", err)
	}
}
