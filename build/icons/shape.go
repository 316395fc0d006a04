package main

import "math"

// shape says how far a point is from the edge of a figure; inside the distance is negative. The picture is the square from 0 to 1, y down.
type shape func(x, y float64) float64

// disc is a filled circle.
func disc(cx, cy, r float64) shape {
	return func(x, y float64) float64 { return math.Hypot(x-cx, y-cy) - r }
}

// box is an upright rectangle with round corners.
func box(left, top, right, bottom, radius float64) shape {
	cx, cy := (left+right)/2, (top+bottom)/2
	w, h := (right-left)/2-radius, (bottom-top)/2-radius
	return func(x, y float64) float64 {
		dx, dy := math.Abs(x-cx)-w, math.Abs(y-cy)-h
		return math.Hypot(math.Max(dx, 0), math.Max(dy, 0)) + math.Min(math.Max(dx, dy), 0) - radius
	}
}

type point struct{ x, y float64 }

// stroke is a line of a width through points, with round ends and corners.
func stroke(width float64, points ...point) shape {
	return func(x, y float64) float64 {
		d := math.Inf(1)
		for i := 1; i < len(points); i++ {
			d = math.Min(d, fromSegment(x, y, points[i-1], points[i]))
		}
		return d - width/2
	}
}

func fromSegment(x, y float64, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := ((x-a.x)*dx + (y-a.y)*dy) / (dx*dx + dy*dy)
	t = math.Max(0, math.Min(1, t))
	return math.Hypot(x-a.x-t*dx, y-a.y-t*dy)
}

// swing is the way from one point to another that leaves and arrives level.
func swing(from, to point) []point {
	const steps = 24
	list := make([]point, steps+1)
	mid := (from.x + to.x) / 2
	for i := range list {
		t := float64(i) / steps
		u := 1 - t
		list[i] = point{
			u*u*u*from.x + 3*u*u*t*mid + 3*u*t*t*mid + t*t*t*to.x,
			u*u*u*from.y + 3*u*u*t*from.y + 3*u*t*t*to.y + t*t*t*to.y,
		}
	}
	return list
}

// triangle points up and has round corners.
func triangle(cx, cy, r, radius float64) shape {
	r -= radius
	corners := make([]point, 4)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 3)
		corners[i] = point{cx + r*sin, cy - r*cos}
	}
	edge := stroke(0, corners...)
	return func(x, y float64) float64 {
		inside := true
		for i := range 3 {
			a, b := corners[i], corners[i+1]
			inside = inside && (b.x-a.x)*(y-a.y)-(b.y-a.y)*(x-a.x) >= 0
		}
		if inside {
			return -edge(x, y) - radius
		}
		return edge(x, y) - radius
	}
}

// union is what is in any of the shapes.
func union(shapes ...shape) shape {
	return func(x, y float64) float64 {
		d := math.Inf(1)
		for _, s := range shapes {
			d = math.Min(d, s(x, y))
		}
		return d
	}
}

// grown is a shape with a margin.
func grown(s shape, by float64) shape {
	return func(x, y float64) float64 { return s(x, y) - by }
}

// outline is the edge of a shape, as a line of a width that lies inside it.
func outline(s shape, width float64) shape {
	return func(x, y float64) float64 {
		d := s(x, y)
		return math.Max(d, -d-width)
	}
}

// scaled is a shape made larger about the centre.
func scaled(s shape, by float64) shape {
	return func(x, y float64) float64 { return s((x-0.5)/by+0.5, (y-0.5)/by+0.5) * by }
}
