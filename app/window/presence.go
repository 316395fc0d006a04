package window

import (
	"sync"
	"time"
)

// screen is the window itself. Its methods do not wait.
type screen interface {
	show() // also out of the task bar, and in front of others
	hide()
	quit() // ends the program's main loop
}

// trayPatience is how long a hidden window waits for an icon in the tray before it shows itself: at login the panel may
// start after us, and it may start again at any time.
const trayPatience = 5 * time.Second

// presence decides when the window is there to be seen. It is safe for concurrent use.
type presence struct {
	finish func() // lets running requests end and closes the data; called once, before the main loop ends

	mu          sync.Mutex // guards what follows
	screen      screen     // nil until the window takes orders
	hidden      bool       // what the window is, or will be once it takes orders
	wanted      bool       // somebody has asked for it
	tray        bool       // an icon can be seen
	closeToTray bool       // the user's setting
	focus       bool       // the page has the keyboard
	ending      bool       // the end has begun
	finished    bool       // all is closed: the main loop may end
	alarm       *time.Timer
}

// begin says whether the window is to start hidden, and returns whether it does: somebody may have asked for it meanwhile.
func (p *presence) begin(hidden bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = hidden && !p.wanted
	p.watch()
	return p.hidden
}

// ready says that the window takes orders from now on.
func (p *presence) ready(s screen) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.screen != nil {
		return
	}
	p.screen = s
	switch {
	case p.finished:
		s.quit()
	case p.hidden || p.ending:
		s.hide()
	default:
		s.show()
	}
}

// show brings the window forward.
func (p *presence) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reveal()
}

func (p *presence) reveal() {
	if p.ending {
		return
	}
	p.hidden, p.wanted = false, true
	p.watch()
	if p.screen != nil {
		p.screen.show()
	}
}

// icon says whether there is an icon in the tray now.
func (p *presence) icon(shown bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tray = shown
	p.watch()
}

// front says whether the page has the keyboard now.
func (p *presence) front(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.focus = yes
}

// inFront reports whether the person sees the window: what the page shows need not be told otherwise.
func (p *presence) inFront() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.focus && !p.hidden && p.screen != nil
}

// watch sets the alarm where the window is hidden without an icon to bring it back, and lets it be otherwise.
func (p *presence) watch() {
	lost := p.hidden && !p.tray && !p.ending
	switch {
	case !lost && p.alarm != nil:
		p.alarm.Stop()
		p.alarm = nil
	case lost && p.alarm == nil:
		var mine *time.Timer
		mine = time.AfterFunc(trayPatience, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.alarm == mine {
				p.reveal()
			}
		})
		p.alarm = mine
	}
}

// setCloseToTray takes the user's setting.
func (p *presence) setCloseToTray(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeToTray = yes
}

// close is asked when the window is about to close, by whichever means. It reports whether the toolkit shall leave the
// window alone, since presence has hidden it, or ends it in its own time.
func (p *presence) close() (leave bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.finished:
		return false
	case p.ending:
	case p.tray && p.closeToTray:
		p.hidden = true
		p.vanish()
		p.watch()
	default:
		p.end()
	}
	return true
}

// quit ends the program.
func (p *presence) quit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}

// end takes the window away at once, and the rest when all is finished: requests that tools have made may still run.
func (p *presence) end() {
	if p.ending {
		return
	}
	p.ending = true
	p.watch()
	p.vanish()
	go func() {
		p.finish()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.finished = true
		if p.screen != nil {
			p.screen.quit()
		}
	}()
}

func (p *presence) vanish() {
	if p.screen != nil {
		p.screen.hide()
	}
}
