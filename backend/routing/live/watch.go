package live

import (
	"context"
	"time"
)

// stir says that something has begun to cool, or has ended to.
func (r *Registry) stir() {
	if r == nil {
		return
	}
	select {
	case r.stirred <- struct{}{}:
	default: // it will be told
	}
}

// watchPause is the least time between two calls of what [Registry.Watch] tells: many may fail at once.
const watchPause = 100 * time.Millisecond

// Watch calls changed whenever an account, a host or a deployment begins or ends to cool, until ctx ends: soon after it was booked, and when its time
// has passed.
func (r *Registry) Watch(ctx context.Context, changed func()) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, any := r.nextEnd(time.Now())
		timer.Stop()
		if any {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return
		case <-r.stirred:
		case <-timer.C:
		}
		changed()
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchPause):
		}
	}
}

// nextEnd is when the first of what cools will have done so.
func (r *Registry) nextEnd(now time.Time) (next time.Time, any bool) {
	look := func(h *Health) {
		if until := time.Unix(0, h.until.Load()); until.After(now) && (!any || until.Before(next)) {
			next, any = until, true
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.deployments {
		look(&d.Health)
	}
	for _, a := range r.accounts {
		look(a)
	}
	for _, h := range r.hosts {
		look(&h.Health)
	}
	return next, any
}
