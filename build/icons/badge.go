package main

import "image/color"

// Signs of a state, over the rest. A gap around each keeps it apart from what is below, whatever the colours.
const gap = 0.07

// warning is a triangle with an exclamation mark, in the lower right corner.
func warning(w float64, fill, sign color.NRGBA) []layer {
	t := triangle(0.71, 0.75, 0.33, 0.06)
	return []layer{
		{grown(t, gap), nil},
		{t, plain(fill)},
		{union(stroke(w*0.85, point{0.71, 0.65}, point{0.71, 0.74}), disc(0.71, 0.845, w*0.5)), plain(sign)},
	}
}

// bars is the sign for a pause, in place of the mark.
func bars() shape {
	return union(box(0.29, 0.26, 0.44, 0.74, 0.04), box(0.56, 0.26, 0.71, 0.74, 0.04))
}

// coin is round where all else is square, and level is the bar across it: no further.
func coin() shape  { return disc(0.5, 0.5, 0.47) }
func level() shape { return box(0.22, 0.41, 0.78, 0.59, 0.05) }

// struck is a line from corner to corner.
func struck(w float64, c color.NRGBA) []layer {
	s := stroke(w, point{0.07, 0.93}, point{0.93, 0.07})
	return []layer{{grown(s, gap), nil}, {s, plain(c)}}
}
