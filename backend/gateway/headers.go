package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"metapi/backend/protocol"
)

// headerRules is an allow-list: exact names in canonical form, and prefixes.
type headerRules struct {
	exact    map[string]bool
	prefixes []string
}

func (rules headerRules) allow(name string) bool {
	if rules.exact[name] {
		return true
	}
	for _, p := range rules.prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

func allowing(names ...string) headerRules {
	rules := headerRules{exact: map[string]bool{}}
	for _, n := range names {
		if p, ok := strings.CutSuffix(n, "*"); ok {
			rules.prefixes = append(rules.prefixes, p)
		} else {
			rules.exact[n] = true
		}
	}
	return rules
}

// Which headers go to an upstream, by protocol. Everything else stays here, above all the client's credentials, cookies
// and whatever names an organisation or project of the client's own account.
var (
	toOpenAI = allowing("Content-Type", "User-Agent", "Openai-Beta", "Idempotency-Key", "X-Stainless-*", "X-Client-Request-Id",
		"Originator", "Session_id", "Session-Id", "Thread-Id", "Conversation_id", "Version", "X-Codex-*", "X-Openai-Subagent")
	toAnthropic = allowing("Content-Type", "User-Agent", "Anthropic-Version", "Anthropic-Beta", "X-Stainless-*", "X-App",
		"X-Claude-Code-*", "Anthropic-Client-*", "X-Client-Request-Id")
	toGemini = allowing("Content-Type", "User-Agent", "X-Goog-Api-Client", "X-Server-Timeout", "X-Gemini-Api-*")
)

// Which headers come back. Left out: CORS, cookies, hop-by-hop, the encoding and length of a body that was read and
// written anew, and what names the account (openai-organization, openai-project, anthropic-organization-id).
var (
	fromOpenAI = allowing("Content-Type", "Content-Disposition", "X-Request-Id", "X-Ratelimit-*", "Retry-After", "Retry-After-Ms", "X-Should-Retry",
		"Openai-Processing-Ms", "Openai-Version", "Openai-Model", "X-Codex-*", "X-Reasoning-Included")
	fromAnthropic = allowing("Content-Type", "Request-Id", "Anthropic-Ratelimit-*", "Retry-After", "X-Should-Retry")
	fromGemini    = allowing("Content-Type", "Retry-After", "X-Gemini-*", "Server-Timing")
)

func requestHeaders(p protocol.Protocol) headerRules {
	switch p {
	case protocol.Anthropic:
		return toAnthropic
	case protocol.Gemini, protocol.GeminiEmbeddings:
		return toGemini
	}
	return toOpenAI
}

func replyHeaders(p protocol.Protocol) headerRules {
	switch p {
	case protocol.Anthropic:
		return fromAnthropic
	case protocol.Gemini, protocol.GeminiEmbeddings:
		return fromGemini
	}
	return fromOpenAI
}

// copyHeaders adds to dst what rules let through of src. Headers that src's Connection header names are hop-by-hop.
func copyHeaders(dst, src http.Header, rules headerRules) {
	hop := src["Connection"]
	for name, values := range src {
		if rules.allow(name) && (hop == nil || !named(hop, name)) {
			dst[name] = values
		}
	}
}

func named(connection []string, header string) bool {
	for _, v := range connection {
		for name := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(name), header) {
				return true
			}
		}
	}
	return false
}

// sessionHeaders name the conversation, in the order of trust: the tools' own habits, gathered from their sources.
var sessionHeaders = []string{
	"X-Claude-Code-Session-Id", // Claude Code
	"Session-Id", "Session_id", // Codex
	"X-Session-Id",
	"X-Session-Affinity", // OpenCode
	"Thread-Id",
	"X-Client-Request-Id", // pi
}

func sessionOf(h http.Header) string {
	for _, name := range sessionHeaders {
		if v := h[name]; len(v) > 0 && v[0] != "" && len(v[0]) <= 200 {
			return v[0]
		}
	}
	return ""
}

// setRetryAfter tells the client how long to wait, in whole seconds, rounded up.
func setRetryAfter(h http.Header, d time.Duration) {
	if d > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	}
}

// requestID is the header in which a vendor names a request, and its SDKs look for its name.
func requestID(p protocol.Protocol) string {
	switch p {
	case protocol.Anthropic:
		return "Request-Id"
	case protocol.Gemini, protocol.GeminiEmbeddings:
		return ""
	}
	return "X-Request-Id"
}

// nameRequest names a request for the SDK where no vendor's own answer does: by what it is called in the ledger.
func nameRequest(h http.Header, p protocol.Protocol) {
	if name, id := requestID(p), h["X-Metapi-Request-Id"]; name != "" && id != nil && h[name] == nil {
		h[name] = id
	}
}
