package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"metapi/backend/account"
	"metapi/backend/protocol"
	"metapi/backend/snapshot"
)

// checkWebPage keeps web pages out. A page can make its visitor's browser send requests to loopback, under a name of
// its own that it lets resolve to 127.0.0.1 (DNS rebinding: the Host gives it away) or straight (the Origin does). CORS
// headers are sent to pages alone that the user has allowed, and the preflight of any other is refused like a request.
func (g *Gateway) checkWebPage(r *http.Request) *protocol.Error {
	if !loopbackName(r.Host) {
		g.refused.note(r, ForeignHost, r.Host)
		return &protocol.Error{Kind: protocol.Forbidden, Message: "Metapi answers only to 127.0.0.1, [::1] and localhost, not to the name in the Host header"}
	}
	if origins := r.Header["Origin"]; len(origins) > 0 {
		if own := isControl(r) && origins[0] == "http://"+r.Host; len(origins) > 1 || !own && !g.origins[strings.ToLower(origins[0])] {
			g.refused.note(r, WebPage, origins[0])
			return &protocol.Error{Kind: protocol.Forbidden,
				Message: "requests from web pages are refused; to allow this origin, start with `metapi serve --allow-origin`"}
		}
		return nil
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" {
		g.refused.note(r, WebPage, "")
		return &protocol.Error{Kind: protocol.Forbidden, Message: "requests from web pages are refused"}
	}
	return nil
}

// admitPage lets a page that checkWebPage has let in read the answer, too.
func (g *Gateway) admitPage(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header["Origin"]; len(origin) == 1 {
		h := w.Header()
		h["Access-Control-Allow-Origin"] = origin
		h["Access-Control-Expose-Headers"] = []string{"*"}
		h["Vary"] = []string{"Origin"}
	}
}

// answerOptions tells what may be asked at a path, and a page's browser, which asks before it sends the page's request, that it may. It tells
// nothing that would need a key.
func answerOptions(w http.ResponseWriter, r *http.Request) {
	ms, _ := find(r)
	if ms == nil {
		refuse(w, dialectOf(r), notServed(r))
		return
	}
	h := w.Header()
	h["Allow"] = []string{ms.allow()}
	if h["Access-Control-Allow-Origin"] != nil {
		h["Access-Control-Allow-Methods"] = h["Allow"]
		h["Access-Control-Allow-Headers"] = r.Header["Access-Control-Request-Headers"]
		h["Access-Control-Max-Age"] = []string{"600"}
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h["Access-Control-Allow-Private-Network"] = []string{"true"}
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// isControl reports whether a request is one to the control API, its figures for Prometheus, or its pages. Those pages are the one web page that may
// call, and only there: their origin is the address itself.
func isControl(r *http.Request) bool {
	switch path := r.URL.Path; path {
	case "/ui", "/metrics":
		return true
	default:
		return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/ui/")
	}
}

func loopbackName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	switch strings.ToLower(host) {
	case "127.0.0.1", "localhost", "::1", "[::1]":
		return true
	}
	return false
}

// authenticate finds the client whose local key the request carries, wherever its protocol puts it. A key is 256 random
// bits, so one hash of it says nothing; the hashes of all clients are compared in constant time.
func (g *Gateway) authenticate(snap *snapshot.Snapshot, r *http.Request) (*account.Client, *protocol.Error) {
	keys := presentedKeys(r)
	for _, key := range keys {
		hash := sha256.Sum256([]byte(key))
		found := -1
		for i := range snap.Clients {
			if subtle.ConstantTimeCompare(hash[:], snap.Clients[i].Hash[:]) == 1 {
				found = i
			}
		}
		if found >= 0 {
			return &snap.Clients[found], nil
		}
	}
	why, message := WrongKey, "the local key is not one that Metapi knows; `metapi keys add NAME` makes one, `metapi keys list` shows them"
	if len(keys) == 0 {
		why, message = NoKey, "a local key is needed; `metapi keys add NAME` makes one, to be used as this tool's API key"
	}
	g.refused.note(r, why, "")
	return nil, &protocol.Error{Kind: protocol.Unauthorized, Code: "invalid_api_key", Message: message}
}

// presentedKeys lists the credentials of a request: each protocol has its place, and some tools fill several.
func presentedKeys(r *http.Request) []string {
	var keys []string
	for _, v := range r.Header["Authorization"] {
		if scheme, key, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "bearer") {
			keys = append(keys, strings.TrimSpace(key))
		}
	}
	keys = append(keys, r.Header["X-Api-Key"]...)
	keys = append(keys, r.Header["X-Goog-Api-Key"]...)
	if strings.Contains(r.URL.RawQuery, "key=") {
		keys = append(keys, r.URL.Query()["key"]...)
	}
	return keys
}

// cleanQuery is the client's query without its credentials, and without what Metapi itself decides upstream.
func cleanQuery(u *url.URL) url.Values {
	if u.RawQuery == "" {
		return nil
	}
	q := u.Query()
	for _, name := range []string{"key", "api_key", "access_token", "alt"} {
		q.Del(name)
	}
	return q
}
