package provider

import (
	"net/url"
	"strconv"
	"strings"

	"metapi/backend/protocol"
)

// family is what the providers of one wire format share: how a base URL is written, and how models are listed.
// The differences between its members are fields of [Provider], not copies of this.
type family struct {
	word string            // for it, in definitions
	own  protocol.Protocol // in which models are listed

	// versioned is for addresses that may have an api-version in their query.
	versioned bool

	// tidy gives the path segments of a base URL the family's customary form; known is the provider at that host, or nil. It is applied
	// until nothing changes any more.
	tidy func(known *Provider, segments []string) []string

	// roots derives from a base path where each wire format lives on that host.
	roots func(base string) roots

	// list says where models are listed, relative to which root, and how the next page is asked for.
	list listing
}

// roots are path prefixes without a trailing slash. A relay that speaks several formats has them side by side:
// /v1/chat/completions, /v1/messages, /v1beta/models.
type roots struct {
	openai    string // includes the version: /v1, /api/paas/v4, /v1beta/openai
	anthropic string // /v1/messages follows
	gemini    string // /v1beta/models follows
	shared    bool   // the roots besides the family's own are known too
}

// listing is the family's way of listing models.
type listing struct {
	paths []string // tried in turn under the base URL; a later one only where the one before is not found, and only at compatible providers
	first url.Values
	// next returns the query of the page that follows, and the cursor in it; nil where this was the last page.
	next func(pg *page) (url.Values, string)
}

// Page sizes are the largest that the vendors take.
const (
	anthropicPageSize = 1000 // platform.claude.com, List Models: limit, 1 to 1000
	geminiPageSize    = 1000 // ai.google.dev, models.list: pageSize, at most 1000
)

var openaiFamily = family{
	word: "openai",
	own:  protocol.OpenAIChat,
	tidy: func(known *Provider, segments []string) []string {
		if len(segments) == 0 {
			if known != nil && known.family.word == "openai" {
				return pathOf(known.DefaultBaseURL)
			}
			return []string{"v1"}
		}
		if n := len(segments); n >= 2 && segments[n-1] == "v1" && segments[n-2] == "v1" {
			return segments[:n-1]
		}
		return segments
	},
	roots: func(base string) roots {
		above, ok := strings.CutSuffix(base, "/v1")
		return roots{openai: base, anthropic: above, gemini: above, shared: ok}
	},
	list: listing{
		paths: []string{"/models"}, // platform.openai.com, List models: one page, no parameters
		next:  func(*page) (url.Values, string) { return nil, "" },
	},
}

var anthropicFamily = family{
	word: "anthropic",
	own:  protocol.Anthropic,
	tidy: func(_ *Provider, segments []string) []string { return dropLast(segments, "v1") },
	roots: func(base string) roots {
		return roots{openai: base + "/v1", anthropic: base, gemini: base, shared: true}
	},
	list: listing{
		// Vendors who put their Anthropic dialect under a path (/anthropic) often list models at the root only.
		paths: []string{"/v1/models", "//v1/models"},
		first: url.Values{"limit": {strconv.Itoa(anthropicPageSize)}},
		next: func(pg *page) (url.Values, string) {
			if !pg.HasMore || pg.lastID() == "" {
				return nil, ""
			}
			return url.Values{"limit": {strconv.Itoa(anthropicPageSize)}, "after_id": {pg.lastID()}}, pg.lastID()
		},
	},
}

var geminiFamily = family{
	word: "gemini",
	own:  protocol.Gemini,
	tidy: func(_ *Provider, segments []string) []string {
		if n := len(segments); n >= 2 && segments[n-1] == "openai" && segments[n-2] == "v1beta" {
			return segments[:n-1]
		}
		return dropLast(segments, "v1beta", "v1", "v1alpha")
	},
	roots: func(base string) roots {
		return roots{openai: base + "/v1", anthropic: base, gemini: base, shared: true}
	},
	list: listing{
		paths: []string{"/v1beta/models", "/v1/models"},
		first: url.Values{"pageSize": {strconv.Itoa(geminiPageSize)}},
		next: func(pg *page) (url.Values, string) {
			if pg.NextPageToken == "" {
				return nil, ""
			}
			return url.Values{"pageSize": {strconv.Itoa(geminiPageSize)}, "pageToken": {pg.NextPageToken}}, pg.NextPageToken
		},
	},
}

func dropLast(segments []string, words ...string) []string {
	if n := len(segments); n > 0 {
		for _, w := range words {
			if segments[n-1] == w {
				return segments[:n-1]
			}
		}
	}
	return segments
}
