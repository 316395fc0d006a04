package main

import (
	"image"
	"image/color"
	"math"
)

// paint is the colour at a point; nil takes away what is there.
type paint func(x, y float64) color.NRGBA

func plain(c color.NRGBA) paint {
	if c == nothing {
		return nil
	}
	return func(float64, float64) color.NRGBA { return c }
}

// slope goes from one colour at the upper left corner to another at the lower right.
func slope(from, to color.NRGBA) paint {
	return func(x, y float64) color.NRGBA {
		t := (x + y) / 2
		mix := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + 0.5) }
		return color.NRGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 255}
	}
}

// layer is a shape in a colour.
type layer struct {
	shape shape
	paint paint
}

// grain is how many samples a pixel has in each direction.
const grain = 8

// draw paints layers over each other, on nothing. Paints are opaque: only the edges of shapes are not.
func draw(size int, layers []layer) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	step := 1 / float64(size*grain)
	for py := range size {
		for px := range size {
			var r, g, b, n int
			if c, ok, sure := whole(layers, (float64(px)+0.5)/float64(size), (float64(py)+0.5)/float64(size), 1/float64(size)); sure {
				if ok {
					img.SetNRGBA(px, py, c)
				}
				continue
			}
			for i := range grain * grain {
				x := (float64(px*grain+i%grain) + 0.5) * step
				y := (float64(py*grain+i/grain) + 0.5) * step
				if c, ok := at(layers, x, y); ok {
					r, g, b, n = r+int(c.R), g+int(c.G), b+int(c.B), n+1
				}
			}
			if n > 0 {
				img.SetNRGBA(px, py, color.NRGBA{
					uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), uint8((255*n + grain*grain/2) / (grain * grain)),
				})
			}
		}
	}
	return img
}

// whole is at, for a pixel with a centre; sure says that no edge goes through the pixel.
func whole(layers []layer, x, y, pixel float64) (c color.NRGBA, ok, sure bool) {
	for i := len(layers) - 1; i >= 0; i-- {
		d := layers[i].shape(x, y)
		if math.Abs(d) < pixel {
			return c, false, false
		}
		if d < 0 {
			c, ok = at(layers[i:i+1], x, y)
			return c, ok, true
		}
	}
	return c, false, true
}

// at is the colour of the topmost layer at a point, if there is one.
func at(layers []layer, x, y float64) (c color.NRGBA, ok bool) {
	for i := len(layers) - 1; i >= 0; i-- {
		if layers[i].shape(x, y) <= 0 {
			if layers[i].paint == nil {
				return c, false
			}
			return layers[i].paint(x, y), true
		}
	}
	return c, false
}
