// Package rules checks who imports whom: the house has rooms, the rooms stand on lines, and an import goes to an earlier line only.
//
// The table of rooms and the special rules are in rules.go; its test asks `go list` for every package of this tree, for every build tag and
// system, and fails with the import and the rule that it breaks.
//
// Tests may import what they like: the rules are about what a program links.
package rules
