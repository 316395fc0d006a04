package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// Tools write paths in many ways: without a version, with two, below a name of a vendor. All lead to the same place.
func TestAliases(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "o"), vendor(t, imitation.Anthropic, "a"), vendor(t, imitation.Gemini, "g")})
	all := asks()
	for i, paths := range [][]string{
		{"/chat/completions", "/v1/v1/chat/completions", "/openai/v1/chat/completions", "/v1beta/openai/chat/completions", "/v1/chat/completions/", "/v1beta/chat/completions"},
		{"/responses", "/codex/v1/responses", "/codex/responses", "/v1/v1/responses", "/responses/"},
		{"/messages", "/v1/v1/messages", "/anthropic/v1/messages", "/claude/v1/v1/messages"},
		{"/v1/v1beta/models/gemini-2.5-flash:generateContent", "/v1alpha/models/gemini-2.5-flash:generateContent", "/v1/models/gemini-2.5-flash:generateContent",
			"/models/gemini-2.5-flash:generateContent", "/gemini/v1beta/models/gemini-2.5-flash:generateContent", "/v1beta/slug-2/gemini-2.5-flash:generateContent",
			"/v1beta/v1beta/models/gemini-2.5-flash:generateContent"},
	} {
		for _, path := range paths {
			a := all[i]
			a.path = path
			t.Run(path, func(t *testing.T) { w.wantAnswer(a, w.send(a)) })
		}
	}
	for path, says := range map[string]string{"/models": `"object":"list"`, "/v1/v1/models": `"object":"list"`, "/v1beta/openai/models": `"object":"list"`,
		"/codex/v1/models/gpt-4o": `"object":"model"`, "/v1/v1beta/models": `"supportedGenerationMethods"`, "/v1/models/": `"object":"list"`} {
		if got, _ := w.get("GET", path); got.status != 200 || !strings.Contains(got.body, says) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for _, path := range []string{"/v1/v1/v1/v1/v1/models", "/v1/v1", "/v1beta/files", "/chat", "/v1/chat/completions/x", "/other/v1/models"} {
		if got, o := w.get("GET", path); got.status != 404 || o["error"] == nil {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// A Gemini client that asks at /v1 gets Gemini's list there.
func TestGeminiListAtV1(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.Gemini, "g")})
	for path, says := range map[string]string{"/v1/models": `"models":[`, "/v1/models/gemini-2.5-pro": `"name":"models/gemini-2.5-pro"`} {
		r, _ := http.NewRequest("GET", w.url+path, nil)
		r.Header.Set("X-Goog-Api-Key", localKey)
		if got := w.do(r); got.status != 200 || !strings.Contains(got.body, says) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// HEAD is GET without the body, also where an upstream answers.
func TestHead(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "o")
	w := newWorld(t, []*imitation.Vendor{v})
	_, made := w.responses(map[string]any{"model": "gpt-4o", "input": question, "background": true})
	id, _ := made["id"].(string)
	for path, status := range map[string]int{"/": 200, "/v1/models": 200, "/v1/models/gpt-4o": 200, "/v1/models/none": 404, "/v1beta/models": 200,
		"/v1/responses/" + id: 200, "/v1/chat/completions": 405, "/nowhere": 404} {
		if got, _ := w.get("HEAD", path); got.status != status || got.body != "" {
			t.Errorf("%s: %d %q, want %d", path, got.status, got.body, status)
		}
	}
	if got, _ := w.get("GET", "/v1/chat/completions"); got.header.Get("Allow") != "OPTIONS, POST" {
		t.Errorf("405 allows %q", got.header.Get("Allow"))
	}
}

// OPTIONS says what a path takes. A page that the user has allowed may call, and read what comes; no other page learns anything.
func TestOptions(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "o")
	w := newWorld(t, []*imitation.Vendor{v}, func(o *gateway.Options, _ *snapshot.Snapshot) { o.Origins = []string{"https://allowed.example"} })
	ask := func(path, origin string) answer {
		r, _ := http.NewRequest("OPTIONS", w.url+path, nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
			r.Header.Set("Access-Control-Request-Private-Network", "true")
		}
		return w.do(r)
	}
	for path, allow := range map[string]string{"/v1/chat/completions": "OPTIONS, POST", "/v1/models": "GET, HEAD, OPTIONS", "/v1/responses/resp_1": "DELETE, GET, HEAD, OPTIONS",
		"/v1beta/models/m:generateContent": "OPTIONS, POST", "/chat/completions": "OPTIONS, POST"} {
		got := ask(path, "")
		if got.status != 204 || got.header.Get("Allow") != allow || got.body != "" {
			t.Errorf("%s: %d, allows %q", path, got.status, got.header.Get("Allow"))
		}
		for name := range got.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s sends %s to no page", path, name)
			}
		}
	}
	if got := ask("/v1/nowhere", ""); got.status != 404 {
		t.Errorf("unknown path: %d", got.status)
	}
	if got := ask("/v1/chat/completions", "https://evil.example"); got.status != 403 || got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another page: %d %v", got.status, got.header)
	}
	got := ask("/v1/chat/completions", "https://allowed.example")
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "https://allowed.example", "Access-Control-Allow-Methods": "OPTIONS, POST",
		"Access-Control-Allow-Headers": "authorization,content-type", "Access-Control-Allow-Private-Network": "true", "Vary": "Origin"} {
		if got.status != 204 || got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q (%d)", name, got.header.Get(name), want, got.status)
		}
	}
	if len(v.Requests()) != 0 {
		t.Error("a preflight reached an upstream")
	}
	for _, key := range []string{localKey, "wrong"} { // the page's script can read an error, too
		r := w.request(asks()[0])
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Origin", "https://allowed.example")
		if got := w.do(r); got.header.Get("Access-Control-Allow-Origin") != "https://allowed.example" || got.header.Get("Access-Control-Expose-Headers") == "" {
			t.Errorf("with key %.5s: %d %v", key, got.status, got.header)
		}
	}
}

