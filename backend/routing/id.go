package routing

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// idAlphabet is Crockford's base 32 in lower case: it sorts as its values do.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

var (
	idLast atomic.Uint64 // milliseconds<<16 | sequence
	idSalt = func() uint32 { var b [4]byte; rand.Read(b[:]); return binary.LittleEndian.Uint32(b[:]) }()
)

// NewID returns a request id of 20 characters. Ids made by one process sort in the order of their making, and ids
// of different processes by time: 48 bits of milliseconds, 16 of sequence, 32 that tell processes apart.
func NewID(now time.Time) string {
	stamp := uint64(now.UnixMilli()) << 16
	for {
		last := idLast.Load()
		next := max(stamp, last+1)
		if idLast.CompareAndSwap(last, next) {
			stamp = next
			break
		}
	}
	var id [20]byte
	for i := 12; i >= 0; i-- { // 64 bits in 13 digits
		id[i] = idAlphabet[stamp&31]
		stamp >>= 5
	}
	salt := uint64(idSalt)
	for i := 19; i > 12; i-- { // 32 bits in 7 digits
		id[i] = idAlphabet[salt&31]
		salt >>= 5
	}
	return string(id[:])
}
