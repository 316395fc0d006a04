package window

import (
	"sync"

	"metapi/backend/control/client"
)

// The names of what the page is told. It need not answer: all that it wants it asks the API for.
const (
	eventName = "metapi"      // a client.Event
	lostName  = "metapi:lost" // the backend does not answer; the next event says that it does again
	openName  = "metapi:open" // the path of the page to show, such as "/accounts"
)

// feed tells the page what happens, once there is a page. It is safe for concurrent use.
type feed struct {
	mu   sync.Mutex                     // guards what follows
	emit func(name string, data ...any) // nil until there is a page
	away bool                           // the backend does not answer
	page string                         // to be opened once there is a page
}

// ready says that a page listens, the first or another, and how to reach it. What happened before it knows nothing of.
func (f *feed) ready(emit func(name string, data ...any)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.emit = emit
	if f.away {
		emit(lostName)
	} else {
		emit(eventName, client.Event{Type: client.EventResync})
	}
	if f.page != "" {
		emit(openName, f.page)
		f.page = ""
	}
}

// event tells what happened in the backend, which therefore answers.
func (f *feed) event(e client.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = false
	if f.emit != nil {
		f.emit(eventName, e)
	}
}

// here tells what happened in the window's own process. A page that waits for the backend reads all anew afterwards.
func (f *feed) here(e client.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.emit != nil && !f.away {
		f.emit(eventName, e)
	}
}

// lost tells that there is nothing to tell.
func (f *feed) lost() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = true
	if f.emit != nil {
		f.emit(lostName)
	}
}

// open has the page go to a place of its own: "/accounts", say. Empty: where it is.
func (f *feed) open(page string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case page == "":
	case f.emit == nil:
		f.page = page
	default:
		f.emit(openName, page)
	}
}
