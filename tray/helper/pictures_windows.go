//go:build desktop

package main

import (
	_ "embed"

	"metapi/tray/menu"
)

// Windows chooses the size that it needs.
var (
	//go:embed icons/ok.ico
	ok []byte
	//go:embed icons/attention.ico
	attention []byte
	//go:embed icons/paused.ico
	paused []byte
	//go:embed icons/spent.ico
	spent []byte
	//go:embed icons/down.ico
	down []byte
)

var pictures = map[menu.Icon][]byte{menu.OK: ok, menu.Attention: attention, menu.Paused: paused, menu.Spent: spent, menu.Down: down}
