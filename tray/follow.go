package tray

import (
	"context"
	"fmt"
	"time"

	"metapi/backend/control/client"
)

// parts says which parts of a State are meant.
type parts uint8

const (
	partStatus parts = 1 << iota
	partMode
	partUsage

	everything = partStatus | partMode | partUsage
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

// follow listens to the backend's events. While it cannot, the menu says that nothing runs.
func (t *Tray) follow(ctx context.Context) {
	for {
		began := time.Now()
		err := t.o.API.Events(ctx, client.EventsOptions{}, t.event)
		if ctx.Err() != nil {
			return
		}
		t.connected(false)
		t.want(0, 0)
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
		t.want(partStatus|partMode, soon)
	case client.EventRequest:
		t.want(partStatus|partUsage, later)
	}
}

func (t *Tray) connected(yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Connected = yes
	if !yes {
		t.state.Failure = "" // what could not be read is explained by this
	}
}

// want has parts read after a time since the last look.
func (t *Tray) want(p parts, after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted |= p
	at := t.lastLook.Add(after)
	if after == 0 {
		at = time.Now()
	}
	if at.Before(t.due) {
		t.due = at
		select {
		case t.poke <- struct{}{}:
		default:
		}
	}
}

// look reads what has changed and shows it, until the context ends. It alone changes the menu.
func (t *Tray) look(ctx context.Context) {
	shown := Layout(State{})
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		t.mu.Lock()
		timer.Reset(time.Until(t.due))
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-t.poke:
			continue
		case <-timer.C:
		}
		t.read(ctx, t.claim())
		t.mu.Lock()
		m, resend := Layout(t.state), t.resend
		t.resend = false
		t.mu.Unlock()
		if resend || !m.Same(shown) {
			shown = m
			t.display.show(m)
		}
	}
}

// claim says what to read now.
func (t *Tray) claim() parts {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	p := t.wanted
	switch {
	case !t.state.Connected:
		p = 0 // there is nobody to ask; all will be wanted with the connection
	case p == 0:
		p = everything // the tick
	}
	t.wanted, t.lastLook, t.due = 0, now, now.Add(tick)
	if t.state.Failure != "" {
		if now.Before(t.failureUntil) {
			t.due = t.failureUntil
		} else {
			t.state.Failure = ""
		}
	}
	return p
}

// read reads parts of the state. What cannot be read stays as it was, and is tried again.
func (t *Tray) read(ctx context.Context, p parts) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if p&partStatus != 0 {
		st, err := t.o.API.Status(ctx)
		t.got(ctx, partStatus, err, func() { t.state.Status = st })
	}
	if p&partMode != 0 {
		m, err := t.o.API.Mode(ctx)
		t.got(ctx, partMode, err, func() { t.state.Mode = m })
	}
	if p&partUsage != 0 {
		y, m, d := time.Now().Date()
		u, err := t.o.API.Usage(ctx, client.UsageQuery{Since: time.Date(y, m, d, 0, 0, 0, 0, time.Local), Limit: 1})
		t.got(ctx, partUsage, err, func() { t.state.Today = &u.Totals })
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
	t.o.Log.Warn("tray", "error", err)
	t.mu.Lock()
	t.state.Failure, t.failureUntil = sentence(err.Error()), time.Now().Add(failureShown)
	t.mu.Unlock()
	t.want(0, 0)
}
