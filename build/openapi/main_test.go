package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// The types of the pages are compared with what was committed: the description must be the same at each run.
func TestDescriptionIsTheSameEachTime(t *testing.T) {
	var runs [5]bytes.Buffer
	for i := range runs {
		if err := describe(&runs[i]); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(runs[i].Bytes(), runs[0].Bytes()) {
			t.Fatal("two runs differ")
		}
	}
	kept, err := os.ReadFile("../../frontend/src/api/openapi.json")
	if err != nil || !bytes.Equal(kept, runs[0].Bytes()) {
		t.Errorf("frontend/src/api/openapi.json is not what this prints (%v): go run ./build/openapi > frontend/src/api/openapi.json, then `npm run types` in frontend", err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(runs[0].Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.OperationID == "" || ids[op.OperationID] {
				t.Errorf("%s %s has no name of its own: %q", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			inPath := 0
			for _, p := range op.Parameters {
				if p.In == "path" {
					inPath++
				}
			}
			if want := bytes.Count([]byte(path), []byte("{")); inPath != want {
				t.Errorf("%s %s takes %d parts of its path, and describes %d", method, path, want, inPath)
			}
		}
	}
	for _, name := range []string{"Event", "Row", "Status", "Settings", "EditSettings", "Removed", "Link", "Session", "Problem"} {
		if doc.Components.Schemas[name] == nil {
			t.Errorf("%s is not described", name)
		}
	}
}
