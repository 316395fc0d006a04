package network

import (
	"net/netip"
	"path"
	"strings"
)

// bypass is a list of hosts that are reached without the proxy.
type bypass struct {
	all   bool // "*"
	local bool // "<local>": names without a dot
	exact bool // a name stands for itself alone, as on Windows and macOS, not also for what is below it
	nets  []netip.Prefix
	names []pattern
}

// pattern is a host's name in lower case, with * for any part of it, and the port that it is about, or "".
type pattern struct{ name, port string }

// newBypass reads the entries that the environments know: names, .names, *.names, addresses, networks, each perhaps with a port.
// What cannot be read is passed over.
func newBypass(entries []string, exact bool) bypass {
	b := bypass{exact: exact}
	for _, e := range entries {
		e = strings.ToLower(strings.Trim(strings.TrimSpace(e), `"'`))
		if _, rest, ok := strings.Cut(e, "://"); ok { // Windows and KDE take a scheme, too
			e = strings.TrimSuffix(rest, "/")
		}
		switch e {
		case "":
			continue
		case "*":
			b.all = true
			continue
		case "<local>":
			b.local = true
			continue
		}
		if p, err := netip.ParsePrefix(e); err == nil {
			b.nets = append(b.nets, p.Masked())
			continue
		}
		if ip, err := netip.ParseAddr(strings.Trim(e, "[]")); err == nil {
			b.nets = append(b.nets, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		name, port := e, ""
		if at := strings.LastIndexByte(e, ':'); at >= 0 {
			name, port = e[:at], e[at+1:]
		}
		b.names = append(b.names, pattern{strings.Trim(name, "[]"), port})
	}
	return b
}

// has reports whether host and port are on the list.
func (b *bypass) has(host, port string) bool {
	if b.all {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err == nil {
		for _, n := range b.nets {
			if n.Contains(ip.Unmap()) {
				return true
			}
		}
	}
	if b.local && err != nil && !strings.Contains(host, ".") {
		return true
	}
	if len(b.names) == 0 {
		return false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, p := range b.names {
		if (p.port == "" || p.port == port) && b.matches(p.name, host) {
			return true
		}
	}
	return false
}

func (b *bypass) matches(name, host string) bool {
	below, isBelow := strings.CutPrefix(name, "*.")
	if !isBelow {
		below, isBelow = strings.CutPrefix(name, ".")
	}
	switch {
	case isBelow && !strings.Contains(below, "*"):
		return strings.HasSuffix(host, "."+below) || host == below && !b.exact
	case strings.Contains(name, "*"):
		ok, err := path.Match(name, host)
		return ok && err == nil
	}
	return host == name || !b.exact && strings.HasSuffix(host, "."+name)
}
