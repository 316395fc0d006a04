package control_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"metapi/backend/control"
)

// ask sends one request to a handler.
func ask(h http.Handler, method, path, contentType, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem reads an answer that must be one.
func problem(t *testing.T, w *httptest.ResponseRecorder) control.Problem {
	t.Helper()
	var p control.Problem
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("an error came as %q: %s", ct, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Detail == "" || p.Code == "" || p.Status != w.Code {
		t.Errorf("this is not a whole problem: %s (status %d)", w.Body, w.Code)
	}
	return p
}

func TestGuard(t *testing.T) {
	reached := 0
	h := control.Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }), "right-token", nil)
	for _, given := range []string{"", "right-token", "Bearer", "Bearer ", "Bearer wrong", "Bearer right-token2", "Bearer right-toke", "Basic right-token", "Bearer  right-token"} {
		w := ask(h, "GET", "/api/status", "", "", "Authorization", given)
		if w.Code != 401 || reached != 0 {
			t.Errorf("%q came in: %d", given, w.Code)
		}
		if p := problem(t, w); p.Code != control.Unauthorised || p.Hint == "" {
			t.Errorf("%q: %+v", given, p)
		}
	}
	if w := ask(h, "GET", "/api/status?token=right-token", "", ""); w.Code != 401 {
		t.Error("a token in the query must not count: addresses end up in logs")
	}
	if ask(h, "GET", "/api/status", "", "", "Authorization", "Bearer right-token"); reached != 1 {
		t.Error("the right token did not come in")
	}
	if w := ask(control.Guard(h, "", nil), "GET", "/", "", "", "Authorization", "Bearer "); w.Code != 401 {
		t.Error("where there is no token nobody may come in")
	}
}

// The handler's errors before any service is asked: shape, media type, and nothing of what was sent.
func TestRefusals(t *testing.T) {
	h := control.Handler(&control.Service{Version: "test"})
	const secret = "sk-secret-0123456789"
	for _, c := range []struct {
		name, method, path, contentType, body string
		status                                int
	}{
		{"unknown path", "GET", "/api/nothing", "", "", 404},
		{"outside", "GET", "/elsewhere", "", "", 404},
		{"wrong method", "DELETE", "/api/status", "", "", 404},
		{"text", "POST", "/api/accounts", "text/plain", `{"key":"` + secret + `"}`, 415},
		{"form", "POST", "/api/clients", "application/x-www-form-urlencoded", "name=x", 415},
		{"no type", "POST", "/api/clients", "", `{"name":"x"}`, 415},
		{"not JSON", "POST", "/api/accounts", "application/json", `{"key":"` + secret, 400},
		{"wrong type", "POST", "/api/accounts", "application/json", `{"key":["` + secret + `"]}`, 422},
		{"unknown field", "POST", "/api/accounts", "application/json", `{"secret":"` + secret + `"}`, 422},
		{"missing field", "POST", "/api/clients", "application/json", `{}`, 422},
		{"wrong group", "GET", "/api/usage?by=" + secret, "", "", 422},
		{"wrong limit", "GET", "/api/usage?limit=100000", "", "", 422},
		{"too large", "POST", "/api/recognise", "application/json", `{"key":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.method, c.path, c.contentType, c.body)
			if w.Code != c.status {
				t.Errorf("%d, not %d: %s", w.Code, c.status, w.Body)
			}
			problem(t, w)
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("the answer repeats what may be a key: %s", w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("headers: %v", w.Header())
			}
		})
	}
}

func TestDescription(t *testing.T) {
	w := ask(control.Handler(&control.Service{Version: "test"}), "GET", "/api/openapi.json", "", "")
	var doc struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("no OpenAPI 3.1: %v %q", err, doc.OpenAPI)
	}
	for _, want := range []string{"get /api/status", "get /api/accounts", "post /api/accounts", "get /api/accounts/{id}", "delete /api/accounts/{id}",
		"post /api/accounts/{id}/test", "post /api/accounts/{id}/refresh", "post /api/recognise", "get /api/models", "get /api/clients",
		"post /api/clients", "get /api/clients/{id}/key", "delete /api/clients/{id}", "get /api/mode", "put /api/mode", "post /api/pause",
		"post /api/resume", "get /api/usage", "get /api/requests/{id}", "get /api/log", "post /api/shutdown", "get /api/doctor"} {
		method, path, _ := strings.Cut(want, " ")
		if doc.Paths[path][method] == nil {
			t.Errorf("%s is not described", want)
		}
	}
	for _, unwanted := range []string{"$schema", "/docs"} {
		if strings.Contains(w.Body.String(), `"`+unwanted+`"`) {
			t.Errorf("the description has %s", unwanted)
		}
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{"": "", "it broke": "It broke.", "It broke!": "It broke!", "127.0.0.1 is away": "127.0.0.1 is away.", " é": "é."} {
		if got := control.Sentence(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}
