package provider

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/network"
	"metapi/backend/protocol"
)

// vendorServer is as strict as the vendors are: a wrong path, method or header gets what the vendor answers to it.
type vendorServer struct {
	*httptest.Server
	pages int // asked for
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func strictOpenAI(t *testing.T, models ...string) *vendorServer {
	v := &vendorServer{}
	v.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != "GET" || r.URL.Path != "/v1/models" || r.URL.RawQuery != "":
			answer(w, 404, `{"error":{"message":"Invalid URL (`+r.Method+" "+r.URL.Path+`)","type":"invalid_request_error","param":null,"code":null}}`)
		case r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("X-Api-Key") != "":
			answer(w, 401, `{"error":{"message":"Incorrect API key provided: `+r.Header.Get("Authorization")+`. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`)
		default:
			v.pages++
			var data []string
			for _, m := range models {
				data = append(data, `{"id":"`+m+`","object":"model","created":1686935002,"owned_by":"system"}`)
			}
			answer(w, 200, `{"object":"list","data":[`+strings.Join(data, ",")+`]}`)
		}
	})
	return v
}

func strictAnthropic(t *testing.T, models ...string) *vendorServer {
	const most = 20 // smaller than asked for: the cursor must be followed
	v := &vendorServer{}
	v.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		fail := func(status int, kind, message string) {
			answer(w, status, `{"type":"error","error":{"type":"`+kind+`","message":"`+message+`"}}`)
		}
		q := r.URL.Query()
		limit, err := strconv.Atoi(q.Get("limit"))
		switch {
		case r.Method != "GET" || r.URL.Path != "/v1/models":
			fail(404, "not_found_error", "Not found")
		case r.Header.Get("Anthropic-Version") != "2023-06-01":
			fail(400, "invalid_request_error", "anthropic-version: header is required")
		case r.Header.Get("X-Api-Key") != secret || r.Header.Get("Authorization") != "":
			fail(401, "authentication_error", "invalid x-api-key")
		case q.Get("limit") != "" && (err != nil || limit < 1 || limit > 1000):
			fail(400, "invalid_request_error", "limit: Input should be less than or equal to 1000")
		default:
			v.pages++
			rest := models
			for i, m := range models {
				if m == q.Get("after_id") {
					rest = models[i+1:]
				}
			}
			more := len(rest) > most
			rest = rest[:min(most, len(rest))]
			var data []string
			for _, m := range rest {
				data = append(data, `{"type":"model","id":"`+m+`","display_name":"The `+m+`","created_at":"2025-02-19T00:00:00Z","max_input_tokens":200000,"max_tokens":64000}`)
			}
			last := "null"
			if len(rest) > 0 {
				last = strconv.Quote(rest[len(rest)-1])
			}
			answer(w, 200, fmt.Sprintf(`{"data":[%s],"has_more":%t,"first_id":null,"last_id":%s}`, strings.Join(data, ","), more, last))
		}
	})
	return v
}

