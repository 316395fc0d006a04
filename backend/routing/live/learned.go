package live

import "time"

// Learned is [Deployment.P95], where the deployment itself has shown it often enough; not where it is only expected.
func (d *Deployment) Learned(body int64, stream bool, now time.Time) (p95 time.Duration, ok bool) {
	kind := whole
	if stream {
		kind = first
	}
	w := d.figures.waits[kind][sizeOf(body)].Load()
	if w == nil || w.past.faded(pastMemory, now) < enoughToTell {
		return 0, false
	}
	return d.P95(body, stream, now), true
}
