// Package live holds the figures of routing that move with every request: how many are in flight at a deployment,
// and whether it, its account or its host may be chosen at all. They are atomics, so that a decision takes no lock.
//
// A [Health] is healthy (may be chosen), cooling (may not, until a time) or half-open (its time has passed, and one
// request may find out). Failures are booked where their cause lies: a wrong key at the account, a refused connection
// at the host, nearly everything else at the deployment. How long each kind cools is a table: see cooldown.go. Whoever shows it is told when one begins
// or ends to cool ([Registry.Watch]).
//
// What decisions are made by (figures.go) forgets within minutes; what a person is shown (shown.go) fades over a day. Both outlive the process, as
// habits do: see kept.go.
package live

import (
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
)

// State is what a [Health] allows.
type State uint8

const (
	Healthy State = iota
	HalfOpen
	Cooling
)

func (s State) String() string { return [...]string{"healthy", "half-open", "cooling"}[s] }

// Health is the standing of one deployment, account or host. The zero value is healthy.
type Health struct {
	until    atomic.Int64 // Unix nanoseconds; 0: healthy
	failures atomic.Int32 // in a row
	failed   atomic.Int64 // Unix nanoseconds of the last one booked
	probing  atomic.Bool  // half-open, and a request is out to learn
	kind     atomic.Pointer[protocol.Kind]
	of       *Registry // is told when this begins to cool, or ends; nil: nobody is
}

// State tells what h allows at now, and until when it cools.
func (h *Health) State(now time.Time) (State, time.Time) {
	until := h.until.Load()
	switch {
	case until == 0:
		return Healthy, time.Time{}
	case now.UnixNano() < until:
		return Cooling, time.Unix(0, until)
	case h.probing.Load():
		return Cooling, now.Add(time.Second) // somebody is finding out right now
	}
	return HalfOpen, time.Time{}
}

// Kind is what it cools for, or "".
func (h *Health) Kind() protocol.Kind {
	if h.until.Load() == 0 {
		return ""
	}
	if k := h.kind.Load(); k != nil {
		return *k
	}
	return ""
}

// Clear makes h healthy, as after a new key or by the user's word.
func (h *Health) Clear() {
	cooled := h.until.Swap(0) != 0
	h.failures.Store(0)
	h.probing.Store(false)
	if cooled {
		h.of.stir()
	}
}

// enter takes the one place that a half-open Health has; probe tells that it was taken.
func (h *Health) enter(now time.Time) (ok, probe bool) {
	switch s, _ := h.State(now); s {
	case Healthy:
		return true, false
	case HalfOpen:
		ok := h.probing.CompareAndSwap(false, true)
		return ok, ok
	}
	return false, false
}

// fail books a failure of a request that entered when it did. Requests that were under way together meet one and the
// same trouble: only what entered after the last failure was booked makes another in a row.
func (h *Health) fail(entered, now time.Time, kind protocol.Kind, c cooldown, retryAfter time.Duration) {
	n := max(h.failures.Load(), 1)
	if entered.UnixNano() > h.failed.Load() {
		n = h.failures.Add(1)
	}
	h.failed.Store(now.UnixNano())
	h.kind.Store(&kind)
	until := now.Add(c.length(n, retryAfter)).UnixNano()
	for { // a longer cooldown already running stays
		old := h.until.Load()
		if old >= until || h.until.CompareAndSwap(old, until) {
			break
		}
	}
	h.probing.Store(false)
	h.of.stir()
}

// Deployment is the live side of one deployment. Account and Host are shared with its neighbours.
type Deployment struct {
	Health
	Account *Health
	Host    *Health

	figures  figures
	around   *figures // of its host: what is expected of a deployment that has none of its own
	inFlight atomic.Int64
	lacking  atomic.Pointer[lacked] // nil, as it nearly always is: nothing is taken not to be served
	seen     seen                   // last, since decisions have no use for it
}

// lacked is what a deployment was once taken not to serve: it cools for as long as that is believed.
type lacked struct {
	Health
	protocol  protocol.Protocol
	operation protocol.Operation
	next      *lacked
}

