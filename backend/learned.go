package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"metapi/backend/protocol/tokens"
	"metapi/backend/routing/live"
	"metapi/backend/store"
)

// keepEvery is how often what was learned is written: a kill loses no more than that.
const keepEvery = time.Minute

// learnedVersion is that of what is written. What another version has written is learned anew, which takes a day.
const learnedVersion = 1

// learnedBucket holds what was learned, each part apart, so that one that cannot be read takes no other with it.
var learnedBucket = store.NewBucket[json.RawMessage]("learned")

// learned is what the traffic has taught of accounts and clients. It outlives the process.
type learned struct {
	st          *store.Store
	log         *slog.Logger
	live        *live.Registry
	memory      live.Memory
	corrections tokens.Corrections

	mu      sync.Mutex        // one writes at a time
	written map[string][]byte // by part, without its time: what has not changed is not written again
}

// part is one of them at rest.
type part struct {
	Version int             `json:"version"`
	At      time.Time       `json:"at"`
	Learned json.RawMessage `json:"learned"`
}

// parts are what is written.
func (l *learned) parts(now time.Time) map[string]any {
	return map[string]any{"figures": l.live.Keep(now), "habits": l.memory.Keep(now), "tokens": l.corrections.Keep()}
}

// load takes in what was written. What cannot be used is dropped, with a line in the log: it is never a reason not to start.
func (l *learned) load(now time.Time) {
	l.take("figures", func(raw json.RawMessage, _ time.Duration) error {
		return decoded(raw, func(k live.Kept) error { return l.live.Restore(k, now) })
	}, now)
	l.take("habits", func(raw json.RawMessage, age time.Duration) error {
		return decoded(raw, func(k live.KeptMemory) error { return l.memory.Restore(k, age) })
	}, now)
	l.take("tokens", func(raw json.RawMessage, age time.Duration) error {
		return decoded(raw, func(k map[string]tokens.KeptCorrection) error { return l.corrections.Restore(k, age) })
	}, now)
}

func decoded[T any](raw json.RawMessage, use func(T) error) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return use(v)
}

// take hands a part that was written to restore.
func (l *learned) take(name string, restore func(json.RawMessage, time.Duration) error, now time.Time) {
	err := l.st.View(func(tx *store.Tx) error {
		raw, ok, err := learnedBucket.Get(tx, name)
		if err != nil || !ok {
			return err
		}
		var p part
		if err := json.Unmarshal(raw, &p); err != nil {
			return err
		}
		if p.Version != learnedVersion {
			return fmt.Errorf("it is of version %d, not %d", p.Version, learnedVersion)
		}
		return restore(p.Learned, now.Sub(p.At))
	})
	if err != nil {
		l.log.Warn("what was learned before cannot be used, and is learned anew", "part", name, "error", err)
	}
}

// run writes what was learned until ctx ends.
func (l *learned) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.save(time.Now())
		}
	}
}

// save writes what has changed since it was last written.
func (l *learned) save(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := map[string][]byte{}
	for name, what := range l.parts(now) {
		raw, err := json.Marshal(what)
		if err != nil {
			l.log.Error("what was learned cannot be written", "part", name, "error", err)
		} else if !bytes.Equal(raw, l.written[name]) {
			changed[name] = raw
		}
	}
	if len(changed) == 0 {
		return
	}
	err := l.st.Update(func(tx *store.Tx) error {
		for name, raw := range changed {
			whole, err := json.Marshal(part{learnedVersion, now, raw})
			if err != nil {
				return err
			}
			if err := learnedBucket.Put(tx, name, whole); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.log.Warn("what was learned is not written", "error", err)
		return
	}
	if l.written == nil {
		l.written = map[string][]byte{}
	}
	for name, raw := range changed {
		l.written[name] = raw
	}
}
