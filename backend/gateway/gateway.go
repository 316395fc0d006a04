package gateway

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/account"
	"metapi/backend/network"
	"metapi/backend/protocol"
	"metapi/backend/protocol/tokens"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
)

// Recorder keeps what happened to each request. Within 50 ms of Begin or Settle the record survives a kill of the process;
// neither waits for that.
type Recorder interface {
	Begin(*routing.Record)
	Ask(*routing.Record) // another account is asked: for who watches, nothing is kept
	Settle(*routing.Record)
}

// Pins knows which account issued a piece of upstream state. What Pin notes is known at once; it lasts when the request's
// record, which has it too, is settled.
type Pins interface {
	Account(protocol.Ref) (account string, ok bool)
	Pin(issued []protocol.Ref, account string)
}

// Options is what a [Gateway] is made of. Zero values of the optional fields mean the default told with each.
type Options struct {
	Snapshot   func() *snapshot.Snapshot
	Recorder   Recorder
	Pins       Pins
	Kept       Kept                          // default: nothing is kept
	Budgets    Budgets                       // default: there are none
	Capture    Capture                       // default: nothing is
	Hedge      func() bool                   // whether latency mode may ask twice at once; default: it may not
	Watch      func(*routing.Record, []byte) // looks at each request that has ended, with its body, which it does not keep; default: nobody does
	Transport  http.RoundTripper             // for accounts to which the snapshot gives no way of their own; default: as the system says
	Control    http.Handler                  // the control API, its figures and its pages, mounted at /api/, /metrics and /ui/ behind the same door; checks its own token
	Origins    []string                      // Origin values that may call; default: none, so that no web page can
	Moves      <-chan []net.Listener         // where to answer from now on, in place of where it did; default: never
	MaxBody    int64                         // bytes; default: 64 MiB
	FirstEvent time.Duration                 // see Timing.FirstEvent; default: 30 s
	Memory     *live.Memory                  // of clients and their sessions; default: one that knows nothing
	Learned    *tokens.Corrections           // of estimates; default: none
	Log        *slog.Logger                  // default: slog.Default()
}

// Gateway is the handler of the loopback server.
type Gateway struct {
	Options
	timing   timing
	alarms   alarms
	origins  map[string]bool
	refused  refusals
	inFlight atomic.Int64
	procs    procs
	running  sync.WaitGroup // of exchanges, until they are settled
	mends    memory         // what upstreams have been found to want
	thoughts thoughts       // what some of them will want back
	hedges   hedges         // that may be made
	reads    pace           // of prompts that nobody had to read
	replies  atomic.Uint64  // with usage told, of which some are learned from

	compactless sync.Map    // deployment id -> struct{}: speaks openai-responses, but makes no compactions
	forgets     atomic.Bool // there is something in forgetful
	forgetful   sync.Map    // account id -> struct{}: speaks openai-responses, but does not keep what it should
}

// New returns a gateway. It starts nothing; see [Gateway.Serve].
func New(o Options) *Gateway {
	if o.Transport == nil {
		o.Transport, _ = network.New(network.Options{Wrap: NewTransport}).Caller(network.Choice{}) // that choice cannot be wrong
	}
	if o.Kept == nil {
		o.Kept = nothingKept{}
	}
	if o.Budgets == nil {
		o.Budgets = noBudgets{}
	}
	if o.Memory == nil {
		o.Memory = new(live.Memory)
	}
	if o.Learned == nil {
		o.Learned = new(tokens.Corrections)
	}
	if o.Capture == nil {
		o.Capture = noCapture{}
	}
	if o.MaxBody == 0 {
		o.MaxBody = 64 << 20
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &Gateway{Options: o, timing: newTiming(o.FirstEvent), origins: map[string]bool{}}
	for _, origin := range o.Origins {
		g.origins[strings.ToLower(strings.TrimRight(origin, "/"))] = true
	}
	return g
}

// InFlight is the number of requests that upstreams are working on.
func (g *Gateway) InFlight() int64 { return g.inFlight.Load() }

// ServeHTTP takes one request through the door and on its way.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e := g.checkWebPage(r); e != nil {
		refuse(w, dialectOf(r), e)
		return
	}
	if g.Control != nil && isControl(r) {
		g.Control.ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("Metapi is running. Point a tool at this address with a local key; `metapi keys add NAME` makes one.\n"))
		return
	}
	g.admitPage(w, r)
	switch {
	case r.Method == http.MethodOptions:
		answerOptions(w, r)
		return
	case r.Method == http.MethodHead:
		get := *r
		get.Method = http.MethodGet
		r = &get
	case upgrades(r):
		refuse(w, dialectOf(r), noSocket(r))
		return
	}
	ep, e := findEndpoint(r)
	if e != nil {
		refuse(w, dialectOf(r), e)
		return
	}
	snap := g.Snapshot()
	client, e := g.authenticate(snap, r)
	if e != nil {
		refuse(w, ep.dialect(), e)
		return
	}
	if !g.serve(w, r, ep, snap, client) {
		panic(http.ErrAbortHandler) // the way to end a connection such that no client takes what came for all
	}
}

// serve takes a client's request on its way. It returns false where a reply broke off that the client cannot be told of but by breaking off, too.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, ep endpoint, snap *snapshot.Snapshot, client *account.Client) (whole bool) {
	switch {
	case client.Paused != "":
		refuse(w, ep.dialect(), &protocol.Error{Kind: protocol.Forbidden, Message: fmt.Sprintf(
			"Metapi has paused this tool (%s): %s. Resume it in Metapi's window, under Tools, or with `metapi keys resume %q`", client.Name, client.Paused, client.Name)})
	case snap.Paused:
		refuse(w, ep.dialect(), &protocol.Error{Kind: protocol.Unavailable, Message: "Metapi is paused; `metapi resume` or the tray starts it again"})
	case ep.list != nil:
		ep.list(w, r, ep, snap)
	case g.serveKept(w, r, ep, client.ID):
	default:
		g.running.Add(1)
		defer g.running.Done()
		g.procs.note(g.inFlight.Add(1))
		defer g.inFlight.Add(-1)
		return newExchange(g, w, r, ep, snap, client).run()
	}
	return true
}

// refuse answers with e in the dialect's shape.
func refuse(w http.ResponseWriter, d protocol.Dialect, e *protocol.Error) int {
	status, body := d.Error(e)
	switch e.Status {
	case http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusUpgradeRequired: // ours: no vendor's table has them
		status = e.Status
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	setRetryAfter(h, e.RetryAfter)
	nameRequest(h, d.Protocol())
	switch status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", e.Param)
	case http.StatusUpgradeRequired:
		h.Set("Upgrade", "HTTP/1.1")
	}
	w.WriteHeader(status)
	w.Write(body)
	return status
}

// errShutdown is the cause with which requests end that outlive the grace of a shutdown.
var errShutdown = &protocol.Error{Kind: protocol.Unavailable, Message: "Metapi is shutting down"}
