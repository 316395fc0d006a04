package control

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"metapi/backend/routing"
)

// Topic is a part of the state that may have changed: whoever shows it reads it again.
type Topic string

const (
	TopicStatus   Topic = "status"   // the mode, the pause, how accounts stand
	TopicAccounts Topic = "accounts" // accounts and their last discovery
	TopicModels   Topic = "models"
	TopicClients  Topic = "clients" // local keys
	TopicSettings Topic = "settings"
	TopicDoctor   Topic = "doctor"  // what the doctor has found
	TopicRouting  Topic = "routing" // routing.yaml
)

// EventType says what an [Event] tells.
type EventType string

const (
	EventResync  EventType = "resync"  // the first of a subscription, and whenever some were lost: read everything again
	EventChanged EventType = "changed" // Topics have changed
	EventRequest EventType = "request" // Request has begun or settled
	EventShow    EventType = "show"    // the window is asked to show itself
	EventNotice  EventType = "notice"  // Notice is to be told to the person
	EventPlayed  EventType = "played"  // Played has come of a run of the playground
)

// Event is one line of the live events. It says what changed, not to what: the API's other operations do that, so that
// there is one way to read a thing. A request's row is the exception, since it is wanted at once.
type Event struct {
	Type    EventType `json:"type" enum:"resync,changed,request,show,notice,played"`
	Topics  []Topic   `json:"topics,omitempty" enum:"status,accounts,models,clients,settings,doctor,routing"`
	Request *Row      `json:"request,omitempty"`
	Notice  *Notice   `json:"notice,omitempty"`
	Played  *Delta    `json:"played,omitempty"`
}

// Delta is what has come of a run of the playground. Whoever does not have what came before it, or has none of it though it counts some, reads the run.
type Delta struct {
	Run      string `json:"run"`
	From     int    `json:"from" doc:"How many pieces came before"`
	To       int    `json:"to" doc:"How many there are with these"`
	Text     string `json:"text,omitempty"`
	Thinking string `json:"thinking,omitempty"`
	Ended    bool   `json:"ended,omitempty" doc:"Nothing more comes: the run tells what it took and cost"`
}

// maxDelta bounds what waits for a listener: it reads the run where it was longer.
const maxDelta = 64 << 10

// add puts what came next of the same run behind d.
func (d *Delta) add(next Delta) {
	if next.From != d.To || len(d.Text)+len(d.Thinking)+len(next.Text)+len(next.Thinking) > maxDelta {
		*d = Delta{Run: d.Run, From: next.To, To: next.To, Ended: next.Ended}
		return
	}
	d.To, d.Text, d.Thinking, d.Ended = next.To, d.Text+next.Text, d.Thinking+next.Thinking, next.Ended
}

// Notice is something that a person wants to hear of at once, wherever they are.
type Notice struct {
	ID     string `json:"id" doc:"The same for what takes the place of one that was told before"`
	Kind   string `json:"kind" enum:"budget,runaway,key,failover,gateway"`
	Title  string `json:"title"`
	Text   string `json:"text" doc:"A sentence or two"`
	Page   string `json:"page" doc:"The page that shows more"`
	Client string `json:"client,omitempty" doc:"The id of the client that it is about"`
}

// Hub hands events to whoever listens. Publishing never waits: a listener that does not keep up loses events and is told
// to read everything again. The zero value is ready, and safe for concurrent use.
type Hub struct {
	listening atomic.Int32 // so that a request costs nothing while nobody listens

	mu        sync.Mutex // guards what follows
	listeners []*listener
}

// listener is one subscription.
type listener struct {
	window bool
	wake   chan struct{} // holds one while something waits

	mu       sync.Mutex // guards what follows
	resync   bool
	show     bool
	topics   []Topic          // not told yet, each once
	requests []routing.Record // not told yet, oldest first
	notices  []Notice         // likewise
	played   []Delta          // likewise, one a run
}

// maxUntold is how many requests wait for a listener before it is told to read them itself.
const maxUntold = 256

// Changed tells that topics have changed.
func (h *Hub) Changed(topics ...Topic) {
	h.each(func(l *listener) {
		for _, t := range topics {
			if !slices.Contains(l.topics, t) {
				l.topics = append(l.topics, t)
			}
		}
	})
}

// Request tells that a request has begun or settled. r may be changed afterwards.
func (h *Hub) Request(r *routing.Record) {
	if h.listening.Load() == 0 {
		return
	}
	told := *r
	told.Candidates, told.Excluded, told.Issued = nil, nil, nil
	told.Attempts = slices.Clone(r.Attempts)
	h.each(func(l *listener) {
		if len(l.requests) >= maxUntold {
			l.requests, l.resync = nil, true
		}
		l.requests = append(l.requests, told)
	})
}

// Notify tells of something at once. Of those not told yet to a listener the last few are kept.
func (h *Hub) Notify(n Notice) {
	h.each(func(l *listener) {
		if len(l.notices) >= maxNotices {
			l.notices = slices.Delete(l.notices, 0, 1)
		}
		l.notices = append(l.notices, n)
	})
}

