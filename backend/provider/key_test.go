package provider

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var (
	hex32   = strings.Repeat("0123456789abcdef", 2)
	alnum48 = strings.Repeat("aB3dE6gH", 6)
)

func TestCleanKeyTakesWhatPeoplePaste(t *testing.T) {
	const key = "sk-proj-Ab_12-cd"
	for _, pasted := range []string{
		key, "  " + key + "\n", `"` + key + `"`, "'" + key + "'", "“" + key + "”", "`" + key + "`", "\ufeff" + key, key + "\u200b",
		"Bearer " + key, "bearer   " + key, "Authorization: Bearer " + key, `-H "Authorization: Bearer ` + key + `"`, "x-api-key: " + key,
		"export OPENAI_API_KEY=" + key, "OPENAI_API_KEY=" + key + "\n", `export OPENAI_API_KEY="` + key + `"`, `OPENAI_API_KEY = '` + key + `';`,
		`$env:OPENAI_API_KEY = "` + key + `"`, "set OPENAI_API_KEY=" + key, `"OPENAI_API_KEY": "` + key + `",`, "api_key: " + key, `"apiKey": "` + key + `"`,
	} {
		got, err := CleanKey(pasted)
		if err != nil || got != key {
			t.Errorf("CleanKey(%q) = %q, %v", pasted, got, err)
		}
	}
	for _, key := range []string{"abc==", "a:b", "tgp_v1_x/y+z=", "eyJhbGciOi.eyJzdWIi.sig-n_ature"} {
		if got, err := CleanKey(key); err != nil || got != key {
			t.Errorf("CleanKey(%q) = %q, %v: a key's own signs must stay", key, got, err)
		}
	}
}

func TestCleanKeyRefusesWithWords(t *testing.T) {
	for pasted, word := range map[string]string{
		"":                                     "empty",
		" \n ":                                 "empty",
		`""`:                                   "empty",
		"Bearer":                               "missing",
		"sk-abc def":                           "space",
		"sk-abc\ndef":                          "line break",
		"sk-abc\x00def":                        "invisible",
		"sk-аbc":                               "no key has", // a Cyrillic a
		"sk-proj-abc…wxyz":                     "hidden",
		"sk-proj-****wxyz":                     "hidden",
		"sk-ant-oat01-" + alnum48:              "subscription",
		"ANTHROPIC_AUTH_TOKEN=sk-ant-oat01-xx": "subscription",
		"sk-ant-sid01-" + alnum48:              "session",
		"sk-ant-admin01-" + alnum48:            "administration",
		"sk-admin-" + alnum48:                  "administration",
		"ya29.a0Af":                            "access token",
		"https://api.openai.com/v1":            "address",
		`{"type": "service_account"}`:          "file",
		strings.Repeat("k", maxKey+1):          "too long",
	} {
		got, err := CleanKey(pasted)
		var f *FieldError
		if !errors.As(err, &f) || f.Field != "key" || !strings.Contains(f.Message, word) {
			t.Errorf("CleanKey(%.30q) = %.30q, %v; want a word about %q", pasted, got, err, word)
			continue
		}
		if _, key, _ := strings.Cut(strings.TrimSpace(pasted), "="); len(key) > 8 && strings.Contains(err.Error(), key) {
			t.Errorf("the error quotes the key: %v", err)
		}
	}
}

