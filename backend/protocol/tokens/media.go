package tokens

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
)

// medium is something in a prompt that is no text.
type medium struct {
	kind          kind
	width, height int // of an image, where its bytes tell
	low           bool
	size          int // of its base64
}

type kind uint8

const (
	picture kind = iota
	document
	sound // or film
)

// images is what an image costs by its pixels.
type images func(w, h float64, low bool) float64

// usual is taken where an image's size is not known: most screenshots are larger, and are scaled down to about this.
const usual = 1100

// fixed: every image costs the same.
func fixed(n float64) images { return func(float64, float64, bool) float64 { return n } }

// patches is a token, or a multiple, for each square of so many pixels: Anthropic, Qwen and Mistral (28), and OpenAI (32) since GPT-4.1.
// What has a longer edge, or more squares, is scaled down first. OpenAI's 1.2 for GPT-5 mini and from GPT-5.4 on, and that Anthropic counts
// by squares of 28 where its documentation divides by 750, are what people measured; the others are the vendors' own figures.
func patches(side, edge, most, each float64) images {
	return func(w, h float64, low bool) float64 {
		if low && each != 1 { // OpenAI's detail: low fits it into 512 pixels
			edge = 512
		}
		w, h = fit(w, h, edge)
		if n := w * h / (side * side); n > most {
			w, h = w*math.Sqrt(most/n), h*math.Sqrt(most/n)
		}
		return min(math.Ceil(w/side)*math.Ceil(h/side), most) * each
	}
}

// tiles is OpenAI's older rule: within 2048 pixels, the shorter edge at most 768, and then so much a tile of 512.
func tiles(base, tile float64) images {
	return func(w, h float64, low bool) float64 {
		if low {
			return base
		}
		w, h = fit(w, h, 2048)
		if short := min(w, h); short > 768 {
			w, h = w*768/short, h*768/short
		}
		return base + tile*math.Ceil(w/512)*math.Ceil(h/512)
	}
}

// geminiTiles is Gemini's rule up to 2.5: 258 for a small image, and for each tile of a larger one, which is cut by two thirds of its
// shorter edge.
func geminiTiles(w, h float64, _ bool) float64 {
	if w <= 384 && h <= 384 {
		return 258
	}
	tile := max(256, min(768, math.Floor(min(w, h)/1.5)))
	return 258 * math.Ceil(w/tile) * math.Ceil(h/tile)
}

func fit(w, h, edge float64) (float64, float64) {
	if long := max(w, h); long > edge {
		return w * edge / long, h * edge / long
	}
	return w, h
}

// sniffed is how much of a base64 text tells what it is.
const sniffed = 64

// mediumOf looks at the first bytes of base64 to tell what it is; ok is false where it is no base64 at all, but text.
func mediumOf(raw []byte) (m medium, ok bool) {
	m = medium{kind: picture, size: len(raw)}
	head := raw[:min(len(raw), sniffed)&^3]
	var buf [sniffed]byte
	n, err := base64.StdEncoding.Decode(buf[:], head)
	if err != nil && bytes.IndexByte(head, '\\') < 0 { // PHP writes \/
		return m, false
	}
	b := buf[:n]
	be := binary.BigEndian
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG")) && n >= 24:
		m.width, m.height = int(be.Uint32(b[16:])), int(be.Uint32(b[20:]))
	case bytes.HasPrefix(b, []byte("GIF8")) && n >= 10:
		m.width, m.height = int(b[6])|int(b[7])<<8, int(b[8])|int(b[9])<<8
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		m.width, m.height = jpegSize(raw)
	case bytes.HasPrefix(b, []byte("RIFF")) && n >= 30 && string(b[8:12]) == "WEBP":
		m.width, m.height = webpSize(b)
	case bytes.HasPrefix(b, []byte("RIFF")), bytes.HasPrefix(b, []byte("ID3")), bytes.HasPrefix(b, []byte("OggS")), bytes.HasPrefix(b, []byte("fLaC")),
		n > 1 && b[0] == 0xff && b[1]&0xe0 == 0xe0, n > 8 && string(b[4:8]) == "ftyp", bytes.HasPrefix(b, []byte("\x1aE\xdf\xa3")):
		m.kind = sound
	case bytes.HasPrefix(b, []byte("%PDF")), bytes.HasPrefix(b, []byte("PK\x03\x04")):
		m.kind = document
	}
	const widest = 1 << 16 // what claims to be larger than any vendor takes is not believed
	if m.width > widest || m.height > widest || m.width < 0 || m.height < 0 {
		m.width, m.height = 0, 0
	}
	return m, true
}

// webpSize reads the three forms of the format.
func webpSize(b []byte) (w, h int) {
	le := binary.LittleEndian
	switch string(b[12:16]) {
	case "VP8 ":
		return int(le.Uint16(b[26:])) & 0x3fff, int(le.Uint16(b[28:])) & 0x3fff
	case "VP8L":
		v := le.Uint32(b[21:])
		return int(v&0x3fff) + 1, int(v>>14&0x3fff) + 1
	case "VP8X":
		return int(b[24]) | int(b[25])<<8 | int(b[26])<<16 + 1, int(b[27]) | int(b[28])<<8 | int(b[29])<<16 + 1
	}
	return 0, 0
}

// jpegSize follows the segments to the one with the size. Each is found by its place, so that only a few bytes are decoded.
func jpegSize(raw []byte) (w, h int) {
	at := 2
	for range 64 {
		b, ok := decodeAt(raw, at)
		if !ok || b[0] != 0xff {
			return 0, 0
		}
		if m := b[1]; m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc {
			return int(b[7])<<8 | int(b[8]), int(b[5])<<8 | int(b[6])
		}
		at += 2 + (int(b[2])<<8 | int(b[3]))
	}
	return 0, 0
}

// decodeAt decodes the nine bytes at a place.
func decodeAt(raw []byte, at int) (b [9]byte, ok bool) {
	from := at / 3 * 4
	if from+16 > len(raw) {
		return b, false
	}
	var buf [12]byte
	if _, err := base64.StdEncoding.Decode(buf[:], raw[from:from+16]); err != nil {
		return b, false
	}
	copy(b[:], buf[at%3:])
	return b, true
}

// tokens prices a medium.
func (m medium) tokens(to Model) float64 {
	r := &rules[to.Family]
	switch {
	case m.kind == document:
		return max(r.document*float64(m.size)/1000, 250)
	case m.kind == sound:
		return r.sound * float64(m.size) / 1000
	case m.width == 0 || m.height == 0:
		return to.images(usual, usual, m.low)
	}
	return to.images(float64(m.width), float64(m.height), m.low)
}
