//go:build desktop

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/getlantern/systray"

	"metapi/tray/menu"
)

func main() {
	// Metapi gives it pipes. Started by hand it would only put a dead icon into the tray.
	if in, err := os.Stdin.Stat(); err != nil || in.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintln(os.Stderr, "metapi-tray is started by Metapi, to show its icon in the tray. Start Metapi instead.")
		os.Exit(2)
	}
	name()
	connect()
	systray.Run(func() {
		serve(os.Stdin, os.Stdout)
		systray.Quit()
	}, nil)
}

// maxMenu bounds a line of stdin.
const maxMenu = 1 << 20

// serve shows the menus that come in, and reports clicks, until the input ends.
func serve(in io.Reader, out io.Writer) {
	var mu sync.Mutex // one report at a time
	report := func(r menu.Report) {
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(out).Encode(r) // where the app is gone the input ends too
	}
	clicks := make(chan *slot, 16)
	s := &slots{add: func(sl, under *slot, it menu.Item) { add(sl, under, it, clicks) }, separate: systray.AddSeparator}
	go func() {
		for sl := range clicks {
			if id := s.id(sl); id != "" {
				report(menu.Report{Click: id})
			}
		}
	}()
	report(menu.Report{Ready: menu.Protocol})
	var icon menu.Icon
	tooltip := ""
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxMenu)
	for lines.Scan() {
		var m menu.Menu
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			fmt.Fprintln(os.Stderr, "metapi-tray: a line that is no menu:", err)
			continue
		}
		if picture, ok := pictures[m.Icon]; ok && m.Icon != icon {
			icon = m.Icon
			systray.SetTemplateIcon(picture, picture)
		}
		if m.Tooltip != tooltip {
			tooltip = m.Tooltip
			systray.SetTooltip(tooltip)
		}
		if err := s.show(m.Items); err != nil {
			fmt.Fprintln(os.Stderr, "metapi-tray:", err)
			continue
		}
		report(menu.Report{Shown: m.Seq})
	}
}

// add puts an item at the end of the menu, or of the submenu of another. Its clicks are taken from the library at once: the library drops those that nobody waits for.
func add(sl, under *slot, it menu.Item, clicks chan<- *slot) {
	plain := systray.AddMenuItem
	choice := systray.AddMenuItemCheckbox
	if under != nil {
		above := under.entry.(*systray.MenuItem)
		plain, choice = above.AddSubMenuItem, above.AddSubMenuItemCheckbox
	}
	var item *systray.MenuItem
	if it.Kind == menu.Choice {
		item = choice(title(it.Title), "", it.Checked)
	} else {
		item = plain(title(it.Title), "")
	}
	sl.entry = item
	go func() {
		for range item.ClickedCh {
			select {
			case clicks <- sl:
			default: // the app does not read
			}
		}
	}()
}
