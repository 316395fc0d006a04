package peek

import (
	"errors"
	"fmt"
	"testing"

	"metapi/backend/protocol"
)

// The bound counts distinct refs, by kind and id, and the first beyond it is too many.
func TestMostRefs(t *testing.T) {
	var p Request
	for range 2 {
		for i := range MostRefs / 2 {
			p.AddRef(protocol.FileRef, fmt.Sprint(i))
			p.AddRef(protocol.ConvRef, fmt.Sprint(i))
			p.AddRef(protocol.FileRef, "")
		}
	}
	if got, err := p.Done(); err != nil || len(got.Refs) != MostRefs || got.Refs[1] != (protocol.Ref{Kind: protocol.ConvRef, ID: "0"}) {
		t.Fatalf("%d refs, %v", len(got.Refs), err)
	}
	p.AddRef(protocol.FileRef, "one more")
	var e *protocol.Error
	if _, err := p.Done(); !errors.As(err, &e) || e.Kind != protocol.BadRequest {
		t.Fatalf("one too many: %v", err)
	}
}
