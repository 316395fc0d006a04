package provider

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A server of models is known by what it says of itself, whatever its port, and never gets a key.
func TestNearby(t *testing.T) {
	models := func(owner string) string {
		return `{"object":"list","data":[{"id":"model-a","owned_by":"` + owner + `"},{"id":"model-b","owned_by":"` + owner + `"}]}`
	}
	for _, c := range []struct {
		name    string
		answers map[string]string // by path; "401" and the like is a status
		want    string            // the provider, and how many models; "" for nothing
	}{
		{"Ollama", map[string]string{"/": "Ollama is running", "/api/version": `{"version":"0.12.3"}`, "/v1/models": models("library")}, "ollama 2"},
		{"Ollama without models", map[string]string{"/": "Ollama is running", "/v1/models": `{"object":"list","data":null}`}, "ollama 0"},
		{"LM Studio", map[string]string{"/v1/models": models("organization_owner"), "/api/v0/models": `{"object":"list","data":[]}`}, "lmstudio 2"},
		{"llama.cpp", map[string]string{"/props": `{"build_info":"b8681-Debian"}`, "/v1/models": models("llamacpp")}, "llamacpp 2"},
		{"vLLM", map[string]string{"/version": `{"version":"0.10.0"}`, "/v1/models": models("vllm")}, "vllm 2"},
		{"SGLang, which imitates Ollama", map[string]string{"/": "Ollama is running", "/get_model_info": `{"model_path":"qwen/x"}`, "/v1/models": models("sglang")}, "sglang 2"},
		{"KoboldCpp, which imitates Ollama", map[string]string{"/": "Ollama is running", "/api/extra/version": `{"result":"KoboldCpp","version":"1.99"}`, "/v1/models": models("koboldcpp")}, "koboldcpp 2"},
		{"text-generation-webui", map[string]string{"/v1/internal/model/info": `{"model_name":"x.gguf","lora_names":[]}`, "/v1/models": models("user")}, "textgen 2"},
		{"a relay", map[string]string{"/": `{"message":"CLI Proxy API Server"}`, "/v1/models": models("openai")}, "openai-compatible 2"},
		{"a relay that says OK to everything", map[string]string{"*": `{"error":"Unexpected endpoint"}`}, ""},
		{"one that wants a key", map[string]string{"/v1/models": "401"}, "openai-compatible 0 key"},
		{"a web server", map[string]string{"*": "<html><title>Hello</title></html>"}, ""},
		{"one that redirects", map[string]string{"*": "302"}, ""},
		{"Metapi", map[string]string{"/": "Metapi is running. Point a tool at this address", "/v1/models": "401"}, ""},
		{"an endless list", map[string]string{"/v1/models": `{"data":[` + strings.Repeat(" ", 2*maxNearby) + `]}`}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || r.Header.Get("X-Api-Key") != "" || r.URL.RawQuery != "" {
					t.Errorf("asked: %s %s %v", r.Method, r.URL, r.Header)
				}
				text, ok := c.answers[r.URL.Path]
				if !ok {
					text, ok = c.answers["*"]
				}
				if status, err := strconv.Atoi(text); err == nil {
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(status)
					return
				}
				if !ok {
					w.WriteHeader(http.StatusNotFound)
				}
				w.Write([]byte(text))
			}))
			defer srv.Close()
			var got string
			for _, s := range Nearby(t.Context(), []int{port(t, srv.URL)}) {
				got += fmt.Sprintf("%s %d", s.Provider.ID, len(s.Models))
				if s.NeedsKey {
					got += " key"
				}
				if s.BaseURL != srv.URL+"/v1" {
					t.Errorf("its base URL is %s", s.BaseURL)
				}
			}
			if got != c.want {
				t.Errorf("found %q, not %q", got, c.want)
			}
		})
	}
}

// Many ports are asked at once, and one that says nothing holds nobody up for long.
func TestNearbyIsBounded(t *testing.T) {
	var ports []int
	for range 8 {
		l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never answers
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("Ollama is running")) }))
	defer srv.Close()
	began := time.Now()
	found := Nearby(t.Context(), append(ports, port(t, srv.URL)))
	if took := time.Since(began); len(found) != 1 || took > 2*nearbyTimeout {
		t.Errorf("%d were found after %v", len(found), took)
	}
}

func port(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Only what runs on a machine of the user's costs nothing.
func TestFree(t *testing.T) {
	for _, c := range []struct {
		provider, base, model string
		free                  bool
	}{
		{"ollama", "", "qwen3", true},
		{"ollama", "http://localhost:9999/v1", "qwen3", true},
		{"ollama", "http://[::1]:11434/v1", "qwen3", true},
		{"ollama", "http://192.168.1.20:11434/v1", "qwen3", true},
		{"ollama", "https://ollama.example/v1", "qwen3", false},
		{"ollama", "", "gpt-oss:120b-cloud", false},
		{"ollama", "", "glm-4.6:cloud", false},
		{"vllm", "https://203.0.113.7/v1", "qwen3", false},
		{"openai-compatible", "http://127.0.0.1:4000/v1", "gpt-4o", false},
		{"openai", "", "gpt-4o", false},
	} {
		p, ok := Get(c.provider)
		if !ok || p.Free(c.base, c.model) != c.free {
			t.Errorf("%+v", c)
		}
	}
}

func TestLocalPorts(t *testing.T) {
	got := fmt.Sprint(LocalPorts())
	if got != "[1234 1337 5000 5001 8000 8080 11434 30000]" {
		t.Errorf("%s", got)
	}
}
