package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
)

// ico packs pictures into a Windows icon file. Small ones are bitmaps, as every reader of such files knows them; from 256 pixels on they are
// PNG, which is what Windows itself does.
func ico(pictures []*image.NRGBA) []byte {
	const header, entry = 6, 16
	var dir, data bytes.Buffer
	put := func(b *bytes.Buffer, values ...any) {
		for _, v := range values {
			binary.Write(b, binary.LittleEndian, v)
		}
	}
	put(&dir, uint16(0), uint16(1), uint16(len(pictures)))
	for _, p := range pictures {
		size := p.Bounds().Dx()
		body := bitmap(p)
		if size >= 256 {
			body = encode(p)
		}
		// 256 is written as 0.
		put(&dir, uint8(size), uint8(size), uint8(0), uint8(0), uint16(1), uint16(32),
			uint32(len(body)), uint32(header+entry*len(pictures)+data.Len()))
		data.Write(body)
	}
	return append(dir.Bytes(), data.Bytes()...)
}

// bitmap is a picture as a device-independent bitmap: lines from the bottom up, then a mask of one bit a pixel. The mask is for systems that
// know no opacity, and left empty.
func bitmap(p *image.NRGBA) []byte {
	size := p.Bounds().Dx()
	maskLine := (size + 31) / 32 * 4
	var b bytes.Buffer
	for _, v := range []any{
		uint32(40), int32(size), int32(2 * size), uint16(1), uint16(32), uint32(0),
		uint32(size*size*4 + size*maskLine), int32(0), int32(0), uint32(0), uint32(0),
	} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	for y := size - 1; y >= 0; y-- {
		for x := range size {
			c := p.NRGBAAt(x, y)
			b.Write([]byte{c.B, c.G, c.R, c.A})
		}
	}
	b.Write(make([]byte, size*maskLine))
	return b.Bytes()
}

func encode(p image.Image) []byte {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, p); err != nil {
		panic(err) // a buffer takes all
	}
	return b.Bytes()
}