const maxNotices = 16

// Played tells what has come of a run of the playground. What waits is told in one piece: a fast model floods nobody.
func (h *Hub) Played(d Delta) {
	h.each(func(l *listener) {
		for i := range l.played {
			if l.played[i].Run == d.Run {
				l.played[i].add(d)
				return
			}
		}
		l.played = append(l.played, d)
	})
}

// Show asks the windows that listen to show themselves, and returns how many there are.
func (h *Hub) Show() (windows int) {
	h.each(func(l *listener) {
		if l.window {
			l.show = true
			windows++
		}
	})
	return windows
}

func (h *Hub) each(tell func(*listener)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		l.mu.Lock()
		tell(l)
		l.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

func (h *Hub) listen(window bool) *listener {
	l := &listener{window: window, wake: make(chan struct{}, 1), resync: true}
	l.wake <- struct{}{}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners = append(h.listeners, l)
	h.listening.Add(1)
	return l
}

func (h *Hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners = slices.DeleteFunc(h.listeners, func(other *listener) bool { return other == l })
	h.listening.Add(-1)
}

// take returns what waits, as events: what changes everything first.
func (l *listener) take(row func(*routing.Record) Row) (events []Event) {
	l.mu.Lock()
	resync, show, topics, requests, notices, played := l.resync, l.show, l.topics, l.requests, l.notices, l.played
	l.resync, l.show, l.topics, l.requests, l.notices, l.played = false, false, nil, nil, nil, nil
	l.mu.Unlock()
	if resync {
		events = append(events, Event{Type: EventResync})
	}
	if len(topics) > 0 && !resync {
		events = append(events, Event{Type: EventChanged, Topics: topics})
	}
	for i := range requests {
		r := row(&requests[i])
		events = append(events, Event{Type: EventRequest, Request: &r})
	}
	for i := range notices {
		events = append(events, Event{Type: EventNotice, Notice: &notices[i]})
	}
	for i := range played {
		events = append(events, Event{Type: EventPlayed, Played: &played[i]})
	}
	if show {
		events = append(events, Event{Type: EventShow})
	}
	return events
}

const (
	eventsAlive = 15 * time.Second // between comments that keep a silent stream open
	eventsPause = 50 * time.Millisecond
	eventsStuck = 10 * time.Second // a listener that does not read for so long is gone
	eventsEnd   = time.Second
)

// events streams what the hub tells as Server-Sent Events, until the listener leaves or the instance ends.
// With ?window=1 the listener is a window, which can be shown.
func (s *Service) events(w http.ResponseWriter, r *http.Request) {
	var ended <-chan struct{}
	if server := s.serving(); server != nil {
		ended = server.Ended // a shutdown waits for requests, and this one would never end
	}
	l := s.Events.listen(r.URL.Query().Get("window") == "1")
	defer s.Events.leave(l)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	w.Header().Set("Connection", "close")                                  // else the next request on it would meet the deadlines of this one
	defer func() { _ = out.SetWriteDeadline(time.Now().Add(eventsEnd)) }() // for the end of the stream
	var watch sync.WaitGroup
	defer watch.Wait()
	left := make(chan struct{})
	defer close(left)
	watch.Go(func() {
		select {
		case <-ended:
			_ = out.SetWriteDeadline(time.Now()) // nor does one that does not read hold the shutdown up
		case <-left:
		}
	})
	alive := time.NewTicker(eventsAlive)
	defer alive.Stop()
	var text []byte
	for {
		select {
		case <-r.Context().Done():
			return
		case <-ended:
			return
		case <-alive.C:
			text = append(text[:0], ": alive\n\n"...)
		case <-l.wake:
			text = text[:0]
			names, err := s.names()
			if err != nil {
				return // the listener will come again
			}
			for _, e := range l.take(names.row) {
				line, err := json.Marshal(e)
				if err != nil {
					s.Log.Error("control: events", "error", err)
					return
				}
				text = append(append(append(text, "data: "...), line...), "\n\n"...)
			}
		}
		if len(text) == 0 { // what woke it was told with what came before
			continue
		}
		_ = out.SetWriteDeadline(time.Now().Add(eventsStuck)) // in process there is none
		select {
		case <-ended: // the deadline that this set may just have been put off
			return
		default:
		}
		if _, err := w.Write(text); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
		select { // a burst is told in one go
		case <-r.Context().Done():
			return
		case <-time.After(eventsPause):
		}
	}
}

// describeEvents adds what [Service.events] sends to the API's description, which is where the pages' types come from.
func describeEvents(api huma.API) {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Event](), true, "")
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: "/api/events", Summary: "Live events, as Server-Sent Events",
		Parameters: []*huma.Param{{Name: "window", In: "query", Description: "1: the listener is a window, which can be shown", Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses: map[string]*huma.Response{"200": {Description: "One event a data line", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: schema},
		}}},
	})
}
