package main

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"metapi/tray/menu"
)

// TestCommitted draws everything again.
func TestCommitted(t *testing.T) {
	for path, want := range files() {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is drawn now: go run ./build/icons", path)
		}
	}
}

// TestStates says that the tray has an icon for all that a menu may ask for.
func TestStates(t *testing.T) {
	if len(states) != len(menu.Icons) {
		t.Errorf("states %v, icons of menus %v", states, menu.Icons)
	}
	for i := range menu.Icons {
		if string(states[i]) != string(menu.Icons[i]) {
			t.Errorf("states %v, icons of menus %v", states, menu.Icons)
		}
	}
}

// TestShapes says that the states can be told apart without colour: they differ in what is opaque, or in what is light on it.
func TestShapes(t *testing.T) {
	const size = 16
	for i, a := range states {
		for _, b := range states[i+1:] {
			differ := 0
			p, q := trayIcon(a, size), trayIcon(b, size)
			for y := range size {
				for x := range size {
					c, d := p.NRGBAAt(x, y), q.NRGBAAt(x, y)
					light := func(r, g, b uint8) bool { return int(r)+int(g)+int(b) > 3*190 }
					if (c.A > 127) != (d.A > 127) || light(c.R, c.G, c.B) != light(d.R, d.G, d.B) {
						differ++
					}
				}
			}
			if differ < 20 {
				t.Errorf("%s and %s differ in the shape of %d pixels only", a, b, differ)
			}
		}
	}
}

// TestIconFile reads a Windows icon file by its definition.
func TestIconFile(t *testing.T) {
	b := files()[appFolder+"/appicon.ico"]
	le := binary.LittleEndian
	if le.Uint16(b) != 0 || le.Uint16(b[2:]) != 1 {
		t.Fatalf("header % x", b[:6])
	}
	end := 0
	for i := range int(le.Uint16(b[4:])) {
		e := b[6+16*i:]
		size, length, offset := int(e[0]), int(le.Uint32(e[8:])), int(le.Uint32(e[12:]))
		if size == 0 {
			size = 256
		}
		body := b[offset : offset+length]
		if size == 256 {
			p, err := png.Decode(bytes.NewReader(body))
			if err != nil || p.Bounds().Dx() != 256 {
				t.Errorf("the PNG of 256 pixels: %v", err)
			}
		} else if le.Uint32(body) != 40 || int(le.Uint32(body[4:])) != size || int(le.Uint32(body[8:])) != 2*size ||
			len(body) != 40+size*size*4+size*((size+31)/32*4) {
			t.Errorf("the bitmap of %d pixels has the header % x and %d bytes", size, body[:40], len(body))
		}
		end = offset + length
	}
	if end != len(b) {
		t.Errorf("the pictures end at %d of %d bytes", end, len(b))
	}
}
