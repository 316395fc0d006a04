package network

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// The words that a choice may be instead of a URL.
const (
	Direct = "direct"
	System = "system"
)

// Choice is how to connect. The zero value is as the system says.
type Choice struct {
	To  string // "direct", "system" or "", or a proxy's URL with its password
	Own bool   // an account's own: this machine, too, is reached through the proxy
}

// hidden stands for a password that is not shown. A choice that has it keeps the password that is known.
const hidden = "***"

// defaultPorts of the kinds of proxy there are.
var defaultPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

const maxChoice = 2048

// Split checks what a person has entered as a choice, and parts a proxy's password from the rest, which can be kept in plain text. keep
// says that the password is the one that is known already ("***"). An error never repeats what was entered.
func Split(entered string) (choice, password string, keep bool, err error) {
	entered = strings.TrimSpace(entered)
	switch word := strings.ToLower(entered); word {
	case "", Direct, System:
		return word, "", false, nil
	}
	u, err := parseProxy(entered)
	if err != nil {
		return "", "", false, err
	}
	password, _ = u.User.Password()
	if keep = password == hidden; keep {
		password = ""
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	return u.String(), password, keep, nil
}

// Join puts the password back into a choice that [Split] took apart.
func Join(choice, password string) string {
	u, err := url.Parse(choice)
	if password == "" || err != nil || u.User == nil {
		return choice
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String()
}

// Mask is a choice that [Split] took apart, for people to see and to edit.
func Mask(choice string, password bool) string {
	u, err := url.Parse(choice)
	if !password || err != nil || u.User == nil {
		return choice
	}
	return strings.Replace(choice, "@", ":"+hidden+"@", 1) // an @ in the name is escaped
}

// Show is a proxy for people: its kind, host and port.
func Show(proxy *url.URL) string {
	return (&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String()
}

// parseProxy reads the URL of a proxy. One without a scheme is http.
func parseProxy(s string) (*url.URL, error) {
	if len(s) > maxChoice {
		return nil, fmt.Errorf("it has %d characters, and %d is the most", len(s), maxChoice)
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("it is not of the form http://host:port; signs like @ and / in a name or password are written %%40 and %%2F")
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme == "socks" {
		u.Scheme = "socks5"
	}
	port, known := defaultPorts[u.Scheme]
	switch {
	case !known:
		return nil, fmt.Errorf("a proxy is reached by http://, https://, socks5:// or socks5h://; or write direct or system")
	case u.Hostname() == "":
		return nil, fmt.Errorf("it names no host; it should look like http://host:port")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("a proxy has only a host and a port, and nothing behind them")
	case strings.ContainsAny(u.Hostname(), " \t\r\n%"):
		return nil, fmt.Errorf("its host has a sign that no host's name has")
	case u.User.String() != "" && u.User.Username() == "":
		return nil, fmt.Errorf("it has a password and no user name")
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	u.Path = ""
	if u.User.String() == "" {
		u.User = nil
	}
	return u, nil
}

// thisMachine reports whether a host is the one that we run on.
func thisMachine(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	host = strings.TrimSuffix(host, ".")
	return strings.EqualFold(host, "localhost") || len(host) > len(".localhost") && strings.EqualFold(host[len(host)-len(".localhost"):], ".localhost")
}
