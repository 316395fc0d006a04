package control

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"metapi/backend/keychain"
	"metapi/backend/protocol"
	"metapi/backend/provider"
)

// masker takes secrets out of what leaves this machine by a person's hand. It knows them, and so finds them whole or begun, and written in
// the ways in which errors and logs write them.
type masker struct {
	whole   []string // the secrets
	begun   [][]byte // what each begins with, in several ways, in small letters
	home    string   // of the user, whose name is in it
	unknown []string // what could not be read, and so cannot be looked for
}

const (
	hidden   = "[hidden]"
	begins   = 12 // characters by which a secret is known
	tooShort = 6  // a shorter one is a word of everyday text: it is taken out only where it stands alone

	likelySecret = 8 // from so many characters on what may be a secret is taken for one
)

// masker gathers every secret that there is.
func (s *Service) masker(ctx context.Context) (*masker, error) {
	m := &masker{}
	m.home, _ = os.UserHomeDir()
	accounts, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		secret, err := s.Accounts.Secret(ctx, a.ID)
		if err != nil {
			m.unknown = append(m.unknown, "the key of the account "+a.Slug)
			continue
		}
		if secret != provider.NoKey {
			m.hide(secret)
		}
		m.hideAddress(baseOf(a))
		if password, err := s.Accounts.ProxyPassword(ctx, a.Proxy); err != nil {
			m.unknown = append(m.unknown, "the password of the proxy of "+a.Slug)
		} else {
			m.hide(password)
		}
		if req, err := http.NewRequest(http.MethodGet, baseOf(a), http.NoBody); err == nil {
			if proxy, err := s.route(a).By(req); err == nil && proxy != nil {
				m.hideAddress(proxy.String())
			}
		}
	}
	if p, err := s.Accounts.DefaultProxy(); err != nil {
		m.unknown = append(m.unknown, "the proxy of all accounts")
	} else if password, err := s.Accounts.ProxyPassword(ctx, p); err != nil {
		m.unknown = append(m.unknown, "the password of the proxy of all accounts")
	} else {
		m.hide(password)
	}
	clients, err := s.Accounts.Clients()
	if err != nil {
		return nil, err
	}
	for _, c := range clients {
		if !c.Live() {
			continue
		}
		key, err := s.Accounts.ClientKey(ctx, c.ID)
		if err != nil {
			m.unknown = append(m.unknown, "the local key of "+c.Name)
			continue
		}
		m.hide(key)
	}
	if rt, err := ReadRuntime(s.Dir); err == nil {
		m.hide(rt.Token)
	}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToUpper(name)
		if strings.HasSuffix(name, "_PROXY") || strings.HasSuffix(name, "_URL") {
			m.hideAddress(value)
		}
		for _, end := range []string{"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE"} {
			if strings.HasSuffix(name, end) && (len(value) >= likelySecret || name == keychain.PassphraseVariable) {
				m.hide(value)
			}
		}
	}
	return m, nil
}

// Mask returns what takes the secrets that there are now out of a text.
func (s *Service) Mask(ctx context.Context) (func(string) string, error) {
	m, err := s.masker(ctx)
	if err != nil {
		return nil, err
	}
	m.home = "" // what is masked stays on this machine
	return m.text, nil
}

// hideAddress takes for secrets what stands before the host of an address, and what is asked behind it.
func (m *masker) hideAddress(address string) {
	if !strings.Contains(address, "://") { // as proxies may be written
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	if password, ok := u.User.Password(); ok {
		m.hide(password)
	}
	m.hide(u.User.Username())
	for _, values := range u.Query() {
		for _, v := range values {
			if len(v) >= likelySecret {
				m.hide(v)
			}
		}
	}
}

func (m *masker) hide(secret string) {
	if secret == "" || slices.Contains(m.whole, secret) {
		return
	}
	m.whole = append(m.whole, secret)
	if len(secret) < tooShort {
		return
	}
	begin := []byte(secret[:min(begins, len(secret))])
	escaped := ""
	for _, b := range begin {
		escaped += "%" + hex.EncodeToString([]byte{b})
	}
	ways := []string{string(begin), escaped, url.QueryEscape(string(begin)), url.PathEscape(string(begin)), hex.EncodeToString(begin)}
	for skip := range 3 { // base64 has three faces, by what stands before
		if whole := (len(begin) - skip) / 3 * 3; whole >= 6 {
			ways = append(ways, base64.StdEncoding.EncodeToString(begin[skip:skip+whole]), base64.URLEncoding.EncodeToString(begin[skip:skip+whole]))
		}
	}
	for _, w := range ways {
		m.begun = append(m.begun, bytes.ToLower([]byte(w)))
	}
}

// text is s without secrets, and without the user's name in paths.
func (m *masker) text(s string) string {
	b := protocol.Redact([]byte(s), m.whole...)
	for _, begin := range m.begun {
		for at := 0; at < len(b); {
			i := bytes.Index(bytes.ToLower(b[at:]), begin)
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(begin)
			for from > 0 && ofWord(b[from-1]) {
				from--
			}
			for to < len(b) && ofWord(b[to]) {
				to++
			}
			b = slices.Concat(b[:from], []byte(hidden), b[to:])
			at = from + len(hidden)
		}
	}
	if m.home != "" && m.home != "/" {
		b = bytes.ReplaceAll(b, []byte(m.home), []byte("~"))
	}
	return string(b)
}

// ofWord: what keys are written with, in whatever way. With what begins a secret all of the word goes.
func ofWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/_%.~-", c) >= 0
}

// json writes v with each of its texts masked.
func (m *masker) json(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return "", err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(m.tree(tree))
	return out.String(), err
}

func (m *masker) tree(v any) any {
	switch v := v.(type) {
	case string:
		return m.text(v)
	case []any:
		for i := range v {
			v[i] = m.tree(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = m.tree(v[k])
		}
	}
	return v
}
