package backend

import (
	"context"
	"time"
)

// ProbeAt probes what is due at a time, as a running instance does now and then.
func (b *Backend) ProbeAt(ctx context.Context, now time.Time) { b.probes.round(ctx, now) }
