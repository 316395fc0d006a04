package control

import (
	"io/fs"
	"net/http"
	"strings"
)

// pagesPath is where a browser finds the window's pages.
const pagesPath = "/ui/"

// pages serves the window's pages to a browser. They hold nothing of the user's, so that they need no token: what they
// show comes from the API. A path that is no file is one of the pages' own, and gets the page that knows it.
func pages(files fs.FS) http.Handler {
	server := http.StripPrefix(strings.TrimSuffix(pagesPath, "/"), http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		name := strings.TrimPrefix(r.URL.Path, pagesPath)
		switch {
		case strings.HasPrefix(name, "assets/"): // their names change with their content
			h.Set("Cache-Control", "private, max-age=31536000, immutable")
		default:
			h.Set("Cache-Control", "no-store")
		}
		server.ServeHTTP(w, r)
	})
}
