package protocol

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const secret = "k3y/With+odd=signs&more"

func TestRedact(t *testing.T) {
	long := secret + "-2"
	for in, want := range map[string]string{
		"":                              "",
		"nothing":                       "nothing",
		secret:                          "[key]",
		"a" + secret + "b" + secret:     "a[key]b[key]",
		long + "," + secret:             "[key],[key]",
		`k3y\/With+odd=signs\u0026more`: "[key]",
		`\u006b3y\\\/With\u002Bodd\u003dsigns\\u0026more`:               "[key]",
		url.QueryEscape(secret):                                         "[key]",
		url.PathEscape(secret):                                          "[key]",
		strings.ToLower("%6B3y%2f") + "With%2Bodd%253Dsigns%252526more": "[key]",
		secret[:len(secret)-1]:                                          secret[:len(secret)-1],
		secret[:5] + secret:                                             secret[:5] + "[key]",
		"the none of none, nonexistent":                                 "the [key] of [key], nonexistent",
		`\`:                                                             `\`,
		"%":                                                             "%",
		"%2":                                                            "%2",
		`\u00`:                                                          `\u00`,
	} {
		if got := string(Redact([]byte(in), "", secret, long, "none")); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
	// The work stays linear, whatever is sent.
	for _, in := range []string{strings.Repeat(`\`, 1<<20), strings.Repeat("%25", 1<<18), strings.Repeat("aaaaaaaab", 1<<16)} {
		if got := string(Redact([]byte(in), strings.Repeat("a", 200), `\\\\\\\\\x`)); got != in {
			t.Errorf("%.20q became %.20q", in, got)
		}
	}
}

// However a secret is written, and wherever it stands, nothing of it is told: not where it is cut either.
func TestDecodeErrorTellsNoSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-z]{4}[A-Za-z0-9/+=&<>~.-]{8,60}`).Draw(t, "key")
		word := rapid.SampledFrom([]func(string) string{
			func(s string) string { return s }, url.QueryEscape, url.PathEscape,
			func(s string) string { b, _ := json.Marshal(s); return string(b) },
			func(s string) string { return strings.ReplaceAll(s, "/", `\/`) },
		}).Draw(t, "written")(key)
		text := strings.Repeat("x ", rapid.IntRange(0, 3000).Draw(t, "before")) + word + " is not a key"
		quoted, _ := json.Marshal(text)
		twice, _ := json.Marshal(fmt.Sprintf(`{"error":{"message":%s,"code":%s}}`, quoted, quoted))
		body := rapid.SampledFrom([]string{text, fmt.Sprintf(`{"error":{"message":%s}}`, quoted), fmt.Sprintf(`{"message":%s}`, twice),
			fmt.Sprintf(`{"error":{"message":"no","code":%s,"param":%s}}`, quoted, quoted), "<html><title>" + text + "</title>"}).Draw(t, "body")
		e := DecodeError(401, nil, []byte(body), time.Time{}, "other", key)
		for name, said := range map[string]string{"message": e.Message, "code": e.Code, "param": e.Param} {
			if plain, _ := url.QueryUnescape(said); strings.Contains(said, key[:6]) || strings.Contains(plain, key[:6]) {
				t.Fatalf("%s tells of %q: %q", name, key, said)
			}
		}
	})
}

func TestDecodeErrorWithSecrets(t *testing.T) {
	for _, c := range []struct{ body, secret, message, code, param string }{
		{`{"error":{"message":"Wrong key ` + secret + `!","code":"invalid_api_key","param":"x"}}`, secret, "Wrong key [key]!", "invalid_api_key", "x"},
		{`Key ` + secret + ` failed: {"error":{"message":"no balance","code":"c"}}`, secret, "no balance", "c", ""},
		{`{"error":{"message":"no","code":"` + secret + `","param":"p-` + secret + `"}}`, secret, "no", "", ""},
		{`{"error":{"message":"no","code":"c for sk-abcdefghij","param":"see https://a.example/b"}}`, "", "no", "", ""},
		{`{"error":{"message":"the key none, of error: null","code":null,"param":"none"}}`, "none", "the key [key], of error: null", "", ""},
		{`{"error":{"message":"null is no key","code":null,"param":"p"}}`, "null", "[key] is no key", "", "p"},
		{`{"error":{"message":"an error","code":"c"}}`, "error", "an [key]", "c", ""},
	} {
		e := DecodeError(http.StatusUnauthorized, nil, []byte(c.body), time.Time{}, c.secret)
		if e.Message != c.message || e.Code != c.code || e.Param != c.param || e.Status != 401 {
			t.Errorf("%s:\ngot  %q %q %q\nwant %q %q %q", c.body, e.Message, e.Code, e.Param, c.message, c.code, c.param)
		}
	}
}

// What FastAPI says of a member that it does not take, bare and as a relay wraps it, names the member.
func TestDecodeErrorFastAPI(t *testing.T) {
	for body, param := range map[string]string{
		`{"message":{"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}}`:                              "stream_options",
		`{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"a":1}}]}`: "stream_options",
		`{"detail":[{"loc":["body","messages",0,"name"],"msg":"Extra inputs are not permitted"},{"loc":["body","x"],"msg":"y"}]}`:        "name",
		`{"detail":[{"loc":["body","messages",0],"msg":"Extra inputs are not permitted"}]}`:                                              "messages",
		`{"error":{"message":{"detail":{"loc":["stream_options"],"msg":"Extra inputs are not permitted"}}}}`:                             "stream_options",
		`{"detail":[{"loc":[],"msg":"Extra inputs are not permitted"}]}`:                                                                 "",
	} {
		e := DecodeError(422, nil, []byte(body), time.Time{})
		if e.Message != "Extra inputs are not permitted" || e.Param != param || e.Kind != BadRequest {
			t.Errorf("%s: %s %q, param %q, want %q", body, e.Kind, e.Message, e.Param, param)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"a":"`+secret+`\u006b3y\/With"}`), secret)
	f.Add([]byte(`%`), `\%é`)
	f.Fuzz(func(t *testing.T, text []byte, secret string) {
		got := string(Redact(text, secret))
		if len(secret) >= shortSecret && !strings.Contains(secret, redacted) && strings.Contains(got, secret) {
			t.Fatalf("%q keeps %q: %q", text, secret, got)
		}
		if !strings.Contains(got, redacted) && got != string(text) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
