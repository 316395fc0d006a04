package provider

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is a server of models that was found on this machine.
type Server struct {
	Provider *Provider // as it shows itself to be; openai-compatible where it does not
	BaseURL  string
	Models   []string
	NeedsKey bool // it lists no models without one
}

// LocalPorts are the ports of this machine where a server of models may be: those of the local providers, and a few of others.
func LocalPorts() []int {
	ports := []int{1337} // Jan
	for _, p := range All() {
		if u, err := url.Parse(p.DefaultBaseURL); err == nil && p.Local {
			if n, err := strconv.Atoi(u.Port()); err == nil {
				ports = append(ports, n)
			}
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// What asking one port may cost.
const (
	nearbyTimeout = 2 * time.Second
	maxNearby     = 1 << 20 // bytes of one answer
)

// sign is how a server shows which one it is: what it answers at a path where no other answers so. A port tells nothing, and neither does a
// list of models alone, since relays have those too; who takes a relay for a local server would take paid models for free ones.
type sign struct {
	provider, path string
	shows          func(answer string, body map[string]any) bool
}

// signs are asked in this order: several imitate Ollama, which therefore comes last.
var signs = []sign{
	{"koboldcpp", "/api/extra/version", func(_ string, b map[string]any) bool { return b["result"] == "KoboldCpp" }},
	{"lmstudio", "/api/v0/models", func(_ string, b map[string]any) bool { _, list := b["data"].([]any); return list }},
	{"llamacpp", "/props", func(_ string, b map[string]any) bool {
		return b["default_generation_settings"] != nil || b["build_info"] != nil
	}},
	{"sglang", "/get_model_info", func(_ string, b map[string]any) bool { return b["model_path"] != nil }},
	{"textgen", "/v1/internal/model/info", func(_ string, b map[string]any) bool { return b["model_name"] != nil }},
	{"vllm", "/v1/models", func(_ string, b map[string]any) bool {
		list, _ := b["data"].([]any)
		return slices.ContainsFunc(list, func(v any) bool { m, _ := v.(map[string]any); return m["owned_by"] == "vllm" })
	}},
	{"ollama", "/", func(answer string, _ map[string]any) bool { return strings.TrimSpace(answer) == "Ollama is running" }},
}

// ourselves is what Metapi answers at /. See package gateway.
const ourselves = "Metapi is running"

// Nearby asks ports of this machine's loopback whether a server of models is there, all at once. It sends no key, follows no redirect, and goes
// by no proxy. It is to be called only when the person has agreed to it.
func Nearby(ctx context.Context, ports []int) []Server {
	transport := &http.Transport{Proxy: nil, MaxResponseHeaderBytes: 64 << 10}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	found := make([]*Server, len(ports))
	var all sync.WaitGroup
	for i, port := range ports {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, nearbyTimeout)
			defer cancel()
			for _, host := range []string{"127.0.0.1", "::1"} {
				if found[i] = identify(ctx, client, "http://"+net.JoinHostPort(host, strconv.Itoa(port))); found[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	var list []Server
	for _, s := range found {
		if s != nil {
			list = append(list, *s)
		}
	}
	return list
}

// identify says which server is at an address; nil where there is none, or none of models.
func identify(ctx context.Context, client *http.Client, at string) *Server {
	get := func(path string) (status int, answer string, body map[string]any) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+path, http.NoBody)
		if err != nil {
			return 0, "", nil
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, "", nil
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxNearby)) // what came of a torn answer is no JSON
		_ = json.Unmarshal(text, &body)                             // not JSON: it stays nil
		return resp.StatusCode, string(text), body
	}
	status, root, _ := get("/")
	if status == 0 || strings.HasPrefix(root, ourselves) {
		return nil
	}
	listed, text, list := get("/v1/models")
	s := &Server{BaseURL: at + "/v1", NeedsKey: listed == http.StatusUnauthorized || listed == http.StatusForbidden}
	models, isList := list["data"].([]any)
	for _, v := range models {
		if m, _ := v.(map[string]any); m != nil {
			if id, _ := m["id"].(string); id != "" {
				s.Models = append(s.Models, id)
			}
		}
	}
	for _, sign := range signs {
		var answer string
		var body map[string]any
		switch sign.path {
		case "/":
			status, answer = http.StatusOK, root
		case "/v1/models":
			status, answer, body = listed, text, list
		default:
			status, answer, body = get(sign.path)
		}
		if p, ok := Get(sign.provider); ok && status == http.StatusOK && sign.shows(answer, body) {
			s.Provider = p
			return s
		}
	}
	if !isList && !s.NeedsKey {
		return nil
	}
	s.Provider, _ = Get("openai-compatible")
	return s
}

// Free reports whether a model of this provider costs nothing at a base URL: it runs on a machine of the user's. One that a local server only
// passes on to a cloud does not, and neither does a server of this kind that stands on the public internet.
func (p *Provider) Free(base, model string) bool {
	if base == "" {
		base = p.DefaultBaseURL
	}
	u, err := url.Parse(base)
	if !p.Local || err != nil {
		return false
	}
	if at := placeOf(strings.ToLower(u.Hostname())); at != loopback && at != private {
		return false
	}
	return p.ID != "ollama" || !strings.HasSuffix(model, "-cloud") && !strings.HasSuffix(model, ":cloud")
}
