package window

import (
	"fmt"
	"slices"
	"testing"

	"metapi/backend/control/client"
)

func TestFeed(t *testing.T) {
	var told []string
	emit := func(name string, data ...any) { told = append(told, fmt.Sprint(name, " ", data)) }
	was := func(want ...string) {
		t.Helper()
		if !slices.Equal(told, want) {
			t.Errorf("told %q, not %q", told, want)
		}
		told = nil
	}
	resync := fmt.Sprint(eventName, " ", []any{client.Event{Type: client.EventResync}})
	paused := client.Event{Type: client.EventChanged, Topics: []client.Topic{client.TopicStatus}}

	var f feed
	f.event(paused) // nobody is there
	f.open("/accounts")
	f.open("")
	f.ready(emit)
	was(resync, openName+" [/accounts]")
	f.event(paused)
	f.open("")
	f.open("/accounts/my-openai")
	was(fmt.Sprint(eventName, " ", []any{paused}), openName+" [/accounts/my-openai]")
	f.ready(emit) // the page was loaded again
	was(resync)
	f.lost()
	f.ready(emit)
	f.here(paused)
	was(lostName+" []", lostName+" []")
	f.event(paused)
	f.ready(emit)
	f.here(paused)
	was(fmt.Sprint(eventName, " ", []any{paused}), resync, fmt.Sprint(eventName, " ", []any{paused}))
}

func TestChanged(t *testing.T) {
	e := client.Event{Type: client.EventChanged, Topics: []client.Topic{client.TopicStatus, client.TopicSettings}}
	if !changed(e, client.TopicSettings) || changed(e, client.TopicAccounts) || changed(client.Event{Type: client.EventShow}, client.TopicSettings) {
		t.Error("changed does not tell what has changed")
	}
}
