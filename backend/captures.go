package backend

import (
	"context"
	"encoding/json"
	"sync"

	"metapi/backend/ledger/capture"
	"metapi/backend/snapshot"
	"metapi/backend/store"
)

const captureKey = "capture"

// openCapture makes the store of what the user wants captured.
func (b *Backend) openCapture() error {
	set := capture.Defaults
	err := b.store.View(func(tx *store.Tx) error {
		raw, ok, err := chosen.Get(tx, captureKey)
		if !ok {
			return err
		}
		return json.Unmarshal(raw, &set)
	})
	if err != nil {
		return err
	}
	m := masks{b: b}
	b.capture = capture.New(capture.Options{Dir: b.Dir, Mask: m.mask, Log: b.log}, set)
	return nil
}

// setCapture puts what is captured in force, and in the store.
func (b *Backend) setCapture(set capture.Settings) error {
	raw, err := json.Marshal(set)
	if err != nil {
		return err
	}
	if err := b.store.Update(func(tx *store.Tx) error { return chosen.Put(tx, captureKey, raw) }); err != nil {
		return err
	}
	b.capture.Set(set)
	return nil
}

// masks takes secrets out of texts: those that are known, and what has the form of one. Those that are known are read anew when the accounts or
// the clients are others: each change of theirs makes a new snapshot.
type masks struct {
	b *Backend

	mu   sync.Mutex // guards what follows
	of   *snapshot.Snapshot
	text func(string) string
}

const unmasked = "(not kept: the keys that would have to be taken out cannot be read)"

func (m *masks) mask() func(string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.b.builder.Load(); m.text == nil || m.of != now {
		known, err := m.b.service.Mask(context.Background())
		if err != nil {
			return func(string) string { return unmasked }
		}
		m.of, m.text = now, func(s string) string { return string(redact([]byte(known(s)))) }
	}
	return m.text
}