func strictGemini(t *testing.T, pages ...string) *vendorServer {
	v := &vendorServer{}
	v.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		at := 0
		if token := q.Get("pageToken"); token != "" {
			at, _ = strconv.Atoi(strings.TrimPrefix(token, "token+/="))
		}
		switch {
		case r.Method != "GET" || r.URL.Path != "/v1beta/models":
			w.WriteHeader(404) // Google answers unknown paths with a web page
			io.WriteString(w, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")
		case q.Has("key"):
			answer(w, 400, `{"error":{"code":400,"message":"keys in the query are not for us","status":"INVALID_ARGUMENT"}}`)
		case r.Header.Get("X-Goog-Api-Key") != secret:
			answer(w, 400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`)
		case at >= len(pages):
			answer(w, 400, `{"error":{"code":400,"message":"bad page token","status":"INVALID_ARGUMENT"}}`)
		default:
			v.pages++
			token := ""
			if at+1 < len(pages) {
				token = `,"nextPageToken":"token+/=` + strconv.Itoa(at+1) + `"`
			}
			answer(w, 200, `{"models":[`+pages[at]+`]`+token+`}`)
		}
	})
	return v
}

func list(t *testing.T, provider, base string) Listing {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	l := mustGet(t, provider).List(ctx, &http.Client{}, Credential{BaseURL: base, Secret: secret})
	checkListing(t, l)
	return l
}

// checkListing holds for every listing: words where it failed, none where it did not, and never a secret.
func checkListing(t testing.TB, l Listing) {
	t.Helper()
	if (l.Outcome == OutcomeOK) != (l.Err == nil) || l.At.IsZero() {
		t.Errorf("outcome %q with error %v at %v", l.Outcome, l.Err, l.At)
	}
	text := fmt.Sprintf("%+v", l)
	if l.Err != nil {
		text += fmt.Sprintf("%+v", *l.Err)
	}
	for i := 0; i+12 <= len(secret); i++ {
		if strings.Contains(text, secret[i:i+12]) {
			t.Errorf("a piece of the key shows: %s", text)
			break
		}
	}
	if l.Err != nil {
		if m := l.Err.Message; !strings.HasSuffix(m, ".") && !strings.HasSuffix(m, "?") || strings.Contains(m, "http://127.") || strings.Contains(m, "/models?") || len(m) > 600 {
			t.Errorf("not fit for a person: %q", m)
		}
	}
	seen := map[string]bool{}
	for _, m := range l.Models {
		if m.Name == "" || m.Display == "" || m.Protocols == 0 || seen[m.Name] {
			t.Errorf("listed twice, or without a name or a protocol: %+v", m)
		}
		seen[m.Name] = true
	}
}

func offered(l Listing) string {
	var out []string
	for _, m := range l.Models {
		var ps []string
		for _, p := range m.Protocols.List() {
			ps = append(ps, p.String())
		}
		out = append(out, m.Name+"="+strings.Join(ps, "+"))
	}
	return strings.Join(out, " ")
}

func TestListOpenAI(t *testing.T) {
	srv := strictOpenAI(t, "gpt-4o", "gpt-4o", "o3", "text-embedding-3-small", "whisper-1", "tts-1-hd", "dall-e-3", "gpt-image-1", "gpt-4o-realtime-preview",
		"gpt-4o-transcribe", "gpt-4o-mini-tts", "omni-moderation-latest", "sora-2", "davinci-002", "gpt-3.5-turbo-instruct", "gpt-5-codex", "o3-pro",
		"gpt-4o-search-preview", "ft:gpt-4o-mini:me::abc", "a-model-nobody-knows")
	l := list(t, "openai", srv.URL)
	const both = "=openai-chat+openai-responses"
	want := "gpt-4o" + both + " o3" + both + " text-embedding-3-small=openai-embeddings whisper-1=openai-audio tts-1-hd=openai-audio dall-e-3=openai-images " +
		"gpt-image-1=openai-images gpt-4o-transcribe=openai-audio gpt-4o-mini-tts=openai-audio omni-moderation-latest=openai-moderations " +
		"davinci-002=openai-completions gpt-3.5-turbo-instruct=openai-completions gpt-5-codex=openai-responses o3-pro=openai-responses " +
		"gpt-4o-search-preview=openai-chat ft:gpt-4o-mini:me::abc" + both + " a-model-nobody-knows" + both
	if l.Outcome != OutcomeOK || offered(l) != want {
		t.Errorf("got %s, %v\n%s\nwant\n%s", l.Outcome, l.Err, offered(l), want)
	}
	if len(l.Skipped) != 2 { // video and realtime
		t.Errorf("skipped %v", l.Skipped)
	}
	for _, s := range l.Skipped {
		if s.Why == "" {
			t.Errorf("%s is left out without a reason", s.Name)
		}
	}
	if m := l.Models[0]; m.OwnedBy != "system" || m.Created.Unix() != 1686935002 {
		t.Errorf("%+v", m)
	}
}

func TestListAnthropicReadsAllPages(t *testing.T) {
	var models []string
	for i := range 45 {
		models = append(models, fmt.Sprintf("claude-%d", i))
	}
	srv := strictAnthropic(t, models...)
	l := list(t, "anthropic", srv.URL+"/v1")
	if l.Outcome != OutcomeOK || len(l.Models) != 45 || srv.pages != 3 {
		t.Fatalf("%s, %v: %d models on %d pages", l.Outcome, l.Err, len(l.Models), srv.pages)
	}
	want := Listed{Name: "claude-7", Display: "The claude-7", Protocols: protocol.SetOf(protocol.Anthropic), Context: 200000, MaxOutput: 64000,
		Created: time.Date(2025, 2, 19, 0, 0, 0, 0, time.UTC)}
	if l.Models[7] != want {
		t.Errorf("got %+v, want %+v", l.Models[7], want)
	}
}

func TestListGeminiReadsAllPages(t *testing.T) {
	srv := strictGemini(t,
		`{"name":"models/gemini-2.5-pro","displayName":"Gemini 2.5 Pro","inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":["generateContent","countTokens"]}`,
		`{"name":"models/gemini-embedding-001","supportedGenerationMethods":["embedContent"]},{"name":"models/imagen-4","supportedGenerationMethods":["predict"]}`,
		`{"name":"models/gemini-2.5-pro","supportedGenerationMethods":["generateContent"]},{"name":"models/gemini-2.5-flash","supportedGenerationMethods":["generateContent"]}`)
	l := list(t, "gemini", srv.URL)
	if l.Outcome != OutcomeOK || offered(l) != "gemini-2.5-pro=gemini gemini-embedding-001=openai-embeddings+gemini-embeddings gemini-2.5-flash=gemini" ||
		srv.pages != 3 || len(l.Skipped) != 1 {
		t.Fatalf("%s, %v: %s on %d pages, skipped %v", l.Outcome, l.Err, offered(l), srv.pages, l.Skipped)
	}
	if m := l.Models[0]; m.Display != "Gemini 2.5 Pro" || m.Context != 1048576 || m.MaxOutput != 65536 {
		t.Errorf("%+v", m)
	}
}

// The shapes in which hosts list their models, as each provider reads them.
func TestListShapes(t *testing.T) {
	const (
		both = "=openai-chat+openai-responses"
		all  = both + "+openai-completions"
	)
	for name, c := range map[string]struct {
		provider, body string
		outcome        Outcome
		want           string
	}{
		"null":            {"openai-compatible", `{"object":"list","data":null}`, OutcomeEmpty, ""},
		"empty":           {"openai-compatible", `{"data":[],"success":true}`, OutcomeEmpty, ""},
		"empty gemini":    {"gemini-compatible", `{}`, OutcomeEmpty, ""},
		"empty models":    {"gemini-compatible", `{"models":[]}`, OutcomeEmpty, ""},
		"only images":     {"openai-compatible", `{"data":[{"id":"flux-1"}]}`, OutcomeOK, "flux-1=openai-images"},
		"only video":      {"openai-compatible", `{"data":[{"id":"sora-2"}]}`, OutcomeEmpty, ""},
		"bare array":      {"openai-compatible", `[{"id":"a","type":"chat","context_length":4096},{"id":"b","type":"image"},{"id":"c","type":"embedding"}]`, OutcomeOK, "a" + all + " b=openai-images c=openai-embeddings"},
		"names":           {"openai-compatible", `{"models":["a","b"]}`, OutcomeOK, "a" + all + " b" + all},
		"byte order mark": {"openai-compatible", "\xef\xbb\xbf{\"data\":[{\"id\":\"a\"}]}", OutcomeOK, "a" + all},
		"odd types": {"openai-compatible", `{"data":[{"id":"a","created":"1.7e9","owned_by":7,"context_length":"8192","capabilities":"x","max_tokens":-1},{"id":5},{"id":""},null,7]}`,
			OutcomeOK, "a" + all},
		"endpoint types": {"openai-compatible", `{"data":[{"id":"claude-x","supported_endpoint_types":["anthropic","openai"]},{"id":"gpt-5","supported_endpoint_types":["openai"]},
			{"id":"gemini-x","supported_endpoint_types":["gemini"]},{"id":"mj-x","supported_endpoint_types":["image-generation"]},{"id":"text-embedding-3-large","supported_endpoint_types":["openai"]},
			{"id":"r","supported_endpoint_types":["openai-response"]}]}`,
			OutcomeOK, "claude-x=openai-chat+anthropic gpt-5" + both + " gemini-x=gemini mj-x=openai-images text-embedding-3-large=openai-embeddings r=openai-responses"},
		"endpoint types, anthropic": {"anthropic-compatible", `{"data":[{"id":"a","supported_endpoint_types":["anthropic"]},{"id":"b"}]}`, OutcomeOK, "a=anthropic b=anthropic"},
		"modalities": {"openai-compatible", `{"data":[{"id":"a/b:free","name":"A B","architecture":{"output_modalities":["text"]},"top_provider":{"max_completion_tokens":100}},
			{"id":"c","architecture":{"output_modalities":["image"]}}]}`, OutcomeOK, "a/b:free" + all},
		"openai list at gemini":  {"gemini-compatible", `{"data":[{"id":"gemini-x"}]}`, OutcomeOK, "gemini-x=gemini"},
		"anthropic without last": {"anthropic-compatible", `{"data":[{"id":"a"}],"has_more":true}`, OutcomeOK, "a=anthropic"}, // ignores the cursor
		"success false":          {"openai-compatible", `{"success":false,"message":"something broke"}`, OutcomeUnparsable, ""},
		"bad token in a 200":     {"openai-compatible", `{"success":false,"message":"无效的令牌"}`, OutcomeUnauthorised, ""},
		"error in a 200":         {"openai-compatible", `{"error":{"message":"Invalid token"},"data":[]}`, OutcomeUnauthorised, ""},
		"another thing":          {"openai-compatible", `{"hello":"world"}`, OutcomeUnparsable, ""},
		"list of other things":   {"openai-compatible", `{"data":[{"price":1},{"price":2}]}`, OutcomeUnparsable, ""},
		"data is an object":      {"openai-compatible", `{"data":{"id":"x"}}`, OutcomeUnparsable, ""},
		"broken":                 {"openai-compatible", `{"data":[{"id":"a"`, OutcomeUnparsable, ""},
		"nothing":                {"openai-compatible", ``, OutcomeUnparsable, ""},
		"text":                   {"openai-compatible", `pong`, OutcomeUnparsable, ""},
		"wall":                   {"openai-compatible", "\n<!doctype html><title>Just a moment…</title>", OutcomeBlocked, ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, c.body) })
			l := list(t, c.provider, srv.URL)
			if l.Outcome != c.outcome || offered(l) != c.want {
				t.Errorf("%s: got %s %q, %v; want %s %q", c.body, l.Outcome, offered(l), l.Err, c.outcome, c.want)
			}
		})
	}
}

// Every way in which a host says no, what it is called, and the words a person gets.
func TestListRefusals(t *testing.T) {
	openaiError := func(m string) string { return `{"error":{"message":"` + m + `","type":"x","code":null}}` }
	for name, c := range map[string]struct {
		provider, body string
		status         int
		header         string
		outcome        Outcome
		kind           protocol.Kind
		words          string
	}{
		"wrong key":       {"openai-compatible", openaiError("Incorrect API key provided: " + secret + ", see https://x.example/a?k=" + secret), 401, "", OutcomeUnauthorised, protocol.KeyRefused, "refused this key (401)"},
		"anthropic":       {"anthropic-compatible", `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`, 401, "", OutcomeUnauthorised, protocol.KeyRefused, "refused this key"},
		"gemini":          {"gemini-compatible", `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}`, 400, "", OutcomeUnauthorised, protocol.KeyRefused, "refused this key (400)"},
		"gemini in list":  {"gemini-compatible", `[{"error":{"code":400,"message":"API key expired. Please renew the API key.","status":"INVALID_ARGUMENT"}}]`, 400, "", OutcomeUnauthorised, protocol.KeyRefused, "refused this key"},
		"leaked key":      {"gemini-compatible", `{"error":{"code":403,"message":"Your API key was reported as leaked.","status":"PERMISSION_DENIED"}}`, 403, "", OutcomeUnauthorised, protocol.KeyRefused, "refused this key"},
		"scope":           {"openai-compatible", openaiError("You have insufficient permissions for this operation. Missing scopes: api.model.read"), 403, "", OutcomeBlocked, protocol.Forbidden, "Missing scopes"},
		"region":          {"openai-compatible", openaiError("Country, region, or territory not supported"), 403, "", OutcomeBlocked, protocol.Forbidden, "where you are"},
		"law":             {"openai-compatible", openaiError("no"), 451, "", OutcomeBlocked, protocol.Forbidden, "does not let"},
		"wall 403":        {"openai-compatible", "<html>Attention Required!</html>", 403, "", OutcomeBlocked, protocol.Wall, "web page"},
		"wall 200":        {"openai-compatible", "<html>Welcome</html>", 200, "", OutcomeBlocked, protocol.Wall, "/v1"},
		"money":           {"openai-compatible", openaiError("Insufficient balance"), 402, "", OutcomeBlocked, protocol.OutOfMoney, "no money"},
		"page not found":  {"openai-compatible", "<html>404</html>", 404, "", OutcomeUnparsable, protocol.NotFound, "no list of models"},
		"not found":       {"anthropic-compatible", `{"detail":"Not Found"}`, 404, "", OutcomeUnparsable, protocol.NotFound, "base URL"},
		"method":          {"openai-compatible", "", 405, "", OutcomeUnparsable, protocol.NotFound, "base URL"},
		"too often":       {"openai-compatible", openaiError("Rate limit reached"), 429, "30", OutcomeUnreachable, protocol.RateLimited, "asked too often"},
		"500":             {"openai-compatible", openaiError("oops"), 500, "", OutcomeUnreachable, protocol.ServerError, "trouble of its own (500)"},
		"503 page":        {"openai-compatible", "<html>nginx</html>", 503, "", OutcomeUnreachable, "", "trouble of its own (503)"},
		"529":             {"anthropic-compatible", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, 529, "", OutcomeUnreachable, protocol.Overloaded, "trouble"},
		"strange request": {"openai-compatible", openaiError("limit is unknown"), 400, "", OutcomeUnparsable, "", "limit is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				answer(w, c.status, c.body)
			})
			l := list(t, c.provider, srv.URL)
			if c.header != "" && l.Err != nil && (l.Err.RetryAfter != 30*time.Second || !strings.Contains(l.Err.Message, "in 30 seconds")) {
				t.Errorf("Retry-After: %s is lost: %v, %v", c.header, l.Err.RetryAfter, l.Err)
			}
			if l.Outcome != c.outcome || l.Err == nil || c.kind != "" && l.Err.Kind != c.kind || !strings.Contains(l.Err.Message, c.words) || len(l.Models) > 0 {
				t.Errorf("got %s, %v; want %s, %s, %q", l.Outcome, l.Err, c.outcome, c.kind, c.words)
			}
		})
	}
}

func TestTheWordsForAWrongKeySayWhereToGetOne(t *testing.T) {
	p := mustGet(t, "openai")
	l := p.List(context.Background(), doerFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 401, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{}`)), Request: r}, nil
	}), Credential{Secret: secret})
	if want := "OpenAI refused this key (401). Copy it again from https://platform.openai.com/api-keys."; l.Err == nil || l.Err.Message != want {
		t.Errorf("got %v, want %q", l.Err, want)
	}
}

