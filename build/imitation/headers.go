package imitation

import (
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// neverToVendor are headers that belong to the client's hop or to its browser, by canonical name. No real client of a
// vendor sends them through an honest gateway (RFC 9110, 7.6.1 for the hop-by-hop ones).
var neverToVendor = []string{
	"Cookie", "Cookie2", "Origin", "Referer", "Forwarded", "Via", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip",
	"Proxy-Authorization", "Proxy-Connection", "Proxy-Authenticate", "Keep-Alive", "Te", "Trailer", "Upgrade",
}

var neverPrefixes = []string{"X-Forwarded-", "Sec-Fetch-", "Sec-Ch-", "X-Metapi-"}

// credentialHeaders are all that carry a key at some vendor; each vendor knows its own.
var credentialHeaders = map[string][]Kind{
	"Authorization":  {OpenAI, Anthropic, Gemini},
	"X-Api-Key":      {Anthropic},
	"X-Goog-Api-Key": {Gemini},
	"Api-Key":        {},
}

// localKey is the form of the keys a Metapi gives to its own clients.
var localKey = regexp.MustCompile(`mp-[A-Za-z0-9_-]{43}`)

// credential is what a request shows: the key in the vendor's own place, and whether it is one of its own.
type credential struct {
	shown string // "" if there is none
	own   string // shown, if it is one of this vendor's keys
	form  string // "bearer", "x-api-key", "x-goog-api-key", "query"
}

func (v *Vendor) credential(r *http.Request) credential {
	if v.cfg.as != nil {
		return v.compatibleCredential(r)
	}
	var c credential
	bearer, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case v.Kind == OpenAI && isBearer:
		c = credential{shown: bearer, form: "bearer"}
	case v.Kind == Anthropic && r.Header.Get("X-Api-Key") != "":
		c = credential{shown: r.Header.Get("X-Api-Key"), form: "x-api-key"}
	case v.Kind == Gemini && r.Header.Get("X-Goog-Api-Key") != "":
		c = credential{shown: r.Header.Get("X-Goog-Api-Key"), form: "x-goog-api-key"}
	case v.Kind == Gemini && r.URL.Query().Get("key") != "":
		c = credential{shown: r.URL.Query().Get("key"), form: "query"}
	case v.Kind == Anthropic && isBearer: // @anthropic-ai/sdk 1.x sends its apiKey so
		c = credential{shown: bearer, form: "bearer"}
	case v.Kind == Gemini && isBearer && strings.HasPrefix(r.URL.Path, "/v1beta/openai/"): // OpenAI's protocol, and so its form
		c = credential{shown: bearer, form: "bearer"}
	case v.Kind == Gemini && isBearer:
		return credential{shown: bearer, form: "bearer"} // an OAuth token's place: a key there is not taken
	}
	if slices.Contains(v.cfg.keys, c.shown) {
		c.own = c.shown
	}
	if v.cfg.keyless {
		c.shown, c.own = "none", v.cfg.keys[0]
	}
	return c
}

// judgeHeaders records what should not have left the gateway. The answer does not change: a real vendor would not say.
func (v *Vendor) judgeHeaders(s *Seen) {
	names := make([]string, 0, len(s.Header))
	for n := range s.Header {
		names = append(names, n)
	}
	sort.Strings(names)
	where := s.Method + " " + s.Path + ": "
	shown := 0
	for _, n := range names {
		if slices.Contains(neverToVendor, n) {
			v.violate("%sheader %s arrived", where, n)
		}
		for _, p := range neverPrefixes {
			if strings.HasPrefix(n, p) {
				v.violate("%sheader %s arrived", where, n)
			}
		}
		if kinds, ok := credentialHeaders[n]; ok {
			shown++
			if v.cfg.as != nil {
				kinds = v.cfg.as.credentialKinds(n)
			}
			if !slices.Contains(kinds, v.Kind) && !v.cfg.bothForms {
				v.violate("%sheader %s carries another vendor's form of credential", where, n)
			} else {
				v.judgeKey(where+"header "+n, strings.TrimPrefix(s.Header.Get(n), "Bearer "))
			}
		}
		if len(s.Header[n]) > 1 && credentialHeaders[n] != nil {
			v.violate("%sheader %s arrived %d times", where, n, len(s.Header[n]))
		}
	}
	for _, token := range strings.Split(s.Header.Get("Connection"), ",") {
		if t := strings.ToLower(strings.TrimSpace(token)); t != "" && t != "close" && t != "keep-alive" {
			v.violate("%sheader Connection names %q", where, t)
		}
	}
	for _, q := range []string{"key", "api_key", "api-key", "access_token", "auth_token"} {
		if !s.Query.Has(q) {
			continue
		}
		shown++
		if v.Kind == Gemini && q == "key" {
			v.judgeKey(where+"query key", s.Query.Get(q))
		} else {
			v.violate("%squery carries a credential in %q", where, q)
		}
	}
	if shown > 1 && !v.cfg.bothForms {
		v.violate("%s%d credentials in one request", where, shown)
	}
	v.judgeTexts(where, s)
}

func (v *Vendor) judgeKey(where, key string) {
	if !slices.Contains(v.cfg.keys, key) {
		v.violate("%s: a key that is not this vendor's: %s", where, hint(key))
	}
}

// judgeTexts looks for local keys and forbidden texts in everything that arrived.
func (v *Vendor) judgeTexts(where string, s *Seen) {
	look := func(place, text string) {
		if localKey.MatchString(text) {
			v.violate("%sa local key arrived in the %s", where, place)
		}
		for _, f := range v.cfg.forbidden {
			if strings.Contains(text, f) {
				v.violate("%sthe forbidden text %s arrived in the %s", where, hint(f), place)
			}
		}
	}
	for n, values := range s.Header {
		look("header "+n, strings.Join(values, "\n"))
	}
	look("path", s.Path)
	look("query", s.Query.Encode())
	if !v.cfg.unchecked {
		look("body", string(s.Body))
	}
}

// hint shows the ends of a secret as the vendors do in their messages.
func hint(secret string) string {
	if len(secret) < 12 {
		return "***"
	}
	return secret[:4] + "***" + secret[len(secret)-4:]
}

// isJSON says whether the content type is JSON.
func isJSON(h http.Header) bool {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	t = strings.ToLower(strings.TrimSpace(t))
	return t == "application/json" || strings.HasSuffix(t, "+json")
}
