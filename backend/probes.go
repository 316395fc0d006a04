package backend

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/control"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
	"metapi/backend/store"
)

// When accounts and deployments are probed. Only what a client may be about to use is: nothing while none has asked for long.
const (
	probeEvery   = 30 * time.Second // a look at what is due, a quarter sooner or later
	probeStale   = 15 * time.Minute // since somebody was asked last, and between two probes of one
	probeAgain   = time.Minute      // between two probes of one that is half-open
	probeIdle    = 30 * time.Minute // since the last request of a client
	probeForgot  = 24 * time.Hour   // what has not been used for so long is not going to be
	probeTimeout = 15 * time.Second // what is half-open is nobody else's to try meanwhile
	probesAtOnce = 4                // at a look
)

const probedKey = "probes"

// probes asks accounts for their models, and, where the user allows it, deployments for one token, before a client finds out that they do not
// answer. They go the way that requests go, and stay within what the user sets for a day.
type probes struct {
	st       *store.Store
	log      *slog.Logger
	snapshot func() *snapshot.Snapshot
	settings func() (control.Settings, error)
	scan     func(ctx context.Context, account string) (catalog.Scan, error)
	changed  func()
	call     func(ctx context.Context, deployment string) (usd float64, err error) // asks for one token; set before it runs

	asked atomic.Int64 // Unix nanoseconds of the last request of a client; 0: none has come

	mu    sync.Mutex           // guards what follows
	next  map[string]time.Time // before which a thing is not probed again
	today probed
}

// probed is what was asked on a day, by the user's clock.
type probed struct {
	Day   string  `json:"day"`
	Count int     `json:"count"`
	USD   float64 `json:"usd"`
}

func newProbes(b *Backend) *probes {
	p := &probes{st: b.store, log: b.log, snapshot: b.builder.Load, settings: b.switches().Settings, scan: b.refresher.Scan,
		changed: func() { b.events.Changed(control.TopicStatus) }, next: map[string]time.Time{}}
	err := b.store.View(func(tx *store.Tx) error {
		raw, ok, err := chosen.Get(tx, probedKey)
		if !ok {
			return err
		}
		return json.Unmarshal(raw, &p.today)
	})
	if err != nil {
		b.log.Warn("what was spent on probes is not known", "error", err)
	}
	return p
}

// begun notes that a request has come.
func (p *probes) begun(rec *routing.Record) {
	if rec.Client != gateway.ProbeClient {
		p.asked.Store(rec.Start.UnixNano())
	}
}

// Today is what was probed today.
func (p *probes) Today() control.Probed {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newDay(time.Now())
	return control.Probed{Count: p.today.Count, USD: p.today.USD}
}

func (p *probes) newDay(now time.Time) {
	if day := now.Format(time.DateOnly); day != p.today.Day {
		p.today = probed{Day: day}
	}
}

// run probes what is due until ctx ends.
func (p *probes) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(float64(probeEvery) * (0.75 + 0.5*rand.Float64()))):
		}
		p.round(ctx, time.Now())
	}
}

// probe is one that is due: of an account's list of models, or of a deployment.
type probe struct {
	key        string // what next has it by
	again      time.Duration
	place      int                 // of the account
	deployment *routing.Deployment // nil: the list is asked for
	most       float64             // dollars
}

// round probes what is due at now.
func (p *probes) round(ctx context.Context, now time.Time) {
	set, err := p.settings()
	if err != nil || !set.Probe || now.UnixNano()-p.asked.Load() > int64(probeIdle) {
		return
	}
	snap := p.snapshot()
	if snap.Paused {
		return
	}
	made := 0
	for _, x := range p.due(snap, set.ProbeModels, now) {
		if made == probesAtOnce || ctx.Err() != nil {
			break
		}
		if !p.take(&x, set, now) {
			continue
		}
		if made++; x.deployment == nil {
			p.list(ctx, snap, x.place, now)
		} else {
			p.one(ctx, x.deployment, x.most)
		}
	}
	if made > 0 {
		p.changed()
	}
}