func TestAWrongKeyIsRefusedByEachVendor(t *testing.T) {
	for provider, srv := range map[string]*vendorServer{"openai": strictOpenAI(t, "m"), "anthropic": strictAnthropic(t, "m"),
		"gemini": strictGemini(t, `{"name":"models/m"}`)} {
		const wrong = "sk-wrong-987654321-wrong"
		l := mustGet(t, provider).List(context.Background(), &http.Client{}, Credential{BaseURL: srv.URL, Secret: wrong})
		if l.Outcome != OutcomeUnauthorised || !strings.Contains(l.Err.Message, "refused this key") || srv.pages != 0 || strings.Contains(fmt.Sprint(*l.Err), wrong) {
			t.Errorf("%s: %s, %v", provider, l.Outcome, l.Err)
		}
	}
}

// A client that follows redirects by itself, and one that answers for a known vendor.
func TestListNamesHosts(t *testing.T) {
	reply := func(status int, location, from string) doerFunc {
		return func(r *http.Request) (*http.Response, error) {
			asked := r.Clone(r.Context())
			if from != "" {
				asked.URL.Host = from
			}
			return &http.Response{StatusCode: status, Header: http.Header{"Location": {location}}, Body: io.NopCloser(strings.NewReader(`{"data":[{"id":"a"}]}`)), Request: asked}, nil
		}
	}
	for _, c := range []struct {
		base, words string
		doer        Doer
	}{
		{"https://api.groq.com", "Groq refused this key (401).", reply(401, "", "")},
		{"http://nas.local", "nas.local wants to be called with https://", reply(301, "https://nas.local/v1/models", "")},
		{"https://r.example", "Another host answered in place of r.example", reply(200, "", "evil.example")},
	} {
		l := mustGet(t, "openai-compatible").List(context.Background(), c.doer, Credential{BaseURL: c.base, Secret: secret})
		checkListing(t, l)
		if l.Err == nil || !strings.Contains(l.Err.Message, c.words) || len(l.Models) > 0 {
			t.Errorf("%s: %s, %v; want %q", c.base, l.Outcome, l.Err, c.words)
		}
	}
}