func TestRecognise(t *testing.T) {
	type want struct{ provider, host string }
	sure := map[string]want{
		"sk-ant-api03-" + alnum48:                                {"anthropic", ""},
		"sk-proj-" + alnum48:                                     {"openai", ""},
		"sk-svcacct-" + alnum48:                                  {"openai", ""},
		"sk-" + alnum48[:20] + "T3BlbkFJ" + alnum48[:20]:         {"openai", ""},
		"AIza" + strings.Repeat("a", 35):                         {"gemini", ""},
		"AQ.Ab8RN6" + alnum48:                                    {"gemini", ""},
		"sk-or-v1-" + hex32 + hex32:                              {"openrouter", ""},
		"gsk_" + alnum48:                                         {"groq", ""},
		"xai-" + alnum48:                                         {"xai", ""},
		"hf_" + alnum48[:34]:                                     {"huggingface", ""},
		"nvapi-" + alnum48:                                       {"nvidia", ""},
		"pplx-" + alnum48:                                        {"perplexity", ""},
		"csk-" + alnum48:                                         {"cerebras", ""},
		"tgp_v1_" + alnum48:                                      {"together", ""},
		"export GROQ_API_KEY='gsk_" + alnum48 + "'":              {"groq", ""},
		"OPENAI_API_KEY=sk-ant-api03-" + alnum48 + " # misnamed": {"", ""}, // inner space: refused
	}
	for pasted, w := range sure {
		got, err := Recognise(pasted)
		if w.provider == "" {
			if err == nil {
				t.Errorf("%.20s: accepted", pasted)
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0].Provider != w.provider || hostOf(got[0].BaseURL) != w.host || got[0].Why == "" || got[0].Name == "" {
			t.Errorf("Recognise(%.20s…) = %+v, %v; want only %v", pasted, got, err, w)
		}
	}
	unsure := map[string][]want{ // the first proposals, in this order
		"sk-" + hex32:                       {{"deepseek", ""}, {"dashscope", ""}, {"openai-compatible", ""}},
		"sk-" + alnum48:                     {{"openai-compatible", ""}, {"openai", ""}},
		"sk-whatever":                       {{"openai", ""}, {"openai-compatible", ""}},
		"mp-" + alnum48[:43]:                {{"openai-compatible", ""}, {"anthropic-compatible", ""}},
		hex32 + ".aBcDeF0123456789":         {{"zai", ""}, {"zhipu", ""}},
		"DASHSCOPE_API_KEY=sk-" + hex32:     {{"dashscope", ""}, {"deepseek", ""}},
		"export OPENAI_API_KEY=sk-" + "abc": {{"openai", ""}, {"openai-compatible", ""}},
	}
	for pasted, w := range unsure {
		got, err := Recognise(pasted)
		if err != nil || len(got) < 2 {
			t.Errorf("Recognise(%.20s…) = %+v, %v: never the only answer where it is ambiguous", pasted, got, err)
			continue
		}
		for i := range w {
			if i >= len(got) || got[i].Provider != w[i].provider || hostOf(got[i].BaseURL) != w[i].host {
				t.Errorf("Recognise(%.20s…)[%d]: got %+v, want %v", pasted, i, got, w[i])
				break
			}
		}
	}
}

func TestProvidersAreUsable(t *testing.T) {
	for _, p := range All() {
		if got, ok := Get(p.ID); !ok || got != p || p.Name == "" || p.Protocols == 0 || p.family == nil || p.serve == nil {
			t.Errorf("%q is incomplete", p.ID)
		}
		if p.Compatible() {
			continue
		}
		if got, err := NormalizeBaseURL(p, p.DefaultBaseURL); err != nil || got != p.DefaultBaseURL || p.KeyURL == "" && !p.KeyOptional {
			t.Errorf("%s: default %q becomes %q, %v", p.ID, p.DefaultBaseURL, got, err)
		}
	}
	if _, ok := Get("nobody"); ok {
		t.Error("an unknown provider was found")
	}
}

// The bare host of a vendor is enough for an openai-compatible account, and no vendor's keys look like another's.
func TestVendorsAreUsable(t *testing.T) {
	compatible := mustGet(t, "openai-compatible")
	for _, p := range All() {
		if p.Compatible() {
			continue
		}
		host := hostOf(p.DefaultBaseURL)
		if v := vendorAt(host); v == p && p.family == &openaiFamily && !p.Local {
			if got, err := NormalizeBaseURL(compatible, host); err != nil || got != p.DefaultBaseURL {
				t.Errorf("%s: the bare host gives %q, %v", p.ID, got, err)
			}
		}
		for _, q := range All() {
			for _, a := range p.keys.Prefixes {
				for _, b := range q.keys.Prefixes {
					if p != q && strings.HasPrefix(b, a) {
						t.Errorf("keys of %s look like those of %s", q.ID, p.ID)
					}
				}
			}
		}
	}
}

// Whatever comes out can be sent in a header, cleans to itself, and is part of what went in.
func checkCleanKey(t interface{ Fatalf(string, ...any) }, pasted string) {
	key, err := CleanKey(pasted)
	if err != nil {
		return
	}
	if !strings.Contains(pasted, key) || key == "" {
		t.Fatalf("CleanKey(%q) = %q", pasted, key)
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			t.Fatalf("CleanKey(%q) = %q cannot be sent", pasted, key)
		}
	}
	if again, err := CleanKey(key); err != nil || again != key {
		t.Fatalf("CleanKey(%q) = %q, then %q, %v", pasted, key, again, err)
	}
	if got, err := Recognise(pasted); err != nil || len(got) == 0 {
		t.Fatalf("Recognise(%q) = %v, %v", pasted, got, err)
	}
}

func TestCleanKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[A-Za-z0-9_./+-]{1,60}`).Draw(t, "key")
		wrap := rapid.SampledFrom([]string{"%", " % ", `"%"`, "Bearer %", "export X_KEY=%", `X_TOKEN: "%",`, "'Bearer %'"}).Draw(t, "wrap")
		checkCleanKey(t, strings.ReplaceAll(wrap, "%", key))
		checkCleanKey(t, rapid.String().Draw(t, "noise"))
	})
}

func FuzzCleanKey(f *testing.F) {
	for _, s := range []string{"sk-abc", `export A_KEY="x"`, `-H "Authorization: Bearer sk-1"`, `"key":"v",`, "<>", "“x”", "Bearer Bearer x", "BeArer {", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkCleanKey(t, s) })
}
