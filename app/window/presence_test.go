package window

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeScreen notes what it is told.
type fakeScreen struct {
	mu   sync.Mutex
	told []string
}

func (s *fakeScreen) say(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, what)
}

func (s *fakeScreen) show() { s.say("show") }
func (s *fakeScreen) hide() { s.say("hide") }
func (s *fakeScreen) quit() { s.say("quit") }

// desk is a presence with a screen, in a time of its own.
type desk struct {
	*presence
	t        *testing.T
	screen   *fakeScreen
	finished int
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, screen: new(fakeScreen)}
	d.presence = &presence{finish: func() {
		time.Sleep(time.Second) // running requests end
		d.finished++
	}}
	return d
}

// was fails the test where the screen was not told just that since the last look.
func (d *desk) was(want ...string) {
	d.t.Helper()
	synctest.Wait()
	d.screen.mu.Lock()
	defer d.screen.mu.Unlock()
	if !slices.Equal(d.screen.told, want) {
		d.t.Errorf("the screen was told %q, not %q", d.screen.told, want)
	}
	d.screen.told = nil
}

// closes closes the window as a user does.
func (d *desk) closes(leave bool) {
	d.t.Helper()
	if d.close() != leave {
		d.t.Errorf("close says %t, not %t", !leave, leave)
	}
}

// TestClose is the table of what closing the window does.
func TestClose(t *testing.T) {
	for _, c := range []struct {
		name          string
		tray, setting bool
		hides         bool
	}{
		{"no tray", false, false, false},
		{"no tray, but the setting", false, true, false},
		{"a tray, without the setting", true, false, false},
		{"a tray and the setting", true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.begin(false)
				d.ready(d.screen)
				d.was("show")
				d.icon(c.tray)
				d.setCloseToTray(c.setting)
				d.closes(true)
				d.was("hide") // at once, in any case
				time.Sleep(time.Minute)
				if !c.hides {
					d.was("quit")
					d.closes(false)
				} else {
					d.was()
				}
				if ends := d.finished == 1; ends == c.hides {
					t.Errorf("finished %d times", d.finished)
				}
			})
		})
	}
}

func TestHiddenWindowComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.begin(false)
		d.ready(d.screen)
		d.icon(true)
		d.setCloseToTray(true)
		d.closes(true)
		d.was("show", "hide")

		d.icon(false) // the panel starts again
		time.Sleep(trayPatience / 2)
		d.icon(true)
		time.Sleep(time.Hour)
		d.was()

		d.icon(false) // and now it is gone
		time.Sleep(trayPatience - time.Millisecond)
		d.was()
		time.Sleep(time.Millisecond)
		d.was("show")
		d.icon(true)
		d.icon(false)
		time.Sleep(time.Hour)
		d.was() // once is enough

		d.closes(true)
		d.was("hide")
		time.Sleep(time.Second)
		d.was("quit")
	})
}

func TestStartHidden(t *testing.T) {
	for _, c := range []struct {
		name string
		tray time.Duration // when there is an icon; 0: never
		told []string
	}{
		{"a tray at once", time.Millisecond, []string{"hide"}},
		{"a panel that starts after us", trayPatience - time.Second, []string{"hide"}},
		{"no tray", 0, []string{"hide", "show"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				if !d.begin(true) {
					t.Error("it does not start hidden")
				}
				d.ready(d.screen)
				d.icon(false)
				if c.tray > 0 {
					time.Sleep(c.tray)
					d.icon(true)
				}
				time.Sleep(time.Hour)
				d.was(c.told...)
				d.quit()
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestWantedBeforeItIsThere has a second start ask for a window that is not made yet.
func TestWantedBeforeItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.show()
		if d.begin(true) {
			t.Error("it starts hidden, though somebody wants it")
		}
		d.ready(d.screen)
		d.ready(d.screen) // another page
		d.was("show")

		d = newDesk(t)
		d.begin(true)
		d.show()
		d.ready(d.screen)
		d.was("show")
	})
}

func TestQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.begin(false)
		d.ready(d.screen)
		d.icon(true)
		d.setCloseToTray(true)
		d.was("show")
		d.quit()
		d.was("hide") // requests still run
		d.show()
		d.icon(false)
		d.closes(true)
		d.quit()
		d.was()
		time.Sleep(time.Second)
		d.was("quit")
		d.closes(false)
		if d.finished != 1 {
			t.Errorf("finished %d times", d.finished)
		}
	})
}

// TestQuitBeforeItIsThere ends the program while the window is being made.
func TestQuitBeforeItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.quit()
		time.Sleep(time.Second)
		synctest.Wait()
		d.begin(true)
		d.ready(d.screen)
		d.was("quit")
	})
}

// TestInFront says when the page alone tells the person something.
func TestInFront(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.icon(true)
		d.setCloseToTray(true)
		d.begin(false)
		for _, step := range []struct {
			do   func()
			want bool
		}{
			{func() {}, false}, // no page has told yet
			{func() { d.front(true) }, false},
			{func() { d.ready(d.screen) }, true},
			{func() { d.front(false) }, false},
			{func() { d.front(true) }, true},
			{func() { d.close() }, false}, // into the tray
			{func() { d.show() }, true},
		} {
			if step.do(); d.inFront() != step.want {
				t.Errorf("in front: %t, want %t", !step.want, step.want)
			}
		}
	})
}
