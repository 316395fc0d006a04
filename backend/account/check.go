package account

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The most that is taken, in characters, or bytes for the secret.
const (
	maxName   = 64
	maxSlug   = 32
	maxURL    = 2048
	maxSecret = 64 << 10
)

// FieldError says which field of what a person has entered is wrong, and how.
type FieldError struct {
	Field  string // "name", "key", "provider", "base URL", "slug", "order", "proxy"
	Reason string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

var (
	providerID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	hintable   = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)
)

// cleanAccount checks and tidies what a person has entered.
func cleanAccount(acc *Account, secret string) (string, error) {
	if err := checkAccount(acc); err != nil {
		return "", err
	}
	return cleanSecret(secret)
}

func checkAccount(acc *Account) (err error) {
	if !providerID.MatchString(acc.Provider) || len(acc.Provider) > maxName {
		return &FieldError{"provider", fmt.Sprintf("%.80q is no provider's id", acc.Provider)}
	}
	if acc.Name, err = cleanName(acc.Name); err != nil {
		return err
	}
	acc.BaseURL = strings.TrimSpace(acc.BaseURL)
	return checkURL(acc.BaseURL)
}

// cleanName trims a name and checks its length and characters.
func cleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", &FieldError{"name", "it is empty"}
	case !utf8.ValidString(name):
		return "", &FieldError{"name", "it is not valid UTF-8"}
	case utf8.RuneCountInString(name) > maxName:
		return "", &FieldError{"name", fmt.Sprintf("it has %d characters, and %d is the most", utf8.RuneCountInString(name), maxName)}
	}
	for _, r := range name {
		// Neither control characters nor invisible ones, such as those that turn the direction of text.
		if !unicode.IsGraphic(r) {
			return "", &FieldError{"name", fmt.Sprintf("it has a character that cannot be shown, %U", r)}
		}
	}
	return name, nil
}

// checkURL makes sure that no secret hides in a base URL, which is stored in plain text. How it may look otherwise is
// the provider's business. No reason repeats the URL.
func checkURL(raw string) error {
	if raw == "" {
		return nil
	}
	if len(raw) > maxURL {
		return &FieldError{"base URL", fmt.Sprintf("it has %d characters, and %d is the most", len(raw), maxURL)}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		return &FieldError{"base URL", "it is not of the form https://host/path"}
	case u.User != nil:
		return &FieldError{"base URL", "it has a user name or password in it: leave them out, and enter the key as the key"}
	case u.RawQuery != "" || u.ForceQuery:
		return &FieldError{"base URL", "it has a query (the part from ?): leave it out, and enter the key as the key"}
	case u.Fragment != "":
		return &FieldError{"base URL", "it has a fragment (the part from #): leave it out"}
	}
	return nil
}

// origin is the server of a base URL: scheme, host and port. Empty for the provider's own.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// place is a base URL in a form that can be compared.
func place(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return ""
	}
	return origin(raw) + strings.TrimRight(u.EscapedPath(), "/")
}

// cleanSecret trims a key as it is pasted and refuses what cannot be one. Its errors never repeat it.
func cleanSecret(secret string) (string, error) {
	secret = strings.TrimSpace(secret)
	switch {
	case secret == "":
		return "", &FieldError{"key", "it is empty; for a server that asks for none, enter any word"}
	case len(secret) > maxSecret:
		return "", &FieldError{"key", fmt.Sprintf("it has %d bytes, and %d is the most", len(secret), maxSecret)}
	case !utf8.ValidString(secret):
		return "", &FieldError{"key", "it is not text"}
	case strings.HasPrefix(secret, "{") && json.Valid([]byte(secret)): // a service account's key file
		return secret, nil
	}
	for i, r := range secret {
		if unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsGraphic(r) {
			return "", &FieldError{"key", fmt.Sprintf("it has a blank, a line break or an invisible character at place %d: "+
				"copy it again, alone", utf8.RuneCountInString(secret[:i])+1)}
		}
	}
	return secret, nil
}

// hint shows enough of a key to tell it from others: its last 4 characters, fewer where that were more than a quarter
// of it, and nothing of a key file.
func hint(secret string) string {
	n := min(4, len(secret)/4)
	tail := secret[len(secret)-n:]
	if !hintable.MatchString(tail) {
		tail = ""
	}
	return "..." + tail
}

// slug folds a name to lower-case [a-z0-9-]: accents go, and all else becomes one hyphen. A name of which nothing is
// left gives the other text.
func slug(name, otherwise string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent, parted from its letter
		default:
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
		}
	}
	s := b.String()
	s = strings.Trim(s[:min(len(s), maxSlug)], "-")
	if s == "" && otherwise != "" {
		return slug(otherwise, "")
	}
	return s
}

// freeSlug is the slug itself where no account has it, else with the lowest number from 2 on.
func freeSlug(want string, list []Account) string {
	taken := map[string]bool{}
	for _, acc := range list {
		taken[acc.Slug] = true
	}
	got := want
	for n := 2; taken[got]; n++ {
		tail := fmt.Sprintf("-%d", n)
		got = strings.TrimRight(want[:min(len(want), maxSlug-len(tail))], "-") + tail
	}
	return got
}
