package provider

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustGet(t testing.TB, id string) *Provider {
	t.Helper()
	p, ok := Get(id)
	if !ok {
		t.Fatalf("no provider %q", id)
	}
	return p
}

func TestNormalizeBaseURL(t *testing.T) {
	const oc, ac, gc = "openai-compatible", "anthropic-compatible", "gemini-compatible"
	for _, c := range []struct{ provider, raw, want string }{
		{"openai", "", "https://api.openai.com/v1"},
		{"azure-openai", "https://me.openai.azure.com", "https://me.openai.azure.com/openai/v1"},
		{"azure-openai", "me.openai.azure.com/", "https://me.openai.azure.com/openai/v1"},
		{"azure-openai", "https://me.openai.azure.com/openai", "https://me.openai.azure.com/openai/v1"},
		{"azure-openai", "https://me.openai.azure.com/openai/v1/chat/completions", "https://me.openai.azure.com/openai/v1"},
		{"azure-openai", "https://me.cognitiveservices.azure.com", "https://me.cognitiveservices.azure.com/openai/v1"},
		{"azure-openai", "https://me.services.ai.azure.com/api/projects/one", "https://me.services.ai.azure.com/openai/v1"},
		{"azure-openai", "https://me.services.ai.azure.com/models", "https://me.services.ai.azure.com/openai/v1"},
		{"azure-openai", "https://me.openai.azure.com/openai/deployments/my-gpt/chat/completions", "https://me.openai.azure.com/openai/v1/deployments/my-gpt"},
		{"azure-openai", "https://me.openai.azure.com/openai/v1/deployments/a,b", "https://me.openai.azure.com/openai/v1/deployments/a,b"},
		{"azure-openai", "https://me.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", "https://me.openai.azure.com/openai/deployments/my-gpt?api-version=2024-10-21"},
		{"azure-openai", "https://me.openai.azure.com/openai/deployments/a,b?api-version=2024-10-21", "https://me.openai.azure.com/openai/deployments/a,b?api-version=2024-10-21"},
		{"azure-openai", "https://me.openai.azure.com?api-version=2025-01-01-preview", "https://me.openai.azure.com/openai/deployments?api-version=2025-01-01-preview"},
		{"azure-openai", "https://me.openai.azure.com/openai/deployments?api-version=2025-01-01-preview", "https://me.openai.azure.com/openai/deployments?api-version=2025-01-01-preview"},
		{"azure-openai", "https://apim.example.com/team/openai/deployments/my-gpt?api-version=2024-10-21", "https://apim.example.com/team/openai/deployments/my-gpt?api-version=2024-10-21"},
		{"openai", "https://api.openai.com", "https://api.openai.com/v1"},
		{"openai", "api.openai.com/", "https://api.openai.com/v1"},
		{"openai", "https://eu.api.openai.com/v1/", "https://eu.api.openai.com/v1"},
		{"openai", " HTTPS://API.OpenAI.com/v1/chat/completions ", "https://api.openai.com/v1"},
		{"anthropic", "", "https://api.anthropic.com"},
		{"anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com"},
		{"anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"},
		{"anthropic", "api.anthropic.com/v1/messages/count_tokens", "https://api.anthropic.com"},
		{"gemini", "", "https://generativelanguage.googleapis.com"},
		{"gemini", "https://generativelanguage.googleapis.com/v1beta", "https://generativelanguage.googleapis.com"},
		{"gemini", "https://generativelanguage.googleapis.com/v1beta/openai/", "https://generativelanguage.googleapis.com"},
		{"gemini", "generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent", "https://generativelanguage.googleapis.com"},
		{oc, "https://relay.example.com", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com//v1//", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com/v1/v1", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com/v1/v1/chat/completions", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com/v1/models", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com/v1/responses/", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com/v1/messages", "https://relay.example.com/v1"},
		{oc, "https://relay.example.com:8443/sub/v1", "https://relay.example.com:8443/sub/v1"},
		{oc, "https://open.bigmodel.cn/api/paas/v4", "https://open.bigmodel.cn/api/paas/v4"},
		{oc, "https://open.bigmodel.cn/api/paas/v4/chat/completions", "https://open.bigmodel.cn/api/paas/v4"},
		{oc, "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"},
		{oc, "api.groq.com", "https://api.groq.com/openai/v1"},
		{oc, "https://generativelanguage.googleapis.com/v1beta/openai", "https://generativelanguage.googleapis.com/v1beta/openai"},
		{oc, "https://api.perplexity.ai/chat/completions", "https://api.perplexity.ai"},
		{oc, "localhost:11434", "http://localhost:11434/v1"},
		{oc, "127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"},
		{oc, "[::1]:8080", "http://[::1]:8080/v1"},
		{oc, "https://localhost:8080", "https://localhost:8080/v1"},
		{oc, "http://192.168.1.20:1234/v1", "http://192.168.1.20:1234/v1"},
		{oc, "http://10.1.2.3", "http://10.1.2.3/v1"},
		{oc, "http://172.31.0.1", "http://172.31.0.1/v1"},
		{oc, "http://[fd12::1]:80/v1", "http://[fd12::1]:80/v1"},
		{oc, "http://nas.local:3000", "http://nas.local:3000/v1"},
		{oc, "http://ollama:11434/v1", "http://ollama:11434/v1"},
		{oc, "https://münchen.example/v1", "https://münchen.example/v1"},
		{oc, "https://relay.example.com:/v1", "https://relay.example.com/v1"},
		{oc, "//relay.example.com/v1", "https://relay.example.com/v1"},
		{ac, "https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic"},
		{ac, "https://api.deepseek.com/anthropic/v1/messages", "https://api.deepseek.com/anthropic"},
		{ac, "http://127.0.0.1:9/v1/v1", "http://127.0.0.1:9"},
		{gc, "https://relay.example.com/v1beta/models/x:streamGenerateContent", "https://relay.example.com"},
		{gc, "https://relay.example.com/gemini", "https://relay.example.com/gemini"},
	} {
		got, err := NormalizeBaseURL(mustGet(t, c.provider), c.raw)
		if err != nil || got != c.want {
			t.Errorf("%s: %q gives %q, %v; want %q", c.provider, c.raw, got, err, c.want)
		}
	}
}

func TestNormalizeBaseURLRefuses(t *testing.T) {
	p := mustGet(t, "openai-compatible")
	for raw, word := range map[string]string{
		"":                                  "missing",
		"  ":                                "missing",
		"https://user:pw@relay.example.com": "password",
		"https://relay.example.com@evil.example/v1":              "password",
		"https://relay.example.com/v1?key=sk-abc":                "query",
		"https://relay.example.com?x":                            "query",
		"https://relay.example.com/#/console":                    "fragment",
		"https://relay.example.com/a b":                          "spaces",
		"https://relay\t.example.com":                            "spaces",
		"https://relay.example.com/\x00":                         "invisible",
		"https://relay.example.com\u200b/v1":                     "invisible",
		"https://relay.example.com\\@evil.example":               "backslashes",
		"ftp://relay.example.com":                                "https://",
		"javascript:alert(1)":                                    "port",
		"file:///etc/passwd":                                     "https://",
		"https:/relay.example.com":                               "two slashes",
		"https//relay.example.com":                               "two slashes",
		"https://":                                               "host name",
		"https:///v1":                                            "host name",
		"https://relay..example.com":                             "host name",
		"https://relay.example.com:0":                            "port",
		"https://relay.example.com:70000":                        "port",
		"https://relay.example.com:+80":                          "port",
		"https://::1/v1":                                         "brackets",
		"https://[::1/v1":                                        "IPv6",
		"https://[127.0.0.1]/v1":                                 "IPv6",
		"http://[fe80::1%25eth0]/v1":                             "IPv6",
		"https://relay.example.com/../v1":                        "..",
		"https://relay.example.com/%2e%2e/v1":                    "plain letters",
		"http://relay.example.com/v1":                            "over plain http",
		"http://8.8.8.8/v1":                                      "over plain http",
		"http://172.32.0.1/v1":                                   "over plain http",
		"http://relay.local.example.com/v1":                      "over plain http",
		"http://localhost.example.com/v1":                        "over plain http",
		"http://169.254.169.254/latest":                          "metadata",
		"https://169.254.169.254.":                               "metadata",
		"http://[::ffff:169.254.169.254]/":                       "metadata",
		"http://[fd00:ec2::254]/":                                "metadata",
		"http://metadata.google.internal":                        "metadata",
		"http://2852039166/":                                     "host name", // 169.254.169.254 as one number
		"http://0xa9fea9fe/":                                     "host name",
		"http://0251.0376.0251.0376/":                            "host name",
		"http://169.254.43518/":                                  "host name",
		"http://１６９.254.169.254/":                                "host name",
		"http://169。254。169。254/":                                "host name",
		"https://" + strings.Repeat("a", maxBaseURL):             "too long",
		"https://relay.example.com/" + string([]byte{0xff}):      "not text",
		"https://relay.example.com/v1/<your-key>":                "quotes",
		"https://" + strings.Repeat("a.", 130) + "example/v1":    "host name",
		"https://" + strings.Repeat("a", 64) + ".example.com/v1": "host name",
	} {
		got, err := NormalizeBaseURL(p, raw)
		var f *FieldError
		if !errors.As(err, &f) || f.Field != "base_url" || !strings.Contains(f.Message, word) {
			t.Errorf("%.60q gives %.60q, %v; want words about %q", raw, got, err, word)
		} else if strings.Contains(err.Error(), "sk-abc") || strings.Contains(err.Error(), ":pw") {
			t.Errorf("the error gives a secret away: %v", err)
		}
	}
}

// checkBaseURL holds what every accepted base URL must satisfy.
func checkBaseURL(t interface{ Fatalf(string, ...any) }, p *Provider, raw string) {
	got, err := NormalizeBaseURL(p, raw)
	if err != nil {
		return
	}
	if again, err := NormalizeBaseURL(p, got); err != nil || again != got {
		t.Fatalf("%s: %q gives %q, then %q, %v", p.ID, raw, got, again, err)
	}
	u, err := url.Parse(got)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.RawPath != "" || u.Scheme != "http" && u.Scheme != "https" {
		t.Fatalf("%s: %q gives %q, which parses to %#v, %v", p.ID, raw, got, u, err)
	}
	if strings.TrimSpace(raw) == "" {
		return
	}
	// The host is the one that the reader of a URL (RFC 3986) sees in what was pasted.
	pasted := strings.TrimSpace(raw)
	if !strings.Contains(pasted, "://") {
		pasted = "https://" + strings.TrimPrefix(pasted, "//")
	}
	before, err := url.Parse(pasted)
	if err != nil || !strings.EqualFold(before.Hostname(), u.Hostname()) || before.Port() != u.Port() {
		t.Fatalf("%s: the host changed: %q gives %q (%v)", p.ID, raw, got, err)
	}
	if tg, err := p.Target(Credential{BaseURL: got, Secret: "k"}); err != nil || tg.Host() != u.Host {
		t.Fatalf("%s: no target for %q: %v", p.ID, got, err)
	}
}

func TestNormalizeBaseURLProperties(t *testing.T) {
	hosts := rapid.SampledFrom([]string{"api.example.com", "API.Example.com", "localhost", "127.0.0.1", "[::1]", "10.0.0.8", "nas.local", "ollama", "api.groq.com",
		"openrouter.ai", "api.perplexity.ai", "generativelanguage.googleapis.com", "münchen.example"})
	words := rapid.SampledFrom([]string{"", "v1", "v1beta", "v1alpha", "openai", "anthropic", "api", "paas", "v4", "chat", "completions", "responses", "messages",
		"count_tokens", "models", "embeddings", "x:generateContent", "a.b~c"})
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(All()).Draw(t, "provider")
		raw := rapid.SampledFrom([]string{"", "https://", "http://", "HTTPS://", "//"}).Draw(t, "scheme") + hosts.Draw(t, "host") +
			rapid.SampledFrom([]string{"", ":443", ":8080", ":"}).Draw(t, "port")
		for _, s := range rapid.SliceOfN(words, 0, 6).Draw(t, "path") {
			raw += "/" + s
		}
		checkBaseURL(t, p, raw)
		checkBaseURL(t, p, rapid.String().Draw(t, "noise"))
	})
}

func FuzzNormalizeBaseURL(f *testing.F) {
	for _, s := range []string{"api.openai.com", "https://a/v1/v1/chat/completions", "http://[::1]:80", "localhost:1/v1beta/models/x:countTokens", "https://a.b:9/%2f",
		"http://0x7f.1", "a/00!0", "https://ａ.example", "a@b", "https://ex_ample.com./v1"} {
		for i := range All() {
			f.Add(byte(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, i byte, s string) { checkBaseURL(t, All()[int(i)%len(All())], s) })
}
