package network

import (
	"net/url"
	"strings"
)

// What desktops keep, read on all systems alike so that tests of it run on all.

// fromGNOME reads what `gsettings list-recursively org.gnome.system.proxy` prints: a line a key, with its value as GVariant text.
func fromGNOME(out string) Proxies {
	p := Proxies{Source: "GNOME"}
	values := map[string]string{} // "http host"
	for line := range strings.Lines(out) {
		schema, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, value, ok := strings.Cut(rest, " ")
		if !ok {
			continue
		}
		_, child, _ := strings.Cut(schema, "org.gnome.system.proxy")
		values[strings.TrimPrefix(child+" "+key, ".")] = strings.TrimPrefix(value, "uint32 ")
	}
	text := func(key string) string { return strings.Trim(values[key], `'"`) }
	switch text(" mode") {
	case "auto":
		p.PAC = text(" autoconfig-url")
		return p
	case "manual":
	default:
		return p
	}
	p.HTTP = hostPort("http", text("http host"), text("http port"))
	if p.HTTP != nil && text("http use-authentication") == "true" && text("http authentication-user") != "" {
		p.HTTP.User = url.UserPassword(text("http authentication-user"), text("http authentication-password"))
	}
	p.HTTPS = hostPort("http", text("https host"), text("https port"))
	p.SOCKS = hostPort("socks5", text("socks host"), text("socks port"))
	if p.HTTPS == nil && text(" use-same-proxy") == "true" {
		p.HTTPS = p.HTTP
	}
	for e := range strings.SplitSeq(strings.Trim(strings.TrimPrefix(values[" ignore-hosts"], "@as "), "[]"), ",") {
		p.Ignore = append(p.Ignore, strings.TrimSpace(e))
	}
	return p
}

// fromKDE reads kioslaverc.
func fromKDE(file string) Proxies {
	p := Proxies{Source: "KDE"}
	values, in := map[string]string{}, false
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == "[Proxy Settings]" || line == "[Proxy Settings][$i]"
			continue
		}
		if key, value, ok := strings.Cut(line, "="); in && ok {
			key, _, _ = strings.Cut(key, "[$") // marks of KDE's own
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	switch values["ProxyType"] {
	case "2":
		p.PAC = values["Proxy Config Script"]
		return p
	case "1":
	default: // none, found by the network, or the environment, which was asked before
		return p
	}
	read := func(key, scheme string) *url.URL {
		value := values[key]
		if at := strings.LastIndexByte(value, ' '); at > 0 { // "http://host 8080"
			value = value[:at] + ":" + value[at+1:]
		}
		if value == "" {
			return nil
		}
		if !strings.Contains(value, "://") {
			value = scheme + "://" + value
		}
		u, err := parseProxy(value)
		if err != nil {
			return nil
		}
		return u
	}
	p.HTTP, p.HTTPS, p.SOCKS = read("httpProxy", "http"), read("httpsProxy", "http"), read("socksProxy", "socks5")
	p.Ignore = strings.FieldsFunc(values["NoProxyFor"], func(r rune) bool { return r == ',' || r == ' ' })
	if values["ReversedException"] == "true" { // only the hosts on the list go through: we cannot say that, so nothing does
		return Proxies{Source: "KDE, whose list of the only hosts to be proxied is not understood"}
	}
	return p
}

// fromWindows reads the values of Internet Settings. The server is one for all, or "http=host:80;https=host:80;socks=host:1080".
func fromWindows(on bool, server, override, script string) Proxies {
	p := Proxies{Source: "Windows", Exact: true}
	if script != "" {
		p.PAC = script
		return p
	}
	if !on {
		return p
	}
	for part := range strings.SplitSeq(server, ";") {
		kind, at, named := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !named:
			u := hostPort("http", kind, "")
			if strings.Contains(kind, "://") {
				u, _ = parseProxy(kind)
			}
			p.HTTP, p.HTTPS = u, u
		case kind == "http":
			p.HTTP = hostPort("http", bare(at), "")
		case kind == "https":
			p.HTTPS = hostPort("http", bare(at), "")
		case kind == "socks":
			p.SOCKS = hostPort("socks5", bare(at), "")
		}
	}
	p.Ignore = strings.Split(override, ";")
	return p
}

func bare(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		return strings.TrimSuffix(rest, "/")
	}
	return address
}

// fromMacOS reads what `scutil --proxy` prints: a line a key, and the exceptions as an array below theirs.
func fromMacOS(out string) Proxies {
	p := Proxies{Source: "macOS", Exact: true}
	values, listing := map[string]string{}, false
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " : ")
		switch {
		case strings.TrimSpace(line) == "}":
			listing = false
		case !ok:
		case key == "ExceptionsList":
			listing = true
		case listing:
			p.Ignore = append(p.Ignore, value)
		default:
			values[key] = value
		}
	}
	if values["ProxyAutoConfigEnable"] == "1" {
		p.PAC = values["ProxyAutoConfigURLString"]
		if p.PAC != "" {
			return p
		}
	}
	if values["HTTPEnable"] == "1" {
		p.HTTP = hostPort("http", values["HTTPProxy"], values["HTTPPort"])
	}
	if values["HTTPSEnable"] == "1" {
		p.HTTPS = hostPort("http", values["HTTPSProxy"], values["HTTPSPort"])
	}
	if values["SOCKSEnable"] == "1" {
		p.SOCKS = hostPort("socks5", values["SOCKSProxy"], values["SOCKSPort"])
	}
	if values["ExcludeSimpleHostnames"] == "1" {
		p.Ignore = append(p.Ignore, "<local>")
	}
	return p
}
