package control_test

import (
	"io"
	"net/http"
	"testing"

	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/backend/ledger"
)

// A request of the playground that panics, before its answer or within, has failed, and no more: so it would be for a tool.
func TestPlayedPanics(t *testing.T) {
	h := newHouse(t)
	var err error
	if h.Ledger, err = ledger.Open(t.TempDir(), h.store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Ledger.Close() })
	c := client.InProcess(h.handler)
	l := listen(t, c, client.EventsOptions{})
	for name, begin := range map[string]string{"before": "", "within": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n"} {
		h.Serving(&control.Server{Ended: make(chan struct{}), Play: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, begin)
			panic("a fault of ours")
		}})
		run, err := c.Play(t.Context(), control.Prompt{Model: "m", Turns: []control.Turn{{Role: "user", Text: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		for e := range l.events {
			if e.Played != nil && e.Played.Run == run.ID && e.Played.Ended {
				break
			}
		}
		if run, err = c.Played(t.Context(), run.ID); err != nil || run.State != "failed" || run.Error == "" {
			t.Errorf("%s: %+v, %v", name, run, err)
		}
	}
}
