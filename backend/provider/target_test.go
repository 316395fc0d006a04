package provider

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"

	"pgregory.net/rapid"
)

const secret = "sk-test-0123456789-secret"

func mustTarget(t testing.TB, id, base string) *Target {
	t.Helper()
	tg, err := mustGet(t, id).Target(Credential{BaseURL: base, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return tg
}

func TestRequestGoesWhereTheVendorListens(t *testing.T) {
	const (
		chat, responses, embeddings = protocol.OpenAIChat, protocol.OpenAIResponses, protocol.OpenAIEmbeddings
		messages, gemini            = protocol.Anthropic, protocol.Gemini
	)
	q := func(s string) url.Values { v, _ := url.ParseQuery(s); return v }
	for _, c := range []struct {
		provider, base string
		call           Call
		want           string
	}{
		{"openai", "", Call{Protocol: chat, Model: "gpt-4o"}, "https://api.openai.com/v1/chat/completions"},
		{"openai", "", Call{Protocol: responses}, "https://api.openai.com/v1/responses"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.Retrieve, ID: "resp_1"}, "https://api.openai.com/v1/responses/resp_1"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.Retrieve, ID: "resp_1", Query: q("include[]=a&include[]=b&stream=true&starting_after=4")},
			"https://api.openai.com/v1/responses/resp_1?include%5B%5D=a&include%5B%5D=b&starting_after=4&stream=true"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.Cancel, ID: "resp_1"}, "https://api.openai.com/v1/responses/resp_1/cancel"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.Delete, ID: "resp_1"}, "https://api.openai.com/v1/responses/resp_1"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.InputItems, ID: "resp_1", Query: q("limit=2")}, "https://api.openai.com/v1/responses/resp_1/input_items?limit=2"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.Compact}, "https://api.openai.com/v1/responses/compact"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.Retrieve, ID: "a/../../b?c#d%2f"}, "https://api.openai.com/v1/responses/a%2F..%2F..%2Fb%3Fc%23d%252f"},
		{"openai", "", Call{Protocol: responses, Operation: protocol.CountTokens}, "https://api.openai.com/v1/responses/input_tokens"},
		{"openai", "", Call{Protocol: embeddings, Operation: protocol.Embed}, "https://api.openai.com/v1/embeddings"},
		{"openai", "", Call{Protocol: protocol.OpenAICompletions, Operation: protocol.Complete}, "https://api.openai.com/v1/completions"},
		{"openai", "", Call{Protocol: protocol.OpenAIImages, Operation: protocol.EditImage}, "https://api.openai.com/v1/images/edits"},
		{"openai", "", Call{Protocol: protocol.OpenAIAudio, Operation: protocol.Speak}, "https://api.openai.com/v1/audio/speech"},
		{"openai", "", Call{Protocol: protocol.OpenAIModerations, Operation: protocol.Moderate}, "https://api.openai.com/v1/moderations"},
		{"openai", "", Call{Protocol: protocol.OpenAIFiles, Operation: protocol.Create}, "https://api.openai.com/v1/files"},
		{"openai", "", Call{Protocol: protocol.OpenAIFiles, Operation: protocol.Content, ID: "file-1"}, "https://api.openai.com/v1/files/file-1/content"},
		{"openai", "", Call{Protocol: protocol.OpenAIBatches, Operation: protocol.List, Query: q("limit=2")}, "https://api.openai.com/v1/batches?limit=2"},
		{"openai", "", Call{Protocol: protocol.OpenAIBatches, Operation: protocol.Cancel, ID: "batch_1"}, "https://api.openai.com/v1/batches/batch_1/cancel"},
		{"cohere", "", Call{Protocol: protocol.Rerank, Operation: protocol.Rank}, "https://api.cohere.ai/v2/rerank"},
		{"deepseek", "", Call{Protocol: protocol.OpenAICompletions, Operation: protocol.Complete}, "https://api.deepseek.com/beta/completions"},
		{"siliconflow", "", Call{Protocol: protocol.Rerank, Operation: protocol.Rank}, "https://api.siliconflow.cn/v1/rerank"},
		{"gemini", "", Call{Protocol: protocol.GeminiEmbeddings, Operation: protocol.EmbedBatch, Model: "e"}, "https://generativelanguage.googleapis.com/v1beta/models/e:batchEmbedContents"},
		{"gemini", "", Call{Protocol: embeddings, Operation: protocol.Embed}, "https://generativelanguage.googleapis.com/v1beta/openai/embeddings"},
		{"anthropic", "", Call{Protocol: messages}, "https://api.anthropic.com/v1/messages"},
		{"anthropic", "", Call{Protocol: messages, Query: q("beta=true")}, "https://api.anthropic.com/v1/messages?beta=true"},
		{"anthropic", "", Call{Protocol: messages, Operation: protocol.CountTokens, Query: q("beta=true")}, "https://api.anthropic.com/v1/messages/count_tokens?beta=true"},
		{"gemini", "", Call{Protocol: gemini, Model: "gemini-2.5-pro"}, "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"},
		{"gemini", "", Call{Protocol: gemini, Model: "gemini-2.5-pro", Query: q("alt=json")}, "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"},
		{"gemini", "", Call{Protocol: gemini, Model: "gemini-2.5-pro", Stream: true}, "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
		{"gemini", "", Call{Protocol: gemini, Model: "m", Stream: true, Query: q("alt=json&$alt=proto&fields=x")},
			"https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse&fields=x"},
		{"gemini", "", Call{Protocol: gemini, Model: "m", Stream: true, Operation: protocol.CountTokens}, "https://generativelanguage.googleapis.com/v1beta/models/m:countTokens"},
		{"gemini", "", Call{Protocol: gemini, Model: "x:countTokens?"}, "https://generativelanguage.googleapis.com/v1beta/models/x%3AcountTokens%3F:generateContent"},
		{"gemini-compatible", "https://r.example/g", Call{Protocol: gemini, Model: "google/gemini"}, "https://r.example/g/v1beta/models/google%2Fgemini:generateContent"},
		{"openai-compatible", "https://r.example/api/paas/v4", Call{Protocol: chat}, "https://r.example/api/paas/v4/chat/completions"},
		{"openai-compatible", "http://localhost:11434", Call{Protocol: chat}, "http://localhost:11434/v1/chat/completions"},
		{"anthropic-compatible", "https://api.deepseek.com/anthropic", Call{Protocol: messages}, "https://api.deepseek.com/anthropic/v1/messages"},
		// A relay that says so in its listing is called in its other protocols beside its base URL.
		{"openai-compatible", "https://r.example/v1", Call{Protocol: messages}, "https://r.example/v1/messages"},
		{"openai-compatible", "https://r.example/v1", Call{Protocol: gemini, Model: "m"}, "https://r.example/v1beta/models/m:generateContent"},
		{"anthropic-compatible", "https://r.example", Call{Protocol: chat}, "https://r.example/v1/chat/completions"},
	} {
		tg := mustTarget(t, c.provider, c.base)
		u, h, err := tg.Request(c.call)
		if err != nil || u.String() != c.want {
			t.Errorf("%s %q %+v: got %v, %v; want %s", c.provider, c.base, c.call, u, err, c.want)
			continue
		}
		if u.Host != tg.Host() || len(h) == 0 {
			t.Errorf("%s: host %q, headers %v", c.want, u.Host, h)
		}
		if again, err := url.Parse(u.String()); err != nil || again.EscapedPath() != u.EscapedPath() {
			t.Errorf("%s does not survive being parsed: %v, %v", c.want, again, err)
		}
	}
}

