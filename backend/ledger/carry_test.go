package ledger

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"metapi/backend/routing"
)

// What comes from a file may be anything: no record is larger than it ever is.
func TestCarriedIsBounded(t *testing.T) {
	for size, good := range map[int]bool{1 << 10: true, mostCarried: false} {
		r := routing.Record{ID: routing.NewID(time.Now()), Start: time.Now(), State: routing.OK, Asked: strings.Repeat("a", size)}
		row, err := appendRow(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		raw := []byte{carriedFormat, carriedRow}
		for _, part := range [][]byte{[]byte(r.ID), row} {
			raw = append(binary.AppendUvarint(raw, uint64(len(part))), part...)
		}
		if n, err := CheckCarried(bytes.NewReader(raw)); (err == nil && n == 1) != good {
			t.Errorf("a record of %d bytes: %d, %v", len(row), n, err)
		}
	}
}
