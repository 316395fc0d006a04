package gateway

import (
	"testing"
	"time"

	"metapi/backend/routing"
)

func TestLimits(t *testing.T) {
	tm := newTiming(0)
	quick, thinker := &routing.Deployment{}, &routing.Deployment{Reasons: true}
	for _, c := range []struct {
		name      string
		d         *routing.Deployment
		stream    bool
		more      bool
		maxOutput int64
		want      time.Duration
	}{
		{"a stream", quick, true, true, 0, 30 * time.Second},
		{"a stream of a model that reasons", thinker, true, true, 4000, 2 * time.Minute},
		{"a whole reply", quick, false, true, 0, time.Minute},
		{"a short whole reply", quick, false, true, 100, 35 * time.Second},
		{"a long whole reply", quick, false, true, 4000, 230 * time.Second},
		{"as long as an agent allows", quick, false, true, 64000, 10 * time.Minute},
		{"an absurd limit", quick, false, true, 1 << 62, 10 * time.Minute},
		{"nobody else to ask", quick, true, false, 0, 10 * time.Minute},
	} {
		if got := tm.limit(c.d, c.stream, c.more, c.maxOutput); got != c.want {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
	if got := newTiming(time.Hour).limit(quick, true, false, 0); got != time.Hour {
		t.Errorf("a user's own longer limit becomes %v", got)
	}
}