func TestSoon(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "in a few minutes", 1500 * time.Millisecond: "in 2 seconds", 10 * time.Minute: "in 10 minutes", 5 * time.Hour: "in 5 hours"} {
		if got := soon(d); got != want {
			t.Errorf("soon(%v) = %q, want %q", d, got, want)
		}
	}
}

// What kind of model a name belongs to, at hosts that list everything without a word.
func TestServesByName(t *testing.T) {
	p := mustGet(t, "openai-compatible")
	texts := chatSet | responsesSet | completionsSet
	embedSet := embedSet & p.Protocols
	for name, want := range map[string]protocol.Set{
		"BAAI/bge-m3": embedSet, "nomic-embed-text:latest": embedSet, "all-minilm:l6": embedSet, "intfloat/multilingual-e5-large": embedSet, "voyage-3": embedSet,
		"BAAI/bge-reranker-v2-m3": rankSet, "jina-reranker-v2": rankSet, "whisper-large-v3": audioSet, "black-forest-labs/FLUX.1-dev": imagesSet, "stabilityai/stable-diffusion-3": imagesSet,
		"omni-moderation-latest": moderationsSet, "meta-llama/Llama-Guard-4-12B": 0, "gpt-4o-mini-tts": audioSet, "gpt-4o-realtime-preview": 0, "sora-2": 0, "kling-v1": 0,
		"deepseek-chat": texts, "Qwen/Qwen2.5-7B-Instruct": texts, "stories260K": texts,
		"gpt-5-codex": texts, "claude-sonnet-4-5": texts, "llama3.2:3b-instruct-q4_0": texts,
	} {
		got, why := serveByName(p, name)
		if got != want || got == 0 && why == "" {
			t.Errorf("%s: got %v, %q; want %v", name, got.List(), why, want.List())
		}
	}
	target, err := p.Target(Credential{BaseURL: "https://api.groq.com/openai/v1", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := target.serves(&item{}, "llama-3"); got != chatSet|responsesSet {
		t.Errorf("Groq serves %v", got.List())
	}
	if target, err = p.Target(Credential{BaseURL: "https://api.mistral.ai/v1", Secret: secret}); err != nil {
		t.Fatal(err)
	}
	if got, _ := target.serves(&item{}, "mistral-large"); got != chatSet {
		t.Errorf("Mistral serves chat only, got %v", got.List())
	}
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// A redirect is not followed, and no other host sees the key, even where the client would follow it.
func TestListNeverFollowsRedirects(t *testing.T) {
	var mu sync.Mutex
	var strangers []string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		strangers = append(strangers, r.URL.String())
		answer(w, 200, `{"data":[{"id":"stolen"}]}`)
	})
	for _, provider := range []string{"openai-compatible", "anthropic-compatible", "gemini-compatible"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for to, words := range map[string]string{
				other.URL + "/v1/models?key=" + secret:    "sends callers on to " + strings.TrimPrefix(other.URL, "http://"),
				"/login":                                  "another page of its own",
				"//" + secret + ".evil.example/v1/models": "sends callers on to …",
				"": "without saying where",
			} {
				calls := 0
				srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
					calls++
					w.Header().Set("Location", to)
					w.WriteHeader(status)
				})
				l := list(t, provider, srv.URL)
				if l.Outcome != OutcomeBlocked || l.Err == nil || !strings.Contains(l.Err.Message, words) || calls != 1 {
					t.Errorf("%s, %d to %q: %s, %v after %d calls", provider, status, to, l.Outcome, l.Err, calls)
				}
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(strangers) > 0 {
		t.Errorf("another host was called: %v", strangers)
	}
}

func TestListReadsPackedAnswers(t *testing.T) {
	packed := func(s string) []byte {
		var b bytes.Buffer
		zw := gzip.NewWriter(&b)
		io.WriteString(zw, s)
		zw.Close()
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		body    []byte
		label   bool
		outcome Outcome
	}{
		"labelled":   {packed(`{"data":[{"id":"a"}]}`), true, OutcomeOK},
		"unlabelled": {packed(`{"data":[{"id":"a"}]}`), false, OutcomeOK},
		"cut off":    {packed(`{"data":[{"id":"a"}]}`)[:20], true, OutcomeUnparsable},
		"bomb":       {packed(strings.Repeat(" ", maxPage+1)), true, OutcomeUnparsable},
		"huge":       {bytes.Repeat([]byte(" "), maxPage+1), false, OutcomeUnparsable},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if c.label {
					w.Header().Set("Content-Encoding", "gzip")
				}
				w.Write(c.body)
			})
			if l := list(t, "openai-compatible", srv.URL); l.Outcome != c.outcome {
				t.Errorf("got %s, %v", l.Outcome, l.Err)
			}
		})
	}
}

func TestListIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		cursor func(n int) string
		id     func(n int) string
		calls  int
	}{
		"pages without end":   {func(n int) string { return fmt.Sprint("t", n) }, func(n int) string { return fmt.Sprint("m", n) }, maxPages},
		"pages in a circle":   {func(n int) string { return fmt.Sprint("t", n%3) }, func(n int) string { return fmt.Sprint("m", n) }, 4},
		"the same page again": {func(n int) string { return "t" }, func(n int) string { return "m" }, 2},
	} {
		for _, provider := range []string{"anthropic", "gemini"} {
			t.Run(name+" "+provider, func(t *testing.T) {
				calls := 0
				srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
					calls++
					if provider == "anthropic" {
						answer(w, 200, fmt.Sprintf(`{"data":[{"id":%q}],"has_more":true,"last_id":%q}`, c.id(calls), c.cursor(calls)))
					} else {
						answer(w, 200, fmt.Sprintf(`{"models":[{"name":%q}],"nextPageToken":%q}`, "models/"+c.id(calls), c.cursor(calls)))
					}
				})
				l := list(t, provider, srv.URL)
				want := OutcomeUnparsable // what was not read to its end must not make other models look gone
				if c.id(1) == c.id(2) {
					want = OutcomeOK
				}
				if l.Outcome != want || calls != c.calls {
					t.Errorf("%s, %v after %d calls; want %s after %d", l.Outcome, l.Err, calls, want, c.calls)
				}
			})
		}
	}
}

