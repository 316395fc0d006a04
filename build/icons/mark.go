package main

import (
	"image"
	"image/color"
)

var (
	white  = color.NRGBA{255, 255, 255, 255}
	black  = color.NRGBA{0, 0, 0, 255}
	indigo = color.NRGBA{88, 80, 236, 255}
	azure  = color.NRGBA{14, 144, 222, 255}
	slate  = color.NRGBA{128, 138, 155, 255} // seen on white and on black
	amber  = color.NRGBA{245, 158, 11, 255}
	ink    = color.NRGBA{40, 30, 5, 255}

	nothing = color.NRGBA{} // a hole
)

// weight is how thick lines are: small pictures need thicker ones, to keep their shape.
func weight(size int) float64 {
	switch {
	case size <= 24:
		return 0.115
	case size <= 64:
		return 0.1
	}
	return 0.085
}

// join is where the strands meet, and tip where the arrow that they become ends.
var join, tip = point{0.54, 0.5}, point{0.82, 0.5}

// strands are the three that join, within the square from 0 to 1.
func strands(w float64) shape {
	strand := func(y float64) shape { return stroke(w, swing(point{0.19, y}, join)...) }
	return union(strand(0.24), stroke(w, point{0.19, 0.5}, join), strand(0.76))
}

// mark is the whole.
func mark(w float64) shape {
	const head = 0.15
	return union(strands(w), stroke(w, join, tip), stroke(w, point{tip.x - head, tip.y - head}, tip, point{tip.x - head, tip.y + head}))
}

func tile() shape { return box(0.03, 0.03, 0.97, 0.97, 0.24) }

// appIcon is the mark on the tile.
func appIcon(size int) *image.NRGBA {
	return draw(size, []layer{
		{tile(), slope(indigo, azure)},
		{mark(weight(size)), plain(white)},
	})
}

// state is one of the tray's icons, named as in package menu.
type state string

const (
	ok        state = "ok"
	attention state = "attention"
	paused    state = "paused"
	spent     state = "spent"
	down      state = "down"
)

var states = []state{ok, attention, paused, spent, down}

// trayIcon is for panels of any colour.
func trayIcon(s state, size int) *image.NRGBA {
	w := weight(size)
	switch s {
	case attention: // its sign is where the arrow's head would be
		return draw(size, append([]layer{{tile(), slope(indigo, azure)}, {strands(w), plain(white)}}, warning(w, amber, ink)...))
	case paused:
		return draw(size, []layer{{tile(), plain(slate)}, {bars(), plain(white)}})
	case spent:
		return draw(size, []layer{{coin(), plain(amber)}, {level(), plain(ink)}})
	case down:
		return draw(size, append([]layer{{outline(tile(), w), plain(slate)}}, struck(w, slate)...))
	}
	return draw(size, []layer{{tile(), slope(indigo, azure)}, {mark(w), plain(white)}})
}

// stencil is for macOS: only its opacity counts.
func stencil(s state, size int) *image.NRGBA {
	const larger = 1.4 // there is no tile around it
	w := weight(size)
	switch s {
	case attention:
		return draw(size, append([]layer{{scaled(strands(w*0.85), larger), plain(black)}}, warning(w, black, nothing)...))
	case paused:
		return draw(size, []layer{{tile(), plain(black)}, {bars(), plain(nothing)}})
	case spent:
		return draw(size, []layer{{coin(), plain(black)}, {level(), plain(nothing)}})
	case down:
		return draw(size, append([]layer{{outline(tile(), w), plain(black)}}, struck(w, black)...))
	}
	return draw(size, []layer{{scaled(mark(w*0.85), larger), plain(black)}})
}
