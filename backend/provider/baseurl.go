package provider

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FieldError says which field of an account is at fault, and what to do about it.
type FieldError struct {
	Field   string // "base_url" or "key"
	Message string // never quotes a secret
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// maxBaseURL bounds what is read as a base URL, in bytes.
const maxBaseURL = 2048

// endpoints are the ends of addresses that people copy from a vendor's examples; they are cut off.
var endpoints = [][]string{
	{"chat", "completions"}, {"completions"}, {"responses"}, {"embeddings"}, {"models"}, {"moderations"},
	{"images", "generations"}, {"audio", "speech"}, {"audio", "transcriptions"},
	{"messages"}, {"messages", "count_tokens"},
}

// methods are the ends of Gemini's addresses: models/NAME:METHOD.
var methods = []string{":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent"}

// NormalizeBaseURL gives a base URL its one form, from whatever people paste: without a scheme, with a trailing
// slash, with a whole endpoint behind it. Empty means the provider's default. The host is never changed, but for
// the case of its letters. The error is a *[FieldError] for base_url.
//
// OpenAI's base URLs carry the version (https://host/v1), Anthropic's and Gemini's do not (https://host).
// Plain http is taken only for this machine and private networks, where no stranger reads along.
func NormalizeBaseURL(p *Provider, raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		if p.Compatible() {
			return "", baseError("the address is missing; write it like https://api.example.com/v1")
		}
		return p.DefaultBaseURL, nil
	}
	version := ""
	if p.family.versioned {
		var err error
		if raw, version, err = cutVersion(raw); err != nil {
			return "", err
		}
	}
	base, err := normalize(raw, p.tidyPath)
	if err != nil || version == "" {
		return base, err
	}
	return withVersion(base, version), nil
}

// normalize is NormalizeBaseURL with the path's form left to tidy.
func normalize(raw string, tidy func(host string, segments []string) []string) (string, error) {
	if len(raw) > maxBaseURL {
		return "", baseError("the address is too long; write only the part that is the same for every call")
	}
	if why := strangeCharacter(raw); why != "" {
		return "", baseError(why)
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		scheme, rest = "", strings.TrimPrefix(raw, "//")
	}
	scheme = strings.ToLower(scheme)
	if ok && scheme != "http" && scheme != "https" {
		return "", baseError("the address must begin with https:// (or http:// on your own network)")
	}
	authority, path, _ := strings.Cut(rest, "/")
	if strings.Contains(authority, "@") {
		return "", baseError("the address must not contain a user name or password; the key goes into its own field")
	}
	if strings.ContainsAny(rest, "?") {
		return "", baseError("the address must not contain a query (the part from ? on); if it held a key, paste that as the key")
	}
	if strings.ContainsAny(rest, "#") {
		return "", baseError("the address must not contain a fragment (the part from # on)")
	}
	if scheme == "" && (strings.EqualFold(authority, "https:") || strings.EqualFold(authority, "http:") ||
		strings.EqualFold(authority, "https") || strings.EqualFold(authority, "http")) {
		return "", baseError("the address must begin with https:// : a colon and two slashes")
	}
	host, port, why := splitHost(authority)
	if why != "" {
		return "", baseError(why)
	}
	place := placeOf(host)
	switch {
	case place == metadata:
		return "", baseError("this address belongs to a cloud's metadata service, not to a model provider")
	case scheme == "" && place == loopback:
		scheme = "http"
	case scheme == "":
		scheme = "https"
	case scheme == "http" && place == public:
		return "", baseError("use https:// for this host: over plain http anyone on the way could read your key")
	}
	segments, why := splitPath(path)
	if why != "" {
		return "", baseError(why)
	}
	segments = tidy(host, segments)
	out := scheme + "://" + joinHost(host, port)
	if len(segments) > 0 {
		out += "/" + strings.Join(segments, "/")
	}
	if u, err := url.Parse(out); err != nil || u.Host == "" {
		return "", baseError("this is not an address that can be called; write it like https://api.example.com/v1")
	}
	return out, nil
}

func baseError(message string) error { return &FieldError{"base_url", message} }

func strangeCharacter(s string) string {
	if !utf8.ValidString(s) {
		return "the address contains characters that are not text; copy it again"
	}
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			return "the address must not contain spaces"
		case unicode.IsControl(r) || !unicode.IsPrint(r):
			return "the address contains an invisible character; type it by hand"
		case r == '\\' || r == '"' || r == '\'' || r == '<' || r == '>' || r == '`':
			return "the address must not contain quotes, brackets or backslashes"
		}
	}
	return ""
}

