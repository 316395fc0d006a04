package reply

import (
	"fmt"
	"testing"

	"metapi/backend/protocol"
)

// A reply of 10,000 items leaves a bounded trace: the response itself, and the newest of its items, each once.
func TestIssueIsBounded(t *testing.T) {
	for _, when := range []string{"first", "last"} {
		r := protocol.Reply{ID: "resp_1"}
		if when == "first" {
			Issue(&r, protocol.ResponseRef, r.ID)
		}
		const items = 10_000
		for range 2 { // one by one as they come, and again with the whole
			for i := range items {
				Issue(&r, protocol.ReasoningRef, fmt.Sprint("item-", i))
			}
		}
		if when == "last" {
			Issue(&r, protocol.ResponseRef, r.ID)
		}
		Issue(&r, protocol.ResponseRef, "")
		if len(r.Issued) != MostIssued || r.Issued[0] != (protocol.Ref{Kind: protocol.ResponseRef, ID: "resp_1"}) {
			t.Fatalf("response issued %s: %d refs, beginning with %v", when, len(r.Issued), r.Issued[0])
		}
		for i, ref := range r.Issued[1:] {
			if want := fmt.Sprint("item-", items-MostIssued+1+i); ref.ID != want {
				t.Fatalf("response issued %s: ref %d is %s, want %s", when, i+1, ref.ID, want)
			}
		}
	}
}

func TestIssueWithoutAResponse(t *testing.T) {
	var r protocol.Reply
	for i := range MostIssued + 3 {
		Issue(&r, protocol.ConvRef, fmt.Sprint(i))
		Issue(&r, protocol.ConvRef, fmt.Sprint(i))
	}
	if len(r.Issued) != MostIssued || r.Issued[0].ID != "3" {
		t.Errorf("%d refs from %s on", len(r.Issued), r.Issued[0].ID)
	}
}