// standsFor is the operation that stands for o: what serves one of them serves the others, but counting tokens and editing images are apart.
func standsFor(o protocol.Operation) protocol.Operation {
	switch o {
	case protocol.CountTokens, protocol.EditImage, protocol.VaryImage, protocol.Speak, protocol.Transcribe, protocol.Translate:
		return o
	}
	return protocol.Generate
}

// lack is what is known to be lacking of p and o; nil where nothing is.
func (d *Deployment) lack(p protocol.Protocol, o protocol.Operation) *lacked {
	for l := d.lacking.Load(); l != nil; l = l.next {
		if l.protocol == p && l.operation == standsFor(o) {
			return l
		}
	}
	return nil
}

// Lack notes that the deployment answered as if it did not serve p at all, or does not count tokens in it. It may be an upstream in the middle of a
// restart, so that it is asked again before long.
func (d *Deployment) Lack(p protocol.Protocol, o protocol.Operation, entered, now time.Time) {
	l := d.lack(p, o)
	for l == nil {
		first := d.lacking.Load()
		l = &lacked{protocol: p, operation: standsFor(o), next: first}
		if !d.lacking.CompareAndSwap(first, l) {
			l = d.lack(p, o)
		}
	}
	l.fail(entered, now, protocol.Unsupported, lack, 0)
}

// Lacks reports whether the deployment is taken not to serve p, and until when.
func (d *Deployment) Lacks(p protocol.Protocol, o protocol.Operation, now time.Time) (until time.Time, lacks bool) {
	l := d.lack(p, o)
	if l == nil {
		return time.Time{}, false
	}
	state, until := l.State(now)
	return until, state == Cooling
}

// Serves notes that the deployment does serve p.
func (d *Deployment) Serves(p protocol.Protocol, o protocol.Operation) {
	if l := d.lack(p, o); l != nil && l.until.Load() != 0 {
		l.Clear()
	}
}

// AnyModel is the live side of d's account and host alone: for calls that concern no model.
func (d *Deployment) AnyModel() *Deployment {
	return &Deployment{Account: d.Account, Host: d.Host, around: d.around}
}

// InFlight is the number of requests now running at the deployment.
func (d *Deployment) InFlight() int64 { return d.inFlight.Load() }

// State is the worst of the deployment's own state, its account's and its host's, with the kind of failure behind it.
func (d *Deployment) State(now time.Time) (State, time.Time, protocol.Kind) {
	state, until := d.Health.State(now)
	kind := d.Health.Kind()
	for _, h := range [...]*Health{d.Account, d.Host} {
		if s, u := h.State(now); s > state || s == state && u.After(until) {
			state, until, kind = s, u, h.Kind()
		}
	}
	return state, until, kind
}

// Enter books a request in, if the deployment may be chosen at now. Each Pass must be ended once, by one of its methods.
func (d *Deployment) Enter(now time.Time) (*Pass, bool) {
	p := &Pass{d: d, entered: now}
	for i, h := range p.healths() {
		ok, probe := h.enter(now)
		if !ok {
			p.release()
			return nil, false
		}
		p.probe[i] = probe
	}
	d.inFlight.Add(1)
	return p, true
}

// Pass is one request's leave to use a deployment. It is ended once; what comes after the first end does nothing.
type Pass struct {
	d       *Deployment
	entered time.Time
	probe   [3]bool // the half-open places that it holds
	ended   bool
}

func (p *Pass) healths() [3]*Health { return [3]*Health{&p.d.Health, p.d.Account, p.d.Host} }

// release gives the half-open places to whoever comes next.
func (p *Pass) release() {
	for i, h := range p.healths() {
		if p.probe[i] {
			p.probe[i] = false
			h.probing.Store(false)
		}
	}
}

func (p *Pass) end() (first bool) {
	if p.ended {
		return false
	}
	p.ended = true
	p.release()
	p.d.inFlight.Add(-1)
	return true
}

// Answering says that the upstream has begun to answer, though not yet how: the next request may try, too.
func (p *Pass) Answering() { p.release() }

