// Package conformance is the shared test that every provider of providers.yaml has to pass: an imitation with the vendor's own manners
// (build/imitation, compatible*.go) stands at the far end, the real gateway between, and clients of four protocols in front.
//
//	go test -v ./build/conformance    prints the table, vendor by vendor and case by case
//
// A cell is "ok" only where each client that the case is for got what it should, and "-" only where the vendor has nothing that the case could
// ask for; why stands below the table. Where no source tells in what words a vendor refuses, it does so by the status alone, "(ok)", or, where
// that would not tell, the cell is "?"; a vendor with more than two of those does not count. Nor does a provider without an imitation: it is
// told as not yet proven. The table is kept in testdata/table.txt, so that a change of it shows in a review.
//
// The imitations are written from what the vendors publish and answer, and import nothing of the backend: a misreading of ours has to be made
// twice, in two places, to stay hidden.
package conformance
