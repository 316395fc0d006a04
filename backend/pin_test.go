package backend_test

import (
	"strings"
	"testing"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// pin pins the house's script to an account; "": to none.
func (h *house) pin(to string) client.Key {
	h.t.Helper()
	return must(h.EditClient(h.t.Context(), "script", client.EditKey{Pin: &to}))(h.t)
}

// script is the house's client.
func (h *house) script() client.Key {
	h.t.Helper()
	return must(h.Clients(h.t.Context()))(h.t)[0]
}

// refused is what the script is told where nobody serves it.
func (h *house) refused() string {
	h.t.Helper()
	if got := h.serves(); got != "" {
		h.t.Errorf("%q serves", got)
	}
	row := must(h.Usage(h.t.Context(), client.UsageQuery{Limit: 1}))(h.t).Rows[0]
	return row.Error
}

// TestPinClient has a tool's requests go to one account alone, from the next one on and over a restart, until that is ended.
func TestPinClient(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	if got := h.serves(); got != "a" {
		t.Fatalf("%q serves", got)
	}
	if k := h.pin("second"); k.Pin != h.b.ID || k.PinSlug != "second" {
		t.Errorf("%+v", k)
	}
	if got := h.serves(); got != "b" {
		t.Errorf("pinned to the second, %q serves", got)
	}
	last := must(h.Usage(ctx, client.UsageQuery{Limit: 1}))(t).Rows[0]
	if r := must(h.Request(ctx, last.ID))(t); r.Record.Pinned != h.b.ID || r.Why != "This tool is pinned to one account. Second: no other is asked." {
		t.Errorf("why: %q", r.Why)
	}
	d := must(h.Decide(ctx, client.Question{Client: "script", Model: "gpt-4o"}))(t)
	if len(d.Record.Candidates) != 1 || !strings.Contains(d.Why, "pinned to one account. Second:") || !strings.Contains(d.Record.Excluded[0].Reason, "pinned to another account") {
		t.Errorf("explained: %q %+v", d.Why, d.Record.Excluded)
	}
	if d := must(h.Decide(ctx, client.Question{Model: "gpt-4o"}))(t); len(d.Record.Candidates) != 2 {
		t.Errorf("others are pinned, too: %+v", d.Record)
	}

	// It may not be able to: nobody else is asked, and the tool is told why, and what to do.
	h.vb.Fault(imitation.Fault{Kind: imitation.Status500})
	for _, about := range []string{"", "cooling after"} {
		if told := h.refused(); !strings.Contains(told, about) || !strings.Contains(told, `metapi keys unpin "script"`) {
			t.Errorf("told %q", told)
		}
	}
	if d := must(h.Decide(ctx, client.Question{Client: "script", Model: "gpt-4o"}))(t); !strings.Contains(d.Refused, "keys unpin") ||
		!strings.HasPrefix(d.Why, "This tool is pinned to Second. Nobody could serve: Second: cooling after") {
		t.Errorf("refused: %q, why: %q", d.Refused, d.Why)
	}
	must(h.EditAccount(ctx, "second", client.EditAccount{Paused: new(true)}))(t)
	if told := h.refused(); !strings.Contains(told, "the account is paused") {
		t.Errorf("told %q", told)
	}
	must(h.EditAccount(ctx, "second", client.EditAccount{Paused: new(false)}))(t)

	if _, err := h.EditClient(ctx, "script", client.EditKey{Pin: new("nobody")}); code(err) != control.NotFound {
		t.Errorf("pinned to nobody: %v", err)
	}
	h.stop()
	h.b0.Close()
	h.b0 = open(t, h.dir)
	st, _ := serve(t, h.b0, backend.ServeOptions{})
	h.addr, h.Client = st.Addresses[0], client.InProcess(h.b0.Handler())
	if got := h.serves(); got != "b" {
		t.Errorf("after a restart, %q serves", got)
	}
	h.pin("")
	if got := h.serves(); got != "a" {
		t.Errorf("unpinned, %q serves", got)
	}
}

// TestPinGoesWithTheAccount has no tool stuck at an account that is gone; and with the account its pins come back.
func TestPinGoesWithTheAccount(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	h.pin("second")
	if gone := must(h.RemoveAccount(ctx, "second"))(t); !strings.Contains(gone.Message, "script was pinned to it, and goes to any account again") {
		t.Errorf("removed: %q", gone.Message)
	}
	if k := h.script(); k.Pin != "" {
		t.Errorf("still pinned: %+v", k)
	}
	if got := h.serves(); got != "a" {
		t.Errorf("%q serves", got)
	}
	must(h.RestoreAccount(ctx, h.b.ID))(t)
	if got := h.serves(); got != "b" {
		t.Errorf("brought back, and %q serves", got)
	}

	must(h.RemoveAccount(ctx, "second"))(t)
	h.pin("first")
	must(h.RestoreAccount(ctx, h.b.ID))(t)
	if k := h.script(); k.PinSlug != "first" {
		t.Errorf("pinned elsewhere meanwhile, and now to %q", k.PinSlug)
	}
}
