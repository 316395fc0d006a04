package tray

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"metapi/tray/menu"
)

// runner keeps the helper running, and shows it the newest menu.
type runner struct {
	find     func() (string, error) // where the helper is; asked before each start, since it may be installed meanwhile
	temp     string                 // a folder of its own for the helper's temporary files
	patience time.Duration          // how long the helper may take to answer
	backoff  backoff
	click    func(id string) // called one at a time; must not wait for long
	standing func(helper)    // told when the helper is ready, and why when it is not there
	log      *slog.Logger

	menus   *latest
	missing chan int
}

func newRunner() *runner {
	return &runner{find: FindHelper, patience: 10 * time.Second, backoff: newBackoff(time.Second, time.Minute), menus: newLatest(),
		missing: make(chan int, 1)}
}

// show replaces the menu. It never waits.
func (r *runner) show(m menu.Menu) { r.menus.put(m) }

// restart ends a helper whose icon has not come, so that another one is started. It never waits.
func (r *runner) restart(pid int) {
	select {
	case r.missing <- pid:
	default: // the one before is not taken yet; the icon will be missed again
	}
}

// run starts the helper, again and again while it ends, until the context does. No helper runs when it returns.
func (r *runner) run(ctx context.Context) {
	last := ""
	for {
		began := time.Now()
		err := r.once(ctx)
		if ctx.Err() != nil {
			return
		}
		r.standing(helper{err: err})
		if time.Since(began) >= r.backoff.longest {
			last = ""
		}
		if err.Error() != last { // once is enough for what stays as it is
			last = err.Error()
			r.log.Warn("no tray icon", "reason", err)
		}
		if r.backoff.wait(ctx, time.Since(began)) != nil {
			return
		}
	}
}

func (r *runner) once(ctx context.Context) error {
	path, err := r.find()
	if err != nil {
		return err
	}
	p := &process{
		path: path, temp: r.temp, patience: r.patience, log: r.log, menus: r.menus, click: r.click, missing: r.missing,
		ready: func(pid int) { r.standing(helper{pid: pid}) },
	}
	return p.live(ctx)
}

// latest holds the newest menu. Who puts one never waits for who takes them, and what is overtaken is never sent.
type latest struct {
	changed chan struct{} // holds one token while there is a menu to take

	mu   sync.Mutex
	menu menu.Menu
	seq  int64
}

func newLatest() *latest { return &latest{changed: make(chan struct{}, 1)} }

func (l *latest) put(m menu.Menu) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	m.Seq = l.seq
	l.menu = m
	l.announce()
}

// again has the newest menu taken once more: a new helper has seen none.
func (l *latest) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seq > 0 {
		l.announce()
	}
}

func (l *latest) announce() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// take returns the newest menu's number, and the line to send.
func (l *latest) take() (int64, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := json.Marshal(l.menu)
	if err != nil { // there is nothing in a menu that JSON has not
		panic(err)
	}
	return l.seq, append(b, '\n')
}

// backoff says how long to wait before trying again: each time twice as long, up to a longest. What lasted for the longest is forgiven.
type backoff struct {
	first, longest time.Duration
	next           time.Duration
	sleep          func(context.Context, time.Duration) error
}

func newBackoff(first, longest time.Duration) backoff {
	return backoff{first: first, longest: longest, sleep: sleep}
}

// wait waits, after what lasted as given. The error is the context's.
func (b *backoff) wait(ctx context.Context, lasted time.Duration) error {
	if lasted >= b.longest || b.next == 0 {
		b.next = b.first
	}
	d := b.next
	b.next = min(2*d, b.longest)
	return b.sleep(ctx, d)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
