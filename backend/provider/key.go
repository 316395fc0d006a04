package provider

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Proposal is one account that a pasted key may belong to.
type Proposal struct {
	Provider string // provider id
	BaseURL  string // empty where the provider has a default, or where only the user can know it
	Name     string // a name for the account
	Why      string // what the proposal rests on, in half a sentence
}

// maxKey bounds a key, in bytes. JSON web tokens, the longest that are used as keys, stay well below.
const maxKey = 8192

// CleanKey takes a key out of what was pasted: quotes, "Bearer ", a header line, a line of a shell script or of an
// .env file. What cannot be a key of an upstream is refused by a *[FieldError] for key, whose text never quotes it.
func CleanKey(pasted string) (string, error) {
	_, key, err := takeApart(pasted)
	return key, err
}

// Recognise proposes accounts for a pasted key, likeliest first. There is more than one proposal, the one without
// a base URL among them, unless the key's shape is one vendor's alone. The error is that of [CleanKey].
func Recognise(pasted string) ([]Proposal, error) {
	variable, key, err := takeApart(pasted)
	if err != nil {
		return nil, err
	}
	var out []Proposal
	add := func(p Proposal) {
		for _, q := range out {
			if q.Provider == p.Provider && q.BaseURL == p.BaseURL {
				return
			}
		}
		out = append(out, p)
	}
	if p, ok := byShape(key); ok {
		return []Proposal{p}, nil
	}
	if p, ok := byVariable(variable); ok {
		add(p)
	}
	for _, p := range guesses(key) {
		add(p)
	}
	return out, nil
}

// byShape answers where the key itself leaves no doubt.
func byShape(key string) (Proposal, bool) {
	own := func(id, why string) (Proposal, bool) {
		p, _ := Get(id)
		return Proposal{Provider: id, Name: p.Name, Why: why}, true
	}
	switch {
	case strings.HasPrefix(key, "sk-ant-"): // api03; the kinds that open something else were refused before
		return own("anthropic", "Anthropic's keys begin with sk-ant-")
	case strings.HasPrefix(key, "sk-proj-"), strings.HasPrefix(key, "sk-svcacct-"):
		return own("openai", "keys of an OpenAI project begin with sk-proj- or sk-svcacct-")
	case strings.HasPrefix(key, "sk-") && strings.Contains(key, "T3BlbkFJ"): // "OpenAI" in base64
		return own("openai", "the key carries OpenAI's mark")
	case strings.HasPrefix(key, "AIza"): // and 39 characters; the vendor will say if one is missing
		return own("gemini", "Google's keys begin with AIza (new ones with AQ.)")
	case strings.HasPrefix(key, "AQ."):
		return own("gemini", "Google's new keys begin with AQ.")
	}
	for _, p := range current().list {
		for _, prefix := range p.keys.Prefixes {
			if strings.HasPrefix(key, prefix) {
				return Proposal{Provider: p.ID, Name: p.Name, Why: fmt.Sprintf("keys of %s begin with %s", p.Name, prefix)}, true
			}
		}
	}
	return Proposal{}, false
}

// byVariable goes by the name that the key was pasted with.
func byVariable(variable string) (Proposal, bool) {
	for _, p := range current().list {
		if variable != "" && slices.Contains(p.keys.Variables, variable) {
			return Proposal{Provider: p.ID, Name: p.Name, Why: "it was pasted as " + variable}, true
		}
	}
	return Proposal{}, false
}

// guesses are for keys whose shape several vendors share.
func guesses(key string) []Proposal {
	at := func(id, why string) Proposal {
		p, _ := Get(id)
		return Proposal{Provider: id, Name: p.Name, Why: why}
	}
	relay := func(why string) Proposal { return Proposal{Provider: "openai-compatible", Name: "Relay", Why: why} }
	claude := Proposal{Provider: "anthropic-compatible", Name: "Relay", Why: "some relays speak Anthropic's format only"}
	body, sk := strings.CutPrefix(key, "sk-")
	switch {
	case sk && len(body) == 32 && only(body, isHex):
		const why = "keys of DeepSeek and of Aliyun are sk- and 32 hexadecimal digits"
		return []Proposal{at("deepseek", why), at("dashscope", why), relay("relays use any shape of key"), claude}
	case sk && len(body) == 48 && only(body, isAlphanumeric):
		return []Proposal{
			relay("keys of relays (One API, New API) are sk- and 48 letters and digits"),
			{Provider: "openai", Name: "OpenAI", Why: "old keys of OpenAI are of this length, but carry a mark that is missing here"},
			at("moonshot", "its keys are of this length"), at("siliconflow", "its keys are of this length"), claude,
		}
	case sk:
		return []Proposal{
			{Provider: "openai", Name: "OpenAI", Why: "OpenAI's keys begin with sk-"},
			relay("many relays and vendors use keys that begin with sk-"), claude,
		}
	}
	if id, secret, ok := strings.Cut(key, "."); ok && len(id) == 32 && only(id, isHex) && only(secret, isAlphanumeric) {
		const why = "keys of Zhipu and Z.ai are 32 hexadecimal digits, a dot and a secret"
		return []Proposal{at("zai", why), at("zhipu", why), relay("relays use any shape of key"), claude}
	}
	return []Proposal{
		relay("the key's shape is nobody's in particular"), claude,
		{Provider: "gemini-compatible", Name: "Relay", Why: "some relays speak Gemini's format"},
	}
}

