package control

import (
	"testing"

	"metapi/backend/routing"
)

// What a request costs that still runs is not known: it is not nothing.
func TestExportOfWhatRuns(t *testing.T) {
	for state, want := range map[routing.State][2]string{routing.Running: {"unknown", ""}, routing.OK: {"computed", "0"}} {
		if e := (names{}).exported(&routing.Record{State: state}); e.Cost != want[0] || e.CostUSD != want[1] {
			t.Errorf("%s: cost %q, %q dollars", state, e.Cost, e.CostUSD)
		}
	}
}
