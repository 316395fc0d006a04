package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// longest is how much of a name is compared; it bounds the work that a senseless name can cause.
const longest = 80

// Unknown is the error for a name that nobody offers, with the nearest that somebody does.
func (x *Index) Unknown(name string) *UnknownModel {
	base := name
	if i := strings.LastIndexByte(name, ':'); i > 0 && slices.Contains(Suffixes, name[i+1:]) {
		base = name[:i]
	}
	e := &UnknownModel{Name: name, Alias: x.dangling[base], None: len(x.names) == 0}
	e.Nearest = nearest(cmp.Or(e.Alias, base), x.names)
	return e
}

// nearest picks at most five of the names: by shared parts first (claude, sonnet, 4, 5), then by edit distance.
// A name that shares no part, and would have to be half rewritten, is not near.
func nearest(name string, names []string) []string {
	type near struct {
		name  string
		score float64 // smaller is nearer
	}
	asked := compared(name)
	parts := strings.FieldsFunc(asked, apart)
	var found []near
	for _, n := range names {
		other := compared(n)
		shared, all := 0, strings.FieldsFunc(other, apart)
		for _, p := range parts {
			if slices.Contains(all, p) {
				shared++
			}
		}
		far := float64(distance(asked, other)) / float64(max(len(asked), len(other), 1))
		if shared == 0 && far > 0.5 {
			continue
		}
		overlap := 2 * float64(shared) / float64(max(len(parts)+len(all), 1))
		found = append(found, near{n, far - overlap})
	}
	slices.SortFunc(found, func(a, b near) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, f := range found[:min(5, len(found))] {
		out = append(out, f.name)
	}
	return out
}

func compared(name string) string {
	s := Fold(name)
	return s[:min(len(s), longest)]
}

func apart(r rune) bool { return strings.ContainsRune("-_.:@/ ", r) }

// distance is the number of bytes to insert, delete or replace to get from a to b.
func distance(a, b string) int {
	var row [longest + 1]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			step := diagonal
			if a[i] != b[j] {
				step++
			}
			diagonal = row[j+1]
			row[j+1] = min(step, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
