package imitation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"metapi/build/imitation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, a.body)
	}
	return m
}

// dig follows keys and indices.
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			l, _ := v.([]any)
			if k >= len(l) {
				t.Fatalf("%v: no index %d in %v", path, k, v)
			}
			v = l[k]
		}
	}
	return v
}

// client closes its connections with the test, follows no redirect, and undoes no compression.
func client(t *testing.T) *http.Client {
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func auth(v *imitation.Vendor, key string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	switch v.Kind {
	case imitation.OpenAI:
		h.Set("Authorization", "Bearer "+key)
	case imitation.Anthropic:
		h.Set("X-Api-Key", key)
		h.Set("Anthropic-Version", "2023-06-01")
	case imitation.Gemini:
		h.Set("X-Goog-Api-Key", key)
	}
	return h
}

func send(t *testing.T, v *imitation.Vendor, method, path, body string, h http.Header) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, v.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if h == nil {
		h = auth(v, v.Key)
	}
	req.Header = h
	resp, err := client(t).Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b), err}
}

func post(t *testing.T, v *imitation.Vendor, path, body string) answer {
	t.Helper()
	return send(t, v, "POST", path, body, nil)
}

// The plain calls of each vendor, without and with a stream.
var plain = map[imitation.Kind]struct{ path, body, streamPath, streamBody string }{
	imitation.OpenAI: {
		"/v1/chat/completions", `{"model":"gpt-4o","messages":[{"role":"user","content":"hello 你好"}]}`,
		"/v1/chat/completions", `{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello 你好"}]}`},
	imitation.Anthropic: {
		"/v1/messages", `{"model":"claude-sonnet-4-5","max_tokens":99,"messages":[{"role":"user","content":"hello 你好"}]}`,
		"/v1/messages", `{"model":"claude-sonnet-4-5","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"hello 你好"}]}`},
	imitation.Gemini: {
		"/v1beta/models/gemini-2.5-pro:generateContent", `{"contents":[{"role":"user","parts":[{"text":"hello 你好"}]}]}`,
		"/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", `{"contents":[{"role":"user","parts":[{"text":"hello 你好"}]}]}`},
}

var kinds = []imitation.Kind{imitation.OpenAI, imitation.Anthropic, imitation.Gemini}

// sse parses a stream into (event, data) pairs; every event must be whole.
func sse(t *testing.T, body string) [][2]string {
	t.Helper()
	body = strings.ReplaceAll(body, "\r\n", "\n")
	if body != "" && !strings.HasSuffix(body, "\n\n") {
		t.Fatalf("the stream does not end with a whole event: %q", body[max(0, len(body)-60):])
	}
	var out [][2]string
	for _, block := range strings.Split(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		var e [2]string
		for _, line := range strings.Split(block, "\n") {
			if s, ok := strings.CutPrefix(line, "event: "); ok {
				e[0] = s
			} else if s, ok := strings.CutPrefix(line, "data: "); ok {
				e[1] += s
			} else if !strings.HasPrefix(line, ":") {
				t.Fatalf("a line that is none of a stream's: %q", line)
			}
		}
		out = append(out, e)
	}
	return out
}

// said joins the text deltas of a stream.
func said(t *testing.T, kind imitation.Kind, body string) string {
	t.Helper()
	out := ""
	for _, e := range sse(t, body) {
		if e[1] == "[DONE]" {
			continue
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(e[1]), &m); err != nil {
			t.Fatalf("event is not JSON: %v: %s", err, e[1])
		}
		var s any
		switch kind {
		case imitation.OpenAI:
			if l, _ := m["choices"].([]any); len(l) > 0 {
				s = dig(t, l[0], "delta", "content")
			}
		case imitation.Anthropic:
			s = dig(t, m, "delta", "text")
		case imitation.Gemini:
			if l, _ := m["candidates"].([]any); len(l) > 0 {
				s = dig(t, l[0], "content", "parts", 0, "text")
			}
		}
		text, _ := s.(string)
		out += text
	}
	return out
}

func TestPlainCallsAreAnsweredAlikeWithAndWithoutStream(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			v := imitation.New(t, k)
			p := plain[k]
			one := post(t, v, p.path, p.body)
			if one.status != 200 || !strings.Contains(one.body, "You said: “hello 你好”") {
				t.Fatalf("%d %s", one.status, one.body)
			}
			for _, pace := range []imitation.Pace{{}, {Cut: imitation.CutBytes}, {Cut: imitation.CutUTF8},
				{Cut: imitation.CutEvery, N: 7}, {Cut: imitation.CutJoined}, {CRLF: true}, {Delay: time.Millisecond}} {
				v.Pace(pace)
				a := post(t, v, p.streamPath, p.streamBody)
				if a.err != nil || a.status != 200 {
					t.Fatalf("%+v: %d %v %s", pace, a.status, a.err, a.body)
				}
				if got, want := said(t, k, a.body), imitation.Echo("hello 你好"); got != want {
					t.Errorf("%+v: said %q, want %q", pace, got, want)
				}
			}
		})
	}
}