func TestListFailsOnALaterPage(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after_id") != "" {
			answer(w, 500, `{}`)
			return
		}
		answer(w, 200, `{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}`)
	})
	if l := list(t, "anthropic", srv.URL); l.Outcome != OutcomeUnreachable || len(l.Models) != 1 {
		t.Errorf("half a list must not pass for a whole one: %s, %v", l.Outcome, l.Err)
	}
}

func TestListUnreachable(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + ln.Addr().String()
	ln.Close()
	cut := serve(t, func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			c.Close()
		}
	})
	half := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"data":[`)
	})
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer secure.Close()
	for name, c := range map[string]struct{ base, words string }{
		"refused":     {closed, "Is the server running"},
		"cut":         {cut.URL, "broke off"},
		"half":        {half.URL, "broke off"},
		"plain":       {strings.Replace(plain.URL, "http:", "https:", 1), "does not speak https"},
		"certificate": {secure.URL, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			l := list(t, "openai-compatible", c.base)
			if l.Outcome != OutcomeUnreachable || l.Err == nil || l.Err.Kind != protocol.Network || !strings.Contains(l.Err.Message, c.words) {
				t.Errorf("%s, %v; want %q", l.Outcome, l.Err, c.words)
			}
		})
	}
	for name, c := range map[string]struct {
		err   error
		kind  protocol.Kind
		words string
	}{
		"no host": {&url.Error{Op: "Get", URL: "https://x?k=" + secret, Err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}}, protocol.Network, "no host named r.example"},
		"dns":     {&net.DNSError{IsTemporary: true}, protocol.Network, "could not be looked up"},
		"late":    {&url.Error{Op: "Get", URL: "https://x", Err: context.DeadlineExceeded}, protocol.Timeout, "in time"},
		"proxy":   {&network.ProxyError{Proxy: "http://p.example:8080", Auth: true, Err: errors.New(secret)}, protocol.Network, "the proxy http://p.example:8080 asks for a user name and password. Enter them in the system's settings"},
		"slow":    {&net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}}, protocol.Timeout, "could not be looked up in time"},
		"company": {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{Cert: &x509.Certificate{Issuer: pkix.Name{CommonName: "Corp Inspection CA"}}}},
			protocol.Network, "does not know: Corp Inspection CA. If that is your company's proxy, add its certificate in Settings"},
		"portal": {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "r.example"}, protocol.Network, "sign-in page"},
		"other":  {errors.New("strange " + secret), protocol.Network, "could not be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			l := mustGet(t, "openai-compatible").List(context.Background(), doerFunc(func(*http.Request) (*http.Response, error) { return nil, c.err }),
				Credential{BaseURL: "https://r.example", Secret: secret})
			checkListing(t, l)
			if l.Outcome != OutcomeUnreachable || l.Err.Kind != c.kind || !strings.Contains(l.Err.Message, c.words) {
				t.Errorf("%s, %v; want %q", l.Outcome, l.Err, c.words)
			}
		})
	}
}

func TestListEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	l := mustGet(t, "openai-compatible").List(ctx, &http.Client{}, Credential{BaseURL: srv.URL, Secret: secret})
	checkListing(t, l)
	if l.Outcome != OutcomeUnreachable || l.Err.Kind != protocol.Timeout {
		t.Errorf("%s, %v", l.Outcome, l.Err)
	}
}

// Vendors who put their Anthropic dialect under a path list models at the root.
func TestListLooksWhereTheVendorListsThem(t *testing.T) {
	var asked []string
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if r.URL.Path != "/v1/models" || r.Header.Get("Authorization") != "Bearer "+secret {
			answer(w, 404, `{"detail":"Not Found"}`)
			return
		}
		answer(w, 200, `{"data":[{"id":"deepseek-chat"}]}`)
	})
	l := list(t, "anthropic-compatible", srv.URL+"/anthropic")
	if l.Outcome != OutcomeOK || offered(l) != "deepseek-chat=anthropic" || strings.Join(asked, " ") != "/anthropic/v1/models /v1/models" {
		t.Errorf("%s, %v: %s after %v", l.Outcome, l.Err, offered(l), asked)
	}
}

func TestListOfABadAccount(t *testing.T) {
	l := mustGet(t, "openai").List(context.Background(), doerFunc(func(*http.Request) (*http.Response, error) {
		t.Error("called")
		return nil, io.EOF
	}), Credential{})
	checkListing(t, l)
	if l.Outcome != OutcomeUnauthorised || l.Err.Param != "key" || !strings.HasPrefix(l.Err.Message, "OpenAI needs a key") {
		t.Errorf("%+v", l)
	}
}

// What a host says of its models is stored and shown; it must not carry the key there.
func TestListKeepsTheKeyOutOfDescriptions(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"data":[{"id":"a"},{"id":"`+secret+`"},{"id":"b","display_name":"for `+secret+`"},{"id":"c","owned_by":"`+secret+`"}]}`)
	})
	if l := list(t, "openai-compatible", srv.URL); len(l.Models) != 1 || len(l.Skipped) != 3 {
		t.Errorf("%+v", l)
	}
	no := serve(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 401, `{"error":{"message":"no","code":"`+secret+`","param":"`+secret+`"}}`)
	})
	list(t, "openai-compatible", no.URL)
}