const subscription = "this is a token of a Claude subscription, which Anthropic allows only in its own programs; " +
	"make an API key at https://platform.claude.com/settings/keys"

// refused are keys that are recognised and of no use here: for each a prefix and why.
var refused = []struct{ prefix, why string }{
	{"sk-ant-oat", subscription},
	{"sk-ant-ort", subscription},
	{"sk-ant-sid", "this is a session of Anthropic's website, not an API key; make one at https://platform.claude.com/settings/keys"},
	{"sk-ant-admin", "this is an administration key, which cannot call models; make an API key at https://platform.claude.com/settings/keys"},
	{"sk-admin-", "this is an administration key, which cannot call models; make an API key at https://platform.openai.com/api-keys"},
	{"ya29.", "this is a Google access token, which expires within the hour; make an API key at https://aistudio.google.com/apikey"},
	{"http://", "this is an address, not a key; it belongs into the base URL"},
	{"https://", "this is an address, not a key; it belongs into the base URL"},
}

// takeApart finds the key in what was pasted, and the name it was assigned to, if any.
func takeApart(pasted string) (variable, key string, err error) {
	s := strings.TrimFunc(pasted, blank)
	for before := ""; before != s; { // wrappings nest: -H "Authorization: Bearer …"
		before = s
		s = strings.TrimFunc(unquote(s), blank)
		for _, word := range []string{"export ", "set ", "$env:", "-H ", "--header ", "Bearer "} {
			if len(s) >= len(word) && strings.EqualFold(s[:len(word)], word) {
				s = strings.TrimFunc(s[len(word):], blank)
			}
		}
		if name, rest, ok := cutAssignment(s); ok {
			variable, s = strings.ToUpper(strings.ReplaceAll(name, "-", "_")), rest
		}
	}
	if s == "" {
		return "", "", keyError("the key is empty")
	}
	if strings.HasPrefix(s, "{") {
		return "", "", keyError("this is a file, not a key; copy the key itself")
	}
	if strings.EqualFold(s, "bearer") {
		return "", "", keyError("the key itself is missing after the word Bearer")
	}
	for _, r := range refused {
		if strings.HasPrefix(s, r.prefix) {
			return "", "", keyError(r.why)
		}
	}
	return variable, s, checkSecret(s)
}

// cutAssignment splits NAME=key, "NAME": "key" and Header: key. The name must look like one, so that a key with
// base64 padding stays whole.
func cutAssignment(s string) (name, rest string, ok bool) {
	at := strings.IndexAny(s, "=:")
	if at < 0 {
		return "", "", false
	}
	name, rest = unquote(strings.TrimFunc(s[:at], blank)), strings.TrimFunc(s[at+1:], blank)
	upper := strings.ToUpper(name)
	known := upper == "AUTHORIZATION" || upper == "X-API-KEY" || upper == "X-GOOG-API-KEY" || upper == "API-KEY"
	for _, end := range []string{"KEY", "TOKEN", "SECRET"} {
		known = known || strings.HasSuffix(upper, "_"+end) || upper == end || upper == "API"+end
	}
	if !known || rest == "" || !only(name, func(r rune) bool { return isAlphanumeric(r) || r == '_' || r == '-' }) {
		return "", "", false
	}
	return name, strings.TrimRight(rest, ",; \t"), true
}

// unquote takes off one pair of quotes; typographic ones too, since chat programs put them in.
func unquote(s string) string {
	for _, q := range [][2]string{{`"`, `"`}, {`'`, `'`}, {"`", "`"}, {"“", "”"}, {"‘", "’"}, {"<", ">"}} {
		if inner, ok := strings.CutPrefix(s, q[0]); ok {
			if inner, ok := strings.CutSuffix(inner, q[1]); ok && !strings.Contains(inner, q[0]) { // "name": "key" is two pairs
				return inner
			}
		}
	}
	return s
}

// checkSecret refuses what could not be sent in a header, or was not copied whole.
func checkSecret(key string) error {
	if len(key) > maxKey {
		return keyError("this is too long for a key; copy only the key")
	}
	for _, r := range key {
		switch {
		case r == '\n' || r == '\r':
			return keyError("the key has a line break in it; copy it again in one piece")
		case unicode.IsSpace(r):
			return keyError("the key has a space in it; copy it again in one piece")
		case r == '…' || r == '•' || r == '*':
			return keyError("part of the key is hidden; keys are shown whole only once, so make a new one if it is lost")
		case r > 0x7e:
			return keyError("the key has a character in it that no key has; copy it again instead of typing it")
		case r < 0x21:
			return keyError("the key has an invisible character in it; copy it again")
		}
	}
	return nil
}

func keyError(message string) error { return &FieldError{"key", message} }

// blank holds for what surrounds a copied key: white space, and the invisible marks some programs add.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == 0xfeff || r == 0x200b || r == 0x200e || r == 0x2060
}

func only(s string, f func(rune) bool) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !f(r) }) < 0
}

func isHex(r rune) bool { return '0' <= r && r <= '9' || 'a' <= r && r <= 'f' }

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
