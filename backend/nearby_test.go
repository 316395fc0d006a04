package backend_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"metapi/backend"
	"metapi/backend/control/client"
)

// server answers paths with texts.
func server(t *testing.T, answers map[string]string) (base string, port int) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1", s.Listener.Addr().(*net.TCPAddr).Port
}

// A local server is found by asking and added as what it is; its models cost nothing. A relay on this machine is not taken for one.
func TestNearby(t *testing.T) {
	b := open(t, t.TempDir())
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	const models = `{"object":"list","data":[{"id":"gpt-oss:20b","object":"model","owned_by":"library"}]}`
	ollama, ollamaPort := server(t, map[string]string{"/": "Ollama is running", "/v1/models": models})
	relay, relayPort := server(t, map[string]string{"/v1/models": models})
	_, own, _ := net.SplitHostPort(st.Addresses[0])
	ports := must(c.NearbyPorts(t.Context()))(t).Ports
	if !slices.Contains(ports, 11434) {
		t.Errorf("these would be asked: %v", ports)
	}
	of := func(n client.Nearby, base string) client.NearbyServer {
		t.Helper()
		i := slices.IndexFunc(n.Servers, func(s client.NearbyServer) bool { return s.BaseURL == base })
		if i < 0 {
			t.Fatalf("%s was not found: %+v", base, n)
		}
		return n.Servers[i]
	}
	found := must(c.Nearby(t.Context(), []int{ollamaPort, relayPort}))(t)
	if slices.ContainsFunc(found.Servers, func(s client.NearbyServer) bool { return strings.Contains(s.BaseURL, ":"+own) }) {
		t.Error("it has found itself")
	}
	if s := of(found, ollama); s.Provider != "ollama" || !s.Known || s.Account != "" || len(s.Models) != 1 {
		t.Errorf("%+v", s)
	}
	if s := of(found, relay); s.Provider != "openai-compatible" || s.Known {
		t.Errorf("%+v", s)
	}
	for _, base := range []string{strings.Replace(ollama, "127.0.0.1", "localhost", 1), relay} {
		s := of(found, strings.Replace(base, "localhost", "127.0.0.1", 1))
		must(c.AddAccount(t.Context(), client.AddAccount{Provider: s.Provider, BaseURL: base, Name: s.Provider}))(t)
	}
	found = must(c.Nearby(t.Context(), []int{ollamaPort, relayPort}))(t)
	if of(found, ollama).Account != "ollama" || of(found, relay).Account != "openai-compatible" {
		t.Errorf("what is there already is not marked: %+v", found)
	}
	for _, m := range must(c.Models(t.Context(), ""))(t) {
		free := m.Input != nil && *m.Input == 0 && m.Output != nil && *m.Output == 0
		if free != (m.Account == "ollama") {
			t.Errorf("%+v", m)
		}
	}
	if _, err := c.Nearby(t.Context(), []int{70000}); code(err) != "invalid" {
		t.Errorf("a port that is none: %v", err)
	}
}
