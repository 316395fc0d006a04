package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
)

// Where the files go, from the top of the tree.
const (
	appFolder  = "build/icons"
	trayFolder = "tray/helper/icons"
)

func main() {
	for path, data := range files() {
		if err := os.WriteFile(filepath.FromSlash(path), data, 0o644); err != nil {
			fmt.Fprintf(os.Stderr, "icons: %v (run it at the top of the tree)\n", err)
			os.Exit(1)
		}
	}
}

// files is all that is drawn, by path.
func files() map[string][]byte {
	all := map[string][]byte{
		appFolder + "/appicon.png": encode(appIcon(512)),
		appFolder + "/appicon.ico": ico(sizes(appIcon, 16, 20, 24, 32, 40, 48, 64, 128, 256)),
	}
	for _, s := range states {
		base := trayFolder + "/" + string(s)
		icon := func(size int) *image.NRGBA { return trayIcon(s, size) }
		all[base+".png"] = encode(icon(64))
		all[base+".ico"] = ico(sizes(icon, 16, 20, 24, 32, 40, 48, 64))
		all[base+"-stencil.png"] = encode(stencil(s, 36)) // 18 points on a sharp screen
	}
	return all
}

func sizes(draw func(int) *image.NRGBA, list ...int) []*image.NRGBA {
	pictures := make([]*image.NRGBA, len(list))
	for i, size := range list {
		pictures[i] = draw(size)
	}
	return pictures
}
