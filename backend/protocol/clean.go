package protocol

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LongestMessage bounds an upstream's message, in bytes. Vendors' longest are about 700.
const LongestMessage = 1024

// removals take out of a message what a client must not see. Upstreams quote keys (often half masked), name the
// organization that a key belongs to, and give addresses, which would tell what stands behind an account.
var removals = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,15}://[^\s"'<>` + "`" + `]*[^\s"'<>` + "`" + `.,;:!?)\]}]`), "[address]"},
	{regexp.MustCompile(`(?i)\bbearer\s+[^\s"',;]{6,}`), "[key]"},
	{regexp.MustCompile(`(?i)\b(?:sk|pk|rk|mp|gsk|xai|nvapi|pplx|fk|ak|r8|hf|gh[pousr]|github_pat|glpat|tvly|cr)` +
		`[-_][A-Za-z0-9_\-*.…]{5,}[A-Za-z0-9_\-*…]`), "[key]"},
	{regexp.MustCompile(`\b(?:AIza|ya29\.|AKIA|ASIA|AQ\.)[A-Za-z0-9_\-*.]{5,}[A-Za-z0-9_\-*]`), "[key]"},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_\-]{8,}[A-Za-z0-9_\-.]*`), "[key]"},
	{regexp.MustCompile(`[A-Za-z0-9_\-]{0,16}\*{3,}[A-Za-z0-9_\-]{0,16}`), "[key]"},
	{regexp.MustCompile(`\borg-[A-Za-z0-9]{6,}`), "[organization]"},
	{regexp.MustCompile(`\bproj_[A-Za-z0-9]{6,}|\bprojects/[\w-]+`), "[project]"},
	{regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]*[A-Za-z0-9]`), "[email]"},
	{regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b`), "[address]"},
	{regexp.MustCompile(`[A-Za-z0-9_]{40,}`), "[removed]"},
}

// Clean makes an upstream's text fit to show: keys, addresses, organizations and emails are taken out, white
// space and control characters become single spaces, and it ends after [LongestMessage] bytes.
func Clean(s string) string {
	if len(s) > 4*LongestMessage {
		s = s[:4*LongestMessage]
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	for _, r := range removals {
		s = r.what.ReplaceAllString(s, r.with)
	}
	return bound(s, LongestMessage)
}

// bound cuts s to at most n bytes, at the end of a character.
func bound(s string, n int) string {
	const more = "…"
	if len(s) <= n {
		return s
	}
	cut := n - len(more)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}
