//go:build desktop

package main

import (
	_ "embed"

	"metapi/tray/menu"
)

// macOS paints stencils in the colour of its menu bar.
var (
	//go:embed icons/ok-stencil.png
	ok []byte
	//go:embed icons/attention-stencil.png
	attention []byte
	//go:embed icons/paused-stencil.png
	paused []byte
	//go:embed icons/spent-stencil.png
	spent []byte
	//go:embed icons/down-stencil.png
	down []byte
)

var pictures = map[menu.Icon][]byte{menu.OK: ok, menu.Attention: attention, menu.Paused: paused, menu.Spent: spent, menu.Down: down}