// due is what should be probed at now: what is half-open first, since nobody is served there until somebody has found out.
func (p *probes) due(snap *snapshot.Snapshot, models bool, now time.Time) []probe {
	var halfOpen, stale []probe
	add := func(state live.State, last time.Time, x probe) {
		key := x.key
		switch since := now.Sub(last); {
		case state == live.HalfOpen:
			x.key, x.again = "half-open "+key, probeAgain
			halfOpen = append(halfOpen, x)
		case state == live.Healthy && since > probeStale && since < probeForgot:
			x.again = probeStale
			stale = append(stale, x)
		}
	}
	for place := range snap.Accounts {
		of := snap.Of(place)
		if snap.Targets[place] == nil || len(of) == 0 {
			continue
		}
		around, _, kind := of[0].Live.AnyModel().State(now)
		var last time.Time // that any of its deployments was asked
		for i := range of {
			d := &of[i]
			seen := d.Live.Summary(now).At
			if seen.After(last) {
				last = seen
			}
			if !models || around != live.Healthy || !gateway.CanProbe(d) { // an account that is to be tried again is, by its list
				continue
			}
			if usd, known := d.Price.Cost(gateway.ProbeUsage, now); known {
				own, _ := d.Live.Health.State(now)
				add(own, seen, probe{key: d.ID, place: place, deployment: d, most: usd})
			}
		}
		if kind != protocol.OutOfMoney { // its balance tells
			add(around, last, probe{key: snap.Accounts[place].ID, place: place})
		}
	}
	return append(halfOpen, stale...)
}

// take books a probe if it may be made, before it is: what it will cost is not known until then, but for what it may at most.
func (p *probes) take(x *probe, set control.Settings, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newDay(now)
	if now.Before(p.next[x.key]) || p.today.Count >= set.ProbesPerDay || x.deployment != nil && p.today.USD+x.most > set.ProbeUSDPerDay {
		return false
	}
	p.next[x.key] = now.Add(time.Duration(float64(x.again) * (0.8 + 0.4*rand.Float64())))
	p.book(1, x.most)
	return true
}

// book adds to what was probed today. p.mu is held.
func (p *probes) book(count int, usd float64) {
	p.today.Count += count
	p.today.USD = max(p.today.USD+usd, 0)
	raw, err := json.Marshal(p.today)
	if err == nil {
		err = p.st.Update(func(tx *store.Tx) error { return chosen.Put(tx, probedKey, raw) })
	}
	if err != nil {
		p.log.Warn("what is spent on probes is not kept", "error", err)
	}
}

// list asks an account for its models. That tells whether it can be reached and its key is taken, and nothing of any model; where it fails
// otherwise, requests may be served all the same.
func (p *probes) list(ctx context.Context, snap *snapshot.Snapshot, place int, now time.Time) {
	a := &snap.Accounts[place]
	pass, ok := snap.Of(place)[0].Live.AnyModel().Enter(now)
	if !ok {
		return // a client is finding out
	}
	defer pass.Abandon()
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	scan, err := p.scan(ctx, a.ID)
	p.log.Info("probed", "account", a.Slug, "outcome", scan.Outcome, "error", err)
	failed := &protocol.Error{Message: scan.Message}
	switch {
	case err != nil:
		return
	case scan.Good():
		pass.Succeed()
		return
	case scan.Outcome == provider.OutcomeUnauthorised:
		failed.Kind = protocol.KeyRefused
	case scan.Outcome == provider.OutcomeUnreachable:
		failed.Kind = protocol.Network
	default:
		return
	}
	pass.FailAccount(now, failed)
}

// one asks a deployment for one token; what it came to takes the place of what was booked before.
func (p *probes) one(ctx context.Context, d *routing.Deployment, booked float64) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	usd, err := p.call(ctx, d.ID)
	p.log.Info("probed", "account", d.Account.Slug, "model", d.Upstream, "usd", usd, "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.book(0, usd-booked)
}
