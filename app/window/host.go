package window

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"metapi/backend/control/client"
)

// outcome is why a host has ended.
type outcome int

const (
	stopped   outcome = iota // its context has ended
	ended                    // the instance that it was has been asked to end, by `metapi stop` say
	elsewhere                // another window shows this data already, and was brought forward
)

// host is the way to the control API of whoever holds the data folder. It opens the data itself where nobody has, and is a
// client of the instance that has; when that one ends it looks again. As an [http.Handler] it is the API of the moment.
//
//	        +--> own: the data is open here, and served ---- asked to end --> ended
//	seek ---+
//	  ^     +--> attached: another instance holds it ------- has a window --> elsewhere
//	  |                |
//	  +--- it ended ---+    while seeking, calls wait a moment, then fail with the reason
type host struct {
	open  func() (instance, error)                                      // opens the data; a Problem with code Held where another has it
	dial  func(context.Context) (*client.Client, client.Runtime, error) // reaches the instance that has
	event func(client.Event)                                            // told each live event, in order
	lost  func()                                                        // told that there is no instance, once that lasts
	log   *slog.Logger

	// Of run alone:
	last    string    // the instance that was attached last
	missing time.Time // since when there is none
	told    bool      // lost was

	settled chan struct{} // closed when there was a way for the first time, or a reason why there is none for now

	mu      sync.Mutex    // guards what follows
	way     *way          // nil while seeking
	why     error         // why there is none
	changed chan struct{} // closed, and replaced, when way is
}

// instance is a data folder that is open in this process.
type instance interface {
	Handler() http.Handler
	Serve(context.Context) error // nil where the context has ended, or the end was asked for through the API
	Close() error
}

const (
	seekFirst, seekLongest = 50 * time.Millisecond, 2 * time.Second // between two looks for the instance
	callPatience           = 2 * time.Second                        // how long a call waits for a way
	leavePatience          = 2 * time.Second                        // how long calls may take to notice that theirs has ended
)

var errStarting = client.NewProblem(client.Unavailable, "Metapi is starting.", "It takes a moment.")

func newHost() *host {
	return &host{settled: make(chan struct{}), why: errStarting, changed: make(chan struct{})}
}

// run holds or follows the instance until ctx ends, the instance is asked to end, or another window turns out to be there.
// When it returns, the data is closed.
func (h *host) run(ctx context.Context) outcome {
	h.missing = time.Now()
	for {
		in, err := h.open()
		switch {
		case err == nil:
			return h.own(ctx, in)
		case client.IsHeld(err):
			if shown := h.attach(ctx, err); shown {
				return elsewhere
			}
		default:
			h.seek(err, true)
		}
		missing := time.Since(h.missing)
		if missing > callPatience && !h.told {
			h.told = true
			h.lost()
		}
		if !sleep(ctx, min(max(missing/4, seekFirst), seekLongest)) {
			return stopped
		}
	}
}

// own serves the data that is open in this process, and closes it.
func (h *host) own(ctx context.Context, in instance) outcome {
	w := h.enter(in.Handler())
	listening := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { h.listen(w, client.InProcess(in.Handler()), listening) })
	// A second start asks this window to show itself as soon as the instance can be reached. So it listens before that.
	select {
	case <-listening:
	case <-time.After(callPatience): // the store cannot be read, say: the pages tell
	case <-ctx.Done():
	}
	var err error
	if ctx.Err() == nil {
		err = h.serve(ctx, in)
	}
	h.leave(w, errEnding)
	work.Wait()
	if err := errors.Join(err, in.Close()); err != nil {
		h.log.Error("the data was not closed well", "error", err)
	}
	if ctx.Err() != nil {
		return stopped
	}
	return ended
}

var errEnding = client.NewProblem(client.Unavailable, "Metapi is ending.", "Start it again.")