// splitHost takes host and port apart, and checks both. The host comes back in lower case, without brackets.
func splitHost(authority string) (host, port, why string) {
	const bad = "the address needs a host name, like https://api.example.com/v1"
	if authority == "" {
		return "", "", bad
	}
	if strings.HasPrefix(authority, "[") {
		inner, after, ok := strings.Cut(authority[1:], "]")
		addr, err := netip.ParseAddr(inner)
		if !ok || err != nil || !addr.Is6() || addr.Zone() != "" || after != "" && after[0] != ':' {
			return "", "", "the address in brackets is not an IPv6 address, like http://[::1]:8080/v1"
		}
		host, port = strings.ToLower(inner), strings.TrimPrefix(after, ":")
	} else {
		host, port, _ = strings.Cut(authority, ":")
		if strings.Contains(port, ":") {
			return "", "", "an IPv6 address must stand in brackets, like http://[::1]:8080/v1"
		}
		host = strings.ToLower(host)
		if !validName(host) {
			return "", "", bad
		}
	}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", "the port must be a number from 1 to 65535"
		}
	}
	return host, port, ""
}

func joinHost(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return host
}

// validName takes host names and IPv4 addresses. International names are left as they are, but only their letters:
// other characters could turn into digits or dots on their way through IDNA. A name that ends in a number but is
// no IPv4 address is refused, since some resolvers read 2852039166 or 0x7f.1 as one.
func validName(host string) bool {
	if len(host) > 253 {
		return false
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for _, label := range labels {
		if label == "" || label[0] == '-' || len(label) > 63 {
			return false
		}
		for _, r := range label {
			ascii := 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_'
			if !ascii && (r < utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsMark(r)) {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	if _, err := strconv.ParseUint(last, 0, 64); err == nil || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(host, "."))
		return err == nil && addr.Is4()
	}
	return true
}

// place is how far away a host is.
type place int

const (
	public place = iota
	private
	loopback
	metadata
)

// metadataHosts answer with the credentials of the machine they run on.
var metadataHosts = map[string]bool{
	"169.254.169.254": true, "fd00:ec2::254": true, // AWS, Google, Azure, and others after them
	"169.254.170.2": true, "169.254.170.23": true, // AWS containers
	"100.100.100.200": true, // Alibaba
	"metadata":        true, "metadata.google.internal": true,
}

func placeOf(host string) place {
	host = strings.TrimSuffix(host, ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap()
		switch {
		case metadataHosts[addr.String()]:
			return metadata
		case addr.IsLoopback():
			return loopback
		case addr.IsPrivate() || addr.IsLinkLocalUnicast(): // RFC 1918, fc00::/7, 169.254/16, fe80::/10
			return private
		}
		return public
	}
	switch {
	case metadataHosts[host]:
		return metadata
	case host == "localhost" || strings.HasSuffix(host, ".localhost"): // RFC 6761
		return loopback
	case strings.HasSuffix(host, ".local"), !strings.Contains(host, "."): // mDNS, and names only a local resolver knows
		return private
	}
	return public
}

// splitPath takes a path apart, without its empty segments.
func splitPath(path string) (segments []string, why string) {
	for _, s := range strings.Split(path, "/") {
		switch s {
		case "":
			continue
		case ".", "..":
			return nil, `the address must not contain "." or ".." as a part of its path`
		}
		for i := 0; i < len(s); i++ {
			if !unreserved(s[i]) && !strings.ContainsRune("$&+,;=:@", rune(s[i])) {
				return nil, "the path of the address may only contain plain letters, digits and the usual signs"
			}
		}
		segments = append(segments, s)
	}
	return segments, ""
}

// tidyPath cuts off what belongs to single calls, and gives what is left the family's form.
func (p *Provider) tidyPath(host string, segments []string) []string {
	known := vendorAt(host)
	if (known == nil || known.Local) && p.DefaultBaseURL != "" { // a relay in front of the provider, most likely with the provider's own paths
		known = p
	}
	for {
		n := len(segments)
		segments = p.family.tidy(known, cutEndpoint(segments))
		if len(segments) >= n { // nothing was cut: the form is final
			return segments
		}
	}
}

func cutEndpoint(segments []string) []string {
	n := len(segments)
	if n == 0 {
		return segments
	}
	for _, m := range methods {
		if n >= 2 && segments[n-2] == "models" && strings.HasSuffix(segments[n-1], m) {
			return segments[:n-2]
		}
	}
	cut := 0
	for _, e := range endpoints {
		if len(e) > cut && n >= len(e) && equal(segments[n-len(e):], e) {
			cut = len(e)
		}
	}
	return segments[:n-cut]
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// pathOf returns the path segments of a base URL in this package's own tables.
func pathOf(base string) []string {
	_, rest, _ := strings.Cut(base, "://")
	_, path, _ := strings.Cut(rest, "/")
	segments, _ := splitPath(path)
	return segments
}
