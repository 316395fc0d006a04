//go:build desktop

package main

import (
	"fmt"
	"slices"
	"testing"

	"metapi/tray/menu"
)

// told is an entry that notes what it is told.
type told struct {
	name string
	log  *[]string
}

func (e told) note(s string)     { *e.log = append(*e.log, e.name+" "+s) }
func (e told) SetTitle(s string) { e.note("title " + s) }
func (e told) Check()            { e.note("check") }
func (e told) Uncheck()          { e.note("uncheck") }
func (e told) Enable()           { e.note("enable") }
func (e told) Disable()          { e.note("disable") }
func (e told) Show()             { e.note("show") }
func (e told) Hide()             { e.note("hide") }

func TestSlots(t *testing.T) {
	var log []string
	s := &slots{separate: func() { log = append(log, "separator") }}
	s.add = func(sl, under *slot, it menu.Item) {
		name := fmt.Sprint(len(s.list) - 1)
		if under != nil {
			it.Title += " under " + under.entry.(told).name
		}
		sl.entry = told{name, &log}
		log = append(log, name+" add "+it.Title)
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(log, want) {
			t.Errorf("%s:\n got %q\nwant %q", what, log, want)
		}
		log = nil
	}
	items := []menu.Item{
		{ID: "open", Title: "Open", Enabled: true},
		{Kind: menu.Separator},
		{ID: "a", Title: "A", Kind: menu.Choice, Checked: true, Enabled: true},
		{Title: "state"},
		{Hidden: true},
	}
	show := func() {
		t.Helper()
		if err := s.show(slices.Clone(items)); err != nil {
			t.Fatal(err)
		}
	}
	show()
	expect("first", "0 add Open", "separator", "2 add A", "3 add state", "3 disable", "4 add ", "4 disable", "4 hide")
	show()
	expect("the same again sets check marks, which GTK toggles", "2 check")
	items[2].Checked, items[2].ID, items[3].Title = false, "b", "busy"
	show()
	expect("changes", "2 uncheck", "3 title busy")
	if id := s.id(s.list[2]); id != "b" {
		t.Errorf("a click on the renamed item is called %q", id)
	}
	items[4] = menu.Item{ID: "new", Title: "New", Enabled: true}
	show()
	expect("a hidden item comes", "2 uncheck", "4 title New", "4 enable", "4 show")
	items[4] = menu.Item{Hidden: true}
	show()
	expect("and goes", "2 uncheck", "4 hide")
	show()
	expect("and is left alone", "2 uncheck")

	if err := s.show(items[:4]); err == nil {
		t.Error("a menu of another length was taken")
	}
	items[1].Kind = menu.Button
	if err := s.show(items); err == nil {
		t.Error("a separator became a button")
	}
	expect("menus of another shape change nothing")

	s = &slots{add: s.add, separate: s.separate}
	items = []menu.Item{{Title: "Tools"}, {Level: 1, Title: "Codex"}, {Level: 2, Title: "Any"}, {Level: 1, Title: "All"}, {Title: "Quit"}}
	for i := range items {
		items[i].Enabled = true
	}
	show()
	expect("submenus", "0 add Tools", "1 add Codex under 0", "2 add Any under 1", "3 add All under 0", "4 add Quit")
	if items[4].Level = 1; s.show(items) == nil {
		t.Error("an item moved into a submenu")
	}
}