// Prove says that deployment, account and host are well, before the request has ended.
func (p *Pass) Prove() {
	for i, h := range p.healths() {
		p.probe[i] = false // Clear frees the place
		if h.until.Load() != 0 || h.failures.Load() != 0 {
			h.Clear()
		}
	}
}

// Succeed ends the pass with what Prove says.
func (p *Pass) Succeed() {
	if !p.ended {
		p.Prove()
		p.end()
	}
}

// Fail ends the pass with a failure of the upstream, and cools whom it concerns.
func (p *Pass) Fail(now time.Time, e *protocol.Error) { p.fail(now, e, cooldowns[e.Kind].scope) }

// FailAccount is Fail for what lies between the account and the host, such as its proxy.
func (p *Pass) FailAccount(now time.Time, e *protocol.Error) { p.fail(now, e, atAccount) }

// FailHost is Fail for what shows that the host itself cannot be reached.
func (p *Pass) FailHost(now time.Time, e *protocol.Error) { p.fail(now, e, atHost) }

func (p *Pass) fail(now time.Time, e *protocol.Error, scope int) {
	if !p.end() {
		return
	}
	if c, ok := cooldowns[e.Kind]; ok {
		p.healths()[scope].fail(p.entered, now, e.Kind, c, e.RetryAfter)
	}
}

// Abandon ends the pass without a verdict: the client went away, or the request itself was at fault.
func (p *Pass) Abandon() { p.end() }

// Registry hands out the live side of deployments by their ids, the same one each time, so that health outlives the
// snapshots that are rebuilt around it.
type Registry struct {
	mu          sync.Mutex
	deployments map[string]*Deployment
	accounts    map[string]*Health
	hosts       map[string]*host
	kept        Kept              // of an earlier run: what is not known of any deployment or host yet
	stirred     chan struct{}     // holds one when something has begun to cool, or ended
	meters      map[string]*Meter // by account
}

// host is what the deployments of one host share.
type host struct {
	Health
	figures figures
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{deployments: map[string]*Deployment{}, accounts: map[string]*Health{}, hosts: map[string]*host{}, meters: map[string]*Meter{}, stirred: make(chan struct{}, 1)}
}

// account returns what is known of an account, made on first use.
func (r *Registry) account(id string) *Health {
	a := r.accounts[id]
	if a == nil {
		a = &Health{of: r}
		r.accounts[id] = a
	}
	return a
}

// host is account for a host.
func (r *Registry) host(address string) *host {
	h := r.hosts[address]
	if h == nil {
		h = &host{Health: Health{of: r}}
		take(r.kept.Hosts, address, &h.figures, nil)
		r.hosts[address] = h
	}
	return h
}

// Deployment returns the live side of a deployment, made on first use.
func (r *Registry) Deployment(id, account, address string) *Deployment {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, a, h := r.deployments[id], r.account(account), r.host(address)
	if d == nil || d.Host != &h.Health { // new, or moved to another host: requests in flight keep the old standing
		d = &Deployment{Health: Health{of: r}, Account: a, Host: &h.Health, around: &h.figures}
		if address != "" { // until its account's key can be read
			take(r.kept.Deployments, id, &d.figures, &d.seen)
		}
		r.deployments[id] = d
	}
	return d
}

// Broke reports whether an account is left out, or on trial, for want of money.
func (r *Registry) Broke(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.accounts[account]
	return h != nil && h.Kind() == protocol.OutOfMoney
}

// Funded makes an account that is left out for want of money healthy again, and reports whether it was one.
func (r *Registry) Funded(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.accounts[account]
	if h == nil || h.Kind() != protocol.OutOfMoney {
		return false
	}
	h.Clear()
	return true
}

// ClearAccount makes an account, its host and all its deployments healthy again, and forgets what they are taken to lack.
func (r *Registry) ClearAccount(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.account(id)
	a.Clear()
	for _, d := range r.deployments {
		if d.Account == a {
			d.lacking.Store(nil)
			d.Health.Clear()
			d.Host.Clear()
		}
	}
}
