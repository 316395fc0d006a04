// Command icons draws Metapi's icons, from shapes: the app's, and the tray's in each state. Run it at the top of the tree:
//
//	go run ./build/icons
//
// What it writes is committed, so that nobody needs it to build; its test draws all again and compares.
//
// The mark is three strands that join into one arrow: many accounts, one address. It stands white on a tile, which shows on light and on dark
// panels alike. The states of the tray differ in shape, not in colour alone: a triangle stands in the corner where something wants the user,
// two bars stand in place of the mark while requests are paused, a barred coin where a budget is spent, and where nothing can be served the tile is hollow and struck out. macOS
// paints its menu bar's icons itself, and gets stencils.
package main