func TestRequestRefuses(t *testing.T) {
	for _, c := range []struct {
		provider, base string
		call           Call
		want           error
	}{
		{"openai", "", Call{Protocol: protocol.Anthropic}, ErrNotSpoken},
		{"anthropic", "", Call{Protocol: protocol.OpenAIChat}, ErrNotSpoken},
		{"openai", "", Call{Protocol: protocol.OpenAIChat, Operation: protocol.CountTokens}, ErrNotSpoken},
		{"openai-compatible", "https://r.example/v1", Call{Protocol: protocol.OpenAIResponses, Operation: protocol.CountTokens}, ErrNotSpoken}, // a relay might make a reply
		{"openai", "", Call{Protocol: protocol.None}, ErrNotSpoken},
		{"openai", "", Call{Protocol: 200}, ErrNotSpoken},
		{"openai", "", Call{Protocol: protocol.OpenAIChat, Operation: 200}, ErrNotSpoken},
		{"openai-compatible", "https://r.example/api/paas/v4", Call{Protocol: protocol.Anthropic}, ErrNotSpoken},
		{"openai", "", Call{Protocol: protocol.OpenAIResponses, Operation: protocol.Retrieve}, ErrName},
		{"openai", "", Call{Protocol: protocol.OpenAIResponses, Operation: protocol.Retrieve, ID: ".."}, ErrName},
		{"openai", "", Call{Protocol: protocol.OpenAIResponses, Operation: protocol.Cancel, ID: "."}, ErrName},
		{"openai", "", Call{Protocol: protocol.OpenAIResponses, Operation: protocol.Cancel, ID: "a\r\nb"}, ErrName},
		{"gemini", "", Call{Protocol: protocol.Gemini}, ErrName},
		{"gemini", "", Call{Protocol: protocol.Gemini, Model: strings.Repeat("m", maxName+1)}, ErrName},
	} {
		if u, _, err := mustTarget(t, c.provider, c.base).Request(c.call); !errors.Is(err, c.want) {
			t.Errorf("%s %+v: got %v, %v; want %v", c.provider, c.call, u, err, c.want)
		}
	}
}