// serve serves until the end, again and again where that fails: the pages show why, and can help.
func (h *host) serve(ctx context.Context, in instance) error {
	for {
		err := in.Serve(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		h.log.Error("no tool is served", "error", err)
		if !sleep(ctx, seekLongest) {
			return nil
		}
	}
}

// listen hands on the live events while the way lasts. It closes first when it hears them for the first time.
func (h *host) listen(w *way, c *client.Client, first chan struct{}) {
	var once sync.Once
	for w.ctx.Err() == nil {
		err := c.Events(w.ctx, client.EventsOptions{Window: true}, func(e client.Event) {
			once.Do(func() { close(first) })
			h.event(e)
		})
		if w.ctx.Err() == nil {
			h.log.Debug("the live events have stopped", "error", err) // as when the port has changed
			sleep(w.ctx, seekFirst)
		}
	}
}

// attach makes the host a client of the instance that holds the data, until that can no longer be heard. Where it has a
// window already, that one is shown instead. held is what was said when the data was to be opened.
func (h *host) attach(ctx context.Context, held error) (shown bool) {
	c, rt, err := h.dial(ctx)
	if errors.Is(err, client.ErrNotRunning) {
		err = held // by one that starts or ends, or a short command: its own words are the better ones
	}
	if err != nil {
		h.seek(err, false)
		return false
	}
	if rt.Instance != h.last { // else it may take us, whom it has just lost, for the window that it has
		show, err := c.ShowWindow(ctx)
		if err != nil {
			h.seek(err, false)
			return false
		}
		if show.Shown {
			return true
		}
	}
	w := h.enter(c.Handler())
	stop := context.AfterFunc(ctx, w.end)
	err = c.Events(w.ctx, client.EventsOptions{Window: true}, h.event)
	if stop() {
		h.log.Info("the instance that this window showed has ended", "error", err)
	}
	h.leave(w, errSeeking)
	h.last, h.missing, h.told = rt.Instance, time.Now(), false
	return false
}

var errSeeking = client.NewProblem(client.Unavailable, "Metapi, which ran without this window, has ended.", "This window takes its place in a moment.")

// way is one way to the API, for as long as it lasts.
type way struct {
	handler http.Handler
	ctx     context.Context // ends with the way, and the calls on it with that
	end     context.CancelFunc
	calls   sync.WaitGroup
}

// enter puts a way in force.
func (h *host) enter(api http.Handler) *way {
	w := &way{handler: api}
	w.ctx, w.end = context.WithCancel(context.Background())
	h.change(w, nil)
	h.settle()
	return w
}

// leave takes a way out of force, and waits for the calls on it: what they use may be closed next.
func (h *host) leave(w *way, why error) {
	h.change(nil, why)
	w.end()
	done := make(chan struct{})
	go func() {
		w.calls.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(leavePatience):
		h.log.Warn("calls of the pages have not ended with what they were made to")
	}
}

// seek says why there is no way for now. A reason that will hardly go away by itself is final: a page shall show it.
func (h *host) seek(why error, final bool) {
	h.mu.Lock()
	news := h.why == nil || h.why.Error() != why.Error()
	h.mu.Unlock()
	h.change(nil, why)
	if !final {
		return
	}
	h.settle()
	if news { // it is tried again and again
		h.log.Error("the data cannot be opened", "error", why)
	}
}

func (h *host) settle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.settled:
	default:
		close(h.settled)
	}
}

func (h *host) change(w *way, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.way, h.why = w, why
	close(h.changed)
	h.changed = make(chan struct{})
}

// ServeHTTP implements [http.Handler]: the control API of the moment. A call that comes while there is none waits a little.
func (h *host) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w, err := h.take(r.Context())
	if err != nil {
		writeProblem(rw, err)
		return
	}
	defer w.calls.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)()
	w.handler.ServeHTTP(rw, r.WithContext(ctx))
}

// take returns the way in force, with a call counted on it, and waits for one if need be.
func (h *host) take(ctx context.Context) (*way, error) {
	patience := time.NewTimer(callPatience)
	defer patience.Stop()
	for {
		h.mu.Lock()
		w, why, changed := h.way, h.why, h.changed
		if w != nil {
			w.calls.Add(1)
		}
		h.mu.Unlock()
		if w != nil {
			return w, nil
		}
		select {
		case <-changed:
		case <-patience.C:
			return nil, why
		case <-ctx.Done():
			return nil, why
		}
	}
}

// writeProblem answers with an error, as the control API would.
func writeProblem(w http.ResponseWriter, err error) {
	var p *client.Problem
	if !errors.As(err, &p) {
		p = client.NewProblem(client.Unavailable, "The running Metapi cannot be reached: "+err.Error()+".", "If it hangs, end that process; this window takes its place.")
	}
	p.Write(w)
}

// sleep waits, and reports whether ctx lasted as long.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
