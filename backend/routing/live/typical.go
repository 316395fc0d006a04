package live

import (
	"math"
	"time"
)

// Typical is a wait as requests of a size have had it: that which a share of them, between 0 and 1, has not waited longer than. known reports whether
// any was measured, at the deployment or elsewhere at its host.
func (d *Deployment) Typical(body int64, stream bool, now time.Time, share float64) (wait time.Duration, known bool) {
	kind, size := whole, sizeOf(body)
	if stream {
		kind = first
	}
	if d.around.waits[kind][size].Load() == nil {
		return 0, false
	}
	l := d.expected(kind, size, now)
	seconds := math.Exp(l.mean + l.deviation*math.Sqrt2*math.Erfinv(2*share-1))
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second)), true
}