func FuzzParsePage(f *testing.F) {
	for _, s := range []string{`{"data":[{"id":"a"}]}`, `{"models":[{"name":"models/x","supportedGenerationMethods":["generateContent"]}],"nextPageToken":"t"}`,
		`[{"id":"a","type":"chat"}]`, `{"data":null}`, `{"success":false,"message":"m"}`, `{"data":["a",1,null]}`, `{"data":[{"id":"a","created":1e309,"context_length":"x"}]}`,
		`{"error":{"message":"sk-test-0123456789-secret"}}`, `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, id := range []string{"openai", "anthropic", "gemini", "openai-compatible", "anthropic-compatible", "gemini-compatible"} {
			p := mustGet(t, id)
			calls := 0
			l := p.List(context.Background(), doerFunc(func(r *http.Request) (*http.Response, error) {
				if calls++; calls > maxPages*2 {
					t.Fatal("asks without end")
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
			}), Credential{BaseURL: "https://r.example", Secret: "k"})
			if (l.Outcome == OutcomeOK) != (l.Err == nil) || l.Outcome == OutcomeOK && (len(l.Models) == 0 || !json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) && body[0] != 0x1f) {
				t.Fatalf("%q: %+v", body, l)
			}
			for _, m := range l.Models {
				if m.Name == "" || m.Protocols == 0 || m.Context < 0 || m.MaxOutput < 0 {
					t.Fatalf("%q: %+v", body, m)
				}
			}
		}
	})
}
