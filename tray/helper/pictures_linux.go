//go:build desktop

package main

import (
	_ "embed"

	"metapi/tray/menu"
)

// PNG is what panels take.
var (
	//go:embed icons/ok.png
	ok []byte
	//go:embed icons/attention.png
	attention []byte
	//go:embed icons/paused.png
	paused []byte
	//go:embed icons/spent.png
	spent []byte
	//go:embed icons/down.png
	down []byte
)

var pictures = map[menu.Icon][]byte{menu.OK: ok, menu.Attention: attention, menu.Paused: paused, menu.Spent: spent, menu.Down: down}
