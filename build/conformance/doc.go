// Package conformance is the shared test that every provider of providers.yaml has to pass: an imitation with the vendor's own manners
// (build/imitation, compatible*.go) stands at the far end, the real gateway between, and clients of four protocols in front.
//
//	go test -v ./build/conformance    prints the table, vendor by vendor and case by case
//
// A cell is "ok" only where each client that the case is for got what it should; "-" only where the vendor has nothing that the case could
// ask for, or no source tells how it says so; why stands below the table. A provider without an imitation is told as not yet proven, and does
// not count. The table is kept in testdata/table.txt, so that a change of it shows in a review.
//
// The imitations are written from what the vendors publish and answer, and import nothing of the backend: a misreading of ours has to be made
// twice, in two places, to stay hidden.
package conformance
