package control

import (
	"io/fs"
	"net/http"
	"strings"
)

// pagesPath is where a browser finds the window's pages.
const pagesPath = "/ui/"

// pagesPolicy lets the pages load and call nothing but what is served beside them. Styles may stand in the page: the
// library that the pages are made with puts some there.
const pagesPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pages serves the window's pages to a browser. They hold nothing of the user's, so that they need no token: what they
// show comes from the API. Which page is shown stands in the part of the address that never comes here.
func pages(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", pagesPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		name := strings.TrimPrefix(r.URL.Path, pagesPath)
		switch {
		case name == "":
			name = "index.html"
		case !isFile(files, name):
			NewProblem(NotFound, "There is no such page.", "The pages begin at "+pagesPath+".").Write(w)
			return
		case strings.HasPrefix(name, "assets/"): // their names change with their content
			h.Set("Cache-Control", "private, max-age=31536000, immutable")
		}
		http.ServeFileFS(w, r, files, name)
	})
}

// isFile reports whether files have one of that name, which is no folder.
func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}

// noPages answers who asks for the pages where there are none.
func noPages(w http.ResponseWriter, _ *http.Request) {
	NewProblem(NotFound, "This Metapi does not serve its pages to browsers.", "Start it with `metapi serve --ui`.").Write(w)
}
