package network

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"metapi/backend/network/pac"
)

// Proxies is what a system says of proxies.
type Proxies struct {
	Source string   // who says so, for people: "GNOME", "the environment"
	HTTP   *url.URL // for http; nil: none
	HTTPS  *url.URL // for https
	SOCKS  *url.URL // for what has none of the two
	Ignore []string // hosts that are reached straight
	Exact  bool     // a name in Ignore does not stand for what is below it
	PAC    string   // the address of a script that decides instead
}

// state is what the system said, made ready.
type state struct {
	Proxies
	ignore  bypass
	script  *script // nil: none, or it could never be had
	trouble string
	read    time.Duration // when, by Mono
}

const (
	readLimit = 2 * time.Second // for the desktop to answer
	restLimit = 5 * time.Minute // what is older than this is not used until it was read again
)

// Way is how a URL is reached.
type Way struct {
	Proxy  *url.URL // nil: straight
	Source string   // who said so; "" where the choice is a proxy itself
	Script string   // the PAC script that decided
	Why    string   // in words, where there is a reason worth telling
}

// String is for people: "system (GNOME): PAC http://wpad.example/p.pac -> http://proxy.example:8080".
func (w Way) String() string {
	said := ""
	if w.Source != "" {
		said = "system (" + w.Source + "): "
	}
	if w.Script != "" {
		said += "PAC " + w.Script + " -> "
	}
	if w.Proxy == nil {
		said += "direct"
	} else {
		said += Show(w.Proxy)
	}
	if w.Why != "" {
		said += ", " + w.Why
	}
	return said
}

// Look reads anew what the system says. It ends by limits of its own and not with who asks: what is read is in force for all.
func (n *Network) Look() { n.read() }

// Explain tells how a URL is reached by a choice, by what the system has said last.
func (n *Network) Explain(choice Choice, u *url.URL) (Way, error) {
	switch choice.To {
	case Direct:
		return Way{}, nil
	case "", System:
		return n.systems(u), nil
	}
	p, err := parseProxy(choice.To)
	if err != nil {
		return Way{}, err
	}
	return through(p, u, choice.Own), nil
}

// through is the way through a proxy that the user has named.
func through(p, u *url.URL, own bool) Way {
	if !own && thisMachine(u.Hostname()) {
		return Way{Why: thisMachineWhy}
	}
	return Way{Proxy: p}
}

const thisMachineWhy = "since this machine is reached through a proxy only where an account itself names one"

// systems is how the system wants a URL to be reached.
func (n *Network) systems(u *url.URL) Way {
	host := u.Hostname()
	if thisMachine(host) {
		return Way{Why: thisMachineWhy}
	}
	n.pulse()
	s := n.state.Load()
	if s == nil || n.Mono()-s.read > restLimit {
		s = n.readOnce()
	}
	port := u.Port()
	if port == "" {
		port = defaultPorts[u.Scheme]
	}
	w := Way{Source: s.Source}
	switch {
	case s.PAC != "":
		w.Script = withoutQuery(s.PAC)
		if s.script == nil {
			w.Why = "since the script cannot be had"
			return w
		}
		var err error
		if w.Proxy, err = s.script.find(n.life, n, u); err != nil {
			w.Why = "since the script failed"
		}
	case s.ignore.has(host, port):
		w.Why = "since the host is on its list of exceptions"
	case u.Scheme == "https" && s.HTTPS != nil:
		w.Proxy = s.HTTPS
	case u.Scheme == "http" && s.HTTP != nil:
		w.Proxy = s.HTTP
	default:
		w.Proxy = s.SOCKS
	}
	return w
}

// readOnce reads what the system says, unless somebody else has just done so.
func (n *Network) readOnce() *state {
	n.reading.Lock()
	defer n.reading.Unlock()
	if s := n.state.Load(); s != nil && n.Mono()-s.read <= restLimit {
		return s
	}
	return n.readLocked()
}

func (n *Network) read() *state {
	n.reading.Lock()
	defer n.reading.Unlock()
	return n.readLocked()
}

func (n *Network) readLocked() *state {
	s := &state{read: n.Mono()}
	if n.env != nil {
		s.Proxies = *n.env
	} else {
		ctx, cancel := context.WithTimeout(n.life, readLimit)
		p, err := n.Desktop(ctx)
		cancel()
		if err != nil { // what it said before is the best guess
			if old := n.state.Load(); old != nil {
				s.Proxies = old.Proxies
			}
			s.trouble = fmt.Sprintf("The system's proxy settings cannot be read: %v.", err)
		} else {
			s.Proxies = p
		}
		if s.Source == "" {
			s.Source = "no proxy is set"
		}
		s.Ignore = slices.Concat(s.Ignore, strings.Split(first(n.Getenv, "no_proxy", "NO_PROXY"), ","))
	}
	s.ignore = newBypass(s.Ignore, s.Exact)
	if s.PAC != "" {
		var err error
		if s.script, err = n.scripts.load(n.life, n, s.PAC); err != nil {
			then := "Calls go straight until it can be had."
			if s.script != nil {
				then = "The one from before stays in force."
			}
			s.trouble = fmt.Sprintf("The proxy script %s that the system names (%s) cannot be used: %v. %s", withoutQuery(s.PAC), s.Source, err, then)
		}
	}
	// Connections of HTTP/2 are kept by host, whichever way they were made: new settings need new ones.
	if old := n.state.Swap(s); old != nil && (old.script != s.script || !reflect.DeepEqual(old.Proxies, s.Proxies)) {
		n.Log.Info("the system's proxy settings have changed", "source", s.Source)
		n.renew()
	}
	return s
}

// environment is what the variables say that other programs heed; nil where they name no proxy.
func environment(getenv func(string) string) *Proxies {
	p := &Proxies{Source: "the environment"}
	for _, v := range []struct {
		names []string
		to    **url.URL
	}{
		{[]string{"http_proxy", "HTTP_PROXY"}, &p.HTTP}, {[]string{"https_proxy", "HTTPS_PROXY"}, &p.HTTPS}, {[]string{"all_proxy", "ALL_PROXY"}, &p.SOCKS},
	} {
		if u, err := parseProxy(first(getenv, v.names...)); err == nil {
			*v.to = u
		}
	}
	if p.HTTP == nil && p.HTTPS == nil && p.SOCKS == nil {
		return nil
	}
	p.Ignore = strings.Split(first(getenv, "no_proxy", "NO_PROXY"), ",")
	return p
}

func first(getenv func(string) string, names ...string) string {
	for _, name := range names {
		if v := getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// hostPort makes a proxy of what desktops keep as two fields. Nil where there is none.
func hostPort(scheme, host, port string) *url.URL {
	host = strings.TrimSpace(host)
	if host == "" {
		return nil
	}
	if port != "" && port != "0" {
		host = net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	u, err := parseProxy(scheme + "://" + host)
	if err != nil {
		return nil
	}
	return u
}

// fromPAC is the first of a script's proposals that we can follow; nil: straight.
func fromPAC(list []pac.Proxy) *url.URL {
	for _, p := range list {
		if p.Kind == pac.Direct {
			return nil
		}
		if u, err := parseProxy(pacSchemes[p.Kind] + "://" + p.Host); err == nil && pacSchemes[p.Kind] != "" {
			return u
		}
	}
	return nil
}

var pacSchemes = map[string]string{"PROXY": "http", "HTTP": "http", "HTTPS": "https", "SOCKS": "socks5", "SOCKS5": "socks5"}

// withoutQuery is an address without what may be a secret in it.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
