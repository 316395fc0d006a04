// Package frontend holds the window's pages, as they were built into dist: React and TypeScript, which see nothing of
// Metapi but its control API. README.md in this folder says how they are built and where to start reading.
package frontend

import (
	"embed"
	"io/fs"
)

// dist always has the file .keep, so that Go builds where the pages have not been built.
//
//go:embed all:dist
var dist embed.FS

// Pages returns the built pages, with index.html at their top; nil in a build without.
func Pages() fs.FS {
	pages, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(pages, "index.html"); err != nil {
		return nil
	}
	return pages
}