func TestCountsAreAskedWhereTheyAreFree(t *testing.T) {
	for _, c := range []struct {
		provider, base string
		want           protocol.Set
	}{
		{"openai", "", protocol.SetOf(protocol.OpenAIResponses)},
		{"anthropic", "", protocol.SetOf(protocol.Anthropic)},
		{"gemini", "", protocol.SetOf(protocol.Gemini)},
		{"openai-compatible", "https://r.example/api/paas/v4", 0},
		{"anthropic-compatible", "https://r.example", protocol.SetOf(protocol.Anthropic, protocol.Gemini)},
	} {
		if got := mustTarget(t, c.provider, c.base).Counts(); got != c.want {
			t.Errorf("%s %q counts in %v, want %v", c.provider, c.base, got.List(), c.want.List())
		}
	}
}

func TestCredentialsAreShownAsTheVendorReadsThem(t *testing.T) {
	bearer := []string{"Bearer " + secret}
	for _, c := range []struct {
		provider string
		proto    protocol.Protocol
		want     http.Header
	}{
		{"openai", protocol.OpenAIChat, http.Header{"Authorization": bearer}},
		{"anthropic", protocol.Anthropic, http.Header{"X-Api-Key": {secret}}},
		{"gemini", protocol.Gemini, http.Header{"X-Goog-Api-Key": {secret}}},
		{"openai-compatible", protocol.OpenAIResponses, http.Header{"Authorization": bearer}},
		{"openai-compatible", protocol.Anthropic, http.Header{"X-Api-Key": {secret}, "Authorization": bearer}},
		{"anthropic-compatible", protocol.Anthropic, http.Header{"X-Api-Key": {secret}, "Authorization": bearer}},
		{"anthropic-compatible", protocol.OpenAIChat, http.Header{"Authorization": bearer}},
		{"gemini-compatible", protocol.Gemini, http.Header{"X-Goog-Api-Key": {secret}, "Authorization": bearer}},
	} {
		base := ""
		if mustGet(t, c.provider).Compatible() {
			base = "https://r.example/v1"
		}
		tg := mustTarget(t, c.provider, base)
		call := Call{Protocol: c.proto, Model: "m"}
		_, h, err := tg.Request(call)
		if err != nil || !reflect.DeepEqual(h, c.want) {
			t.Errorf("%s, %v: got %v, %v; want %v", c.provider, c.proto, h, err, c.want)
		}
		for name := range h { // the caller's own: spoiling it must not spoil the next
			h.Add(name, "spoilt")
			h[name][0] = "spoilt"
		}
		if _, h, _ = tg.Request(call); !reflect.DeepEqual(h, c.want) {
			t.Errorf("%s: headers are shared between calls: %v", c.provider, h)
		}
	}
	if got := mustTarget(t, "anthropic", "").Defaults(protocol.Anthropic).Get("anthropic-version"); got != AnthropicVersion {
		t.Errorf("default version %q", got)
	}
	if got := mustTarget(t, "openai", "").Defaults(protocol.OpenAIChat); got != nil {
		t.Errorf("openai needs no defaults, got %v", got)
	}
}

