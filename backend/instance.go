package backend

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"metapi/backend/control"
	"metapi/backend/gateway"
	"metapi/backend/routing"
)

// instance is a Backend that serves: what others know of it, and where it can be reached, which the user may change while
// it runs. Its tokens stay the same wherever it moves.
type instance struct {
	b        *Backend
	ctx      context.Context // ends when the shutdown begins
	stop     func()          // begins it
	inFlight func() int64
	refusals func() []gateway.Refusal
	decide   func(context.Context, gateway.Question) (routing.Record, error)
	play     http.HandlerFunc
	sessions *control.Sessions   // nil: there are no pages
	moves    chan []net.Listener // taken by the gateway
	moved    chan struct{}       // holds one after a move

	mu    sync.Mutex // guards what follows, but for what of rt stays the same
	rt    control.Runtime
	over  bool               // nothing is made known any more
	leave context.CancelFunc // ends what listens for events at the address in force
}

func newInstance(ctx context.Context, stop func(), b *Backend) *instance {
	return &instance{b: b, ctx: ctx, stop: stop, moves: make(chan []net.Listener), moved: make(chan struct{}, 1), leave: func() {},
		rt: control.Runtime{PID: os.Getpid(), Token: control.Word(32), Instance: control.Word(16), Version: b.Version, Started: time.Now().UTC()}}
}

// at makes known that clients are served on listeners from now on.
func (i *instance) at(listeners []net.Listener) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over {
		return nil
	}
	here, leave := context.WithCancel(i.ctx)
	i.rt.Addresses = nil
	for _, l := range listeners {
		i.rt.Addresses = append(i.rt.Addresses, l.Addr().String())
	}
	server := &control.Server{Addresses: i.rt.Addresses, PID: i.rt.PID, Instance: i.rt.Instance, Started: i.rt.Started,
		InFlight: i.inFlight, Decide: i.decide, Play: i.play, Refusals: i.refusals, Stop: i.stop, Ended: here.Done(), Move: i.move}
	if i.sessions != nil {
		base := "http://" + i.rt.Addresses[0]
		server.Link = func() string { return base + "/ui/#code=" + i.sessions.Link() }
	}
	i.b.service.Serving(server)
	i.leave() // who listened at the old address comes to this one
	i.leave = leave
	i.b.log.Info("serving", "version", i.rt.Version, "pid", i.rt.PID, "addresses", i.rt.Addresses, "keychain", i.b.secrets.Describe())
	i.b.events.Changed(control.TopicStatus)
	if err := control.WriteRuntime(i.b.Dir, i.rt); err != nil {
		return control.NewProblem(control.Storage, control.Sentence(fmt.Sprintf("the address of this instance cannot be written to the data folder: %v", err)),
			"Make the folder writable for your user, and free some space if the disk is full.")
	}
	return nil
}

// move takes another port. do(true) serves there in place of where it did; what runs there goes on to its end. do(false)
// gives it back. See [control.Server].
func (i *instance) move(port int) (do func(bool), err error) {
	if i.isAt(port) {
		return func(bool) {}, nil
	}
	listeners, err := gateway.Listen(port)
	if err != nil {
		return nil, err
	}
	return func(really bool) {
		if !really {
			closeAll(listeners)
			return
		}
		select {
		case <-i.ctx.Done():
			closeAll(listeners)
		case i.moves <- listeners:
			if err := i.at(listeners); err != nil {
				i.b.log.Error("other commands do not find this instance", "error", err)
			}
			select {
			case i.moved <- struct{}{}:
			default:
			}
		}
	}, nil
}

// toPort moves to the user's port once it can be had, and tells until then that tools are served at another.
func (i *instance) toPort() {
	told := 0
	for i.ctx.Err() == nil { // a port that comes free as the instance ends is of no use any more
		port, err := i.b.Port()
		if err != nil || i.isAt(port) {
			break // settings that cannot be read are told of elsewhere
		}
		if do, err := i.move(port); err == nil {
			do(true)
			continue
		}
		if port != told {
			told = port
			i.b.log.Warn("the port is taken", "port", port)
			i.b.serving.setTrouble(fmt.Sprintf("tools are served at another port than %d, which cannot be had. End what uses it, or choose another port in the settings", port))
			i.b.events.Changed(control.TopicStatus)
			i.b.notices.gateway(fmt.Sprintf("Port %d is taken", port), "Tools do not find Metapi there: it is served at another port for now. End what uses the port, or choose another in the settings.", "/settings")
		}
		select {
		case <-i.ctx.Done():
		case <-i.b.serving.again:
		case <-time.After(portEvery):
		}
	}
	if told != 0 {
		i.b.serving.setTrouble("")
		i.b.events.Changed(control.TopicStatus)
	}
}

func (i *instance) isAt(port int) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.ContainsFunc(i.rt.Addresses, func(a string) bool {
		_, p, err := net.SplitHostPort(a)
		return err == nil && p == strconv.Itoa(port)
	})
}

// close makes known that nobody is served any more.
func (i *instance) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.over = true
	i.leave()
	i.b.service.Serving(nil)
	control.RemoveRuntime(i.b.Dir)
}
