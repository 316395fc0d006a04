package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"

	bolt "go.etcd.io/bbolt"

	"metapi/backend/protocol"
)

// maxPins is how many pieces of upstream state are remembered; the oldest make way.
const maxPins = 50_000

// maxPinID is the longest id that is stored as it is, in bytes; a longer one is stored as its hash.
const maxPinID = 256

// pins answers which account issued a piece of state, from memory: a request that leans on state waits for no disk.
// Names are kept as half of their SHA-256, so that fifty thousand cost a few megabytes whatever their length.
type pins struct {
	limit int
	mu    sync.RWMutex
	at    map[pinHash]pinned
	order []pinTurn // oldest first; a turn whose number the map no longer has is stale
	turn  uint64
}

type (
	pinHash [16]byte
	pinned  struct {
		account string
		turn    uint64
	}
	pinTurn struct {
		hash pinHash
		turn uint64
	}
)

// pinName is the kind and id of a ref, as stored.
func pinName(ref protocol.Ref) string {
	id := ref.ID
	if len(id) > maxPinID {
		sum := sha256.Sum256([]byte(id))
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	return clean(string(ref.Kind)) + "\x00" + id
}

func hashOf(name string) (h pinHash) {
	sum := sha256.Sum256([]byte(name))
	copy(h[:], sum[:])
	return h
}

func (p *pins) get(ref protocol.Ref) (string, bool) {
	h := hashOf(pinName(ref))
	p.mu.RLock()
	defer p.mu.RUnlock()
	pin, ok := p.at[h]
	return pin.account, ok
}

func (p *pins) put(name, account string) {
	if account == "" {
		return
	}
	h := hashOf(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = make(map[pinHash]pinned)
	}
	p.turn++
	p.at[h] = pinned{account, p.turn}
	p.order = append(p.order, pinTurn{h, p.turn})
	for len(p.at) > p.limit || len(p.order) > 2*p.limit {
		oldest := p.order[0]
		p.order = p.order[1:]
		if p.at[oldest.hash].turn == oldest.turn {
			delete(p.at, oldest.hash)
		}
	}
}

// load reads the pins that are in the database, oldest first.
func (p *pins) load(b *bolt.Bucket) {
	c := b.Cursor()
	for k, name := c.Seek([]byte{'s'}); len(k) == 9 && k[0] == 's'; k, name = c.Next() {
		if v := b.Get(append([]byte{'r'}, name...)); len(v) >= 8 && binary.BigEndian.Uint64(v) == binary.BigEndian.Uint64(k[1:]) {
			p.put(string(name), string(v[8:]))
		}
	}
}