func TestTargetRefuses(t *testing.T) {
	for _, c := range []struct{ provider, base, secret, field string }{
		{"openai", "", "", "key"},
		{"openai", "", "a\nb", "key"},
		{"openai", "", "a b", "key"},
		{"openai-compatible", "", "k", "base_url"},
		{"openai-compatible", "http://relay.example.com", "k", "base_url"},
	} {
		_, err := mustGet(t, c.provider).Target(Credential{BaseURL: c.base, Secret: c.secret})
		var f *FieldError
		if !errors.As(err, &f) || f.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
	tg, err := mustGet(t, "openai-compatible").Target(Credential{BaseURL: "localhost:11434"})
	if err != nil {
		t.Fatalf("a local server needs no key: %v", err)
	}
	if _, h, err := tg.Request(Call{Protocol: protocol.OpenAIChat}); err != nil || len(h) != 0 {
		t.Errorf("without a key: %v, %v", h, err)
	}
}

// Whatever the model or id is called, the call stays on its host and in its segment, and the server reads back the
// name that was meant.
func TestNamesStayInTheirSegment(t *testing.T) {
	var path, escaped string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { path, escaped = r.URL.Path, r.URL.EscapedPath() }))
	defer srv.Close()
	gem, oai := mustTarget(t, "gemini-compatible", srv.URL), mustTarget(t, "openai-compatible", srv.URL)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z./%:?#;&=+@\\ -]{1,20}`)).Draw(t, "name")
		for _, c := range []struct {
			tg         *Target
			call       Call
			head, tail string
		}{
			{gem, Call{Protocol: protocol.Gemini, Model: name}, "/v1beta/models/", ":generateContent"},
			{oai, Call{Protocol: protocol.OpenAIResponses, Operation: protocol.Cancel, ID: name}, "/v1/responses/", "/cancel"},
		} {
			u, h, err := c.tg.Request(c.call)
			if err != nil {
				continue
			}
			if u.Host != c.tg.Host() {
				t.Fatalf("host %q", u.Host)
			}
			resp, err := http.DefaultTransport.RoundTrip(&http.Request{Method: "GET", URL: u, Header: h})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			inner := strings.TrimSuffix(strings.TrimPrefix(escaped, c.head), c.tail)
			if path != c.head+name+c.tail || strings.ContainsAny(inner, "/:?#") {
				t.Fatalf("%q arrived as %q (%q)", name, path, escaped)
			}
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	beta := url.Values{"beta": {"true"}}
	for _, c := range []struct {
		name, provider string
		call           Call
	}{
		{"chat", "openai", Call{Protocol: protocol.OpenAIChat, Model: "gpt-4o"}},
		{"messages", "anthropic", Call{Protocol: protocol.Anthropic, Model: "claude"}},
		{"messages-beta", "anthropic", Call{Protocol: protocol.Anthropic, Model: "claude", Query: beta}},
		{"gemini-stream", "gemini", Call{Protocol: protocol.Gemini, Model: "gemini-2.5-pro", Stream: true}},
	} {
		tg := mustTarget(b, c.provider, "")
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, _, err := tg.Request(c.call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A target has the quirks of the vendor at its host, whatever its port, and none elsewhere.
func TestQuirks(t *testing.T) {
	p, _ := Get("openai-compatible")
	for base, want := range map[string]bool{"https://api.mistral.ai/v1": true, "https://api.mistral.ai:443/v1": true, "https://relay.example/v1": false} {
		target, err := p.Target(Credential{BaseURL: base, Secret: "sk-0123456789abcdef"})
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Quirks()["ids_of_nine"]; got != want {
			t.Errorf("%s: ids_of_nine is %v, want %v", base, got, want)
		}
	}
}
