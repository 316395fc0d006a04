//go:build desktop

package main

import (
	"fmt"
	"sync"

	"metapi/tray/menu"
)

// entry is one item of the library's menu, as *systray.MenuItem.
type entry interface {
	SetTitle(string)
	Check()
	Uncheck()
	Enable()
	Disable()
	Show()
	Hide()
}

// slot is one place of the menu.
type slot struct {
	entry entry     // nil for a separator
	shown menu.Item // what it shows now
}

// slots is the menu. Places are made for the first menu that is shown and stay, since the library cannot remove them.
type slots struct {
	add      func(sl, under *slot, it menu.Item) // puts an entry at the end, and into the slot; nil: at the end of the menu itself
	separate func()                              // puts a separator at the end

	mu   sync.Mutex // guards the shown items, which clicks look at
	list []*slot
}

// id is what a click on a slot is called now.
func (s *slots) id(sl *slot) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sl.shown.ID
}

// show makes the menu look as given.
func (s *slots) show(items []menu.Item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.fill(items)
		return nil
	}
	if len(items) != len(s.list) {
		return fmt.Errorf("a menu of %d items came after one of %d", len(items), len(s.list))
	}
	for i, sl := range s.list {
		if now := items[i]; now.Kind != sl.shown.Kind || now.Level != sl.shown.Level {
			return fmt.Errorf("item %d of a menu was of the kind %q at level %d and cannot become %q at %d", i, sl.shown.Kind, sl.shown.Level, now.Kind, now.Level)
		}
	}
	for i, sl := range s.list {
		if sl.entry != nil {
			sl.change(items[i])
		}
	}
	return nil
}

func (s *slots) fill(items []menu.Item) {
	above := make([]*slot, 1, 8) // by level, the last item of the level below
	for _, it := range items {
		sl := &slot{shown: it}
		above = append(above[:min(it.Level+1, len(above))], sl)
		s.list = append(s.list, sl)
		if it.Kind == menu.Separator {
			s.separate()
			continue
		}
		s.add(sl, above[len(above)-2], it)
		if !it.Enabled {
			sl.entry.Disable()
		}
		if it.Hidden {
			sl.entry.Hide()
		}
	}
}

// change touches only what is different, since each call redraws the item; and leaves hidden items alone, since each call shows the item, on
// some systems. Check marks are set in any case: GTK toggles them by itself when they are clicked.
func (sl *slot) change(it menu.Item) {
	was := sl.shown
	sl.shown = it
	if it.Hidden {
		if !was.Hidden {
			sl.entry.Hide()
		}
		return
	}
	if was.Hidden || it.Title != was.Title {
		sl.entry.SetTitle(title(it.Title))
	}
	if was.Hidden || it.Enabled != was.Enabled {
		if it.Enabled {
			sl.entry.Enable()
		} else {
			sl.entry.Disable()
		}
	}
	if it.Kind == menu.Choice {
		if it.Checked {
			sl.entry.Check()
		} else {
			sl.entry.Uncheck()
		}
	}
	if was.Hidden {
		sl.entry.Show()
	}
}