// What is not served is refused in the dialect of whoever asks.
func TestUnserved(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "o")})
	for path, c := range map[string]struct{ header, says string }{
		"/v1/messages/batches":   {"Anthropic-Version", `"type":"not_found_error"`},
		"/v1/files":              {"Anthropic-Version", `"type":"not_found_error"`},
		"/v1beta/files":          {"", `"status":"NOT_FOUND"`},
		"/upload/v1beta/files":   {"", `"status":"NOT_FOUND"`},
		"/v1beta/cachedContents": {"", `"status":"NOT_FOUND"`},
		"/v1/videos":             {"", `"param":null`},
		"/v1/assistants":         {"", `"param":null`},
	} {
		r, _ := http.NewRequest("POST", w.url+path, strings.NewReader("{}"))
		if r.Header.Set("Authorization", "Bearer "+localKey); c.header != "" {
			r.Header.Set(c.header, "2023-06-01")
		}
		if got := w.do(r); got.status != 404 || !strings.Contains(got.body, c.says) || !strings.Contains(got.body, path) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// A WebSocket is refused in the words of the protocol, with a status that sends Codex on by plain requests. Other upgrades are let be.
func TestUpgrades(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "o")
	w := newWorld(t, []*imitation.Vendor{v})
	for path, says := range map[string]string{"/v1/responses": "POST to /v1/responses", "/codex/v1/responses": "POST to /v1/responses", "/v1/realtime?model=gpt-4o": "/v1/audio",
		"/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent": "POST", "/anything": "POST"} {
		r, _ := http.NewRequest("GET", w.url+path, nil)
		r.Header.Set("Authorization", "Bearer "+localKey)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		got := w.do(r)
		var e struct {
			Error struct{ Message, Status string }
		}
		if json.Unmarshal([]byte(got.body), &e) != nil || got.status != 426 || !strings.Contains(e.Error.Message, says) || strings.HasPrefix(path, "/ws/google") != (e.Error.Status != "") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	r := w.request(asks()[0]) // as Java's client offers with each request
	r.Header.Set("Connection", "Upgrade, HTTP2-Settings")
	r.Header.Set("Upgrade", "h2c")
	r.Header.Set("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA")
	w.wantAnswer(asks()[0], w.do(r))
	if got, _ := w.get("POST", "/v1/realtime/client_secrets"); got.status != 404 || !strings.Contains(got.body, "vendor itself") {
		t.Errorf("%d %s", got.status, got.body)
	}
}
