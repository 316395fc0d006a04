package backend_test

import (
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// The user's setting decides whether a late account is not waited for alone.
func TestHedgeSetting(t *testing.T) {
	h := newHouse(t)
	must(h.SetMode(t.Context(), "latency"))(t)
	for range 30 { // so that it is known how soon they answer
		h.serves()
	}
	attempts := func() int {
		h.va.Pace(imitation.Pace{First: 3 * time.Second})
		h.vb.Pace(imitation.Pace{First: 3 * time.Second})
		id := say(t, h, "/v1/chat/completions", chatAsk("How large is it?", false))
		h.va.Pace(imitation.Pace{})
		h.vb.Pace(imitation.Pace{})
		var r client.Request
		await(t, "the request to settle", func() bool {
			r = must(h.Request(t.Context(), id))(t)
			return r.Row.State == "ok"
		})
		return r.Row.Attempts
	}
	if n := attempts(); n != 1 {
		t.Errorf("it is off, and there were %d attempts", n)
	}
	on := true
	if set := must(h.EditSettings(t.Context(), client.EditSettings{Hedge: &on}))(t); !set.Hedge {
		t.Errorf("%+v", set)
	}
	for range 30 {
		h.serves()
	}
	if n := attempts(); n != 2 {
		t.Errorf("it is on, and there were %d attempts", n)
	}
}
