package machine

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// pointers are the variables by which tools are pointed at Metapi.
var pointers = []struct{ name, tool string }{
	{"ANTHROPIC_BASE_URL", "Claude Code and Anthropic's SDKs"},
	{"OPENAI_BASE_URL", "OpenAI's SDKs and what is built on them"},
	{"OPENAI_API_BASE", "Aider, LiteLLM and LangChain"},
	{"GOOGLE_GEMINI_BASE_URL", "Gemini CLI"},
}

// detours are variables that lead a tool past its base URL, whatever that says.
var detours = []struct{ name, where string }{
	{"CLAUDE_CODE_USE_BEDROCK", "Amazon Bedrock"},
	{"CLAUDE_CODE_USE_VERTEX", "Google Vertex AI"},
	{"CLAUDE_CODE_USE_FOUNDRY", "Microsoft Foundry"},
}

// gateways are programs like Metapi, by the port that is theirs by default.
var gateways = map[string]string{"3456": "claude-code-router", "4000": "LiteLLM", "8317": "CLIProxyAPI"}

// Gateways tells where something listens that may be another gateway: a tool may have been pointed at that one. It connects, and asks nothing.
func (m Machine) Gateways(ctx context.Context) []Finding {
	var there []string
	for _, port := range slices.Sorted(maps.Keys(gateways)) {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			conn.Close()
			there = append(there, port)
		}
	}
	return otherGateways(there)
}

// otherGateways is what follows from the ports at which something listens.
func otherGateways(ports []string) []Finding {
	if len(ports) == 0 {
		return nil
	}
	said := make([]string, len(ports))
	for i, p := range ports {
		said[i] = usually(p)
	}
	return []Finding{{State: OK, Detail: "Something listens at " + strings.Join(said, "; ") + ". A tool uses one gateway: the one that its base URL names."}}
}

// usually names the gateway that a port is known for.
func usually(port string) string {
	if name := gateways[port]; name != "" {
		return fmt.Sprintf("port %s (usually %s)", port, name)
	}
	return "port " + port
}

// Environment looks for variables that fight with tools which use Metapi at one of the addresses (host:port; none: it does not run). Of a
// value it shows a host at most.
func (m Machine) Environment(addresses []string) []Finding {
	var found []Finding
	say := func(name, detail, next, command string) {
		found = append(found, Finding{Name: name, State: Warn, Detail: detail, Next: next, Command: command})
	}
	for _, p := range pointers {
		value := m.Env(p.name)
		if value == "" || len(addresses) == 0 {
			continue
		}
		host, loopback, port := place(value)
		switch {
		case loopback && slices.ContainsFunc(addresses, func(a string) bool { return strings.HasSuffix(a, ":"+port) }):
		case loopback:
			say(p.name, fmt.Sprintf("%s leads %s to %s of this machine; Metapi is at %s.", p.name, p.tool, usually(port), addresses[0]),
				"Set it to Metapi's address, or take it away where another program is meant.", m.set(p.name, base(p.name, addresses[0])))
		default:
			say(p.name, fmt.Sprintf("%s leads %s to %s, past Metapi.", p.name, p.tool, host),
				"Set it to Metapi's address for tools that are to use Metapi.", m.set(p.name, base(p.name, addresses[0])))
		}
	}
	if m.Env("ANTHROPIC_API_KEY") != "" && m.Env("ANTHROPIC_AUTH_TOKEN") != "" {
		say("ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set: Claude Code then sends both, and warns of it.",
			"Keep the local key in ANTHROPIC_AUTH_TOKEN alone.", m.unset("ANTHROPIC_API_KEY"))
	}
	for _, d := range detours {
		if v := m.Env(d.name); v != "" && v != "0" && !strings.EqualFold(v, "false") {
			say(d.name, fmt.Sprintf("%s sends Claude Code to %s, whatever its base URL says.", d.name, d.where), "Take it away for Claude Code to use Metapi.", m.unset(d.name))
		}
	}
	if name := m.first("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"); name != "" && !m.sparesLoopback() {
		say("NO_PROXY", name+" is set and NO_PROXY does not name this machine: tools may send calls to Metapi to that proxy.",
			"Name this machine in NO_PROXY.", m.set("NO_PROXY", strings.TrimPrefix(m.Env(m.first("NO_PROXY", "no_proxy"))+",127.0.0.1,localhost,::1", ",")))
	}
	if len(found) == 0 {
		return []Finding{{State: OK, Detail: "No variable fights with a tool that uses Metapi."}}
	}
	return found
}

// place is the host of an address, whether it is this machine, and its port.
func place(address string) (host string, loopback bool, port string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "what is no address", false, ""
	}
	ip := net.ParseIP(u.Hostname())
	port = u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Host, strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback(), port
}

// base is the value of a variable for Metapi at an address: OpenAI's have the version in it.
func base(name, address string) string {
	if strings.HasPrefix(name, "OPENAI_") {
		return "http://" + address + "/v1"
	}
	return "http://" + address
}

func (m Machine) first(names ...string) string {
	for _, n := range names {
		if m.Env(n) != "" {
			return n
		}
	}
	return ""
}

func (m Machine) sparesLoopback() bool {
	for host := range strings.SplitSeq(m.Env(m.first("NO_PROXY", "no_proxy")), ",") {
		switch strings.TrimSpace(host) {
		case "*", "127.0.0.1", "localhost", "127.0.0.0/8":
			return true
		}
	}
	return false
}

func (m Machine) set(name, value string) string {
	if m.OS == "windows" {
		return fmt.Sprintf("setx %s %q", name, value)
	}
	return fmt.Sprintf("export %s=%s", name, value)
}

func (m Machine) unset(name string) string {
	if m.OS == "windows" {
		return fmt.Sprintf(`reg delete HKCU\Environment /v %s /f`, name)
	}
	return "unset " + name
}
